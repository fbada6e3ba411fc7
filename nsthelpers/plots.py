"""Figures: rows and grids of pictures, feature maps, Gram heat maps, loss curves.

Every function draws one figure with matplotlib and shows it (in a notebook, under the cell). The colour maps are
safe for the colour-blind (viridis, cividis, grey).
"""

from __future__ import annotations

import base64
import io
import math
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from nsthelpers.backbones import BACKBONES, Backbone, deepest_layer, layer_table, load_backbone
from nsthelpers.features import (
    Patch,
    ReceptiveField,
    check_channel,
    coactivation,
    exciting_patches,
    extract_features,
    largest_entry,
    order_by_similarity,
    receptive_field,
    small_picture,
    strongest_channels,
)
from nsthelpers.images import Source, to_pil
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, gram_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008: told apart with every kind of colour vision.
COLOURS = {"total": "#000000", "content": "#0072B2", "style": "#D55E00", "tv": "#009E73"}
LINES = {"total": "-", "content": "--", "style": "-", "tv": ":"}


def setup_notebook(quality: int = 75) -> None:
    """Make a notebook's figures JPEGs (small files), with one look for the whole course. Call it once, at the top.

    `quality` is that of the JPEGs, up to 95: a notebook with many paintings takes less, to stay below 1 MB.
    """
    import matplotlib as mpl
    from IPython import get_ipython

    if get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("jpeg", pil_kwargs={"quality": quality})
    mpl.rcParams.update({"figure.dpi": 96, "figure.constrained_layout.use": True, "axes.titlesize": 10, "font.size": 9})


def jpeg_bytes(image: Tensor, quality: int = 85) -> bytes:
    """Return an image tensor (1, 3, H, W) in [0, 1] as the bytes of a JPEG file.

    >>> import torch
    >>> jpeg_bytes(torch.zeros(1, 3, 8, 8))[:2]
    b'\\xff\\xd8'
    """
    buffer = io.BytesIO()
    to_pil(image).save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


def data_uri(content: bytes, kind: str = "image/jpeg") -> str:
    """Return bytes as a data URI, for pictures inside HTML.

    >>> data_uri(b"abc", "text/plain")
    'data:text/plain;base64,YWJj'
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def show_images(
    images: Mapping[str, Any] | Sequence[Any], title: str = "", columns: int = 4, height: float = 2.4
) -> None:
    """Show pictures in a grid, each under its name.

    `images` is a dictionary from caption to image tensor (1, 3, H, W) in [0, 1], or a sequence of tensors; a single
    feature map (H, W) is shown in greys. `columns` is the most in a row, `height` that of a row in inches.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> show_images({"black": torch.zeros(1, 3, 4, 4), "white": torch.ones(1, 3, 4, 4)}); len(plt.gcf().axes)
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
    for axis in axes[len(named) :]:
        axis.remove()
    figure.suptitle(title or None)
    plt.show()


def step_picture(gradient: Tensor) -> Tensor:
    """Return the step that a gradient (1, 3, H, W) asks for, minus the gradient, as a picture around mid-grey.

    Where the picture is to become lighter it is light, where darker dark; the largest 2 % are clipped.

    >>> import torch
    >>> step_picture(torch.zeros(1, 3, 2, 2)).unique()
    tensor([0.5000])
    """
    scale = gradient.detach().abs().flatten().quantile(0.98).clamp_min(1e-12)
    return (0.5 - 0.5 * gradient.detach() / scale).clamp(0, 1)


def show_features(features: Tensor, title: str, count: int = 16, columns: int = 8) -> None:
    """Show the `count` channels of largest mean activation of (1, C, H, W) feature maps, strongest first.

    Each map has its own scale from its minimum (dark) to its maximum (bright); above it stands the channel's number.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> show_features(torch.rand(1, 5, 6, 6), "noise", count=4); len(plt.gcf().axes)
    4
    """
    maps = features.detach()[0].float().cpu()
    strongest = maps.mean(dim=(1, 2)).argsort(descending=True)[:count].tolist()
    return show_images({f"channel {i}": maps[i] for i in strongest}, title, columns, height=1.3)


def show_gram(gram: Tensor | Mapping[str, Tensor], title: str = "", count: int = 32) -> None:
    """Show Gram matrices (1, C, C) or (C, C) as heat maps with one colour scale, the first `count` channels of each.

    `gram` is one matrix or a dictionary from caption to matrix.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> show_gram(torch.eye(4)); len(plt.gcf().axes)  # the heat map and its colour bar
    2
    """
    import matplotlib.pyplot as plt

    named = dict(gram) if isinstance(gram, Mapping) else {"": gram}
    matrices = {name: g.detach().float().cpu().reshape(g.shape[-2:])[:count, :count] for name, g in named.items()}
    top = max(float(matrix.abs().max()) for matrix in matrices.values())
    lowest = min(float(matrix.min()) for matrix in matrices.values())
    figure, axes = _figure(1, len(matrices), (3.1 * len(matrices) + 0.7, 3.3))
    for axis, (name, matrix) in zip(axes, matrices.items()):
        shown = axis.imshow(matrix.numpy(), cmap="viridis", vmin=min(0.0, lowest), vmax=top, interpolation="nearest")
        axis.set(title=name, xlabel="channel j", ylabel="channel i")
    figure.colorbar(shown, ax=list(axes), shrink=0.8, label="G[i, j]")
    figure.suptitle(title or None)
    plt.show()


def plot_losses(
    runs: Mapping[str, Sequence[Mapping[str, float]]] | Sequence[Mapping[str, float]],
    title: str = "Loss at each step",
    x: str = "step",
    terms: Sequence[str] | None = None,
) -> None:
    """Plot loss curves on a logarithmic scale: all terms of one history, or one term ("total") of several.

    `runs` is a `Result.history`, or a dictionary from name to history; `x` is "step" or "seconds"; `terms` says which
    columns to draw.

    >>> import matplotlib.pyplot as plt, torch; plt.switch_backend("agg")
    >>> plot_losses([{"step": 1, "total": 2.0}, {"step": 2, "total": 1.0}]); len(plt.gcf().axes[0].lines)
    1
    """
    import matplotlib.pyplot as plt

    several = isinstance(runs, Mapping)
    named = dict(runs) if several else {"": runs}
    figure, (axis,) = _figure(1, 1, (6.5, 3.2))
    for number, (name, history) in enumerate(named.items()):
        shown = terms or (["total"] if several else [key for key in COLOURS if key in history[0]])
        for term in shown:
            values = [row[term] if row[term] > 0 else math.nan for row in history]
            if all(math.isnan(value) for value in values):
                continue
            style: dict[str, Any] = {"label": f"{name} {term}".strip() if len(shown) > 1 else name or term}
            if several:
                style |= {"color": list(COLOURS.values())[number % 4], "linestyle": ["-", "--", "-.", ":"][number % 4]}
            else:
                style |= {"color": COLOURS.get(term), "linestyle": LINES.get(term, "-")}
            axis.plot([row[x] for row in history], values, **style)
    axis.set(title=title, xlabel=x, ylabel="loss (logarithmic)", yscale="log")
    axis.grid(alpha=0.3)
    axis.legend()
    plt.show()


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
CHANNELS = 24  # in the grid of `show_activations`


def show_vgg(backbone: str | Backbone = "mini", layer: str | None = None) -> None:
    """Draw a VGG as a row of its layers: as high as their maps are large, the taps of style (S) and content (C) marked.

    Convolutions are white, ReLUs grey, poolings hatched. `layer` is the one to point at. Raises ValueError for an unknown
    backbone or layer.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> show_vgg("mini", "relu4_2"); len(plt.gcf().axes[0].patches)  # 37 layers and the frame of the one pointed at
    38
    """
    network = _network(backbone)
    figure = _plain_figure(VGG_HEIGHT)
    draw_vgg(figure, network, layer)
    _show(figure)


def show_activations(
    image: Source = "chelsea",
    backbone: str | Backbone = "mini",
    layer: str = "relu3_1",
    channel: int | None = None,
    sort: str | Sequence[int] = "mean",
    compare: Source | Backbone | None = None,
    count: int = CHANNELS,
) -> None:
    """Draw what a layer holds of a picture: its channels, one of them over the picture, and the patches that excite it most.

    `sort` puts the channels of largest "mean" or "variance" first, or is a list of channel numbers; the first `count`
    are shown, each on its own scale. `channel` is the one to see large, None the first. `compare` is a second picture,
    drawn below with the same channels, or a second backbone, drawn with its own strongest: its channels are others.
    Pictures larger than 256 pixels are shrunk. Raises ValueError for an unknown backbone, layer, channel or sort.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> show_activations("chelsea", "mini", "relu4_2", channel=5)
    >>> [axis.get_title(loc="left") for axis in plt.gcf().axes][2]
    'channel 5 over chelsea'
    """
    looks, top = looks_at(image, backbone, compare), VGG_HEIGHT
    views = activation_views(looks, layer, channel, sort, count)
    figure = _plain_figure(top + ACTIVATION_HEIGHT * len(views))
    draw_vgg(figure, looks[0].backbone, layer)
    draw_activations(figure, views, top)
    _show(figure)


def show_receptive_field(
    image: Source = "chelsea",
    backbone: str | Backbone = "mini",
    layer: str = "relu4_1",
    position: tuple[int, int] | None = None,
) -> None:
    """Draw the receptive field of one value of a feature map on a picture: the box in theory, and what counts in effect.

    What counts in effect is measured on this picture alone. `position` is (row, column) in the layer's map, None the
    middle. Pictures larger than 256 pixels are shrunk.
    Raises ValueError for an unknown backbone or layer, and a position outside the map (see `receptive_field`).

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> show_receptive_field("chelsea", "mini", "relu3_1")
    """
    network = _network(backbone)
    picture = small_picture(image, next(network.buffers()).device)
    field, top = receptive_field(network, layer, position, picture), VGG_HEIGHT
    figure = _plain_figure(top + FIELD_HEIGHT)
    draw_vgg(figure, network, layer)
    draw_receptive_field(figure, picture, field, top)
    _show(figure)


def show_gram_entry(
    image: Source = "starry_night",
    backbone: str | Backbone = "mini",
    layer: str = "relu2_1",
    entry: tuple[int, int] | None = None,
) -> None:
    """Draw a Gram matrix with its channels ordered by similarity, and what one entry (i, j) is made of.

    Beside the heat map are the maps of the two channels, their product, whose mean is the entry, and the picture where
    both fire (see `coactivation`). `entry` None is the largest one off the diagonal. Pictures larger than 256 pixels are
    shrunk. Raises ValueError for an unknown backbone, layer or channel.

    >>> import matplotlib.pyplot as plt; plt.switch_backend("agg")
    >>> show_gram_entry("starry_night", "mini", "relu2_1", entry=(3, 17))
    """
    network = _network(backbone)
    picture = small_picture(image, next(network.buffers()).device)
    with torch.no_grad():
        features = extract_features(network, picture, layer)[layer]
    figure = _plain_figure(GRAM_HEIGHT)
    draw_gram_entry(figure, picture, features, layer, entry or largest_entry(gram_matrix(features)))
    _show(figure)


class Look(NamedTuple):
    """A picture as a network sees it: `activations` are those of all layers, each (1, C, H, W)."""

    name: str
    picture: Tensor
    backbone: Backbone
    activations: dict[str, Tensor]


class ActivationView(NamedTuple):
    """What one row of `show_activations` shows: the maps (C, H, W) of a layer, the channels in the grid, the large one,
    and the patches that excite it most (None where they stand above already)."""

    name: str
    layer: str
    picture: Tensor
    maps: Tensor
    channels: list[int]
    channel: int
    patches: list[Patch] | None


def looks_at(image: Source, backbone: str | Backbone, compare: Source | Backbone | None = None) -> list[Look]:
    """Return one look, or two: `compare` is a second picture for the same backbone, or a second backbone.

    >>> [(look.name, look.backbone.name) for look in looks_at("chelsea", "mini", "coffee")]
    [('chelsea', 'mini'), ('coffee', 'mini')]
    """
    pairs = [(image, network := _network(backbone))]
    if compare is not None:
        other = isinstance(compare, Backbone) or (isinstance(compare, str) and compare in BACKBONES)
        pairs.append((image, _network(compare)) if other else (compare, network))
    looks = []
    for source, network in pairs:
        picture = small_picture(source, next(network.buffers()).device)
        with torch.no_grad():
            activations = extract_features(network, picture, network.layer_names)
        name = Path(source).stem if isinstance(source, (str, os.PathLike)) else "the picture"
        looks.append(Look(name, picture, network, activations))
    return looks


def activation_views(
    looks: Sequence[Look],
    layer: str,
    channel: int | None = None,
    sort: str | Sequence[int] = "mean",
    count: int = CHANNELS,
) -> list[ActivationView]:
    """Return the rows of `show_activations`, whose arguments these are, for one or two looks.

    Two looks by one backbone have the same channels, ordered by the first. By two backbones each has its own, and the
    large channels are those of the same rank: channel 7 of one network has nothing to do with channel 7 of another.

    >>> view, = activation_views(looks_at("chelsea", "mini"), "relu2_1", count=4)
    >>> view.maps.shape[1:], len(view.channels), view.channel == view.channels[0]
    (torch.Size([85, 128]), 4, True)
    """
    views, rank = [], 0
    for look in looks:
        features = look.activations[deepest_layer(look.backbone, [layer])]
        if not views or look.backbone is not looks[0].backbone:
            order = strongest_channels(features, sort)
            if not views and channel is not None:
                check_channel(channel, features.shape[1], layer)
                rank = order.index(channel) if channel in order else -1
            shown = order[:count]
            large = channel if rank < 0 else order[min(rank, len(order) - 1)]
            patches = exciting_patches(look.backbone, layer, large)
        else:
            patches = None
        name = look.name if looks[0].backbone is looks[-1].backbone else f"{look.name}, network {len(views) + 1}"
        views.append(ActivationView(name, layer, look.picture, features[0], shown, large, patches))
    return views


def draw_vgg(figure: Figure, backbone: Backbone, layer: str | None = None) -> None:
    """Draw what `show_vgg` shows into the top of a figure, one bar above another's place for each layer."""
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


def draw_activations(figure: Figure, views: Sequence[ActivationView], top: float = 0.0) -> None:
    """Draw what `show_activations` shows below the diagram, `top` inches from the upper edge of a figure."""
    for view in views:
        title = f"{view.layer} of {view.name}: {len(view.channels)} of {len(view.maps)} channels"
        _draw_channels(_place(figure, 0.1, top + 0.3, 4.75, ACTIVATION_HEIGHT - 0.4, title), view)
        title = f"channel {view.channel} over {view.name}"
        axis = _place(figure, 4.95, top + 0.3, 2.75, ACTIVATION_HEIGHT - 0.75, title)
        shown = view.maps[view.channel].detach().float().cpu()
        axis.imshow(_overlay(view.picture, _normalised(shown)))
        words = f"{shown.shape[0]} × {shown.shape[1]} values, mean {shown.mean():.3g}, largest {shown.max():.3g}"
        axis.text(0, -0.03, words, transform=axis.transAxes, ha="left", va="top", fontsize=8)
        if view.patches is not None:
            title = "what excites it most"
            _draw_patches(_place(figure, 7.8, top + 0.3, 2.15, ACTIVATION_HEIGHT - 0.4, title), view.patches)
        top += ACTIVATION_HEIGHT


def draw_receptive_field(figure: Figure, picture: Tensor, field: ReceptiveField, top: float = 0.0) -> None:
    """Draw what `show_receptive_field` shows below the diagram, `top` inches from the upper edge of a figure."""
    from matplotlib.patches import Rectangle

    height, width = picture.shape[2:]
    # Depends on the layer and not on the position: nothing jumps when the field is moved.
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
    for colour, line in (("white", 3.5), ("black", 1.8)):  # seen on every picture
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
    """Draw what `show_gram_entry` shows into a figure; `features` are the activations of `layer`, (1, C, H, W)."""
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


def figure_bytes(height: float, draw: Callable[[Figure], object]) -> bytes:
    """Return as the bytes of a JPEG file what `draw` draws into a figure of the explorers' width, `height` inches high.

    >>> figure_bytes(1.5, lambda figure: draw_vgg(figure, load_backbone("mini")))[:2]
    b'\\xff\\xd8'
    """
    from matplotlib.figure import Figure

    # Without pyplot: no figure stays open, and nothing is shown behind the reader's back.
    figure, buffer = Figure(figsize=(WIDTH, height), dpi=DPI, layout="none"), io.BytesIO()
    draw(figure)
    figure.savefig(buffer, format="jpeg", pil_kwargs={"quality": 90})
    return buffer.getvalue()


def _network(backbone: str | Backbone) -> Backbone:
    return backbone if isinstance(backbone, Backbone) else _named_network(backbone)


@lru_cache(maxsize=2)
def _named_network(name: str) -> Backbone:
    # Kept, because what `exciting_patches` has found in the bundled pictures is kept with it.
    return load_backbone(name)


def _plain_figure(height: float) -> Figure:
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(WIDTH, height), layout="none")


def _show(figure: Figure) -> None:
    import matplotlib.pyplot as plt

    plt.show()


def _place(figure: Figure, left: float, top: float, width: float, height: float, title: str = "") -> Axes:
    """Add axes to a figure at a place in inches from its upper left corner; pictures stay in that corner of it."""
    full_width, full_height = figure.get_size_inches()
    bottom = full_height - top - height
    axis = figure.add_axes((left / full_width, bottom / full_height, width / full_width, height / full_height))
    axis.set_anchor("NW")
    axis.set_axis_off()
    # A fixed y: to find it for itself takes matplotlib as long as the picture. Names of files hold no formulae.
    axis.set_title(title, loc="left", y=1.0, pad=5, fontsize=10, parse_math=False)
    return axis


def _normalised(values: Tensor) -> Tensor:
    """Return values from 0 to 1: from the smallest, or from 0 if none is below, to the largest."""
    low = values.min().clamp_max(0)
    return (values - low) / (values.max() - low).clamp_min(1e-12)


def _scaled(values: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return a map (h, w) at another size: averaged if it shrinks, in blocks if it grows, so that each value is seen."""
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


def _overlay(picture: Tensor, weights: Tensor, strength: float = 0.85) -> Any:
    """Return the picture in dim grey with weights (h, w) in [0, 1] laid over it in viridis: an array (H, W, 3)."""
    import matplotlib as mpl

    height, width = picture.shape[2:]
    alpha = strength * _scaled(weights, (height, width))[..., None].numpy()
    grey = 0.9 * picture.detach()[0].mean(dim=0)[..., None].cpu().numpy()
    return (1 - alpha) * grey + alpha * mpl.colormaps["viridis"](_scaled(weights, (height, width)).numpy())[..., :3]


def _spotlight(picture: Tensor, places: Tensor) -> Any:
    """Return the picture in its colours at the places (h, w), in dark grey elsewhere: an array (H, W, 3)."""
    shown = picture.detach()[0].float().cpu()
    mask = _scaled(places.float(), tuple(shown.shape[1:]))
    return torch.where(mask > 0.5, shown, 0.3 * shown.mean(dim=0)).permute(1, 2, 0).numpy()


def _draw_channels(axis: Axes, view: ActivationView) -> None:
    """Draw the grid of channels as one picture: axes for each would take most of a second."""
    from matplotlib.patches import Rectangle

    columns = 6
    rows = math.ceil(len(view.channels) / columns)
    tile = [max(1, round(112 * side / max(view.maps.shape[1:]))) for side in view.maps.shape[1:]]
    gap, caption = 8, 29
    canvas = torch.full((rows * (tile[0] + caption), columns * (tile[1] + gap)), torch.nan)
    for number, channel in enumerate(view.channels):
        y, x = (number // columns) * (tile[0] + caption) + caption, (number % columns) * (tile[1] + gap)
        canvas[y : y + tile[0], x : x + tile[1]] = _scaled(_normalised(view.maps[channel].detach().float().cpu()), tile)
        large = channel == view.channel
        weight = "bold" if large else "normal"
        axis.text(x, y - 5, f"▶ {channel}" if large else f"{channel}", fontsize=8, weight=weight, va="bottom")
        if large:
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
