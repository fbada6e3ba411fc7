"""Figures: grids of pictures, tables, loss curves, and what the explorers show.

Every function draws one figure with matplotlib and shows it (in a notebook, under the cell). The colour maps
(viridis, grey) are safe for the colour-blind.
"""

from __future__ import annotations

import io
import math
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from nsthelpers.backbones import Backbone, deepest_layer, layer_table, load_backbone
from nsthelpers.features import ReceptiveField, extract_features
from nsthelpers.features import receptive_field as find_field
from nsthelpers.images import Source, to_pil
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, gram_matrix
from nsthelpers.show.channels import (
    Patch,
    coactivation,
    exciting_patches,
    largest_entry,
    order_by_similarity,
    small_picture,
    strongest_channels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "activations", "gram_entry", "loss_curves"]
__all__ += ["pictures", "progress_figure", "receptive_field", "setup_notebook", "step_picture", "vgg"]
__all__ += ["trade_off", "number_tables", "descent_paths", "flow_chart"]

# Okabe and Ito 2008: distinguishable with every kind of colour vision.
COLOURS = {"total": "#000000", "content": "#0072B2", "style": "#D55E00", "tv": "#009E73"}
LINES = {"total": "-", "content": "--", "style": "-", "tv": ":"}
NOT_LOSSES = ("step", "seconds", "size")  # columns of a history that are not terms of the loss


def setup_notebook(quality: int = 75) -> None:
    """Make a notebook's figures JPEGs (small files), with one look for the whole course. Call it once, at the top.

    `quality` is that of the JPEGs, up to 95: a notebook with many paintings needs less, to stay below 1 MB. With each
    figure its titles are stored, as the alternative text for pages made from the notebook.

    >>> import matplotlib as mpl
    >>> with mpl.rc_context():  # only here; a notebook keeps the look
    ...     setup_notebook()
    ...     mpl.rcParams["axes.titlesize"]
    10.0
    """
    import matplotlib as mpl
    from IPython import get_ipython

    if (shell := get_ipython()) is not None:
        from matplotlib.figure import Figure
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("jpeg", pil_kwargs={"quality": quality})
        formatter = shell.display_formatter.formatters["image/jpeg"]
        draw = formatter.lookup_by_type(Figure)
        formatter.for_type(Figure, lambda figure: (jpeg := draw(figure)) and (jpeg, {"alt": _in_words(figure)}))
    mpl.rcParams.update({"figure.dpi": 96, "figure.constrained_layout.use": True, "axes.titlesize": 10, "font.size": 9})


def _in_words(figure: Figure) -> str:
    """Return the titles and legends of a figure; where there are none, what stands at its axes and in it."""
    panels = [axis.get_title() or axis.get_title(loc="left") for axis in figure.axes]
    for legend in filter(None, (axis.get_legend() for axis in figure.axes)):
        panels += [text.get_text() for text in legend.get_texts()]
    words = [figure.get_suptitle(), ", ".join(dict.fromkeys(filter(None, panels)))]
    if not any(words):
        labels = [label for axis in figure.axes for label in (axis.get_ylabel(), axis.get_xlabel())]
        labels += [text.get_text() for axis in figure.axes for text in axis.texts]
        words = [", ".join(filter(None, labels))]
    return textwrap.shorten(": ".join(filter(None, words)).replace("$", ""), 250, placeholder=" …")


def pictures(images: Mapping[str, Any] | Sequence[Any], title: str = "", columns: int = 4, height: float = 2.4) -> None:
    """Show pictures in a grid, each under its name.

    `images` is a dictionary from caption to image tensor (1, 3, H, W) in [0, 1], or a sequence of tensors; a single
    feature map (H, W) is shown in grey. `columns` is the most in a row, `height` that of a row in inches. Raises ValueError
    for no pictures.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> pictures({"black": torch.zeros(1, 3, 4, 4), "white": torch.ones(1, 3, 4, 4)}); len(plt.gcf().axes)
    2
    """
    import matplotlib.pyplot as plt

    named = dict(images) if isinstance(images, Mapping) else {f"{i + 1}": image for i, image in enumerate(images)}
    if not named:
        raise ValueError("images is empty; give at least one picture.")
    columns = min(columns, len(named))
    rows = math.ceil(len(named) / columns)
    aspects = [image.shape[-1] / image.shape[-2] for image in named.values()]
    width = min(11.0, columns * height * max(0.7, sum(aspects) / len(aspects)) + 0.2)
    figure, axes = _figure(rows, columns, (width, rows * (height + 0.35) + (0.35 if title else 0)))
    for axis, (caption, image) in zip(axes, named.items()):
        _draw(axis, image)
        axis.set_title(caption)
        axis.set_anchor("N")  # the captions of a row line up, whatever the pictures' shapes
    for axis in axes[len(named) :]:
        axis.remove()
    figure.suptitle(title or None)
    plt.show()


def step_picture(gradient: Tensor) -> Tensor:
    """Return the step against a gradient (1, 3, H, W), which makes the loss smaller, as a picture around mid-grey.

    It is light where the picture should become lighter, dark where darker; the largest 2 % are clipped.

    >>> import torch
    >>> step_picture(torch.zeros(1, 3, 2, 2)).unique()
    tensor([0.5000])
    """
    scale = gradient.detach().abs().flatten().quantile(0.98).clamp_min(1e-12)
    return (0.5 - 0.5 * gradient.detach() / scale).clamp(0, 1)


History = Sequence[Mapping[str, float]]


def loss_curves(runs: Mapping[str, History] | History, title: str = "Loss at each step", x: str = "step") -> None:
    """Plot loss curves on a logarithmic scale: all terms of one history, or the total of several.

    `runs` is a `Result.history`, or a dictionary from name to history; `x` is the column to plot against.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> loss_curves([{"step": 1, "total": 2.0}, {"step": 2, "total": 1.0}]); len(plt.gcf().axes[0].lines)
    1
    """
    import matplotlib.pyplot as plt

    _, (axis,) = _figure(1, 1, (6.5, 3.2))
    draw_losses(axis, runs, x)
    axis.set_title(title)
    axis.legend()
    plt.show()


def progress_figure(image: Tensor, history: History, title: str) -> Figure:
    """Return a figure of a run: the picture (1, 3, H, W) in [0, 1] beside the loss curves on a logarithmic scale.

    It is not shown: `LiveProgress` puts it where the live view was, and a cell shows it if it is the last line. It gives
    no times, so that two runs leave the same figure.

    >>> import torch
    >>> len(progress_figure(torch.zeros(1, 3, 8, 8), [{"step": 1, "size": 8, "total": 2.0}], "after 1 step").axes)
    2
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.3), dpi=DPI, layout="constrained")
    picture, curves = figure.subplots(1, 2, width_ratios=(1, 1.3))
    _draw(picture, image)
    picture.set_title(title, fontsize=10)
    draw_losses(curves, history)
    curves.set_title("loss at each step", fontsize=10)
    curves.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def draw_losses(axis: Axes, runs: Mapping[str, History] | History, x: str = "step") -> None:
    """Draw what `loss_curves` shows, with its arguments; for one history, all terms, and the steps where its picture grows.

    Values of 0 are left out. A term that rises from nothing in the first five of more than twenty steps, as the content
    loss does when the run starts from the photograph, may begin below the axis: otherwise everything that follows would be
    squeezed together at the top.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator

    several, shown = isinstance(runs, Mapping), []
    for number, (name, history) in enumerate(runs.items() if several else [("", runs)]):
        for term in ["total"] if several else [term for term in history[-1] if term not in NOT_LOSSES]:
            values = [row[term] if row[term] > 0 else math.nan for row in history]
            if all(map(math.isnan, values)):
                continue
            if several:
                look = {"color": list(COLOURS.values())[number % 4], "linestyle": ["-", "--", "-.", ":"][number % 4]}
            else:
                look = {"color": COLOURS.get(term), "linestyle": LINES.get(term, "-.")}
            axis.plot([row[x] for row in history], values, label=name or term, **look)
            known = [value for value in values if value > 0]
            shown += [max(known), *(value for value in values[5 if len(values) > 20 else 0 :] if value > 0)]
        for before, row in zip(history, history[1:]):
            if not several and row.get("size") != before.get("size"):
                axis.axvline(row[x], color="#888888", linewidth=0.8, linestyle=":")
                words = {"transform": axis.get_xaxis_transform(), "ha": "left", "va": "top", "fontsize": 7.5}
                axis.text(row[x], 0.99, f" {row['size']:g} px", **words)
    axis.set(xlabel=x, ylabel="loss (logarithmic)", yscale="log")
    if shown:
        axis.set_ylim(min(shown) / 1.1, max(shown) * 1.1)
        span = max(shown) / min(shown)
        places = LogLocator() if span > 300 else LogLocator(subs=(1, 2, 5)) if span > 5 else MaxNLocator(4)
        axis.yaxis.set_major_locator(places)
    # Plain numbers: matplotlib's 10⁻³ are formulas, which cannot be drawn in two threads at a time.
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.minorticks_off()  # they would take a third of the time
    axis.grid(alpha=0.3)


def _figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    return figure, list(axes.flat)


def _draw(axis: Axes, image: Tensor) -> None:
    if image.ndim == 2:
        axis.imshow(image.detach().float().cpu().numpy(), cmap="gray", interpolation="nearest")
    else:
        axis.imshow(to_pil(image), interpolation="nearest" if max(image.shape[-2:]) <= 32 else "antialiased")
    axis.set_axis_off()


# Sizes in inches of the figures that the explorers draw; the explorers' are 960 pixels wide.
WIDTH, VGG_HEIGHT, ACTIVATION_HEIGHT, FIELD_HEIGHT, GRAM_HEIGHT = 10.0, 1.5, 3.5, 4.1, 4.6
DPI = 96
CHANNELS = 24  # in the grid of `activations`


def vgg(backbone: str | Backbone = "mini", layer: str | None = None) -> None:
    """Draw a VGG as a row of layers, higher for larger maps, with the layers of style (S) and content (C) marked.

    Convolutions are white, ReLUs grey, poolings hatched. `layer` is the one to point at. Raises ValueError for an unknown
    backbone or layer.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> vgg("mini", "relu4_2"); len(plt.gcf().axes[0].patches)  # 37 layers and the frame of the one pointed at
    38
    """
    network = _network(backbone)
    _show(VGG_HEIGHT, lambda figure: draw_vgg(figure, network, layer))


def activations(
    image: Source = "chelsea", backbone: str | Backbone = "mini", layer: str = "relu3_1", channel: int | None = None
) -> None:
    """Draw a layer's response to a picture: its channels, one of them over the picture, and the patches that excite it most.

    The 24 channels of largest mean are shown, each on its own scale. `channel` is the one to show large, None for the
    first. Pictures larger than 256 pixels are shrunk. Raises ValueError for an unknown backbone, layer or channel.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> activations("chelsea", "mini", "relu4_2", channel=5)
    >>> [axis.get_title(loc="left") for axis in plt.gcf().axes][2]
    'channel 5 over chelsea'
    """
    look = look_at(image, backbone)
    channels = strongest_channels(look.activations[deepest_layer(look.backbone, [layer]).name], count=CHANNELS)
    channel = channels[0] if channel is None else channel
    patches = exciting_patches(look.backbone, layer, channel)

    def draw(figure: Figure) -> None:
        draw_vgg(figure, look.backbone, layer)
        draw_activations(figure, look, layer, channels, channel, patches, VGG_HEIGHT)

    _show(VGG_HEIGHT + ACTIVATION_HEIGHT, draw)


def receptive_field(
    image: Source = "chelsea",
    backbone: str | Backbone = "mini",
    layer: str = "relu4_1",
    position: tuple[int, int] | None = None,
) -> None:
    """Draw the receptive field of one value of a feature map on a picture: the theoretical box, and the effective field.

    The effective field is measured on this picture alone. `position` is (row, column) in the layer's map, None for the
    middle. Pictures larger than 256 pixels are shrunk. Raises ValueError for an unknown backbone or layer, and a position
    outside the map (see `features.receptive_field`).

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> receptive_field("chelsea", "mini", "relu3_1")
    """
    look = look_at(image, backbone)
    field = find_field(look.backbone, layer, position, look.picture)

    def draw(figure: Figure) -> None:
        draw_vgg(figure, look.backbone, layer)
        draw_receptive_field(figure, look.picture, field, VGG_HEIGHT)

    _show(VGG_HEIGHT + FIELD_HEIGHT, draw)


def gram_entry(
    image: Source = "starry_night",
    backbone: str | Backbone = "mini",
    layer: str = "relu2_1",
    entry: tuple[int, int] | None = None,
) -> None:
    """Draw a Gram matrix with its channels ordered by similarity, and what one entry (i, j) is made of.

    Beside the heat map are the maps of the two channels, their product, whose mean is the entry, and the picture where
    both fire (see `coactivation`). `entry` None stands for the largest one off the diagonal. Pictures larger than 256
    pixels are shrunk. Raises ValueError for an unknown backbone, layer or channel.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> gram_entry("starry_night", "mini", "relu2_1", entry=(3, 17))
    """
    look = look_at(image, backbone)
    features = look.activations[deepest_layer(look.backbone, [layer]).name]
    chosen = entry or largest_entry(gram_matrix(features))
    _show(GRAM_HEIGHT, lambda figure: draw_gram_entry(figure, look.picture, features, layer, chosen))


class Look(NamedTuple):
    """A picture and its activations in a network: `activations` are those of all layers, each (1, C, H, W)."""

    name: str
    picture: Tensor
    backbone: Backbone
    activations: dict[str, Tensor]


def look_at(image: Source, backbone: str | Backbone) -> Look:
    """Return a picture, shrunk to 256 pixels on the longer side if it is larger, with its activations in a network."""
    network = _network(backbone)
    picture = small_picture(image, network.device)
    with torch.no_grad():
        maps = extract_features(network, picture, network.layer_names)
    name = Path(image).stem if isinstance(image, (str, os.PathLike)) else "the picture"
    return Look(name, picture, network, maps)


def draw_vgg(figure: Figure, backbone: Backbone, layer: str | None = None) -> None:
    """Draw what `vgg` shows at the top of a figure."""
    from matplotlib.patches import Rectangle

    if layer is not None:
        deepest_layer(backbone, [layer])
    axis = _place(figure, 0, 0.0, WIDTH, VGG_HEIGHT)
    rows = layer_table(backbone)
    fills = {
        "conv": {"facecolor": "#FFFFFF"},
        "relu": {"facecolor": "#DDDDDD"},
        "pool": {"facecolor": "#FFFFFF", "hatch": "////"},
    }
    taps = {name: ("S", "s", COLOURS["style"]) for name in STYLE_LAYERS}
    taps |= {name: ("C", "o", COLOURS["content"]) for name in CONTENT_LAYERS}
    for x, row in enumerate(rows):
        height = 1 - 0.11 * math.log2(row.stride)
        look: dict[str, Any] = {"edgecolor": "#555555", "linewidth": 0.8, **fills[row.kind]}
        if row.name in taps:
            look |= {"edgecolor": taps[row.name][2], "linewidth": 2.2}
        axis.add_patch(Rectangle((x - 0.42, 0), 0.84, height, **look))
        background = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if row.kind == "pool" else None
        axis.text(x, 0.04, row.name, rotation=90, ha="center", va="bottom", fontsize=7.5, bbox=background)
        if row.name in taps:
            letter, marker, colour = taps[row.name]
            axis.plot([x], [height + 0.13], marker=marker, markersize=11, color=colour, clip_on=False)
            axis.text(x, height + 0.12, letter, ha="center", va="center", fontsize=7.5, color="white", weight="bold")
        if row.name == layer:
            axis.add_patch(
                Rectangle((x - 0.5, -0.04), 1.0, height + 0.08, fill=False, edgecolor="black", linewidth=2.5)
            )
            axis.plot([x], [-0.14], marker="^", markersize=9, color="black", clip_on=False)
    shown = rows[backbone.layer_names.index(layer)] if layer else None
    words = f"{backbone.name}: conv white, ReLU grey, pool hatched; S style, C content"
    if shown:
        sees = f"one value every {shown.stride} px sees {shown.receptive_field} px"
        words += f";  ▲ {shown.name}: {shown.channels} channels, {sees}"
    axis.text(-0.4, 1.42, words, ha="left", va="top", fontsize=9)
    axis.set(xlim=(-0.6, len(rows) - 0.4), ylim=(-0.24, 1.45))


def draw_activations(
    figure: Figure,
    look: Look,
    layer: str,
    channels: Sequence[int],
    channel: int,
    patches: Sequence[Patch],
    top: float = 0.0,
) -> None:
    """Draw what `activations` shows below the diagram, `top` inches from the upper edge of a figure."""
    maps = look.activations[layer][0].detach().float().cpu()
    title = f"{layer} of {look.name}: {len(channels)} of {len(maps)} channels"
    _draw_channels(_place(figure, 0.1, top + 0.3, 4.75, ACTIVATION_HEIGHT - 0.4, title), maps, channels, channel)
    title, shown = f"channel {channel} over {look.name}", maps[channel]
    axis = _place(figure, 4.95, top + 0.3, 2.75, ACTIVATION_HEIGHT - 0.75, title)
    axis.imshow(_overlay(look.picture, _normalised(shown)))
    words = f"{shown.shape[0]} × {shown.shape[1]} values, mean {shown.mean():.3g}, largest {shown.max():.3g}"
    axis.text(0, -0.03, words, transform=axis.transAxes, ha="left", va="top", fontsize=8)
    title = "what excites it most"
    _draw_patches(_place(figure, 7.8, top + 0.3, 2.15, ACTIVATION_HEIGHT - 0.4, title), patches)


def draw_receptive_field(figure: Figure, picture: Tensor, field: ReceptiveField, top: float = 0.0) -> None:
    """Draw what `receptive_field` shows below the diagram, `top` inches from the upper edge of a figure."""
    from matplotlib.patches import Rectangle

    height, width = picture.shape[2:]
    # Depends on the layer, not on the position, so that nothing jumps when the field is moved.
    margin = min(field.size // 2, max(height, width) // 2) + 3
    padding = {"facecolor": "#EEEEEE", "edgecolor": "#CCCCCC", "hatch": "...", "zorder": -1}
    weights = _smooth(field.effective, max(1, field.size // 16 | 1))
    weights = weights / weights.max().clamp_min(1e-12)
    row, column = field.position
    title = f"{field.layer}, row {row}, column {column}: what this one value sees"
    axis = _place(figure, 0.1, top + 0.3, 5.9, FIELD_HEIGHT - 0.4, title)
    axis.add_patch(Rectangle((-margin, -margin), width + 2 * margin, height + 2 * margin, **padding))
    axis.imshow(_overlay(picture, weights), extent=(0, width, height, 0))
    side = field.effective_size
    corner = [middle - side / 2 for middle in _centre(field.effective)]
    for colour, line in (("white", 3.5), ("black", 1.8)):  # visible on every picture
        edge: dict[str, Any] = {"fill": False, "edgecolor": colour, "linewidth": line}
        axis.add_patch(Rectangle((field.left, field.top), field.size, field.size, **edge))
        axis.add_patch(Rectangle(corner, side, side, linestyle="--" if colour == "black" else "-", **edge))
    axis.set(xlim=(-margin, width + margin), ylim=(height + margin, -margin))
    axis = _place(figure, 6.3, top + 0.3, 3.5, FIELD_HEIGHT - 1.0, "the box, as bright as each pixel counts")
    seen = to_pil(picture * weights.to(picture) ** 0.5)
    axis.add_patch(Rectangle((field.left, field.top), field.size, field.size, **padding))
    axis.imshow(seen, extent=(0, width, height, 0), interpolation="nearest")
    axis.set(xlim=(field.left, field.right), ylim=(field.bottom, field.top))
    words = (
        f"in theory (solid line): {field.size} × {field.size} px",
        f"in effect (dashed): as many as {side:.0f} × {side:.0f} px",
        f"the next value sees {field.stride} px further",
    )
    axis.text(0, -0.03, "\n".join(words), transform=axis.transAxes, ha="left", va="top", fontsize=9)


def draw_gram_entry(figure: Figure, picture: Tensor, features: Tensor, layer: str, entry: tuple[int, int]) -> None:
    """Draw what `gram_entry` shows into a figure; `features` are the activations of `layer`, (1, C, H, W)."""
    i, j = entry
    product, places = (tensor.detach().cpu() for tensor in coactivation(features, i, j))
    gram = gram_matrix(features.detach().float())[0].cpu()
    order = order_by_similarity(gram)
    ordered = gram[order][:, order].clamp_min(0).sqrt()
    row, column = ((order == channel).nonzero().item() for channel in entry)
    title = f"√G of {layer}, {len(gram)} channels by similarity"
    axis = _place(figure, 0.65, 0.35, 3.75, 3.75, title)
    axis.set_axis_on()
    axis.imshow(ordered.numpy(), cmap="viridis", interpolation="nearest", aspect="auto")
    axis.axhline(row, color="white", linewidth=0.8)
    axis.axvline(column, color="white", linewidth=0.8)
    for colour, width in (("black", 4), ("white", 2)):
        axis.plot([column], [row], "o", markersize=10, markerfacecolor="none", markeredgecolor=colour, mew=width)
    axis.set(xticks=[column], xticklabels=[f"j = {j}"], yticks=[row], yticklabels=[f"i = {i}"])
    axis.tick_params(labelsize=9)
    maps = {f"channel {i}": features[0, i], f"channel {j}": features[0, j], "their product": product}
    spots = [(4.6, 0.35), (7.3, 0.35), (4.6, 2.45)]
    for (caption, values), (left, top) in zip(maps.items(), spots):
        axis = _place(figure, left, top, 2.6, 1.75, caption)
        axis.imshow(values.detach().float().cpu().numpy(), cmap="gray", interpolation="nearest")
    axis = _place(figure, 7.3, 2.45, 2.6, 1.75, "where both fire")
    share = float(places.float().mean())
    axis.imshow(_spotlight(picture, places))
    words = f"G[{i}, {j}] = {product.mean():.4g}, the mean of the product; half of it is from {share:.0%} of the places"
    axis.text(4.6 / WIDTH, 0.1 / GRAM_HEIGHT, words, transform=figure.transFigure, ha="left", va="bottom", fontsize=9)


def figure_bytes(height: float, draw: Callable[[Figure], object], width: float = WIDTH) -> bytes:
    """Return what `draw` draws into a figure of this size, in inches, as the bytes of a JPEG file."""
    from matplotlib.figure import Figure

    # Without pyplot: no figure stays open, and none is shown unasked.
    figure, buffer = Figure(figsize=(width, height), dpi=DPI, layout="none"), io.BytesIO()
    draw(figure)
    figure.savefig(buffer, format="jpeg", pil_kwargs={"quality": 90})
    return buffer.getvalue()


def _network(backbone: str | Backbone) -> Backbone:
    return backbone if isinstance(backbone, Backbone) else load_backbone(backbone)


def _show(height: float, draw: Callable[[Figure], object]) -> None:
    import matplotlib.pyplot as plt

    draw(plt.figure(figsize=(WIDTH, height), layout="none"))
    plt.show()


def _place(figure: Figure, left: float, top: float, width: float, height: float, title: str = "") -> Axes:
    """Add axes to a figure at a place in inches from its upper left corner; pictures stay in that corner of it."""
    full_width, full_height = figure.get_size_inches()
    bottom = full_height - top - height
    axis = figure.add_axes((left / full_width, bottom / full_height, width / full_width, height / full_height))
    axis.set_anchor("NW")
    axis.set_axis_off()
    # A fixed y: finding it takes matplotlib as long as the picture. File names hold no formulas.
    axis.set_title(title, loc="left", y=1.0, pad=5, fontsize=10, parse_math=False)
    return axis


def _normalised(values: Tensor) -> Tensor:
    """Return values scaled to [0, 1], from the smallest (or 0, if none is negative) to the largest."""
    low = values.min().clamp_max(0)
    return (values - low) / (values.max() - low).clamp_min(1e-12)


def _scaled(values: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return a map (h, w) at another size: averaged if it shrinks, in blocks if it grows, so that each value shows."""
    mode = "area" if shape[0] < values.shape[0] else "nearest"
    return torch.nn.functional.interpolate(values[None, None], size=shape, mode=mode)[0, 0]


def _smooth(values: Tensor, side: int) -> Tensor:
    return torch.nn.functional.avg_pool2d(
        values.detach().float().cpu()[None, None], side, 1, side // 2, count_include_pad=False
    )[0, 0]


def _centre(weights: Tensor) -> tuple[float, float]:
    """Return the centre of mass (across, down) of weights (H, W), in pixels from the upper left corner."""
    total = weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)
    across, down = (torch.arange(length).to(weights) + 0.5 for length in (weights.shape[1], weights.shape[0]))
    return float((weights.sum(dim=0) * across).sum() / total), float((weights.sum(dim=1) * down).sum() / total)


def _overlay(picture: Tensor, weights: Tensor) -> Any:
    """Return the picture in dim grey with weights (h, w) in [0, 1] laid over it in viridis: an array (H, W, 3)."""
    import matplotlib as mpl

    shown = _scaled(weights, tuple(picture.shape[2:])).numpy()
    alpha = 0.85 * shown[..., None]
    grey = 0.9 * picture.detach()[0].mean(dim=0)[..., None].cpu().numpy()
    return (1 - alpha) * grey + alpha * mpl.colormaps["viridis"](shown)[..., :3]


def _spotlight(picture: Tensor, places: Tensor) -> Any:
    """Return the picture in its colours at the places (h, w), in dark grey elsewhere: an array (H, W, 3)."""
    shown = picture.detach()[0].float().cpu()
    mask = _scaled(places.float(), tuple(shown.shape[1:]))
    return torch.where(mask > 0.5, shown, 0.3 * shown.mean(dim=0)).permute(1, 2, 0).numpy()


def _draw_channels(axis: Axes, maps: Tensor, channels: Sequence[int], large: int) -> None:
    """Draw the grid of channels as one picture: separate axes would take most of a second."""
    from matplotlib.patches import Rectangle

    columns = 6
    rows = math.ceil(len(channels) / columns)
    tile = [max(1, round(112 * side / max(maps.shape[1:]))) for side in maps.shape[1:]]
    gap, caption = 8, 29
    canvas = torch.full((rows * (tile[0] + caption), columns * (tile[1] + gap)), torch.nan)
    for number, channel in enumerate(channels):
        y, x = (number // columns) * (tile[0] + caption) + caption, (number % columns) * (tile[1] + gap)
        canvas[y : y + tile[0], x : x + tile[1]] = _scaled(_normalised(maps[channel]), tile)
        chosen = channel == large
        words, weight = (f"▶ {channel}", "bold") if chosen else (f"{channel}", None)
        axis.text(x, y - 5, words, fontsize=8, weight=weight, va="bottom")
        if chosen:
            frame: dict[str, Any] = {"fill": False, "edgecolor": COLOURS["style"], "linewidth": 2.5, "clip_on": False}
            axis.add_patch(Rectangle((x - 2, y - 2), tile[1] + 3, tile[0] + 3, **frame))
    axis.imshow(canvas.numpy(), cmap="gray", vmin=0, vmax=1, interpolation="antialiased")


def _draw_patches(axis: Axes, patches: Sequence[Patch]) -> None:
    side, gap, columns = 96, 6, 3
    if not patches:
        axis.text(0, 1, "It is silent in all pictures.", transform=axis.transAxes, va="top", fontsize=9)
        return
    rows = math.ceil(len(patches) / columns)
    canvas = torch.ones(rows * (side + 22), columns * (side + gap), 3)
    for number, patch in enumerate(patches):
        y, x = (number // columns) * (side + 22), (number % columns) * (side + gap)
        mode = {"mode": "bicubic", "antialias": True} if patch.image.shape[2] > side else {"mode": "nearest"}
        shown = torch.nn.functional.interpolate(patch.image.detach().cpu(), size=(side, side), **mode)
        canvas[y : y + side, x : x + side] = shown[0].clamp(0, 1).permute(1, 2, 0)
        axis.text(x, y + side + 2, f"{patch.activation:.3g}", fontsize=7.5, va="top")
    axis.imshow(canvas.numpy(), interpolation="antialiased")


def trade_off(curves: Mapping[str, Mapping[Any, tuple[float, float]]], title: str = "") -> None:
    """Plot curves in the plane of relative content distance (across) and relative style distance (up).

    `curves` is {name of the curve: {label: (content distance, style distance)}}; labels that are strings are written beside
    their points.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> trade_off({"fader": {"weight 1": (0.0, 0.2), "weight 0": (0.1, 0.0)}}); len(plt.gcf().axes[0].texts)
    2
    """
    import matplotlib.pyplot as plt

    _, (axis,) = _figure(1, 1, (7.0, 3.6))
    for number, (name, points) in enumerate(curves.items()):
        look = {"color": list(COLOURS.values())[(2 - number) % 4], "linestyle": ["-", "--", "-.", ":"][number % 4]}
        axis.plot(*zip(*points.values()), marker="os^D"[number % 4], label=name, **look)
        for label, point in points.items():
            if isinstance(label, str):
                # Below and to the left: the side that a falling curve leaves free.
                offset = {"textcoords": "offset points", "xytext": (-4, -4), "ha": "right", "va": "top"}
                axis.annotate(label, point, color=look["color"], **offset)
    axis.margins(0.1, 0.12)
    axis.set(title=title, xlabel="relative content distance", ylabel="relative style distance")
    axis.legend()
    axis.grid(alpha=0.3)
    plt.show()


def number_tables(
    tables: Mapping[str, Tensor], rows: Sequence[str], columns: Sequence[str], title: str = "", form: str = ".0f"
) -> None:
    """Show tables of numbers side by side as heat maps with one colour scale, each number written into its field.

    `tables` is a dictionary from caption to tensor (len(rows), len(columns)), `form` how the numbers are written.
    Raises ValueError for a table of another shape.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> number_tables({"left": torch.eye(2), "right": torch.ones(2, 2)}, ["a", "b"], ["c", "d"]); len(plt.gcf().axes)
    2
    """
    import matplotlib.pyplot as plt

    for name, table in tables.items():
        if tuple(table.shape) != (len(rows), len(columns)):
            raise ValueError(f"The table {name!r} is {tuple(table.shape)}; give ({len(rows)}, {len(columns)}).")
    low, high = (float(pick(torch.stack([*tables.values()]))) for pick in (torch.min, torch.max))
    figure, axes = _figure(1, len(tables), ((0.62 * len(columns) + 0.4) * len(tables) + 1.4, 0.4 * len(rows) + 1.2))
    for axis, (name, table) in zip(axes, tables.items()):
        axis.imshow(table.numpy(), cmap="viridis", vmin=low, vmax=high, aspect="auto")
        for y, x in torch.cartesian_prod(torch.arange(len(rows)), torch.arange(len(columns))).tolist():
            dark = float(table[y, x]) < (low + high) / 2
            axis.text(x, y, format(float(table[y, x]), form), ha="center", va="center", color="wk"[not dark])
        axis.set(title=name, xticks=range(len(columns)), xticklabels=columns, yticks=range(len(rows)))
        axis.set_yticklabels(rows if axis is axes[0] else [])
    figure.suptitle(title or None)
    plt.show()


def descent_paths(height: Callable[[Tensor], Tensor], paths: Mapping[str, Tensor], title: str = "") -> None:
    """Show the paths of optimisers on the contour lines of a loss of two numbers, with a star at the minimum, (0, 0).

    `height` takes coordinates (2, …) and gives heights (…); `paths` is a dictionary from name to points (n, 2).

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> descent_paths(lambda p: p[0] ** 2 + p[1] ** 2, {"down": torch.tensor([[-1.0, 1.0], [0.0, 0.0]])})
    >>> plt.gcf().axes[0].lines[0].get_label()
    'down'
    """
    import matplotlib.pyplot as plt

    points = torch.cat([path.detach() for path in paths.values()])
    low, high = points.amin(dim=0) - 0.3, points.amax(dim=0) + 0.3
    grid = torch.meshgrid(*(torch.linspace(low[i], high[i], 160) for i in (0, 1)), indexing="xy")
    _, (axis,) = _figure(1, 1, (8.5, 4.2))
    heights = height(torch.stack(grid))
    levels = torch.logspace(-4, 0, 9, base=3) * heights.max()
    axis.contour(*grid, heights, levels=levels.tolist(), colors="0.75", linewidths=0.8)
    for (name, path), mark, colour in zip(paths.items(), ".^sDv", [*COLOURS.values(), "#CC79A7"]):
        axis.plot(*path.detach().T, marker=mark, color=colour, markersize=5, linewidth=1, label=name)
    axis.plot(0, 0, "k*", markersize=14)
    axis.set(title=title, xlabel="first coordinate", ylabel="second coordinate")
    axis.legend()
    plt.show()


def flow_chart(rows: Sequence[tuple[str, str, str, str]], title: str = "") -> None:
    """Draw a chart from symptoms via signs to causes and cures; rows with one symptom share its box, in the order given.

    `rows` are (symptom, sign, cause, cure), in words.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> flow_chart([("grey", "a high start", "twice", "once"), ("grey", "NaN", "0 / 0", "1e-8")])
    >>> len(plt.gcf().axes[0].texts)
    11
    """
    import matplotlib.pyplot as plt

    symptoms = list(dict.fromkeys(row[0] for row in rows))
    ordered = [row for symptom in symptoms for row in rows if row[0] == symptom]
    _, (axis,) = _figure(1, 1, (11.0, 0.62 * len(rows) + 0.5))
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#DDEEF8", "edgecolor": COLOURS["content"]}
    for symptom in symptoms:
        places = [-y for y, row in enumerate(ordered) if row[0] == symptom]
        middle = sum(places) / len(places)
        for y in places:
            axis.plot([0.4, 1.5], [middle, y], color=COLOURS["content"], linewidth=1, zorder=1)
        axis.text(0, middle, symptom, bbox=box, va="center", fontsize=11)
    for y, (_, sign, cause, cure) in enumerate(ordered):
        for left, words, colour in ((1.6, sign, "black"), (5.2, cause, COLOURS["style"]), (8.6, cure, COLOURS["tv"])):
            axis.text(left, -y, textwrap.fill(words, 38), va="center", fontsize=9, color=colour)
        axis.text(4.9, -y, "→", va="center", color="0.4")
        axis.text(8.3, -y, "→", va="center", color="0.4")
    axis.set(title=title, xlim=(-0.15, 12), ylim=(0.6 - len(rows), 0.6))
    axis.set_axis_off()
    plt.show()
