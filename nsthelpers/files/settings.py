"""The settings a picture was made with: written into a PNG, JPEG, WebP or AVIF, and read back."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from nsthelpers._validation import check_path
from nsthelpers.files.writing import check_target, encode, write_atomically

CHUNK = "nsthelpers"  # the keyword of the text chunk of a PNG that holds the settings as JSON
MARK = b"ASCII\0\0\0nsthelpers "  # what precedes them in other formats, in EXIF's UserComment
SOFTWARE, DESCRIPTION, EXIF, COMMENT = 0x0131, 0x010E, 0x8769, 0x9286  # tags of EXIF, and its directory
KINDS = ("PNG", "JPEG", "WEBP", "AVIF")  # the formats that hold settings


def digest(*parts: Tensor | bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of tensors or bytes: a name for a picture or a network."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Tensor):
            part = part.detach().cpu().contiguous()
            total.update(f"{part.dtype} {tuple(part.shape)}".encode())
            part = part.reshape(-1).view(torch.uint8).numpy()
        total.update(part)
    return total.hexdigest()[:16]


def describe(value: Any) -> Any:
    """Return a setting as something that JSON can hold, with nothing private in it.

    Words, numbers, addresses and names of bundled pictures stay as they are. A path becomes "./name.jpg": its folders are
    private. Pictures without a name and networks become a description in angle brackets; to repeat the run, you must give
    them again.

    >>> describe({"content": "/home/me/cat.jpg", "style": "the_scream", "init": torch.zeros(1, 3, 2, 2), "size": 64})
    {'content': './cat.jpg', 'style': 'the_scream', 'init': '<tensor 1 × 3 × 2 × 2 81b982a4b36cf1ee>', 'size': 64}
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(name): describe(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)) or isinstance(value, np.ndarray) and value.ndim == 1:
        return [describe(item) for item in value]
    if isinstance(value, (np.generic, torch.device, torch.dtype)):
        return value.item() if isinstance(value, np.generic) else str(value)
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        if "://" in text:  # a possible password or key stays out
            return text if not {"?", "@"} & set(text) else "<picture from an address with a key>"
        return f"./{os.path.basename(text)}" if "/" in text or os.sep in text else str(text)
    name, content = type(value).__name__, tuple
    if isinstance(value, Tensor):
        name, content = f"tensor {' × '.join(map(str, value.shape))}", lambda: [value]
    elif isinstance(value, np.ndarray):
        name, content = f"array {' × '.join(map(str, value.shape))}", lambda: [np.ascontiguousarray(value)]
    elif isinstance(value, (bytes, bytearray, memoryview)):
        name, content = f"file of {len(value)} bytes", lambda: [value]
    elif isinstance(value, Image.Image):
        name, content = f"picture {value.width} × {value.height}", lambda: [value.tobytes()]
    elif isinstance(value, torch.nn.Module):
        name = f"network {getattr(value, 'name', name)} with {getattr(value, 'pooling', 'unknown')} pooling"
        content = value.parameters
    elif hasattr(value, "read"):
        name = f"open file {os.path.basename(str(getattr(value, 'name', '')))}".rstrip()
    with suppress(Exception):  # a damaged picture, a device that holds no values
        name += f" {digest(*parts)}" if (parts := list(content())) else ""
    return f"<{name}>"


def embed(picture: Image.Image, kind: str, settings: Mapping[str, Any], description: str = "", **options: Any) -> bytes:
    """Return the bytes of a picture in one of `KINDS` with `settings`: JSON in a text chunk of a PNG, elsewhere in EXIF.

    `description` is a sentence for people, which picture viewers show; `options` go to Pillow.
    """
    text = json.dumps(describe(settings))
    if kind == "PNG":
        texts = PngInfo()
        texts.add_text(CHUNK, text)
        texts.add_text("Software", "nsthelpers")
        if description:
            texts.add_itxt("Description", description)
        return encode(picture, kind, pnginfo=texts, **options)
    exif = Image.Exif()
    exif[SOFTWARE] = "nsthelpers"
    exif[DESCRIPTION] = description.encode()
    exif.get_ifd(EXIF)[COMMENT] = MARK + text.encode()
    return encode(picture, kind, exif=exif, **options)


def load_settings(source: str | os.PathLike[str] | bytes) -> dict[str, Any]:
    """Return the settings inside a picture that the studio, `save_image` or `save_with_settings` made.

    `source` is a path or the bytes of the file: PNG, JPEG, WebP or AVIF. ``stylize(**load_settings(source))`` makes
    the picture again, on the same machine exactly. Pictures are not stored: your own photograph is "./name", and must be in
    the current folder (or given: ``load_settings(source) | {"content": "my/photo.jpg"}``); a picture without a name is
    described in angle brackets and must be given, as `stylize` will tell you. "convention" and "keep_alpha" are there if the
    command line was told so; its --settings-from makes such a picture again.

    Raises FileNotFoundError if there is no such file, and ValueError if it is not a picture with settings.

    >>> load_settings(embed(Image.new("RGB", (2, 2)), "JPEG", {"content": "tuebingen", "style": "starry_night"}))
    {'content': 'tuebingen', 'style': 'starry_night'}
    """
    name = "the picture"
    if not isinstance(source, bytes):
        path = check_path(source, "source")
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {str(path)!r}; give a picture that was saved with its settings.")
        name, source = repr(str(path)), path.read_bytes()
    try:
        with Image.open(BytesIO(source), formats=KINDS) as picture:
            text = picture.info.get(CHUNK)
            if text is None:
                # This decodes a PNG, whose texts may stand at its end.
                comment = picture.getexif().get_ifd(EXIF).get(COMMENT, b"")
                text = comment.removeprefix(MARK) if comment.startswith(MARK) else picture.info.get(CHUNK)
        stored = None if text is None else json.loads(text)
    except Exception as problem:  # Pillow raises nearly anything for damaged files
        raise ValueError(f"Cannot read settings from {name}: it is damaged, or not a picture.") from problem
    if not isinstance(stored, dict):
        raise ValueError(
            f"{name} holds no settings; only pictures from the studio, save_image or save_with_settings do, until another "
            "program or a web page saves them again."
        )
    return stored


def save_picture(
    picture: Image.Image,
    path: str | os.PathLike[str],
    settings: Mapping[str, Any] | None = None,
    description: str = "",
    **options: Any,
) -> Path:
    """Save a picture, with the settings that made it where the format can hold them; raise what `check_target` raises."""
    path = check_path(path, "path")
    kind = check_target(path, max(picture.size))
    holds = settings is not None and kind in KINDS
    content = embed(picture, kind, settings, description, **options) if holds else encode(picture, kind, **options)
    write_atomically(path, content)
    return path
