"""Decode pictures: any file that people bring becomes upright sRGB floats, or one sentence that says why not."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

# What is read: not what Pillow hands to other programs (EPS, WMF), nor rare formats with costly decoders.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "AVIF", "ICO", "PCX", "PPM", "QOI", "SGI", "TGA", "MPO")
FILE_SIZE = 256 * 2**20  # bytes of a picture file
PIXELS = 25 * 10**6  # of an image tensor: 300 MB
HUGE = 4 * 10**6  # pixels, from which on a picture is first brought near the wanted size by cheap means
SCANS = 64  # of a progressive JPEG; cameras and programs make at most a dozen
JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def fit(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Return (height, width) with the longer side equal to `size` and the proportions of `shape` kept."""
    scale = size / max(shape)
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


class _TooLarge(ValueError):
    """A picture that is well, but of more pixels than a tensor should have."""


def read_picture(source: Any, argument: str, size: int | None) -> np.ndarray:
    """Decode, rotate, convert and resize `source`; return a float32 array (3, height, width) in [0, 1]."""
    data, name = None, "the PIL image"
    if isinstance(source, Path):
        name = repr(str(source))
        data = _read_bytes(open, source, name)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), f"the source of {len(source)} bytes"
    elif hasattr(source, "read"):
        name = f"the file {getattr(source, 'name', 'object')!r}"
        data = _read_bytes(_rewound, source, name)
    elif not isinstance(source, Image.Image):
        raise ValueError(f"{argument} is a {type(source).__name__}; give a path, a name, bytes, a file or a PIL image.")
    try:
        with warnings.catch_warnings():
            # Pillow warns of what it could mend, for developers; its warning of very large pictures is an error here.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # A copy of the user's own picture, which is not to be decoded smaller.
            return _decode(source.copy() if data is None else _open(data), size)
    except UnidentifiedImageError:
        raise ValueError(f"Cannot read {name}: it is no picture in a known format; use a PNG, JPEG or WebP.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"Cannot read {name}: it has too many pixels to be decoded safely; shrink it first.") from None
    except _TooLarge as problem:
        raise ValueError(f"Cannot read {name}: {problem}") from None
    except Exception as problem:
        # Pillow raises nearly anything for damaged files, depending on the format and on where the damage is.
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise ValueError(
            f"Cannot read {name}: the picture is damaged or incomplete ({reason}); use another copy of it."
        ) from problem


def _read_bytes(opened: Callable[..., BinaryIO], source: Any, name: str) -> bytes:
    """Return the content of a file of at most `FILE_SIZE` bytes."""
    try:
        with opened(source, "rb") as file:
            data = file.read(FILE_SIZE + 1)
    except PermissionError:
        raise PermissionError(f"Cannot read {name}: permission denied; change the permissions of the file.") from None
    except (OSError, ValueError) as problem:  # a broken disk, a file that is closed
        raise ValueError(f"Cannot read {name}: {' '.join(str(problem).split())}; use another copy of it.") from problem
    if not isinstance(data, bytes):
        raise ValueError(f"Cannot read {name}: it is open as text; open it with mode 'rb'.")
    if len(data) > FILE_SIZE:
        raise ValueError(f"Cannot read {name}: it is larger than {FILE_SIZE >> 20} MB; shrink the picture first.")
    return data


@contextmanager
def _rewound(file: BinaryIO, _mode: str) -> Iterator[BinaryIO]:
    """Give an open file from its beginning, if it has one, and leave it open."""
    if getattr(file, "seekable", bool)():
        file.seek(0)
    yield file


def _open(data: bytes) -> Image.Image:
    """Return the picture that `data` holds, not yet decoded, in one of `FORMATS` and without traps."""
    if data[:2] == b"\xff\xd8" and _count_scans(data) > SCANS:
        raise ValueError("it is stored in too many scans")
    Image.init()
    return Image.open(io.BytesIO(data), formats=[name for name in FORMATS if name in Image.OPEN])


def _count_scans(data: bytes) -> int:
    """Return how many scans a JPEG has: each is a pass over all pixels, and a few bytes can ask for it."""
    count, position = 0, 2
    while marker := JPEG_MARKER.search(data, position):
        kind, position = marker[0][-1], marker.end()
        if kind == 0xD9:  # end of image; what follows, such as the film of a "motion photo", is not the picture
            break
        count += kind == 0xDA
        position += int.from_bytes(data[position : position + 2], "big")
    return count


def _decode(picture: Image.Image, size: int | None) -> np.ndarray:
    """Return the pixels of a picture as a float32 array (3, height, width) in [0, 1]."""
    try:
        turned = picture.getexif().get(0x0112) in (5, 6, 7, 8)
        upright = ImageOps.exif_transpose
    except Exception:  # other programs often damage the EXIF data; the picture is none the worse for it
        turned, upright = False, lambda same: same
    width, height = picture.size[::-1] if turned else picture.size
    shape = (height, width) if size is None else fit((height, width), size)
    if shape[0] * shape[1] > PIXELS:
        raise _TooLarge(f"{shape[1]} × {shape[0]} pixels are too many; give a smaller size, such as size=1024.")
    if size is not None and isinstance(picture, JpegImageFile):
        picture.draft("RGB", (2 * size, 2 * size))  # decodes huge photographs at a fraction of their size
    if picture.mode == "PA" or ("transparency" in picture.info and picture.mode in ("1", "L", "P", "RGB")):
        picture = picture.convert("RGBA")
    elif picture.mode in ("1", "P"):
        picture = picture.convert("RGB" if picture.mode == "P" else "L")
    elif picture.mode.startswith("I;"):
        picture = picture.convert("I")
    factor = max(picture.size) // (2 * size) if size is not None and picture.width * picture.height > HUGE else 1
    if factor > 1:
        picture = picture.reduce(factor)  # the same for all other formats, by the mean of squares
    return _to_array(_to_srgb(upright(picture)), shape)


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Return the picture with its colours in sRGB, if a profile says that they are in another space, as phones do."""
    profile = picture.info.get("icc_profile")
    if not profile and picture.mode != "LAB":
        return picture
    try:
        source = (
            ImageCms.createProfile("LAB") if picture.mode == "LAB" else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        )
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return picture
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except Exception:  # a damaged profile, or one for another kind of picture: taken for sRGB, as browsers do
        return picture


def _to_array(picture: Image.Image, shape: tuple[int, int]) -> np.ndarray:
    """Convert any Pillow mode to float32 RGB in [0, 1], resized to `shape` (height, width)."""
    if picture.mode in ("I", "F"):
        grey = np.asarray(picture, dtype=np.float32)
        if not np.isfinite(grey).all():
            raise ValueError("it holds NaN or infinite values")
        # Integer modes hold 16-bit greys; float pictures have no fixed range, so they are taken as 0–1 or as 0–255.
        channels = [(grey / (65535 if picture.mode == "I" else 1 if grey.max() <= 1 else 255)).clip(0, 1)]
    else:
        if "A" in picture.getbands() or "a" in picture.getbands():
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        pixels = np.asarray(picture.convert("RGB"))
        channels = (pixels[..., channel].astype(np.float32) / 255 for channel in range(3))
    array = np.empty((3, *shape), dtype=np.float32)
    for plane, channel in zip(array, channels):
        if channel.shape != shape:
            # Resized as floats: no second rounding to 8 bits, and 16-bit depth survives.
            channel = np.asarray(Image.fromarray(channel).resize(shape[::-1], Image.Resampling.LANCZOS))
        plane[:] = channel.clip(0, 1)
    if picture.mode in ("I", "F"):
        array[1:] = array[0]
    return array
