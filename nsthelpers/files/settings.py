"""How a picture was made, in words: inside a PNG, and out of it again."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from nsthelpers._validation import check_path
from nsthelpers.files.writing import check_folder, write_atomically

CHUNK = "nsthelpers"  # the keyword of the text chunk that holds the settings as JSON


def digest(*tensors: Tensor) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the values of tensors: a name for a picture or a network.

    >>> digest(torch.zeros(2)) == digest(torch.zeros(2)), digest(torch.zeros(2)) == digest(torch.ones(2))
    (True, False)
    """
    total = hashlib.sha256()
    for tensor in tensors:
        values = tensor.detach().cpu().contiguous()
        total.update(f"{values.dtype} {tuple(values.shape)}".encode())
        total.update(values.reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()[:16]


def describe(value: Any) -> Any:
    """Return a setting as something that JSON can hold, without anything private in it.

    Words, numbers and names of bundled pictures stay as they are. A path becomes "./name.jpg": the folders that it lies in
    are nobody's business. Pictures without a name and networks become a description in angle brackets, which cannot be run
    again: whoever wants to must give them again.

    >>> describe({"content": "/home/me/cat.jpg", "style": "the_scream", "init": torch.zeros(1, 3, 2, 2), "size": 64})
    {'content': './cat.jpg', 'style': 'the_scream', 'init': '<tensor 1 × 3 × 2 × 2 81b982a4b36cf1ee>', 'size': 64}
    """
    if isinstance(value, Tensor):
        return f"<tensor {' × '.join(map(str, value.shape))} {digest(value)}>"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<file of {len(value)} bytes {hashlib.sha256(value).hexdigest()[:16]}>"
    if isinstance(value, Mapping):
        return {str(name): describe(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    if isinstance(value, os.PathLike) or isinstance(value, str) and ("/" in value or os.sep in value):
        return f"./{os.path.basename(os.fspath(value))}"
    if hasattr(value, "item") and not getattr(value, "shape", ()):  # NumPy's numbers
        return value.item()
    return value if value is None or isinstance(value, (str, int, float, bool)) else f"<{type(value).__name__}>"


def png_with_settings(image: Image.Image, settings: Mapping[str, Any], description: str = "") -> bytes:
    """Return the bytes of a PNG of a picture with `settings`, as JSON, in a text chunk of its own.

    `description` is a sentence for people, which picture viewers show.

    >>> png_with_settings(Image.new("RGB", (2, 2)), {"content": "tuebingen", "style": "starry_night"})[1:4]
    b'PNG'
    """
    texts = PngInfo()
    texts.add_text(CHUNK, json.dumps(describe(settings)))
    texts.add_text("Software", "nsthelpers")
    if description:
        texts.add_itxt("Description", description)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()


def load_settings(png: str | os.PathLike[str] | bytes) -> dict[str, Any]:
    """Return the settings that a PNG of the studio, or of `save_with_settings`, was made with.

    `png` is a path or the bytes of the file. ``stylize(**load_settings(png))`` makes the picture again, on the same
    machine exactly. Pictures are not inside the PNG: your own photograph is "./name", and must lie in the current folder
    (or be given: ``load_settings(png) | {"content": "my/photo.jpg"}``); what had no name is described in angle brackets,
    and must be given. Where the colours of the photograph were kept, the description of the PNG says so; that is done
    afterwards, by `keep_colours`.

    Raises FileNotFoundError if there is no such file, and ValueError if it is no PNG with settings.

    >>> load_settings(png_with_settings(Image.new("RGB", (2, 2)), {"content": "tuebingen", "style": "starry_night"}))
    {'content': 'tuebingen', 'style': 'starry_night'}
    """
    if not isinstance(png, bytes):
        path = check_path(png, "png")
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {str(path)!r}; give a PNG that was saved with its settings.")
        name, png = repr(str(path)), path.read_bytes()
    else:
        name = "the PNG"
    try:
        with Image.open(io.BytesIO(png)) as picture:
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
    return stored


def save_png(image: Image.Image, path: str | os.PathLike[str], settings: Mapping[str, Any], description: str) -> Path:
    """Save a picture as a PNG with the settings that made it; raise ValueError unless `path` ends with .png."""
    path = check_path(path, "path")
    if path.suffix.lower() != ".png":
        raise ValueError(
            f"Cannot save {path.name!r} with its settings: only PNG holds them; let the name end with .png."
        )
    check_folder(path)
    write_atomically(path, png_with_settings(image, settings, description))
    return path
