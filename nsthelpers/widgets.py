"""Live progress and the studio: thin widgets over `stylize`, for ipywidgets 7.7 (Colab) and 8.

`progress_html`, `curves_svg` and `progress_figure` are what is seen, as pure functions; `LiveProgress` and `Studio` move
them. All text that comes from people (file names) is escaped, and uploads stay in memory.
"""

from __future__ import annotations

import asyncio
import html
import inspect
import io
import json
import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import Image as Picture
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor

from nsthelpers.colours import keep_colours
from nsthelpers.images import list_images, load_image, paintings, resize, to_pil
from nsthelpers.plots import COLOURS, LINES, data_uri, jpeg_bytes
from nsthelpers.settings import png_with_settings, rounded
from nsthelpers.transfer import Progress, Result, stylize

PAUSE = 0.2  # seconds between two updates of the page, at least
SHARE = 0.05  # of the time that updates may take, at most
SHOWN = 320  # pixels of the longer side of the live picture on the page
POINTS = 250  # of a curve; more cannot be told apart
MEGABYTES = 9  # of an upload, at most: Jupyter's server drops a connection that brings it more than 10 at once
COLUMNS = ("step", "seconds", "size")  # of a history, beside the terms of the loss
DASHES = {"-": "none", "--": "7 4", ":": "2 3", "-.": "7 3 2 3"}

STYLE = """<style>
.nst { color: var(--jp-ui-font-color1, inherit); font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); }
.nst h2, .nst h3, .nst p { color: inherit; margin: 0 0 6px; }
.nst h2 { font-size: 20px; font-weight: 600; } .nst h3 { font-size: 14px; font-weight: 600; }
.nst img { display: block; margin: 0; max-width: 100%; height: auto; border-radius: 3px; }
.nst svg { display: block; width: 100%; max-width: 470px; height: auto; }
.nst progress { width: 100%; height: 10px; margin: 8px 0 4px; accent-color: #0072B2; }
.nst-live { display: flex; flex-wrap: wrap; gap: 18px; align-items: flex-start; }
.nst-live > img { flex: 0 1 auto; } .nst-live > div { flex: 1 1 330px; }
.nst figure { margin: 0; } .nst figcaption { margin-top: 4px; }
.nst a { color: inherit; text-decoration: underline; font-weight: 600; }
.nst .nst-problem { border-left: 4px solid #D55E00; padding: 4px 10px; }
.nst-top.widget-inline-hbox { flex-wrap: wrap; height: auto; }
.nst-top.widget-inline-hbox > .widget-label { flex: 0 0 100%; text-align: left; font-weight: 600; margin: 0; }
.nst-top.widget-inline-hbox > select { height: 28px; }
.widget-button.nst-upload { padding: 0 2px; }
.nst-ends { display: flex; justify-content: space-between; margin-right: 62px; opacity: 0.85; }
.widget-button.nst-run { background: #00588a; color: #fff; font-weight: 600; }
.widget-button.nst-run:disabled { background: #6b7c88; opacity: 1; }
.widget-button:focus-visible, .nst a:focus-visible { outline: 3px solid #D55E00; outline-offset: 2px; }
</style>"""


def curves_svg(history: Sequence[Mapping[str, float]]) -> str:
    """Return the loss curves of a history (see `Result`) as an SVG: one line for each term, on a logarithmic scale.

    Each term has a colour, a dash pattern, and its name with the last value beside its end; where the size of the picture
    changes, there is a vertical line. Values of 0 have no place on the scale and are left out. Written by hand because
    matplotlib takes longer than the step of the optimisation that is shown.

    >>> curves_svg([{"step": 1, "size": 64, "seconds": 0.1, "total": 2.0}]).count("<polyline")
    1
    """
    width, height, left, right, top, bottom = 470, 250, 52, 118, 18, 36
    last, stride = history[-1], math.ceil(len(history) / POINTS)
    first, reach = history[0]["step"], max(last["step"] - history[0]["step"], 10)
    rows = [*history[:-1:stride], last]
    terms = [name for name in last if name not in COLUMNS]
    lowest, highest = _limits(history)
    low, high = math.log10(lowest), math.log10(highest)

    def across(step: float) -> float:
        return left + (width - left - right) * (step - first) / reach

    def down(value: float) -> float:
        return height - bottom - (height - top - bottom) * (math.log10(value) - low) / (high - low)

    parts = []
    for value in _log_ticks(low, high):
        parts.append(f'<path d="M{left} {down(value):.1f}H{width - right}" stroke="currentColor" opacity="0.2"/>')
        parts.append(f'<text x="{left - 6}" y="{down(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    every = _nice(reach / 5)
    for step in range(math.ceil(first / every) * every, first + reach + 1, every):
        parts.append(f'<text x="{across(step):.1f}" y="{height - bottom + 16}" text-anchor="middle">{step}</text>')
    middle = (left + width - right) / 2
    parts.append(f'<text x="{middle}" y="{height - 4}" text-anchor="middle">step</text>')
    parts.append(f'<path d="M{left} {top}V{height - bottom}H{width - right}" stroke="currentColor" fill="none"/>')
    for before, row in zip(history, history[1:]):
        if before["size"] != row["size"]:
            x = across(row["step"])
            parts.append(
                f'<path d="M{x:.1f} {top}V{height - bottom}" stroke="currentColor" stroke-dasharray="1 4"/>'
                f'<text x="{x:.1f}" y="{top - 5}" text-anchor="middle">{row["size"]:g} px</text>'
            )
    ends: list[tuple[float, str]] = []
    for term in terms:
        points = [(across(row["step"]), down(row[term])) for row in rows if row[term] >= lowest]
        if not points:
            continue
        # Black would vanish on a dark page; currentColor is the colour of the page's text.
        colour = "currentColor" if term == "total" else COLOURS.get(term, "currentColor")
        line = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{DASHES[LINES.get(term, "-.")]}"'
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" {line}/>')
        ends.append((points[-1][1], f"{html.escape(term)} {last[term]:.3g}"))
        x, y = points[-1]
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
    for y, (_, label) in zip(_apart([y for y, _ in sorted(ends)], 14), sorted(ends)):
        parts.append(f'<text x="{across(last["step"]) + 9:.1f}" y="{y + 4:.1f}">{label}</text>')
    spoken = ", ".join(f"{html.escape(term)} {last[term]:.3g}" for term in terms)
    return (
        f'<svg role="img" aria-label="Losses, logarithmic, at step {last["step"]}: {spoken}" '
        f'viewBox="0 0 {width} {height}" font-size="12" fill="currentColor">{"".join(parts)}</svg>'
    )


def progress_html(
    record: Progress, history: Sequence[Mapping[str, float]], image: Tensor | None = None, ended: str = ""
) -> str:
    """Return the state of a run as HTML: the picture beside the loss curves, a bar, the speed and the time left.

    `record` is the last `Progress`, `history` all rows so far (see `Result`); `image`, (1, 3, H, W) in [0, 1], is shown
    instead of the record's picture. `ended` says how a run has ended: it stands where the bar and the time left were.

    >>> import torch
    >>> record = Progress(1, 10, {"total": 2.0}, torch.zeros(1, 3, 8, 8), 0.5, 0.1)
    >>> "step 1 of 10" in progress_html(record, [{"step": 1, "seconds": 0.5, "size": 8, "total": 2.0}])
    True
    """
    image = record.image if image is None else image
    rows, columns = image.shape[2:]
    recent = [row for row in history[-500:] if row["seconds"] >= record.seconds - 3]
    span = recent[-1]["seconds"] - recent[0]["seconds"]
    # Of the last three seconds: a step on a coarse scale of the pyramid says nothing about the fine ones.
    speed = (len(recent) - 1) / span if span > 0 else record.step / max(record.seconds, 1e-9)
    shown = f"step {record.step} of {record.steps} · {speed:.3g} evaluations a second"
    bar = f'<progress value="{record.done:.4f}" max="1" aria-label="Share of the work that is done"></progress>'
    if ended:
        shown, bar = f"{html.escape(ended)} · {_duration(record.seconds)}", ""
    elif record.done < 1:
        shown += f" · {_duration(record.seconds_left)} left"
    return (
        f'{STYLE}<div class="nst"><div class="nst-live"><img decoding="sync" alt="The picture at step {record.step}" '
        f'width="{round(SHOWN * columns / max(rows, columns))}" src="{data_uri(jpeg_bytes(image))}">'
        f"<div>{curves_svg(history)}</div></div>{bar}<div>{shown} · {columns} × {rows} pixels</div></div>"
    )


def progress_figure(image: Tensor, history: Sequence[Mapping[str, float]], title: str) -> Figure:
    """Return a figure of a run: the picture (1, 3, H, W) in [0, 1] beside the loss curves on a logarithmic scale.

    Unlike the functions of `plots` it is not shown: `LiveProgress` puts it where the live view was. It says no times, so
    that two runs leave the same figure.

    >>> import torch
    >>> len(progress_figure(torch.zeros(1, 3, 8, 8), [{"step": 1, "size": 8, "total": 2.0}], "after 1 step").axes)
    2
    """
    figure = Figure(figsize=(9.0, 3.3), dpi=96, layout="constrained")
    picture, curves = figure.subplots(1, 2, width_ratios=(1, 1.3))
    picture.imshow(to_pil(image))
    picture.set_axis_off()
    picture.set_title(title, fontsize=10)
    for term in (name for name in history[-1] if name not in COLUMNS):
        values = [row[term] if row[term] > 0 else math.nan for row in history]
        if not all(map(math.isnan, values)):
            curves.plot(
                [row["step"] for row in history], values, LINES.get(term, "-."), color=COLOURS.get(term), label=term
            )
    curves.set(
        title="loss at each step", xlabel="step", ylabel="loss (logarithmic)", yscale="log", ylim=_limits(history)
    )
    curves.title.set_fontsize(10)
    curves.grid(alpha=0.3)
    curves.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


class ProgressPanel(widgets.VBox):
    """The live view and its Stop button. `update` is called with each `Progress` and returns False to stop the run.

    `touch` is applied to a picture before it is shown. `history` and `image`, the best picture so far, are as in `Result`.
    """

    def __init__(self, touch: Callable[[Tensor], Tensor] | None = None) -> None:
        self.view = widgets.HTML()
        self.button = widgets.Button(
            description="Stop", icon="stop", tooltip="End the run and keep the picture", disabled=True
        )
        self.button.on_click(self.stop)
        self.touch = touch
        self.begin()
        super().__init__([self.view, self.button])

    def begin(self) -> None:
        """Forget the last run."""
        self.history: list[dict[str, float]] = []
        self.image: Tensor | None = None
        self.stopping = threading.Event()
        self._lowest, self._next = math.inf, 0.0

    def stop(self, *_: Any) -> None:
        """Ask the run to end at its next step. May be called from any thread."""
        self.stopping.set()
        self.button.disabled = True

    def update(self, record: Progress) -> bool:
        """Take a step of the run in, and draw it if the last drawing was long enough ago."""
        if not self.history:
            self.button.disabled = self.stopping.is_set()
        finer = self.image is None or record.image.shape != self.image.shape
        if finer or record.losses["total"] < self._lowest:
            self._lowest, self.image = record.losses["total"], record.image
        size = max(record.image.shape[2:])
        self.last = record
        self.history.append({"step": record.step, "seconds": record.seconds, "size": size, **record.losses})
        began = time.perf_counter()
        if began >= self._next or record.step == record.steps:
            self.view.value = progress_html(record, self.history, self.touch(record.image) if self.touch else None)
            now = time.perf_counter()
            self._next = now + max(PAUSE, (now - began) / SHARE)
        return not self.stopping.is_set()

    def finish(self, ended: str) -> None:
        """Show the best picture, and how the run has ended."""
        self.button.disabled = True
        if self.image is not None:
            image = self.touch(self.image) if self.touch else self.image
            self.view.value = progress_html(self.last, self.history, image, ended)


class LiveProgress:
    """A callback of `stylize` and `reconstruct` that shows a run as it goes: picture, loss curves, time left, Stop.

    The Stop button ends the run at its next step; `stylize` returns the best picture so far. The page is updated at most
    five times a second, and less often where that would take more than 5 % of the time. When the run has ended, in
    whatever way, a static figure takes the place of the live view: it stays in the saved notebook, and it is all that a
    notebook without a page (nbconvert, nbval) gets. Outside of notebooks nothing is shown; there, ``progress=True`` is.
    One object serves any number of runs, one after the other.

    >>> result = stylize("tuebingen", "starry_night", size=64, steps=2, callback=LiveProgress(), progress=False)
    >>> result.stopped
    'finished'
    """

    def __init__(self) -> None:
        self.panel: ProgressPanel | None = None

    def __call__(self, record: Progress) -> bool:
        """Show a step; return False if the run is to stop."""
        shell = get_ipython()
        kernel = getattr(shell, "kernel", None)
        if kernel is None:
            return True
        if self.panel is None or record.step <= self.panel.history[-1]["step"]:
            self._begin(shell)
        going = self.panel.update(record) and not _click_waits(kernel, self.panel.button)
        if not going or record.step == record.steps:
            self._end(("After" if going else "Stopped after") + f" {record.step} of {record.steps} steps")
        else:
            self._title = f"Ended after {record.step} of {record.steps} steps"
        return going

    def _begin(self, shell: Any) -> None:
        if self.panel is not None:
            self._end(self._title)
        self.panel = ProgressPanel()
        # Displayed as data: ipywidgets 7 would leave the display_id out, without which the figure cannot take its place.
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": view, "text/plain": "LiveProgress"}
        self._handle = display(bundle, raw=True, display_id=True)
        self._events = shell.events
        # A run that is interrupted, fails or diverges does not say so to its callback; the end of the cell does.
        self._events.register("post_run_cell", self._cell_ended)

    def _cell_ended(self, *_: Any) -> None:
        self._end(self._title)

    def _end(self, title: str) -> None:
        panel, self.panel = self.panel, None
        self._events.unregister("post_run_cell", self._cell_ended)
        buffer = io.BytesIO()
        progress_figure(panel.image, panel.history, title).savefig(buffer, format="jpeg", pil_kwargs={"quality": 85})
        self._handle.update(Picture(buffer.getvalue(), format="jpeg", alt=f"{title}: the picture and its loss curves"))
        # A page that does not put the figure where the widget was shows the live view as it is at the end.
        panel.finish(title)
        panel.button.layout.display = "none"


def _click_waits(kernel: Any, button: widgets.Button) -> bool:
    """Return whether a click on the button waits in the kernel, which handles no messages while a cell runs.

    JupyterLab 4.4 and ipykernel 7 send widgets' messages to a thread of their own, which needs nothing of this; with
    others (Colab, VS Code, ipykernel 6) the click lies on the shell channel. The messages there are
    only looked at: each goes its usual way as soon as the cell has ended.
    """
    import zmq

    if threading.current_thread() is not threading.main_thread():
        return False
    try:
        channel = getattr(kernel, "shell_channel_thread", None)
        manager = channel.manager if channel else None
        stream = manager.get_shell_channel_to_subshell_pair(None).to_stream if manager else kernel.shell_stream
        receive, copy = stream._recv_callback, stream._recv_copy
    except AttributeError:
        return False  # another kind of kernel; its own interrupt button still ends the run and keeps the picture
    if receive is None:
        return False
    messages: list[Any] = []
    stream.on_recv(messages.append, copy=copy)
    try:
        stream.flush(zmq.POLLIN)
    finally:
        stream.on_recv(receive, copy=copy)
    clicked = False
    for message in messages:
        clicked |= _is_click(message, button.model_id)
        pending = receive(message)
        if inspect.isawaitable(pending):
            asyncio.ensure_future(pending, loop=kernel.io_loop.asyncio_loop)
    return clicked


def _is_click(frames: Sequence[Any], model_id: str) -> bool:
    """Return whether a message of the Jupyter protocol is the click on a button."""
    parts = [bytes(frame) for frame in frames[:12]]
    if b"<IDS|MSG>" not in parts:
        return False
    # Behind the delimiter: signature, header, parent header, metadata, content, buffers.
    start = parts.index(b"<IDS|MSG>")
    if json.loads(parts[start + 2]).get("msg_type") != "comm_msg":
        return False
    content = json.loads(parts[start + 5])
    return content.get("comm_id") == model_id and content.get("data", {}).get("content") == {"event": "click"}


def _limits(history: Sequence[Mapping[str, float]]) -> tuple[float, float]:
    """Return the lowest and highest loss that a logarithmic scale shows."""
    # The content loss of the content picture is 0 and rises over many decades in a few steps, which would press all that
    # happens afterwards together at the top.
    values = [[value for name, value in row.items() if name not in COLUMNS and value > 0] for row in history]
    lowest = min((min(row) for row in values[5 if len(values) > 20 else 0 :] if row), default=1.0)
    return lowest / 1.1, max((max(row) for row in values if row), default=1.0) * 1.1


def _log_ticks(low: float, high: float) -> list[float]:
    """Return round values between 10^low and 10^high: decades, with 2 and 5 between them where there are few."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    factors = (1,) if high - low >= 2.5 else (1, 2, 5)
    ticks = [factor * 10.0**decade for decade in decades for factor in factors]
    inside = [tick for tick in ticks if low <= math.log10(tick) <= high]
    return inside[:: math.ceil(len(inside) / 7)] if inside else [10 ** ((low + high) / 2)]


def _nice(step: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, … that is at least `step`."""
    power = 10 ** math.floor(math.log10(max(step, 1)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step)


def _apart(places: Sequence[float], distance: float) -> list[float]:
    """Move ascending places until neighbours are at least `distance` apart, the last one the least."""
    moved: list[float] = []
    for place in reversed(places):
        moved.append(min(place, moved[-1] - distance) if moved else place)
    return moved[::-1]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


# The studio


def studio(backbone: str = "mini") -> Studio:
    """Return the studio, a page to paint with: choose or upload a photograph and a painting, move sliders, run, download.

    `backbone` is the network that looks (see `load_backbone`). Shown as the last expression of a cell, or as an app with
    ``make studio``. Its `results` are the `Result` of every run so far, the pictures as they are shown. The downloads know
    how they were made: see `load_settings`.

    >>> studio().results
    []
    """
    return Studio(backbone)


class PictureChooser(widgets.VBox):
    """A picture by name or as an upload, with a preview. `key` names it, and `source` is what `load_image` takes.

    The key of an upload is "./" and its bare file name. It is shown, escaped, and stored; nothing is ever opened by it.
    """

    def __init__(self, label: str, options: Sequence[tuple[str, str]], key: str) -> None:
        self.uploads: dict[str, bytes] = {}
        self.label = label
        self.menu = _labelled_above(widgets.Dropdown(options=list(options), value=key, description=label))
        self.upload = widgets.FileUpload(
            accept="image/*", multiple=False, description=f"Your {label.lower()}", layout=widgets.Layout(width="auto")
        )
        self.upload.add_class("nst-upload")
        self.preview = widgets.HTML()
        self.menu.observe(lambda change: self.show(), "value")
        self.upload.observe(self._uploaded, "value")
        super().__init__([self.menu, self.upload, self.preview], layout=widgets.Layout(width="48%"))
        self.show()

    @property
    def key(self) -> str:
        return self.menu.value

    @property
    def title(self) -> str:
        """What the menu calls the picture."""
        return next(title for title, key in self.menu.options if key == self.key)

    @property
    def source(self) -> str | io.BytesIO:
        return io.BytesIO(self.uploads[self.key]) if self.key in self.uploads else self.key

    def show(self) -> None:
        """Show the chosen picture, or the sentence that says why it cannot be shown."""
        try:
            image = load_image(self.source, 160, "cpu")
        except (ValueError, OSError) as problem:
            self.preview.value = _problem(str(problem))
        else:
            alt = html.escape(f"{self.label}: {self.title}")
            self.preview.value = f'<div class="nst"><img alt="{alt}" src="{data_uri(jpeg_bytes(image))}"></div>'

    def _uploaded(self, change: Mapping[str, Any]) -> None:
        found = uploaded_file(change["new"])
        if found is None:
            return
        name, content = found
        # Emptied, so that the same file can be uploaded again; ipywidgets 7 counts, 8 holds a tuple.
        if isinstance(change["new"], dict):
            change["new"].clear()
            self.upload._counter = 0
        else:
            self.upload.value = ()
        key, title = f"./{bare_name(name)}", f"{bare_name(name)} (yours)"
        if len(content) > MEGABYTES * 2**20:
            self.preview.value = _problem(
                f"{bare_name(name)} has {len(content) / 2**20:.1f} MB; at most {MEGABYTES} MB can be uploaded: shrink it."
            )
            return
        try:
            load_image(content, 160, "cpu")
        except ValueError as problem:
            # An upload has no name to load_image; people know it by its name.
            sentence = str(problem).replace(f"the source of {len(content)} bytes", repr(bare_name(name)))
            self.preview.value = _problem(sentence)
            return
        again = key == self.key
        self.uploads[key] = content
        if key not in [known for _, known in self.menu.options]:
            self.menu.options = [*self.menu.options, (title, key)]
        self.menu.value = key
        if again:
            self.show()


def uploaded_file(value: Any) -> tuple[str, bytes] | None:
    """Return the name and the bytes of the file in the value of a FileUpload, None if there is none.

    The value of ipywidgets 7 is a dictionary, that of 8 a tuple.

    >>> uploaded_file(({"name": "cat.jpg", "content": memoryview(b"...")},))
    ('cat.jpg', b'...')
    >>> uploaded_file({"cat.jpg": {"metadata": {}, "content": b"..."}})
    ('cat.jpg', b'...')
    """
    if not value:
        return None
    if isinstance(value, Mapping):
        name, entry = next(iter(value.items()))
    else:
        name, entry = value[0]["name"], value[0]
    return name, bytes(entry["content"])


def bare_name(name: str) -> str:
    """Return a file name without folders and control characters, of at most 80 characters.

    >>> bare_name("C:\\\\holiday\\\\cat.jpg"), bare_name("../../etc/passwd"), bare_name("..")
    ('cat.jpg', 'passwd', 'picture')
    """
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-80:].strip(". ") or "picture"


class Studio(widgets.VBox):
    """The widget that `studio` returns. Runs happen in a thread, `thread`, so that the page stays alive."""

    def __init__(self, backbone: str = "mini") -> None:
        self.backbone = backbone
        self.results: list[Result] = []
        self.thread: threading.Thread | None = None
        self._present: tuple[str, Tensor] | None = None  # the key of the content, and the picture to continue from
        defaults = {name: p.default for name, p in inspect.signature(stylize).parameters.items()}
        titles = {name: f"{facts['title']}, {facts['artist']}" for name, facts in paintings().items()}
        names = sorted(list_images("style"), key=lambda name: name not in titles)  # the museums' first
        styles = [(titles.get(name) or _title(name), name) for name in names]
        self.content = PictureChooser(
            "Photograph", [(_title(name), name) for name in list_images("content")], "tuebingen"
        )
        self.style_picture = PictureChooser("Painting", styles, "starry_night")
        self.content_weight = _log_slider(defaults["content_weight"])
        self.tv_weight = _log_slider(defaults["tv_weight"])
        self.steps = widgets.IntSlider(value=defaults["steps"], min=20, max=500, step=10)
        self.size = _menu([(f"{size} pixels", size) for size in (192, 256, 384, 512, 768, 1024)], defaults["size"])
        self.scales = _menu(
            [("coarse to fine", "auto"), ("one size", 1), ("two sizes", 2), ("three sizes", 3)], defaults["scales"]
        )
        self.init = _menu([("the photograph", "content"), ("the painting", "style"), ("noise", "noise")], "content")
        self.optimizer = _menu(
            [("L-BFGS", "lbfgs"), ("L-BFGS, smooth", "smooth_lbfgs"), ("Adam", "adam")], defaults["optimizer"]
        )
        self.keep = widgets.Checkbox(description="Keep the colours of the photograph", indent=False)
        self.panel = ProgressPanel(self._touch)
        self.run = _button("Run", "play", "Paint the photograph", self._run)
        self.run.add_class("nst-run")
        self.go_on = _button("Continue", "forward", "Go on from the present picture", self._continue, disabled=True)
        self.message = widgets.HTML()
        self.history = widgets.Box(layout=widgets.Layout(flex_flow="row wrap"))
        self.panel.children = [self.panel.view]
        self.panel.view.value = (
            f'{STYLE}<div class="nst"><p>Choose a photograph and a painting, then press Run.</p></div>'
        )
        more = _labelled({"Sizes": self.scales, "Start from": self.init, "Optimiser": self.optimizer})
        folded = widgets.Accordion([more], selected_index=None)
        folded.set_title(0, "More settings")
        pictures = widgets.HBox(
            [self.content, self.style_picture], layout=widgets.Layout(justify_content="space-between")
        )
        buttons = widgets.HBox([self.run, self.panel.button, self.go_on])
        controls = [
            pictures,
            _text(f"Your pictures: at most {MEGABYTES} MB each. They stay in the memory of the kernel."),
            _between("Photograph or painting", "more painting", self.content_weight, "more photo"),
            _between("Smoothness", "finer grain", self.tv_weight, "smoother"),
            _between("Steps", "sooner done", self.steps, "more thorough"),
            _labelled({"Longer side": self.size}),
            self.keep,
            folded,
        ]
        left = widgets.VBox(
            controls, layout=widgets.Layout(flex="0 1 340px", min_width="300px", margin="0 24px 16px 0")
        )
        right = widgets.VBox(
            [buttons, self.message, self.panel, self.history],
            layout=widgets.Layout(flex="1 1 380px"),
        )
        super().__init__(
            [
                _text("<h2>Studio</h2>"),
                widgets.Box([left, right], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start")),
            ]
        )

    def __repr__(self) -> str:
        return f"Studio with {len(self.results)} results"

    def settings(self) -> dict[str, Any]:
        """Return the settings of the controls, as arguments of `stylize`."""
        return {
            "content": self.content.key,
            "style": self.style_picture.key,
            "backbone": self.backbone,
            "size": self.size.value,
            "steps": self.steps.value,
            "content_weight": self.content_weight.value,
            "tv_weight": self.tv_weight.value,
            "optimizer": self.optimizer.value,
            "init": self.init.value,
            "scales": self.scales.value,
        }

    def _run(self, _: Any = None) -> None:
        self._start(self.settings(), None)

    def _continue(self, _: Any = None) -> None:
        key, image = self._present
        if key != self.content.key:
            self.message.value = _problem(
                "Continue goes on with the present picture; choose its photograph again, or press Run."
            )
            return
        # One size: a coarse one would lose what is already painted.
        self._start(self.settings() | {"scales": 1}, image)

    def _start(self, settings: dict[str, Any], start: Tensor | None) -> None:
        if self.thread is not None and self.thread.is_alive():
            return
        self.run.disabled = self.go_on.disabled = True
        self.message.value = ""
        self.panel.view.value = _text("Looking at the two pictures …").value
        self.panel.begin()
        self.panel.button.disabled = False
        titles = f"{self.style_picture.title} on {self.content.title}"
        pictures = {"content": self.content.source, "style": self.style_picture.source}
        self._kept = self.content.source if self.keep.value else None
        work = (settings, pictures, start, titles)
        self.thread = threading.Thread(target=self._work, args=work, name="studio", daemon=True)
        self.thread.start()

    def _work(self, settings: dict[str, Any], pictures: dict[str, Any], start: Tensor | None, titles: str) -> None:
        """Run, in the thread; whatever happens, the buttons come back."""
        try:
            if self._kept is not None:
                self._kept = load_image(self._kept, settings["size"])
            if start is not None:
                shape = load_image(pictures["content"], settings["size"]).shape
                settings["init"] = rounded(resize(start, tuple(shape[2:])))
                for picture in pictures.values():
                    if hasattr(picture, "seek"):
                        picture.seek(0)
            result = stylize(**settings | pictures, callback=self.panel.update, progress=False)
        except Exception as problem:
            # A thread has nobody who would read a traceback: the sentence is shown, and what was painted is kept.
            self.message.value = _problem(str(problem) or type(problem).__name__)
            self.panel.view.value = ""
            result = getattr(problem, "result", None)
        try:
            if result is not None:
                self.panel.finish(
                    f"{result.stopped.capitalize()} after {result.evaluations} of {settings['steps']} steps"
                )
                self._add(result, settings, titles)
        finally:
            self.panel.button.disabled = True
            self.run.disabled, self.go_on.disabled = False, self._present is None

    def _add(self, result: Result, settings: dict[str, Any], titles: str) -> None:
        self._present = settings["content"], result.image
        settings = result.settings | settings
        result.settings |= {"content": settings["content"], "style": settings["style"]}
        result.image = self._touch(result.image)
        self.results.append(result)
        number, kept = len(self.results), self._kept is not None
        ended = "" if result.stopped == "finished" else f", {result.stopped}"
        facts = (
            f"{result.evaluations} steps{ended}, {_duration(result.seconds)} · {max(result.image.shape[2:])} pixels · "
            f"photo {settings['content_weight']:.2g}, smoothness {settings['tv_weight']:.2g}"
            + (" · colours kept" if kept else "")
            + (" · continued" if isinstance(settings["init"], Tensor) else "")
        )
        description = f"{titles}. " + (
            "The colours of the photograph were kept: keep_colours(stylize(**settings).image, photograph)."
            if kept
            else "nsthelpers makes it again with stylize(**load_settings(png))."
        )
        png = data_uri(png_with_settings(result.image, settings, description), "image/png")
        alt, caption = html.escape(titles), html.escape(facts)
        card = widgets.HTML(
            f'<div class="nst"><figure><img alt="Result {number}: {alt}" width="180" '
            f'src="{data_uri(jpeg_bytes(result.image))}"><figcaption><b>{number} · {alt}</b><br>{caption}<br>'
            f'<a download="painted-{number}.png" href="{png}">Download result {number}</a></figcaption></figure></div>',
            layout=widgets.Layout(width="180px", margin="16px 16px 0 0"),
        )
        self.history.children = (card, *self.history.children)

    def _touch(self, image: Tensor) -> Tensor:
        """Return a picture as it is shown: with the colours of the photograph if they are to be kept."""
        return image if self._kept is None else keep_colours(image, self._kept)


def _between(title: str, low: str, slider: widgets.Widget, high: str) -> widgets.VBox:
    """Return a slider under its title, with words at its ends."""
    slider.description = title
    words = f'<div class="nst-ends"><span>← {low}</span><span>{high} →</span></div>'
    return widgets.VBox([_labelled_above(slider), _text(words)], layout=widgets.Layout(margin="10px 0 0"))


def _labelled_above(widget: widgets.Widget) -> widgets.Widget:
    """Let the description of a widget stand above it, where there is room for it."""
    widget.layout = widgets.Layout(width="auto", height="auto", margin="0 2px")
    widget.add_class("nst-top")
    return widget


def _log_slider(default: float) -> widgets.FloatLogSlider:
    """Return a slider with the default in its middle and a thirtieth to thirty times of it at its ends."""
    middle = math.log10(default)
    return widgets.FloatLogSlider(value=default, min=middle - 1.5, max=middle + 1.5, step=0.05, readout_format=".2g")


def _labelled(menus: Mapping[str, widgets.Dropdown]) -> widgets.VBox:
    """Return menus with their labels before them."""
    for label, menu in menus.items():
        menu.description = label
        menu.style.description_width = "90px"
    return widgets.VBox(list(menus.values()))


def _menu(options: Sequence[tuple[str, Any]], value: Any) -> widgets.Dropdown:
    return widgets.Dropdown(options=list(options), value=value, layout=widgets.Layout(width="300px"))


def _button(name: str, icon: str, tooltip: str, action: Callable[..., None], disabled: bool = False) -> widgets.Button:
    button = widgets.Button(description=name, icon=icon, tooltip=tooltip, disabled=disabled)
    button.on_click(action)
    return button


def _text(inner: str) -> widgets.HTML:
    return widgets.HTML(f'<div class="nst">{inner}</div>')


def _problem(sentence: str) -> str:
    """Return a sentence as HTML that screen readers read out at once. What it says is escaped."""
    return f'<div class="nst"><div role="alert" class="nst-problem">⚠ {html.escape(sentence)}</div></div>'


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
