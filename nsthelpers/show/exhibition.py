"""An exhibition: results on one web page, complete in itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from nsthelpers._validation import check_image
from nsthelpers.engine.running import Result
from nsthelpers.files.catalogue import read_facts
from nsthelpers.files.settings import describe
from nsthelpers.show.html import escape, img, jpeg_bytes

SHOWN = "size steps content_weight style_weight tv_weight optimizer init pooling scales seed".split()
HIDDEN = "content style backbone weights content_layers style_layers learning_rate precision device".split()

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 4vw; background: #efece6; color: #222; font: 16px/1.5 Georgia, serif; }}
h1 {{ font-weight: normal; font-size: 2.2em; margin: 0 0 0.2em; }}
main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 48px; margin: 40px 0; }}
figure {{ margin: 0; }}
img {{ width: 100%; height: auto; box-sizing: border-box; padding: 14px; background: #fff; box-shadow: 0 3px 14px #0005; }}
figcaption {{ margin-top: 14px; }} figcaption strong {{ font-size: 1.15em; }}
p {{ margin: 0.2em 0; max-width: 60em; }} .small {{ font: 13px/1.45 system-ui, sans-serif; color: #555; }}
@media print {{ body {{ background: #fff; }} figure {{ break-inside: avoid; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{note}</p>
<main>
{figures}
</main>
<p class="small">Painted with nsthelpers, by neural style transfer (Gatys, Ecker and Bethge 2016).</p>
</body>
</html>
"""


def exhibition(results: Mapping[str, Result | Tensor], title: str = "My exhibition", note: str = "") -> str:
    """Return a web page, complete in itself, that shows results under their titles, each with the settings that made it.

    `results` is a dictionary from title to a `Result`, or to an image (1, 3, H, W) in [0, 1], which has no
    settings to show. `title` and `note` stand above them. Bundled pictures are credited with author, title and licence, as
    some licences require. The images are JPEGs inside the page. Raises ValueError for an empty dictionary, and for
    anything that is neither a result nor an image.

    >>> import torch
    >>> page = exhibition({"Fog": torch.full((1, 3, 8, 8), 0.7)}, "Three minutes of fog")
    >>> page[:15], page.count("<img")
    ('<!doctype html>', 1)
    """
    if not isinstance(results, Mapping) or not results:
        raise ValueError("results must be a dictionary from title to result; give at least one.")
    known, figures = read_facts(), []
    for name, result in results.items():
        image, settings = (result.image, describe(result.settings)) if isinstance(result, Result) else (result, {})
        picture = jpeg_bytes(check_image(image, f"the result {str(name)!r}"), 90)
        lines = [_credit(settings, known), _settings(settings)]
        small = "".join(f'<p class="small">{escape(line)}</p>' for line in lines if line)
        alt = ", ".join(filter(None, [str(name), *_seen(settings, known)]))
        figures.append(
            f"<figure>{img(picture, alt)}<figcaption><strong>{escape(str(name))}</strong>{small}</figcaption></figure>"
        )
    return PAGE.format(title=escape(title), note=escape(note), figures="\n".join(figures))


def _seen(settings: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what the photograph and the paintings show or are called, for an alt text."""
    content = known.get(settings.get("content"), {}).get("shows", "")
    styles = [known[name]["title"] for name in _styles(settings) if name in known]
    return [content, *(f"in the style of {style}" for style in styles)]


def _styles(settings: Mapping[str, Any]) -> list[str]:
    style = settings.get("style", [])
    return style if isinstance(style, list) else [style]


def _credit(settings: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Return who made the pictures behind a result."""
    pictures = [("Photograph", settings["content"])] if "content" in settings else []
    said = ""
    for kind, name in [*pictures, *(("Painting", style) for style in _styles(settings))]:
        facts = known.get(name)
        year = f" ({facts['year']})" if facts and facts["year"] else ""
        maker = f"{facts['artist']}, {facts['title']}{year}, {facts['licence']}" if facts else name
        said += f"{kind}: {maker}. "
    return said.rstrip()


def _settings(settings: Mapping[str, Any]) -> str:
    """Return the settings that matter, and whatever the caller added to them, in one line."""
    own = [name for name in settings if name not in (*SHOWN, *HIDDEN)]
    shown = [name for name in (*own, *SHOWN) if name in settings]
    return " · ".join(f"{name.replace('_', ' ')} {settings[name]}" for name in shown)
