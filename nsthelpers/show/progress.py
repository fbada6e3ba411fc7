"""Live progress: a run of `stylize` as it goes, for ipywidgets 7.7 (Colab) and 8.

`progress_html` is the view, as a pure function; `LiveProgress` and `ProgressPanel` keep it up to date.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import math
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import Image as Picture
from IPython.display import display
from torch import Tensor

from nsthelpers.engine.running import duration
from nsthelpers.show.figures import DPI, NOT_LOSSES, draw_losses, figure_bytes, progress_figure
from nsthelpers.show.html import STYLE, block, escape, img

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nsthelpers.transfer import Progress

PAUSE = 0.2  # seconds between two updates of the page, at least
SHARE = 0.08  # of the time, at most, that updates may take: one takes about 0.1 s
SHOWN = 320  # pixels of the longer side of the live picture on the page
CURVES = (470, 260)  # pixels of the loss curves


def progress_html(
    record: Progress, history: Sequence[Mapping[str, float]], image: Tensor | None = None, ended: str = ""
) -> str:
    """Return the state of a run as HTML: the picture beside the loss curves, a bar, the speed and the time left.

    `record` is the last `Progress`, `history` all rows so far (see `Result`); `image`, (1, 3, H, W) in [0, 1], is shown
    instead of the record's picture. `ended` says how a run has ended, in place of the bar and the time left.
    """
    image = record.image if image is None else image
    rows, columns = image.shape[2:]
    recent = [row for row in history[-500:] if row["seconds"] >= record.seconds - 3]
    span = recent[-1]["seconds"] - recent[0]["seconds"]
    # Of the last three seconds: a step on a coarse scale of the pyramid says nothing about the fine ones.
    speed = (len(recent) - 1) / span if span > 0 else record.step / max(record.seconds, 1e-9)
    shown = f"step {record.step} of {record.steps} · {speed:.3g} evaluations per second"
    bar = f'<progress value="{record.done:.4f}" max="1" aria-label="Share of the work that is done"></progress>'
    if ended:
        shown, bar = f"{escape(ended)} · {duration(record.seconds)}", ""
    elif record.done < 1:
        shown += f" · {duration(record.seconds_left)} left"
    last = history[-1]
    values = ", ".join(f"{term} {last[term]:.3g}" for term in last if term not in NOT_LOSSES)
    picture = img(image, f"The picture at step {record.step}", round(SHOWN * columns / max(rows, columns)))
    curves = img(_curves(history), f"Losses, logarithmic, at step {record.step}: {values}", *CURVES)
    return STYLE + block(
        f'<div class="nst-live">{picture}{curves}</div>{bar}<div>{shown} · {columns} × {rows} pixels</div>'
    )


def _curves(history: Sequence[Mapping[str, float]]) -> bytes:
    def draw(figure: Figure) -> None:
        axis = figure.add_axes((0.15, 0.17, 0.61, 0.79))
        draw_losses(axis, history)
        axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

    return figure_bytes(CURVES[1] / DPI, draw, CURVES[0] / DPI)


class ProgressPanel(widgets.VBox):
    """The live view and its Stop button. `update` is called with each `Progress` and returns False to stop the run.

    `history` and `image`, the best picture so far, are as in `Result`.
    """

    def __init__(self) -> None:
        self.view = widgets.HTML()
        self.button = widgets.Button(
            description="Stop", icon="stop", tooltip="End the run and keep the picture", disabled=True
        )
        self.button.on_click(self.stop)
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
        """Record a step of the run, and draw it if the last drawing was long enough ago."""
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
            self.view.value = progress_html(record, self.history)
            now = time.perf_counter()
            self._next = now + max(PAUSE, (now - began) / SHARE)
        return not self.stopping.is_set()

    def finish(self, ended: str) -> None:
        """Show the best picture, and how the run has ended."""
        self.button.disabled = True
        if self.image is not None:
            self.view.value = progress_html(self.last, self.history, self.image, ended)


class LiveProgress:
    """A callback of `stylize` and `reconstruct` that shows a run as it goes: picture, loss curves, time left, Stop.

    The Stop button ends the run at its next step; `stylize` returns the best picture so far. The page is updated at most
    five times a second, and less often where that would take more than 8 % of the time. When the run has ended, in
    whatever way, a static figure takes the place of the live view: it stays in the saved notebook, and it is all that a
    notebook without a page (nbconvert, nbval) gets. Outside notebooks nothing is shown; use ``progress=True`` there. One
    object serves any number of runs, one after the other.

    >>> from nsthelpers import stylize
    >>> result = stylize("tuebingen", "starry_night", size=64, steps=2, callback=LiveProgress(), progress=False)
    >>> result.stopped
    'finished'
    """

    def __init__(self) -> None:
        self.panel: ProgressPanel | None = None

    def __call__(self, record: Progress) -> bool:
        """Show a step; return False to stop the run."""
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
        # Displayed as data: ipywidgets 7 would leave out the display_id, without which the figure cannot take its place.
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": view, "text/plain": "LiveProgress"}
        self._handle = display(bundle, raw=True, display_id=True)
        self._events = shell.events
        # A run that is interrupted, fails or diverges does not tell its callback; the end of the cell does.
        self._events.register("post_run_cell", self._cell_ended)

    def _cell_ended(self, *_: Any) -> None:
        self._end(self._title)

    def _end(self, title: str) -> None:
        panel, self.panel = self.panel, None
        self._events.unregister("post_run_cell", self._cell_ended)
        buffer = io.BytesIO()
        progress_figure(panel.image, panel.history, title).savefig(buffer, format="jpeg", pil_kwargs={"quality": 85})
        # In the metadata: Colab's IPython 7 has no `alt`, and an exception in a callback would end the run.
        words = {"alt": f"{title}: the picture and its loss curves"}
        self._handle.update(Picture(buffer.getvalue(), format="jpeg", metadata=words))
        # A page that does not replace the widget by the figure shows the final state of the live view.
        panel.finish(title)
        panel.button.layout.display = "none"


def _click_waits(kernel: Any, button: widgets.Button) -> bool:
    """Return whether a click on the button waits in the kernel, which handles no messages while a cell runs.

    JupyterLab 4.4 and ipykernel 7 send widgets' messages to a thread of their own, which does not need this; with others
    (Colab, VS Code, ipykernel 6) the click waits on the shell channel. Messages there are only looked at: each is handled
    as usual as soon as the cell has ended.
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
    # After the delimiter: signature, header, parent header, metadata, content, buffers.
    start = parts.index(b"<IDS|MSG>")
    if json.loads(parts[start + 2]).get("msg_type") != "comm_msg":
        return False
    content = json.loads(parts[start + 5])
    return content.get("comm_id") == model_id and content.get("data", {}).get("content") == {"event": "click"}
