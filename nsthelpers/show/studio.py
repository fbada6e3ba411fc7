"""The studio: photographs and paintings, sliders, and a run to watch, for ipywidgets 7.7 (Colab) and 8.

All text that comes from users (file names) is escaped, and uploads stay in memory.
"""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from torch import Tensor

from nsthelpers.engine.running import Result
from nsthelpers.files.catalogue import list_images, paintings
from nsthelpers.files.settings import embed
from nsthelpers.images import load_image, resize, to_pil
from nsthelpers.show.html import STYLE, alert, block, data_uri, escape, img
from nsthelpers.show.progress import ProgressPanel, duration
from nsthelpers.transfer import Settings, stylize

MEGABYTES = 9  # of an upload, at most: Jupyter's server drops a connection that brings it more than 10 at once
DIALS = "size steps content_weight tv_weight optimizer init scales keep_colours style_scale".split()


def studio(backbone: str = "mini") -> Studio:
    """Return the studio, a page to paint with: choose or upload a photograph and a painting, move sliders, run, download.

    `backbone` is the network (see `load_backbone`). The studio is shown as the last expression of a cell, or as an app by
    ``make studio``. Its `results` are the `Result` of every run so far. The downloads hold their settings: see
    `load_settings`.

    Used in notebook 08.

    >>> studio().results
    []
    """
    return Studio(backbone)


class PictureChooser(widgets.VBox):
    """A picture by name or as an upload, with a preview. `key` names it, and `source` is what `load_image` takes.

    The key of an upload is "./" and its bare file name. It is shown, escaped, and stored; no file is ever opened by it.
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
            self.preview.value = alert(str(problem))
        else:
            self.preview.value = block(img(image, f"{self.label}: {self.title}"))

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
            self.preview.value = alert(
                f"{bare_name(name)} has {len(content) / 2**20:.1f} MB; at most {MEGABYTES} MB can be uploaded: shrink it."
            )
            return
        try:
            load_image(content, 160, "cpu")
        except ValueError as problem:
            # load_image does not know the name of an upload; its owner does.
            sentence = str(problem).replace(f"the source of {len(content)} bytes", repr(bare_name(name)))
            self.preview.value = alert(sentence)
            return
        self.uploads[key] = content
        if key not in [known for _, known in self.menu.options]:
            self.menu.options = [*self.menu.options, (title, key)]
        self.menu.value = key
        self.show()  # also where the menu has not changed


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
    """The widget that `studio` returns. Runs happen in a thread, `thread`, so that the page stays responsive."""

    def __init__(self, backbone: str = "mini") -> None:
        self.backbone = backbone
        self.results: list[Result] = []
        self.thread: threading.Thread | None = None
        self._present: tuple[str, Tensor] | None = None  # the key of the content, and the picture to continue from
        defaults = vars(Settings())
        titles = {name: f"{facts['title']}, {facts['artist']}" for name, facts in paintings().items()}
        names = sorted(list_images("style"), key=lambda name: name not in titles)  # the museum paintings first
        styles = [(titles.get(name) or _title(name), name) for name in names]
        photographs = [(_title(name), name) for name in list_images("content")]
        self.content = PictureChooser("Photograph", photographs, "tuebingen")
        self.style_picture = PictureChooser("Painting", styles, "starry_night")
        self.content_weight = _log_slider(defaults["content_weight"], largest=3)
        self.tv_weight = _log_slider(defaults["tv_weight"], largest=0.1)
        self.steps = widgets.IntSlider(value=defaults["steps"], min=20, max=500, step=10)
        self.size = _menu([(f"{size} pixels", size) for size in (192, 256, 384, 512, 768, 1024)], defaults["size"])
        self.scales = _menu(
            [("coarse to fine", "auto"), ("one size", 1), ("two sizes", 2), ("three sizes", 3)], defaults["scales"]
        )
        starts = [("the photograph", "content"), ("the painting", "style"), ("noise (needs more photo)", "noise")]
        self.init = _menu(starts, "content")
        self.optimizer = _menu([("L-BFGS", "lbfgs"), ("Adam", "adam")], defaults["optimizer"])
        colours = [("the painting's", False), ("the photograph's", "luminance"), ("the painting's, matched", "match")]
        self.keep_colours = _menu(colours, defaults["keep_colours"])
        self.style_scale = _menu([("fine", 0.5), ("as painted", 1.0), ("coarse", 1.5)], defaults["style_scale"])
        self.panel = ProgressPanel()
        self.run = _button("Run", "play", "Paint the photograph", self._run)
        self.run.add_class("nst-run")
        self.go_on = _button("Continue", "forward", "Continue from the present picture", self._continue, disabled=True)
        self.message = widgets.HTML()
        self.history = widgets.Box(layout=widgets.Layout(flex_flow="row wrap"))
        self.panel.children = [self.panel.view]
        self.panel.view.value = STYLE + block("<p>Choose a photograph and a painting, then press Run.</p>")
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
            _labelled({"Longer side": self.size, "Colours": self.keep_colours, "Strokes": self.style_scale}),
            folded,
        ]
        left = widgets.VBox(
            controls, layout=widgets.Layout(flex="0 1 340px", min_width="300px", margin="0 24px 16px 0")
        )
        right = widgets.VBox([buttons, self.message, self.panel, self.history], layout=widgets.Layout(flex="1 1 380px"))
        columns = widgets.Box([left, right], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))
        super().__init__([_text("<h2>Studio</h2>"), columns])

    def __repr__(self) -> str:
        return f"Studio with {len(self.results)} results"

    def settings(self) -> dict[str, Any]:
        """Return the settings of the controls, as arguments of `stylize`."""
        pictures = {"content": self.content.key, "style": self.style_picture.key, "backbone": self.backbone}
        return pictures | {name: getattr(self, name).value for name in DIALS}

    def _run(self, _: Any = None) -> None:
        self._start(self.settings(), None)

    def _continue(self, _: Any = None) -> None:
        key, image = self._present
        if key != self.content.key:
            self.message.value = alert(
                "Continue works on the present picture; choose its photograph again, or press Run."
            )
            return
        # One size: a coarse one would lose what is already painted.
        self._start(self.settings() | {"scales": 1}, image)

    def _start(self, settings: dict[str, Any], start: Tensor | None) -> None:
        if self.thread is not None and self.thread.is_alive():
            return
        self.run.disabled = self.go_on.disabled = True
        self.message.value = ""
        self.panel.view.value = block("Preparing the two pictures …")
        self.panel.begin()
        self.panel.button.disabled = False
        titles = f"{self.style_picture.title} on {self.content.title}"
        pictures = {"content": self.content.source, "style": self.style_picture.source}
        work = (settings, pictures, start, titles)
        self.thread = threading.Thread(target=self._work, args=work, name="studio", daemon=True)
        self.thread.start()

    def _work(self, settings: dict[str, Any], pictures: dict[str, Any], start: Tensor | None, titles: str) -> None:
        """Run, in the thread; whatever happens, the buttons come back."""
        try:
            if start is not None:
                shape = load_image(pictures["content"], settings["size"]).shape
                settings["init"] = resize(start, tuple(shape[2:]))
                for picture in pictures.values():
                    if hasattr(picture, "seek"):
                        picture.seek(0)
            result = stylize(**settings | pictures, callback=self.panel.update, progress=False)
        except Exception as problem:
            # Nobody sees a thread's traceback: show the sentence, and keep what was painted.
            self.message.value = alert(str(problem) or type(problem).__name__)
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
        self.results.append(result)
        number = len(self.results)
        ended = "" if result.stopped == "finished" else f", {result.stopped}"
        facts = (
            f"{result.evaluations} steps{ended}, {duration(result.seconds)} · {max(result.image.shape[2:])} pixels · "
            f"photo {settings['content_weight']:.2g}, smoothness {settings['tv_weight']:.2g}"
            + {"luminance": " · colours kept", "match": " · colours matched"}.get(settings["keep_colours"], "")
            + (f" · strokes {settings['style_scale']:g}" if settings["style_scale"] != 1 else "")
            + (" · continued" if isinstance(settings["init"], Tensor) else "")
        )
        description = f"{titles}. To make it again with nsthelpers: stylize(**load_settings(png))."
        png = data_uri(embed(to_pil(result.image), "PNG", settings, description), "image/png")
        card = widgets.HTML(
            block(
                f"<figure>{img(result.image, f'Result {number}: {titles}', 180)}<figcaption>"
                f"<b>{number} · {escape(titles)}</b><br>{escape(facts)}<br>"
                f'<a download="painted-{number}.png" href="{png}">Download result {number}</a>'
                "</figcaption></figure>"
            ),
            layout=widgets.Layout(width="180px", margin="16px 16px 0 0"),
        )
        self.history.children = (card, *self.history.children)


def _between(title: str, low: str, slider: widgets.Widget, high: str) -> widgets.VBox:
    """Return a slider under its title, with words at its ends."""
    slider.description = title
    words = f'<div class="nst-ends"><span>← {low}</span><span>{high} →</span></div>'
    return widgets.VBox([_labelled_above(slider), _text(words)], layout=widgets.Layout(margin="10px 0 0"))


def _labelled_above(widget: widgets.Widget) -> widgets.Widget:
    """Put the description of a widget above it, where there is room."""
    widget.layout = widgets.Layout(width="auto", height="auto", margin="0 2px")
    widget.add_class("nst-top")
    return widget


def _log_slider(default: float, largest: float) -> widgets.FloatLogSlider:
    """Return a slider with equal factors at equal distances, from a tenth of the default to `largest`."""
    ends = {"min": math.log10(default / 10), "max": math.log10(largest)}
    return widgets.FloatLogSlider(value=default, **ends, step=0.05, readout_format=".2g")


def _labelled(menus: Mapping[str, widgets.Dropdown]) -> widgets.VBox:
    """Return menus with their labels on the left."""
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
    return widgets.HTML(block(inner))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
