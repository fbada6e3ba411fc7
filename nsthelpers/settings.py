"""A result as a PNG that remembers how it was made, and the way back: settings out of a PNG, into `stylize`."""

from __future__ import annotations

import base64
import inspect
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from nsthelpers.images import check_folder, load_image, to_pil, write_atomically

CHUNK = "nsthelpers"  # the keyword of the text chunk that holds the settings as JSON


def png_with_settings(image: Tensor, settings: Mapping[str, Any], description: str = "") -> bytes:
    """Return the bytes of a PNG of `image`, (1, 3, H, W) in [0, 1], with `settings` as JSON in a text chunk of its own.

    `settings` are arguments of `stylize`; a tensor among them (a starting picture) is stored as a picture of 8 bits a
    channel. `description` is a sentence for people, which picture viewers show.

    >>> import torch
    >>> png_with_settings(torch.zeros(1, 3, 2, 2), {"content": "tuebingen", "style": "starry_night"})[1:4]
    b'PNG'
    """
    texts = PngInfo()
    texts.add_text(CHUNK, json.dumps({name: _encode(value) for name, value in settings.items()}))
    texts.add_text("Software", "nsthelpers")
    if description:
        texts.add_itxt("Description", description)
    return _png(image, pnginfo=texts)


def save_with_settings(
    image: Tensor, path: str | os.PathLike[str], settings: Mapping[str, Any], description: str = ""
) -> Path:
    """Save a picture as a PNG with the settings that made it, and return the path; `load_settings` reads them again.

    `image` is (1, 3, H, W) in [0, 1] and `settings` usually a `Result.settings`. Raises ValueError if `path` does not
    end with .png, and what `images.check_folder` raises.

    >>> import tempfile, torch
    >>> path = Path(tempfile.mkdtemp()) / "painted.png"
    >>> saved = save_with_settings(torch.zeros(1, 3, 2, 2), path, {"content": "tuebingen", "style": "marbling", "seed": 3})
    >>> load_settings(saved)
    {'content': 'tuebingen', 'style': 'marbling', 'seed': 3}
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(
            f"Cannot save {path.name!r} with its settings: only PNG holds them; let the name end with .png."
        )
    check_folder(path)
    write_atomically(path, png_with_settings(image, settings, description))
    return path


def load_settings(png: str | os.PathLike[str] | bytes) -> dict[str, Any]:
    """Return the settings that a PNG of the studio, or of `save_with_settings`, was made with.

    `png` is a path or the bytes of the file. ``stylize(**load_settings(png))`` makes the picture again, on the same
    machine exactly. A picture that was uploaded to the studio is not inside the PNG, where nobody would expect it to be:
    its name is, as "./name", and the file must lie in the current folder (or be given: ``load_settings(png) | {"content":
    "my/photo.jpg"}``). Where the colours of the photograph were kept, the description of the PNG says so; that is done
    afterwards, by `keep_colours`.

    Raises FileNotFoundError if there is no such file, and ValueError if it is no PNG with settings.

    >>> import torch
    >>> load_settings(png_with_settings(torch.zeros(1, 3, 2, 2), {"content": "tuebingen", "style": "starry_night"}))["style"]
    'starry_night'
    """
    from nsthelpers.transfer import stylize

    name = "the PNG" if isinstance(png, bytes) else repr(os.fspath(png))
    if not isinstance(png, bytes) and not Path(png).is_file():
        raise FileNotFoundError(f"There is no file {name}; give the path of a PNG that was saved with its settings.")
    try:
        with Image.open(io.BytesIO(png) if isinstance(png, bytes) else png) as picture:
            text = picture.info.get(CHUNK)
            if text is None:
                picture.load()  # a text chunk may stand behind the pixels
                text = picture.info.get(CHUNK)
        stored = None if text is None else json.loads(text)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as problem:
        raise ValueError(f"Cannot read settings from {name}: it is damaged, or no picture ({problem}).") from problem
    if not isinstance(stored, dict):
        raise ValueError(
            f"{name} holds no settings; only a PNG from the studio or save_with_settings does, unless a "
            "program saved it again or a web page shrank it."
        )
    known = set(inspect.signature(stylize).parameters) - {"callback", "progress", "checkpoint"}
    if unknown := sorted(set(stored) - known):
        raise ValueError(f"{name} holds settings that stylize does not have: {', '.join(unknown)}; update nsthelpers.")
    return {key: _decode(value) for key, value in stored.items()}


def rounded(image: Tensor) -> Tensor:
    """Return an image as a PNG can hold it, with 8 bits a channel: what is continued from it can be made again exactly.

    >>> import torch
    >>> rounded(torch.full((1, 3, 1, 1), 0.5)).unique() * 255
    tensor([128.])
    """
    return load_image(_png(image), device=image.device)


def _png(image: Tensor, **options: Any) -> bytes:
    buffer = io.BytesIO()
    to_pil(image).save(buffer, "PNG", **options)
    return buffer.getvalue()


def _encode(value: Any) -> Any:
    if isinstance(value, Tensor):
        return {"png": base64.b64encode(_png(value)).decode("ascii")}
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"png"}:
        return load_image(base64.b64decode(value["png"]))
    return value
