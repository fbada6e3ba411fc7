"""Pictures with a slider that need neither a kernel nor the network.

`scrubber`, `before_after` and `grid_scrubber` return HTML with its own pictures (JPEGs) and script, which works in
JupyterLab, Colab, exported HTML and web pages. Where scripts are removed, as on GitHub, the first picture stays (of a
pair, both), with a sentence.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from torch import Tensor

from nsthelpers._validation import check_image
from nsthelpers.images import load_image
from nsthelpers.show.html import STYLE, escape, img, jpeg_bytes

LIMIT = 400_000  # bytes of the HTML: a notebook stays below 1 MB
WIDEST, NARROWEST = 512, 320  # pixels on the page: the longer side at most, and the room that a slider needs
# Tried one after the other until the HTML is small enough: pixels of the longer side, quality of the JPEGs.
ENCODINGS = ((512, 85), (448, 80), (384, 80), (320, 75), (256, 75), (224, 70), (192, 70), (160, 70), (128, 65))

# Both scripts find their figures by class, not by their own position: front ends move scripts about. A figure that is
# shown twice on a page is found by both scripts and set up once.
SLIDER = """
  const slider = (figure, name, last, start, change) => {
    const label = document.createElement("label"), text = document.createElement("span");
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: 0, max: last, step: 1, value: start });
    input.setAttribute("aria-label", name);
    input.addEventListener("input", change);
    // JupyterLab would use these keys to move between its cells.
    input.addEventListener("keydown", (event) => {
      if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation();
    });
    label.append(text, input);
    figure.append(label);
    const say = (spoken, shown) => { input.setAttribute("aria-valuetext", spoken); text.textContent = shown; };
    return { input, say };
  };
"""

STEP = """
  figures.forEach((figure) => {
    const image = figure.querySelector("img");
    const pictures = [image.src, ...data.frames.map((frame) => "data:image/jpeg;base64," + frame)];
    const show = () => {
      let index = 0;
      const words = data.axes.map(({ name, values }, n) => {
        const place = Number(sliders[n].input.value);
        index = index * values.length + place;
        const said = name ? name + ": " + values[place] : values[place];
        sliders[n].say(values[place], said);
        return said;
      });
      image.src = pictures[index];
      image.alt = [data.alt, ...words].filter(Boolean).join(", ");
    };
    figure.querySelector("p").remove();
    const sliders = data.axes.map(({ name, values }) => slider(figure, name || "frame", values.length - 1, 0, show));
    show();
  });
"""

COMPARE = """
  figures.forEach((figure) => {
    const stage = figure.querySelector("div"), line = document.createElement("div");
    const [before, after] = stage.querySelectorAll("img");
    const show = () => {
      const share = input.value;
      before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
      line.style.left = share + "%";
      say(`${share} % before, ${100 - share} % after`, "left: before, right: after");
    };
    figure.querySelector("p").remove();
    stage.className = "nst-stage nst-drag";
    stage.style.aspectRatio = data.ratio;
    line.className = "nst-line";
    stage.append(after, before, line);
    const { input, say } = slider(figure, "divider between before and after", 100, 50, show);
    const drag = (event) => {
      const frame = stage.getBoundingClientRect();
      input.value = Math.round(100 * (event.clientX - frame.left) / frame.width);
      show();
    };
    stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); drag(event); });
    stage.addEventListener("pointermove", (event) => {
      if (stage.hasPointerCapture(event.pointerId)) drag(event);
    });
    show();
  });
"""


@dataclass(frozen=True, eq=False, repr=False)
class Scrubber:
    """What `scrubber`, `before_after` and `grid_scrubber` return: as the last line of a cell, it shows its `html`."""

    html: str
    title: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Scrubber {self.title!r}>"


def scrubber(frames: Mapping[Any, Tensor] | Sequence[Tensor], title: str = "", alt: str = "") -> Scrubber:
    """Show pictures one at a time, with a slider: the steps of an optimisation, a weight, the depth of a layer.

    `frames` is a dictionary from caption to image (1, 3, H, W) in [0, 1], or a sequence of images, which are numbered.
    Smaller frames, such as those of a pyramid's coarse scales, are shown as large as the largest. `alt` says in words what
    the pictures show, for those who cannot see them; each caption is added to it. The slider obeys the arrow keys, Home
    and End. The pictures are compressed, and shrunk if need be, to less than 400 kB in all. Raises ValueError for no
    frames, for a frame that is not an image, and for more frames than fit.

    Used in notebooks 01, 06, 07, 10 and 11.

    >>> import torch
    >>> scrubber({f"brightness {b}": torch.full((1, 3, 8, 8), b) for b in (0.0, 0.5, 1.0)}, "Three greys")
    <Scrubber 'Three greys'>
    """
    named = _named(frames)
    axes = [{"name": "", "values": [caption for caption, _ in named]}]
    return Scrubber(_step_html(named, axes, title, alt), title)


def grid_scrubber(
    frames: Mapping[tuple[Hashable, Hashable], Tensor], row_name: str, column_name: str, title: str = "", alt: str = ""
) -> Scrubber:
    """Show one picture of a grid at a time, with two sliders: what changes with each of two settings.

    `frames` is a dictionary from (row, column) to image (1, 3, H, W) in [0, 1], with an image for every row and column;
    `row_name` and `column_name` say what they are. The rest is as in `scrubber`. Raises ValueError for a gap, too.

    Used in notebook 09.

    >>> import torch
    >>> grey = {(r, c): torch.full((1, 3, 8, 8), r * c) for r in (0.1, 0.5) for c in (1.0, 2.0)}
    >>> grid_scrubber(grey, "brightness", "factor", title="Greys")
    <Scrubber 'Greys'>
    """
    if not isinstance(frames, Mapping) or any(not isinstance(key, tuple) or len(key) != 2 for key in frames):
        raise ValueError("frames of a grid_scrubber must be a dictionary from (row, column) to image.")
    rows, columns = (list(dict.fromkeys(key[n] for key in frames)) for n in (0, 1))
    named = []
    for place in product(rows, columns):
        if place not in frames:
            raise ValueError(f"frames has no image for {place!r}; give one for every row and column.")
        caption = f"{row_name} {place[0]}, {column_name} {place[1]}"
        named.append((caption, check_image(frames[place], f"frame {place!r}")))
    if not named:
        raise ValueError("frames is empty; give at least one picture.")
    axes = [{"name": row_name, "values": [*map(str, rows)]}, {"name": column_name, "values": [*map(str, columns)]}]
    return Scrubber(_step_html(named, axes, title, alt), title)


def before_after(before: Tensor, after: Tensor, title: str = "", alt: str = "") -> Scrubber:
    """Lay two pictures over each other, with a divider to drag between them: `before` on its left, `after` on its right.

    Both are images (1, 3, H, W) in [0, 1] with the same proportions; the sizes may differ. `alt` says in words what they
    show. The divider is also a slider, for the keyboard. Raises ValueError for different proportions, or no images.

    >>> import torch
    >>> before_after(torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 16, 16), "Black and white")
    <Scrubber 'Black and white'>
    """
    named = [("before", check_image(before, "before")), ("after", check_image(after, "after"))]
    first, second = (image.shape[3] / image.shape[2] for _, image in named)
    if not 0.95 < first / second < 1.05:  # small sides are rounded
        shapes = " and ".join(f"{image.shape[3]} × {image.shape[2]}" for _, image in named)
        raise ValueError(f"before and after are {shapes} pixels; crop them to the same proportions.")

    def render(encoded: Sequence[bytes]) -> str:
        alts = [", ".join(filter(None, (alt or title, name))) for name, _ in named]
        tags = [img(code, words, _width(named) // 2) for code, words in zip(encoded, alts)]
        body = f'<div class="nst-pair">{"".join(tags)}</div>'
        note = "<p>First: before; second: after. Run this cell to drag a divider between them.</p>"
        return _figure(body + note, {"ratio": _ratio(named)}, COMPARE, _width(named), title, alt)

    return Scrubber(_smallest(named, render), title)


def _named(frames: Mapping[Any, Tensor] | Sequence[Tensor]) -> list[tuple[str, Tensor]]:
    """Return the captions and images that a caller passed, checked."""
    if not isinstance(frames, Mapping):
        images = list(frames)
        frames = {f"{n} of {len(images)}": image for n, image in enumerate(images, start=1)}
    if not frames:
        raise ValueError("frames is empty; give at least one picture.")
    return [(str(name), check_image(image, f"frame {str(name)!r}")) for name, image in frames.items()]


def _step_html(named: Sequence[tuple[str, Tensor]], axes: Sequence[Mapping[str, Any]], title: str, alt: str) -> str:
    """Return the HTML that shows one of the images, stepped through along one axis or several."""

    def render(encoded: Sequence[bytes]) -> str:
        caption, first = named[0][0], encoded[0]
        picture = img(first, ", ".join(filter(None, (alt or title, caption))), _width(named))
        note = f"<p>{escape(caption)}. Run this cell to move through all {len(named)} pictures.</p>"
        data = {
            "frames": [base64.b64encode(frame).decode() for frame in encoded[1:]],
            "axes": axes,
            "alt": alt or title,
        }
        body = f'<div class="nst-stage" style="aspect-ratio: {_ratio(named)}">{picture}</div>{note}'
        return _figure(body, data, STEP, _width(named), title, alt)

    return _smallest(named, render)


def _figure(body: str, data: Mapping[str, Any], script: str, width: int, title: str, alt: str) -> str:
    """Return a complete figure. Its name comes from its content, so that the same pictures give the same bytes."""
    # In a script, only "<" could end the script; in JSON it may be written like this.
    encoded = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    name = "nst-" + hashlib.sha256(f"{title}\n{alt}\n{body}{encoded}".encode()).hexdigest()[:12]
    label = f' aria-label="{escape(title or alt)}"' if title or alt else ""
    heading = f"<figcaption><strong>{escape(title)}</strong></figcaption>" if title else ""
    return (
        f'<figure class="nst-scrubber {name}" style="width: {width}px"{label}>'
        f"{STYLE}{heading}{body}</figure>\n"
        f"<script>(() => {{\n  const data = {encoded};\n"
        f'  const figures = [...document.querySelectorAll(".{name}:not([data-ready])")];\n'
        f'  figures.forEach((figure) => {{ figure.dataset.ready = "yes"; }});{SLIDER}{script}}})();</script>'
    )


def _largest(named: Sequence[tuple[str, Tensor]]) -> tuple[int, int]:
    """Return (height, width) of the image with the longest side."""
    return max((tuple(image.shape[2:]) for _, image in named), key=max)


def _width(named: Sequence[tuple[str, Tensor]]) -> int:
    """Return how wide the images are on the page, in pixels."""
    height, width = _largest(named)
    return max(NARROWEST, round(width * min(1.0, WIDEST / max(height, width))))


def _ratio(named: Sequence[tuple[str, Tensor]]) -> str:
    height, width = _largest(named)
    return f"{width} / {height}"


def _smallest(named: Sequence[tuple[str, Tensor]], render: Callable[[Sequence[bytes]], str]) -> str:
    """Return the HTML that `render` makes of the images as JPEGs, in the best encoding that is small enough."""
    for side, quality in ENCODINGS:
        encoded = []
        for _, image in named:
            small = load_image(image, side if max(image.shape[2:]) > side else None, "cpu")
            encoded.append(jpeg_bytes(small, quality))
        made = render(encoded)
        if len(made.encode()) < LIMIT:
            return made
    raise ValueError(
        f"{len(named)} frames do not fit into {LIMIT // 1000} kB, even at {ENCODINGS[-1][0]} pixels; give fewer of them."
    )
