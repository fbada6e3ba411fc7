"""Explorers: controls that move the figures of `show` (activations, receptive fields) in a notebook.

They are thin: every figure is drawn by the function that also draws its static twin. They work with ipywidgets 7.7
(Colab) and 8, and every figure has an alt text that says what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

from nsthelpers.backbones import Backbone
from nsthelpers.features import receptive_field
from nsthelpers.images import Source
from nsthelpers.show import figures
from nsthelpers.show.channels import exciting_patches, strongest_channels
from nsthelpers.show.html import STYLE, block, escape, img


def explore_activations(image: Source = "chelsea", backbone: str | Backbone = "mini") -> widgets.VBox:
    """Return controls to walk through the layers of a network: what each channel responds to in a picture.

    Choose a layer along the diagram, how to order its channels (by mean, by variance, or a list of your own), and one
    channel: it is laid over the picture, beside the patches of all bundled pictures that excite it most. `image` and
    `backbone` are those of `show.activations`, the static twin, which raises the same errors.

    Used in notebook 03.

    >>> explorer = explore_activations("chelsea")
    """
    look = figures.look_at(image, backbone)
    network = look.backbone
    diagram, figure = PictureBox(), PictureBox()
    layer = layer_slider(network.layer_names, "relu3_1")
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
    problem = TextBox()

    def order() -> str | list[int]:
        if sort.value != "by hand":
            return sort.value
        numbers = list(dict.fromkeys(map(int, re.findall(r"\d+", by_hand.value))))
        return numbers or strongest_channels(look.activations[layer.value], count=figures.CHANNELS)

    def draw_layer() -> None:
        diagram.point_at(network, layer.value)

    def draw_channels() -> None:
        """Offer the channels of the layer in their order, and draw."""
        chosen = strongest_channels(look.activations[layer.value], order(), figures.CHANNELS)
        with updates.paused():
            channel.options = [(str(number), number) for number in chosen]
            channel.value = chosen[0]
        draw_channel()

    def draw_channel() -> None:
        shown = [number for _, number in channel.options]
        patches = exciting_patches(network, layer.value, channel.value)
        words = f", patches of {', '.join(str(patch.picture) for patch in patches)}" if patches else ""
        figure.draw(
            figures.ACTIVATION_HEIGHT,
            lambda figure: figures.draw_activations(figure, look, layer.value, shown, channel.value, patches),
            f"{layer.value} of {look.name}, {len(shown)} of {look.activations[layer.value].shape[1]} channels{words}, and "
            f"channel {channel.value} over the picture.",
        )

    updates = Updates(problem)
    by_hand.layout.display = "none"

    def show_by_hand() -> None:
        by_hand.layout.display = None if sort.value == "by hand" else "none"

    updates.on(layer, draw_layer, draw_channels)
    updates.on(sort, show_by_hand, draw_channels)
    updates.on(by_hand, draw_channels)
    updates.on(channel, draw_channel)
    draw_layer()
    draw_channels()
    return widgets.VBox([diagram.box, layer, row(sort, by_hand), channel, problem.box, figure.box])


def explore_receptive_field(image: Source = "chelsea", backbone: str | Backbone = "mini") -> widgets.VBox:
    """Return controls to move a value through a network and see the pixels that it depends on.

    Choose a layer, and how far down and across the picture the value lies: the box in theory, and what really counts
    on this picture (`receptive_field` also averages over several). `image` and `backbone` are those of
    `show.receptive_field`, the static twin, which raises the same errors.

    Used in notebook 02.

    >>> explorer = explore_receptive_field("chelsea")
    """
    look = figures.look_at(image, backbone)
    network, picture = look.backbone, look.picture
    diagram, figure, problem = PictureBox(), PictureBox(), TextBox()
    layer = layer_slider(network.layer_names, "relu4_1")
    down, across = (
        widgets.IntSlider(50, 0, 100, step=2, description=name, readout_format="d", layout=wide(400))
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
            figures.FIELD_HEIGHT,
            lambda figure: figures.draw_receptive_field(figure, picture, field),
            f"{look.name} with the receptive field of {layer.value} at row {position[0]}, column {position[1]}: in theory "
            f"{field.size} by {field.size} pixels, rows {field.top} to {field.bottom}, columns {field.left} to "
            f"{field.right}; in effect as many pixels as {field.effective_size:.0f} by {field.effective_size:.0f}.",
        )

    updates = Updates(problem)
    updates.on(layer, draw_layer, draw_field)
    updates.on(down, draw_field)
    updates.on(across, draw_field)
    draw_layer()
    draw_field()
    return widgets.VBox([diagram.box, layer, row(down, across), problem.box, figure.box])


class Updates:
    """Connects controls with what they change, and shows a bad input as a sentence, not as a traceback that nobody sees."""

    def __init__(self, problem: TextBox) -> None:
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
        """Let the program set controls without triggering their actions."""
        self.active = False
        try:
            yield
        finally:
            self.active = True


class PictureBox:
    """A figure on the page, with an alt text: ipywidgets' own Image has none."""

    def __init__(self) -> None:
        self.box = widgets.HTML()

    def draw(self, height: float, draw: Callable[[Any], object], alt: str) -> None:
        width = round(figures.WIDTH * figures.DPI)
        picture = img(figures.figure_bytes(height, draw), alt, width, round(height * figures.DPI))
        self.box.value = STYLE + block(picture)

    def point_at(self, network: Backbone, layer: str) -> None:
        """Show the diagram of a network with the pointer at a layer."""
        alt = f"The layers of {network.name} in a row; the pointer is at {layer}."
        self.draw(figures.VGG_HEIGHT, lambda figure: figures.draw_vgg(figure, network, layer), alt)


class TextBox:
    """A sentence on the page, read out by screen readers when it changes, and pictures under it."""

    def __init__(self) -> None:
        self.box = widgets.HTML()

    def say(self, words: str, pictures: str = "") -> None:
        said = f'<div role="status">{escape(words)}</div>{pictures}'
        self.box.value = STYLE + block(said) if words or pictures else ""


def layer_slider(names: Sequence[str], start: str) -> widgets.SelectionSlider:
    return widgets.SelectionSlider(options=list(names), value=start, description="Layer", layout=wide(940))


def wide(pixels: int) -> widgets.Layout:
    return widgets.Layout(width=f"{pixels}px", max_width="100%")


def row(*controls: widgets.Widget) -> widgets.HBox:
    return widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap"))


def ask(options: Sequence[str], answered: Callable[[str], object]) -> widgets.Widget:
    """Return a widget that takes an answer, as radio buttons or a text field; `answered` is called with the answer."""
    if options:
        asked = widgets.RadioButtons(options=options, value=None, layout=widgets.Layout(width="max-content"))
    else:
        asked = widgets.Text(placeholder="your answer, then Enter", continuous_update=False)
    asked.observe(lambda change: answered(change["new"]), names="value")
    return asked
