"""Write files atomically, and check before a long run that they can be written."""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from nsthelpers._validation import check_path

FORMATS = "PNG JPEG WEBP AVIF TIFF GIF BMP TGA PPM PDF".split()  # in Pillow's words; its icons and others lose pixels


def check_target(path: str | os.PathLike[str], size: int | None = None) -> str:
    """Return the Pillow format that the ending of `path` names, if a picture can be saved there: a check before a long run.

    `size` is the picture's longer side in pixels, None for unknown. Raises ValueError for an ending that names none of
    `FORMATS`, and for a WebP that is too large; and what `check_folder` raises.
    """
    path = check_path(path, "path")
    kind = Image.registered_extensions().get(path.suffix.lower(), "")
    if kind not in FORMATS or kind not in Image.SAVE:
        raise ValueError(
            f"Cannot save {path.name!r}: the ending {path.suffix!r} is not a picture format; use .png or .jpg."
        )
    size = size or 512  # the default of stylize
    if kind == "WEBP" and size > 16383:
        raise ValueError(f"Cannot save {path.name!r}: a WebP has at most 16383 pixels on a side, not {size}; use .png.")
    check_folder(path, min(4 * size**2, 32 * 2**20))  # 4 bytes a pixel, uncompressed
    return kind


def check_folder(path: Path, space: int = 2**20) -> None:
    """Raise FileNotFoundError, PermissionError or OSError (disk full) unless `space` bytes can be put at `path`."""
    folder, full = path.parent, f"Cannot save {path.name!r}: the disk is nearly full; delete something first."
    closed = f"Cannot save {path.name!r}: {str(folder)!r} is not writable; use another folder."
    try:
        path.exists()
    except PermissionError:  # even looking into the folder is forbidden
        raise PermissionError(closed) from None
    if not folder.is_dir():
        raise FileNotFoundError(f"Cannot save {path.name!r}: the folder {str(folder)!r} does not exist; create it.")
    if path.exists() and not path.is_file():
        raise PermissionError(f"Cannot save {str(path)!r}: it is a folder or a device; give the name of a file.")
    if path.exists() and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(f"Cannot save {path.name!r}: the file there is read-only; use another name.")
    try:
        os.unlink(_create_beside(path))
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise OSError(errno.ENOSPC, full) from problem
        raise PermissionError(closed) from problem
    disk = None
    with suppress(OSError):
        disk = shutil.disk_usage(folder)
    if disk and disk.total and disk.free < space:  # some network folders say 0 of 0
        raise OSError(errno.ENOSPC, full)


def encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the bytes of a picture in one of Pillow's formats; JPEGs have high quality unless `options` say otherwise."""
    if kind == "JPEG":
        picture, options = picture.convert("RGB"), {"quality": 92, "subsampling": 0} | options
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _create_beside(path: Path) -> str:
    """Create an empty file beside `path`, with the permissions of any new file, and return its name."""
    temporary = os.path.join(os.path.dirname(os.path.realpath(path)), f".saving-{secrets.token_hex(8)}")
    open(temporary, "xb").close()
    return temporary


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to a temporary file, which then replaces `path`.

    The file at `path` is always either the old one or the new one, whole, even after a crash or on a full disk.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    temporary = _create_beside(path)
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):  # no old file, or a file system without permissions
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
