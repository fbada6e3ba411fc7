"""The building blocks of the HTML in `show`: one style sheet, embedded pictures, and sentences.

Everything is complete in itself: a page needs no file beside it and nothing from the network.
"""

from __future__ import annotations

import base64
from html import escape

from torch import Tensor

from nsthelpers.files.writing import encode
from nsthelpers.images import to_pil

# The accents have a contrast of 3 : 1 to white and to the dark greys of JupyterLab and Colab; text keeps the page's colour.
STYLE = """<style>
.nst { color: var(--jp-ui-font-color1, inherit); font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); }
.nst h2, .nst p { color: inherit; margin: 0 0 6px; } .nst h2 { font-size: 20px; font-weight: 600; }
.nst img { display: block; margin: 0; max-width: 100%; height: auto; border-radius: 3px; }
.nst progress { width: 100%; height: 10px; margin: 8px 0 4px; accent-color: #0072B2; }
.nst-live { display: flex; flex-wrap: wrap; gap: 18px; align-items: flex-start; } .nst-live > img { flex: 0 1 auto; }
.nst figure { margin: 0 12px 0 0; display: inline-block; } .nst figcaption { margin-top: 4px; }
.nst a { color: inherit; text-decoration: underline; font-weight: 600; }
.nst .nst-problem { border-left: 4px solid #D55E00; padding: 4px 10px; }
.nst-top.widget-inline-hbox { flex-wrap: wrap; height: auto; }
.nst-top.widget-inline-hbox > .widget-label { flex: 0 0 100%; text-align: left; font-weight: 600; margin: 0; }
.nst-top.widget-inline-hbox > select { height: 28px; }
.widget-button.nst-upload { padding: 0 2px; }
.nst-ends { display: flex; justify-content: space-between; margin-right: 62px; opacity: 0.85; }
.widget-button.nst-run { background: #00588a; color: #fff; font-weight: 600; }
.widget-button.nst-run:disabled { background: #6b7c88; opacity: 1; }
.widget-button:focus-visible, .nst a:focus-visible, .nst-scrubber input:focus-visible {
  outline: 3px solid #D55E00; outline-offset: 2px; }
.nst-scrubber { max-width: 100%; margin: 0.5em 0; color: inherit; }
.nst-scrubber figcaption, .nst-scrubber p { margin: 0.3em 0; color: inherit; text-align: left; }
.nst-scrubber .nst-stage { position: relative; width: 100%; overflow: hidden; }
.nst-scrubber .nst-stage img { width: 100%; height: 100%; max-width: none; margin: 0; object-fit: contain; }
.nst-scrubber .nst-pair { display: flex; gap: 1%; } .nst-scrubber .nst-pair img { width: 49.5%; margin: 0; }
.nst-scrubber .nst-drag { cursor: ew-resize; touch-action: pan-y; user-select: none; }
.nst-scrubber .nst-drag img { position: absolute; inset: 0; object-fit: fill; pointer-events: none; }
.nst-scrubber .nst-line { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1.5px; background: white;
  box-shadow: 0 0 0 1px black; pointer-events: none; }
.nst-scrubber label { display: block; margin: 0.3em 0; font-variant-numeric: tabular-nums; }
.nst-scrubber input { display: block; width: 100%; height: 1.2em; margin: 4px 0; accent-color: #3b82f6; cursor: pointer; }
</style>"""


def jpeg_bytes(image: Tensor, quality: int = 85) -> bytes:
    """Return an image tensor (1, 3, H, W) in [0, 1] as the bytes of a JPEG file."""
    # subsampling=-1 is Pillow's own choice, smaller than that of a saved picture.
    return encode(to_pil(image), "JPEG", quality=quality, subsampling=-1)


def data_uri(content: bytes, kind: str = "image/jpeg") -> str:
    """Return bytes as a data URI, for pictures and downloads inside HTML."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def img(picture: Tensor | bytes, alt: str, width: int | None = None, height: int | None = None) -> str:
    """Return an image (1, 3, H, W) in [0, 1], or the bytes of a JPEG, as an ``<img>``; the text `alt` is escaped.

    `width` and `height` are in pixels of the page: with both, nothing on the page moves when the picture is replaced.

    >>> img(b"abc", "a <cat>", 8)
    '<img src="data:image/jpeg;base64,YWJj" alt="a &lt;cat&gt;" width="8" decoding="sync">'
    """
    content = jpeg_bytes(picture) if isinstance(picture, Tensor) else picture
    size = "".join(f' {name}="{n}"' for name, n in (("width", width), ("height", height)) if n)
    # decoding="sync": the new picture replaces the old one without a flash of nothing in between.
    return f'<img src="{data_uri(content)}" alt="{escape(alt)}"{size} decoding="sync">'


def block(inner: str) -> str:
    """Return HTML in the style of the course; the page needs `STYLE` once."""
    return f'<div class="nst">{inner}</div>'


def alert(sentence: str) -> str:
    """Return a sentence as HTML that screen readers read out at once. The sentence is escaped.

    >>> "&lt;cat&gt;" in alert("There is no <cat>.")
    True
    """
    return block(f'<div role="alert" class="nst-problem">⚠ {escape(sentence)}</div>')
