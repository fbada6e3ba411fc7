"""Write files so that each is always either the old one or the new one, whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

SPACE = 32 * 2**20  # bytes that must be free on a disk before anything is saved there


def check_target(path: Path) -> str:
    """Return the Pillow format that the ending of `path` names, if a picture can be saved there: ask before a long run.

    Raises ValueError for an unknown ending, and what `check_folder` raises.
    """
    kind = Image.registered_extensions().get(path.suffix.lower(), "")
    if kind not in Image.SAVE:
        raise ValueError(
            f"Cannot save {path.name!r}: the ending {path.suffix!r} is no picture format; use .png or .jpg."
        )
    check_folder(path)
    return kind


def check_folder(path: Path) -> None:
    """Raise FileNotFoundError, PermissionError or OSError (disk full) unless a file can be written to `path`."""
    folder = path.parent
    if not folder.is_dir():
        raise FileNotFoundError(f"Cannot save {path.name!r}: the folder {str(folder)!r} does not exist; create it.")
    if path.exists() and not path.is_file():
        raise PermissionError(f"Cannot save {str(path)!r}: it is a folder or a device; give the name of a file.")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"Cannot save {path.name!r}: {str(folder)!r} may not be written to; use another folder.")
    if shutil.disk_usage(folder).free < SPACE:
        raise OSError(errno.ENOSPC, f"Cannot save {path.name!r}: the disk is nearly full; delete something first.")


@contextmanager
def replacing(path: Path) -> Iterator[str]:
    """Give the name of a temporary file, which takes the place of `path` when the block has ended well.

    The file at `path` is always either the old one or the new one, whole: whatever happens, a crash or a full disk.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".saving-")
    os.close(handle)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner may read; a saved picture has the permissions of any other file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that the file is always either the old one or the new one, whole."""
    with replacing(path) as temporary:
        Path(temporary).write_bytes(content)
