"""Explorers: controls that move the figures of `plots` (activations, receptive fields, Gram matrices), in a notebook.

They are thin: every figure is drawn by the function that also draws its static twin. They work with ipywidgets 7.7
(Colab) and 8, and the figures are pictures with a text that says what they show, for those who cannot see them.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
import torch
from torch import Tensor

from nsthelpers import plots
from nsthelpers.backbones import Backbone
from nsthelpers.features import (
    check_channel,
    extract_features,
    largest_entry,
    order_by_similarity,
    receptive_field,
    strongest_channels,
)
from nsthelpers.images import Source, load_image
from nsthelpers.losses import STYLE_LAYERS, StyleTransferLoss, gram_matrix
from nsthelpers.speed import prepare
from nsthelpers.transfer import minimise, starting_image

TEXTURE_SIZE = 96  # pixels: a step takes some 10 ms, so that a texture grows while one watches
TEXTURE_STEPS = 60
TEXTURE_SLICE = 4  # steps between two looks at the texture, and at the Stop button


def explore_activations(
    image: Source = "chelsea",
    backbone: str | Backbone = "mini",
    compare: Source | Backbone | None = None,
) -> widgets.VBox:
    """Return controls to walk through the layers of a network: what each channel answers to in a picture.

    Choose a layer along the diagram, how to order its channels (by mean, by variance, or a list of your own), and one
    channel: it is laid over the picture, beside the patches of all bundled pictures that excite it most. `compare` is a
    second picture for the same network, or a second network for the same picture, drawn below. `image`, `backbone` and
    `compare` are those of `plots.show_activations`, the static twin, and so is what is raised.

    >>> explorer = explore_activations("chelsea")
    """
    looks = plots.looks_at(image, backbone, compare)
    network = looks[0].backbone
    diagram, figure = _Picture(), _Picture()
    layer = _layer_slider(network.layer_names, "relu3_1")
    sort = widgets.Dropdown(
        options=[("largest mean first", "mean"), ("largest variance first", "variance"), ("by hand", "by hand")],
        description="Order",
        layout=widgets.Layout(width="300px"),
    )
    by_hand = widgets.Text(
        placeholder="numbers, such as 3, 17, 40",
        description="Channels",
        continuous_update=False,
        layout=widgets.Layout(width="420px"),
    )
    channel = widgets.ToggleButtons(description="Channel", style={"button_width": "62px"})
    problem = _Text()

    def order() -> str | list[int]:
        if sort.value != "by hand":
            return sort.value
        numbers = list(dict.fromkeys(map(int, re.findall(r"\d+", by_hand.value))))
        return numbers or strongest_channels(looks[0].activations[layer.value], count=plots.CHANNELS)

    def draw_layer() -> None:
        diagram.point_at(network, layer.value)

    def draw_channels() -> None:
        """Offer the channels of the layer in their order, and draw."""
        chosen = strongest_channels(looks[0].activations[layer.value], order(), plots.CHANNELS)
        with updates.paused():
            channel.options = [(str(number), number) for number in chosen]
            channel.value = chosen[0]
        draw_channel()

    def draw_channel() -> None:
        views = plots.activation_views(looks, layer.value, channel.value, order())
        figure.draw(
            plots.ACTIVATION_HEIGHT * len(views),
            lambda figure: plots.draw_activations(figure, views),
            " ".join(map(_in_words, views)),
        )

    updates = _Updates(problem)
    by_hand.layout.display = "none"

    def show_by_hand() -> None:
        by_hand.layout.display = None if sort.value == "by hand" else "none"

    updates.on(layer, draw_layer, draw_channels)
    updates.on(sort, show_by_hand, draw_channels)
    updates.on(by_hand, draw_channels)
    updates.on(channel, draw_channel)
    draw_layer()
    draw_channels()
    return widgets.VBox([diagram.box, layer, _row(sort, by_hand), channel, problem.box, figure.box])


def explore_receptive_field(image: Source = "chelsea", backbone: str | Backbone = "mini") -> widgets.VBox:
    """Return controls to move a value through a network and see the pixels that it depends on.

    Choose a layer, and how far down and across the picture the value lies: the box in theory, and what counts in effect
    on this picture (`receptive_field` also averages over several). `image` and `backbone` are those of
    `plots.show_receptive_field`, the static twin.

    >>> explorer = explore_receptive_field("chelsea")
    """
    look = plots.looks_at(image, backbone)[0]
    network, picture = look.backbone, look.picture
    diagram, figure, problem = _Picture(), _Picture(), _Text()
    layer = _layer_slider(network.layer_names, "relu4_1")
    down, across = (
        widgets.IntSlider(50, 0, 100, step=2, description=name, readout_format="d", layout=_wide(400))
        for name in ("Down, %", "Across, %")
    )

    def draw_layer() -> None:
        diagram.point_at(network, layer.value)

    def draw_field() -> None:
        shape = look.activations[layer.value].shape[2:]
        position = tuple(
            min(count - 1, percent * count // 100) for percent, count in zip((down.value, across.value), shape)
        )
        field = receptive_field(network, layer.value, position, picture)
        figure.draw(
            plots.FIELD_HEIGHT,
            lambda figure: plots.draw_receptive_field(figure, picture, field),
            f"{look.name} with the receptive field of {layer.value} at row {position[0]}, column {position[1]}: in theory "
            f"{field.size} by {field.size} pixels, rows {field.top} to {field.bottom}, columns {field.left} to "
            f"{field.right}; in effect as many pixels as {field.effective_size:.0f} by {field.effective_size:.0f}.",
        )

    updates = _Updates(problem)
    updates.on(layer, draw_layer, draw_field)
    updates.on(down, draw_field)
    updates.on(across, draw_field)
    draw_layer()
    draw_field()
    return widgets.VBox([diagram.box, layer, _row(down, across), problem.box, figure.box])


def explore_gram(image: Source = "starry_night", backbone: str | Backbone = "mini") -> widgets.VBox:
    """Return controls to take a Gram matrix apart, entry by entry, and to see what an entry does to a texture.

    Choose a layer and two channels, i and j: their maps, the product, whose mean is the entry, and where both fire. Then
    multiply the entry: a small texture is made again from the edited matrix, beside the one from the unchanged matrix,
    while you watch; Stop ends it. `image` and `backbone` are those of `plots.show_gram_entry`, the static twin, and so is
    what is raised.

    >>> explorer = explore_gram("starry_night")
    """
    look = plots.looks_at(image, backbone)[0]
    style = load_image(image, TEXTURE_SIZE, look.picture.device)
    figure, texture, problem, worker = _Picture(), _Text(), _Text(), _Slices()
    layer = _layer_slider(STYLE_LAYERS, "relu2_1")
    first, second = (
        widgets.SelectionSlider(options=[("0", 0)], description=name, layout=_wide(400))
        for name in ("Channel i", "Channel j")
    )
    factor = widgets.FloatSlider(1.0, min=0.0, max=4.0, step=0.25, description="Entry ×", layout=_wide(400))
    factor.continuous_update = False  # every value on the way would start a texture
    start = widgets.Button(description="Make the texture", layout=_wide(160))
    stop = widgets.Button(description="Stop", disabled=True, layout=_wide(90))
    unchanged: dict[str, Tensor] = {}

    def draw_layer() -> None:
        """Offer the channels in the order of the heat map, and begin with the largest entry."""
        gram = gram_matrix(look.activations[layer.value])
        options = [(str(number), number) for number in order_by_similarity(gram).tolist()]
        with updates.paused():
            for slider, number in zip((first, second), largest_entry(gram)):
                slider.options = options
                slider.value = number
        draw_entry()

    def draw_entry() -> None:
        halt()
        texture.say("Move “Entry ×” or press “Make the texture”: it grows while you watch, for some seconds.")
        features, entry = look.activations[layer.value], (first.value, second.value)
        figure.draw(
            plots.GRAM_HEIGHT,
            lambda figure: plots.draw_gram_entry(figure, look.picture, features, layer.value, entry),
            f"The Gram matrix of {layer.value} of {look.name}, its channels ordered by similarity. Channels {entry[0]} and "
            f"{entry[1]}, their product, whose mean is {gram_matrix(features)[0, entry[0], entry[1]]:.4g}, and the places "
            f"where both fire.",
        )

    def make() -> None:
        stop.disabled = False
        worker.start(grow(layer.value, (first.value, second.value), factor.value), problem)

    def grow(name: str, entry: tuple[int, int], times: float) -> Iterator[None]:
        """Make the unchanged texture, once for a layer, then go on from it towards the edited matrix."""
        if name not in unchanged:
            for step, image in _texture(edited_gram_loss(look.backbone, style, name, entry, 1.0)):
                show(name, entry, {"texture of G": image}, f"The unchanged texture first: step {step}")
                yield
            unchanged[name] = image
        for step, image in _texture(edited_gram_loss(look.backbone, style, name, entry, times), unchanged[name]):
            pictures = {"texture of G": unchanged[name], f"texture with this entry × {times:g}": image}
            show(name, entry, pictures, f"The entry × {times:g}: step {step}")
            yield
        stop.disabled = True

    def show(name: str, entry: tuple[int, int], pictures: dict[str, Tensor], words: str) -> None:
        figures = []
        for caption, picture in {"the style": style, **pictures}.items():
            with torch.no_grad():
                value = gram_matrix(extract_features(look.backbone, picture, name)[name])[0, entry[0], entry[1]]
            caption = f"{caption}: G[{entry[0]}, {entry[1]}] = {value:.4g}"
            figures.append(
                _img(plots.jpeg_bytes(picture), caption, 288, 288 * picture.shape[2] // picture.shape[3], True)
            )
        texture.say(f"{words} of {TEXTURE_STEPS}.", "".join(figures))

    def halt() -> None:
        worker.stop()
        stop.disabled = True

    updates = _Updates(problem)
    updates.on(layer, draw_layer)
    updates.on(first, draw_entry)
    updates.on(second, draw_entry)
    updates.on(factor, make)
    start.on_click(updates.guard(make))
    stop.on_click(updates.guard(halt))
    draw_layer()
    return widgets.VBox([layer, _row(first, second), figure.box, _row(factor, start, stop), problem.box, texture.box])


def edited_gram_loss(
    backbone: Backbone, style: Tensor, layer: str, entry: tuple[int, int], factor: float
) -> StyleTransferLoss:
    """Return the loss of a texture whose Gram matrix at `layer` is that of `style` with one entry multiplied.

    `style` is an image (1, 3, H, W) in [0, 1]; entry (i, j), and (j, i) with it, is multiplied by `factor`. The style layers
    before `layer` keep their matrices. There need not be a picture that has the edited matrix exactly: the loss of the
    best one is above 0. Raises ValueError for an unknown layer or channel, and for a factor below 0.

    >>> from nsthelpers import load_backbone
    >>> loss = edited_gram_loss(load_backbone("mini"), load_image("starry_night", 64), "relu1_1", (0, 3), 2.0)
    >>> float(loss(load_image("starry_night", 64))["style"]) > 0
    True
    """
    if layer not in STYLE_LAYERS:
        raise ValueError(f"layer is {layer!r}; use one of the style layers {', '.join(STYLE_LAYERS)}.")
    if not 0 <= factor < float("inf"):
        raise ValueError(f"factor is {factor!r}; give a number of at least 0.")
    layers = STYLE_LAYERS[: STYLE_LAYERS.index(layer) + 1]
    loss = StyleTransferLoss(prepare(backbone, layers), style=style, style_layers=layers, tv_weight=0.05)
    target, (i, j) = loss.style_targets[layer][0], entry
    for channel in entry:
        check_channel(channel, len(target), layer)
    target[i, j] *= factor
    if i != j:
        target[j, i] *= factor
    return loss


def _in_words(view: plots.ActivationView) -> str:
    """Return what a row of the activation explorer shows, for those who cannot see it."""
    words = f"{view.layer} of {view.name}, {len(view.channels)} of {len(view.maps)} channels"
    if view.patches:
        words += f", patches of {', '.join(str(patch.picture) for patch in view.patches)}"
    return f"{words}, and channel {view.channel} over the picture."


def _texture(loss: StyleTransferLoss, start: Tensor | None = None) -> Iterator[tuple[int, Tensor]]:
    """Yield (step, picture) now and then while a texture is made, from seeded noise or from another texture."""
    if start is None:
        empty = torch.zeros(1, 3, TEXTURE_SIZE, TEXTURE_SIZE, device=next(loss.backbone.buffers()).device)
        start = starting_image("noise", empty, empty)
    for record in minimise(loss, start, TEXTURE_STEPS):
        if record.step % TEXTURE_SLICE == 0:
            yield record.step, record.image


class _Slices:
    """Work done piece by piece, so that the kernel hears the controls in between: a generator that may be stopped."""

    task: asyncio.Task[None] | None = None

    def start(self, work: Iterator[None], problem: _Text) -> None:
        """Begin `work`, instead of what is under way; without a running loop (a plain script) do all of it now."""
        self.stop()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            for _ in work:
                pass
        else:
            self.task = loop.create_task(self._run(work, problem))

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    @staticmethod
    async def _run(work: Iterator[None], problem: _Text) -> None:
        try:
            for _ in work:
                await asyncio.sleep(0.01)
        except Exception as error:  # nobody awaits the task: what goes wrong in it would never be seen
            problem.say(f"{type(error).__name__}: {error}")


class _Updates:
    """Connects controls with what they change, and shows a bad input as a sentence instead of a traceback nobody sees."""

    def __init__(self, problem: _Text) -> None:
        self.problem, self.active = problem, True

    def on(self, control: widgets.Widget, *actions: Callable[[], object]) -> None:
        control.observe(self.guard(*actions), "value")

    def guard(self, *actions: Callable[[], object]) -> Callable[[object], None]:
        def handle(_event: object) -> None:
            if not self.active:
                return
            try:
                for action in actions:
                    action()
                self.problem.say("")
            except (ValueError, MemoryError) as error:
                self.problem.say(str(error))

        return handle

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let controls be set by the program without an answer to each."""
        self.active = False
        try:
            yield
        finally:
            self.active = True


class _Picture:
    """A figure on the page, with a text for those who cannot see it: ipywidgets' own Image has none."""

    def __init__(self) -> None:
        self.box = widgets.HTML()

    def draw(self, height: float, draw: Callable[[Any], object], alt: str) -> None:
        width = round(plots.WIDTH * plots.DPI)
        self.box.value = _img(plots.figure_bytes(height, draw), alt, width, round(height * plots.DPI))

    def point_at(self, network: Backbone, layer: str) -> None:
        """Show the diagram of a network with the pointer at a layer."""
        alt = f"The layers of {network.name} in a row; the pointer is at {layer}."
        self.draw(plots.VGG_HEIGHT, lambda figure: plots.draw_vgg(figure, network, layer), alt)


class _Text:
    """A sentence on the page, read aloud when it changes, and pictures under it."""

    def __init__(self) -> None:
        self.box = widgets.HTML()

    def say(self, words: str, pictures: str = "") -> None:
        self.box.value = f'<div role="status">{html.escape(words)}</div>{pictures}' if words or pictures else ""


def _img(content: bytes, alt: str, width: int, height: int, caption: bool = False) -> str:
    """Return a JPEG as HTML; with its size, so that nothing on the page moves when it is replaced."""
    alt = html.escape(alt)
    # decoding="sync": the new picture appears together with its place, without a flash of nothing between two.
    size = f'width="{width}" height="{height}" decoding="sync" style="max-width: 100%; height: auto"'
    picture = f'<img src="{plots.data_uri(content)}" alt="{alt}" {size}>'
    below = f'<figcaption aria-hidden="true">{alt}</figcaption>' if caption else ""
    return f'<figure style="margin: 0 12px 0 0; display: inline-block">{picture}{below}</figure>'


def _layer_slider(names: Sequence[str], start: str) -> widgets.SelectionSlider:
    return widgets.SelectionSlider(options=list(names), value=start, description="Layer", layout=_wide(940))


def _wide(pixels: int) -> widgets.Layout:
    return widgets.Layout(width=f"{pixels}px", max_width="100%")


def _row(*controls: widgets.Widget) -> widgets.HBox:
    return widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap"))
