"""Figures: rows and grids of pictures, feature maps, Gram heat maps, loss curves.

Every function draws one figure with matplotlib and shows it (in a notebook, under the cell). The colour maps are
safe for the colour-blind (viridis, cividis, grey).
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from nsthelpers.images import to_pil

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008: told apart with every kind of colour vision.
COLOURS = {"total": "#000000", "content": "#0072B2", "style": "#D55E00", "tv": "#009E73"}
LINES = {"total": "-", "content": "--", "style": "-", "tv": ":"}


def setup_notebook() -> None:
    """Make a notebook's figures JPEGs (small files), with one look for the whole course. Call it once, at the top."""
    import matplotlib as mpl
    from IPython import get_ipython

    if get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("jpeg", pil_kwargs={"quality": 80})
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
