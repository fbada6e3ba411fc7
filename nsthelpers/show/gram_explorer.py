"""The explorer of Gram matrices: an entry taken apart, changed, and the texture made from the changed matrix."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import ipywidgets as widgets
import torch
from torch import Tensor

from nsthelpers.backbones import Backbone
from nsthelpers.features import extract_features
from nsthelpers.images import Source, load_image
from nsthelpers.losses import STYLE_LAYERS, StyleTransferLoss, gram_matrix
from nsthelpers.show import figures
from nsthelpers.show.channels import largest_entry, order_by_similarity
from nsthelpers.show.explorers import PictureBox, TextBox, Updates, layer_slider, row, wide
from nsthelpers.show.html import escape, img
from nsthelpers.transfer import minimise, starting_image

TEXTURE_SIZE = 96  # pixels: a step takes about 10 ms, so that you can watch a texture grow
TEXTURE_STEPS = 60
TEXTURE_SLICE = 4  # steps between two looks at the texture, and at the Stop button


def explore_gram(image: Source = "starry_night", backbone: str | Backbone = "mini") -> widgets.VBox:
    """Return controls to take a Gram matrix apart, entry by entry, and to see what an entry does to a texture.

    Choose a layer and two channels, i and j: their maps, the product, whose mean is the entry, and where both fire. Then
    multiply the entry: a small texture is made again from the edited matrix, beside the one from the unchanged matrix,
    while you watch; Stop ends it. `image` and `backbone` are those of `show.gram_entry`, the static twin, which
    raises the same errors.

    Used in notebook 05.

    >>> explorer = explore_gram("starry_night")
    """
    look = figures.look_at(image, backbone)
    style = load_image(image, TEXTURE_SIZE, look.picture.device)
    figure, texture, problem, worker = PictureBox(), TextBox(), TextBox(), _Slices()
    layer = layer_slider(STYLE_LAYERS, "relu2_1")
    first, second = (
        widgets.SelectionSlider(options=[("0", 0)], description=name, layout=wide(400))
        for name in ("Channel i", "Channel j")
    )
    factor = widgets.FloatSlider(1.0, min=0.0, max=4.0, step=0.25, description="Entry ×", layout=wide(400))
    factor.continuous_update = False  # otherwise every value passed would start a texture
    start = widgets.Button(description="Make the texture", layout=wide(160))
    stop = widgets.Button(description="Stop", disabled=True, layout=wide(90))
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
        texture.say("Move “Entry ×” or press “Make the texture”: it grows for a few seconds while you watch.")
        features, entry = look.activations[layer.value], (first.value, second.value)
        figure.draw(
            figures.GRAM_HEIGHT,
            lambda figure: figures.draw_gram_entry(figure, look.picture, features, layer.value, entry),
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
            for step, image in _texture(_edited_loss(look.backbone, style, name, entry, 1.0)):
                show(name, entry, {"texture of G": image}, f"The unchanged texture first: step {step}")
                yield
            unchanged[name] = image
        for step, image in _texture(_edited_loss(look.backbone, style, name, entry, times), unchanged[name]):
            pictures = {"texture of G": unchanged[name], f"texture with this entry × {times:g}": image}
            show(name, entry, pictures, f"The entry × {times:g}: step {step}")
            yield
        stop.disabled = True

    def show(name: str, entry: tuple[int, int], pictures: dict[str, Tensor], words: str) -> None:
        shown = ""
        for caption, picture in {"the style": style, **pictures}.items():
            with torch.no_grad():
                value = gram_matrix(extract_features(look.backbone, picture, name)[name])[0, entry[0], entry[1]]
            caption = f"{caption}: G[{entry[0]}, {entry[1]}] = {value:.4g}"
            below = f'<figcaption aria-hidden="true">{escape(caption)}</figcaption>'
            shown += f"<figure>{img(picture, caption, 288, 288 * picture.shape[2] // picture.shape[3])}{below}</figure>"
        texture.say(f"{words} of {TEXTURE_STEPS}.", shown)

    def halt() -> None:
        worker.stop()
        stop.disabled = True

    updates = Updates(problem)
    updates.on(layer, draw_layer)
    updates.on(first, draw_entry)
    updates.on(second, draw_entry)
    updates.on(factor, make)
    start.on_click(updates.guard(make))
    stop.on_click(updates.guard(halt))
    draw_layer()
    return widgets.VBox([layer, row(first, second), figure.box, row(factor, start, stop), problem.box, texture.box])


def _edited_loss(
    backbone: Backbone, style: Tensor, layer: str, entry: tuple[int, int], factor: float
) -> StyleTransferLoss:
    """Return the loss of a texture that has the Gram matrix of `style` at `layer`, but (i, j) and (j, i) multiplied.

    The style layers before `layer` keep their matrices. There may be no picture with exactly the edited matrix: then the
    lowest loss is above 0.
    """
    layers = STYLE_LAYERS[: STYLE_LAYERS.index(layer) + 1]
    loss = StyleTransferLoss(backbone, style=style, style_layers=layers, tv_weight=0.05)
    target = loss.style_targets.get_buffer(layer)[0]
    for place in {entry, entry[::-1]}:
        target[place] *= factor
    return loss


def _texture(loss: StyleTransferLoss, start: Tensor | None = None) -> Iterator[tuple[int, Tensor]]:
    """Yield (step, picture) now and then while a texture is made, from seeded noise or from another texture."""
    if start is None:
        empty = torch.zeros(1, 3, TEXTURE_SIZE, TEXTURE_SIZE, device=loss.backbone.device)
        start = starting_image("noise", empty, empty)
    for record in minimise(loss, start, TEXTURE_STEPS):
        if record.step % TEXTURE_SLICE == 0:
            yield record.step, record.image


class _Slices:
    """Work done piece by piece (a generator that can be stopped), so that the kernel handles the controls in between."""

    task: asyncio.Task[None] | None = None

    def start(self, work: Iterator[None], problem: TextBox) -> None:
        """Begin `work` in place of any unfinished work; without a running loop (a plain script), do all of it now."""
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
    async def _run(work: Iterator[None], problem: TextBox) -> None:
        try:
            for _ in work:
                await asyncio.sleep(0.01)
        except Exception as error:  # nobody awaits the task: its errors would never be seen
            problem.say(f"{type(error).__name__}: {error}")
