"""Decode pictures: any file becomes upright sRGB floats, or an error of one sentence that says why not."""

from __future__ import annotations

import io
import math
import re
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from nsthelpers.files.downloads import fetch_picture

# The formats that are read: none that Pillow hands to other programs (EPS, WMF), no rare ones with costly decoders.
FORMATS = "JPEG PNG WEBP GIF TIFF BMP DIB AVIF HEIF ICO PCX PPM QOI SGI TGA".split()
FILE_SIZE = 256 * 2**20  # bytes of a picture file
PIXELS = 25 * 10**6  # of an image tensor: 300 MB
HUGE = 4 * 10**6  # pixels; above this, a picture is first reduced cheaply to about the wanted size
SCANS = 64  # of a progressive JPEG; cameras and programs make at most a dozen
JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
HEIC = rb"....ftyp(hei|hev|mif1|msf1)"
# Files that cannot be read as pictures: how they begin, what they are, what helps.
OTHERS = {
    rb"\s*\Z": ("an empty file", "copy or download it again"),
    rb"version https://git-lfs": ("a Git LFS pointer, not the picture itself", "run 'git lfs pull'"),
    rb"\s*<(!doctype html|html|head|body)": ("a web page", "save the picture itself, or give its own address"),
    rb"\s*<(\?xml|svg)": ("an SVG drawing", "export it as PNG"),
    rb"\xff\x0a|\0\0\0\x0cJXL ": ("a JPEG XL picture", "export it as PNG or JPEG"),
    rb"\0\0\0\x0cjP|\xff\x4f\xff\x51": ("a JPEG 2000 picture", "export it as PNG or JPEG"),
    HEIC: ("an HEIC picture", "run 'pip install pillow-heif', or export it as JPEG"),
    rb"....ftyp|\x1aE\xdf\xa3": ("a video", "save one of its frames as PNG"),
    rb"%PDF|%!PS|8BPS": ("a document (PDF, PostScript or Photoshop)", "export the picture as PNG"),
    rb"": ("no picture in a known format", "use a PNG, JPEG or WebP"),
}
# Pillow's modes -> the mode to work in: grey (8 bits, integers or floats), CMYK, Lab; for all others RGB.
WORKING = {"1": "L", "L": "L", "LA": "L", "La": "L", "I": "I", "F": "F", "CMYK": "CMYK", "LAB": "LAB"}
WORKING |= {f"I;16{order}": "I" for order in ("", "L", "B", "N")}
PROFILES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}  # the colour space of an ICC profile -> Pillow's mode


def fit(shape: tuple[int, int], size: int | None, beside: tuple[int, int] | None = None) -> tuple[int, int]:
    """Return (height, width) with the longer side equal to `size` (None: as in `shape`), and the proportions of `shape`.

    For a style, `beside` is the shape of the content: the style gets at most four times as many pixels, unless its shorter
    side would become shorter than the content's. Otherwise a square style beside a panorama would cost thirty times more.

    >>> fit((300, 400), 512), fit((400, 400), 5120, beside=(160, 5120))
    ((384, 512), (1810, 1810))
    """
    scale = 1.0 if size is None else size / max(shape)
    if beside is not None:
        scale = min(scale, max(2 * math.sqrt(math.prod(beside) / math.prod(shape)), min(beside) / min(shape)))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


class _Refused(ValueError):
    """A picture that is refused; the message continues "Cannot read …: "."""


def read_picture(source: Any, argument: str, size: int | None, beside: tuple[int, int] | None = None) -> np.ndarray:
    """Decode, rotate, convert and resize `source`; return a float32 array (3, height, width) in [0, 1]. See `fit`."""
    data, name = None, "the PIL image"
    if isinstance(source, np.ndarray):
        name = f"{argument}, an array of {source.dtype} and the shape {source.shape}"
    elif isinstance(source, str):
        data, name = fetch_picture(source), repr(source)
    elif isinstance(source, Path):
        name = repr(str(source))
        data = _read_bytes(source, name)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), f"the source of {len(source)} bytes"
    elif hasattr(source, "read"):
        name = f"the file {getattr(source, 'name', 'object')!r}"
        data = _read_bytes(source, name)
    elif not isinstance(source, Image.Image):
        raise ValueError(
            f"{argument} is a {type(source).__name__}; give a path, a name, an https address, bytes, a file, a PIL image "
            "or an array."
        )
    try:
        if isinstance(source, np.ndarray):
            colours, alpha = _from_array(source)
            return _assemble(colours, alpha, _wanted(colours.shape[:2], size, beside))
        if data is not None:
            return _decode(_open(data), size, beside)
        picture = source.copy()  # the user's own picture is not changed
        picture.format = source.format
        return _decode(picture, size, beside)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"Cannot read {name}: it has too many pixels to be decoded safely; shrink it first.") from None
    except _Refused as problem:
        raise ValueError(f"Cannot read {name}: {problem}") from None
    except Exception as problem:
        # Pillow raises nearly anything for damaged files, depending on the format and on where the damage is.
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise ValueError(
            f"Cannot read {name}: the picture is damaged or incomplete ({reason}); use another copy of it."
        ) from problem


def _read_bytes(source: Path | BinaryIO, name: str) -> bytes:
    """Return the content of a file of at most `FILE_SIZE` bytes; one that was open is read from its start and stays open."""
    try:
        with open(source, "rb") if isinstance(source, Path) else nullcontext(source) as file:
            if getattr(file, "seekable", bool)():
                file.seek(0)
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


def _open(data: bytes) -> Image.Image:
    """Return the picture that `data` holds, not yet decoded, in one of `FORMATS` and without traps."""
    if data[:2] == b"\xff\xd8" and _count_scans(data) > SCANS:
        raise _Refused("it is stored in too many scans; save it again as PNG or JPEG.")
    Image.init()
    if re.match(HEIC, data, re.S) and "HEIF" not in Image.OPEN:
        with suppress(ImportError):
            import pillow_heif

            pillow_heif.register_heif_opener()
    known = [name for name in FORMATS if name in Image.OPEN]
    try:
        picture = Image.open(io.BytesIO(data), formats=known)
    except UnidentifiedImageError:
        starts = (start for start in OTHERS if not (start == HEIC and "HEIF" in known))
        what, remedy = next(OTHERS[start] for start in starts if re.match(start, data, re.S | re.I))
        raise _Refused(f"it is {what}; {remedy}.") from None
    if math.prod(picture.size) > (Image.MAX_IMAGE_PIXELS or math.inf):
        raise Image.DecompressionBombError  # Pillow only warns up to twice as many
    return picture


def _count_scans(data: bytes) -> int:
    """Return how many scans a JPEG has: each is a pass over all pixels, which a few bytes can cause."""
    count, position = 0, 2
    while marker := JPEG_MARKER.search(data, position):
        kind, position = marker[0][-1], marker.end()
        if kind == 0xD9:  # end of image; what follows, such as the film of a "motion photo", is not the picture
            break
        count += kind == 0xDA
        position += int.from_bytes(data[position : position + 2], "big")
    return count


def _wanted(shape: tuple[int, int], size: int | None, beside: tuple[int, int] | None) -> tuple[int, int]:
    shape = fit(shape, size, beside)
    if math.prod(shape) > PIXELS:
        raise _Refused(f"{shape[1]} × {shape[0]} pixels are too many; give a smaller size, such as size=1024.")
    return shape


def _decode(picture: Image.Image, size: int | None, beside: tuple[int, int] | None) -> np.ndarray:
    """Return the pixels of a picture as a float32 array (3, height, width) in [0, 1]."""
    height, width = _wanted(picture.size[::-1], size, beside)  # or swapped: it may lie on its side
    side, shape, turned = 2 * max(height, width), picture.size[::-1], False
    drafted = picture.draft(None, (side, side))  # decodes huge JPEGs at a fraction of their size
    picture.load()
    shape = shape if drafted else picture.size[::-1]  # loading turns a TIFF upright; a draft is smaller
    with suppress(Exception):  # other programs often damage the EXIF data, which does not affect the pixels
        turned = picture.getexif().get(0x0112) in (5, 6, 7, 8)  # read after decoding, which turns a TIFF upright
        ImageOps.exif_transpose(picture, in_place=True)
    # The file format tells the bit depth; a picture made from integers or floats does not.
    deep = picture.mode.startswith("I;16") or picture.mode == "I" and picture.format in ("PNG", "PPM")
    ranges = (65535,) if deep else (255, 65535) if picture.mode == "I" else (1, 255, 65535)
    mode = WORKING.get(picture.mode, "RGB")
    if mode in ("L", "RGB") and picture.has_transparency_data:
        mode += "A"
    picture = picture.convert(mode) if mode != picture.mode else picture
    factor = max(picture.size) // side
    if factor > 1 and math.prod(picture.size) > HUGE:
        picture = picture.reduce(factor)  # the same for all other formats, by averaging blocks
    alpha = np.asarray(picture.getchannel("A")) if mode.endswith("A") else None
    return _assemble(_to_srgb(picture, ranges), alpha, fit(shape[::-1] if turned else shape, size, beside))


def _to_srgb(picture: Image.Image, ranges: tuple[int, ...]) -> np.ndarray:
    """Return colours in sRGB, (height, width, 3) of uint8, or for greys (height, width) of floats in [0, 1]."""
    profile = picture.info.get("icc_profile")
    if picture.getbands()[0] not in ("L", "I", "F") or picture.mode == "LAB":
        return np.asarray(_by_profile(picture if picture.mode in ("CMYK", "LAB") else picture.convert("RGB"), profile))
    grey = np.asarray(picture)
    grey = grey[..., 0] if picture.mode == "LA" else grey
    if picture.mode in ("I", "F"):
        lowest, highest = grey.min(), grey.max()
        fitting = [each for each in ranges if highest <= 1.01 * each]
        if not fitting or not np.isfinite(lowest) or picture.mode == "I" and lowest < 0:
            found = f"values from {lowest:.6g} to {highest:.6g}" if np.isfinite(grey).all() else "NaN or infinity"
            raise _Refused(f"it holds {found}; a grey picture has 0 to 1, 0 to 255, or 0 to 65535.")
        grey = grey.astype(np.float32) / fitting[0]
    if not profile:
        return grey
    # A grey profile is a curve, sampled at 256 levels and interpolated, which keeps the depth of the picture.
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    curve = np.asarray(_by_profile(ramp, profile))[0].mean(axis=1) / 255
    return np.interp(_unit(grey), np.linspace(0, 1, 256), curve).astype(np.float32)


def _by_profile(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an L, RGB, CMYK or LAB picture in sRGB, by its ICC profile.

    If there is none, or it is damaged or for another kind of picture, sRGB is assumed, as in browsers.
    """
    with suppress(Exception):
        if picture.mode == "LAB":
            source, mode = ImageCms.createProfile("LAB"), "LAB"
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = PROFILES[source.profile.xcolor_space]
        if mode == picture.mode or (mode, picture.mode) == ("RGB", "L"):
            srgb = ImageCms.createProfile("sRGB")
            # Exact for the grey curve; the optimised way takes a tenth of the time, and errs by 0.04 where it is steep.
            flags = ImageCms.Flags.NOOPTIMIZE if picture.mode == "L" else ImageCms.Flags.NONE
            return ImageCms.profileToProfile(picture.convert(mode), source, srgb, outputMode="RGB", flags=flags)
    return picture.convert("RGB")


def _from_array(array: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the colours and the alpha of (H, W), (H, W, 3) or (H, W, 4), uint8 or floats in [0, 1]."""
    if 0 in array.shape or array.ndim != 2 and (array.ndim != 3 or array.shape[2] not in (3, 4)):
        raise _Refused("an array must be (height, width), (height, width, 3) or (height, width, 4).")
    if array.dtype != np.uint8:
        if not np.issubdtype(array.dtype, np.floating):
            raise _Refused("an array must hold uint8, or floats from 0 to 1.")
        if not (array.min() >= -0.01 and array.max() <= 1.01):  # NaN is neither
            raise _Refused(f"its values go from {array.min():.3g} to {array.max():.3g}; floats go from 0 to 1.")
    return (array, None) if array.ndim == 2 else (array[..., :3], array[..., 3] if array.shape[2] == 4 else None)


def _unit(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32) / 255 if values.dtype == np.uint8 else values.astype(np.float32, copy=False)


def _assemble(colours: np.ndarray, alpha: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Lay (H, W) or (H, W, 3) over white and resize it; return a float32 array (3, *shape)."""
    array = np.empty((3, *shape), dtype=np.float32)
    alpha = None if alpha is None else _unit(alpha)
    for channel in range(3 if colours.ndim == 3 else 1):
        plane = _unit(colours[..., channel] if colours.ndim == 3 else colours)
        if alpha is not None:
            plane = plane * alpha + (1 - alpha)
        if plane.shape != shape:
            # Resized as floats: no second rounding to 8 bits, and 16-bit depth is kept.
            plane = np.asarray(Image.fromarray(plane).resize(shape[::-1], Image.Resampling.LANCZOS))
        array[channel] = plane.clip(0, 1)
    if colours.ndim == 2:
        array[1:] = array[0]
    return array
