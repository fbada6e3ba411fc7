"""Pictures in and out: load, resize, save; pictures by name from ``data/``; the facts about the paintings.

Everywhere in this package an image is a float32 tensor of shape (1, 3, height, width) that holds sRGB values in
[0, 1]. The ImageNet mean and deviation are nobody's business here: the backbone applies them itself.
"""

from __future__ import annotations

import difflib
import errno
import io
import json
import os
import re
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor

# What `load_image` reads: not those that Pillow hands to other programs (EPS, WMF), nor rare ones with costly decoders.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "AVIF", "ICO", "PCX", "PPM", "QOI", "SGI", "TGA", "MPO")
FILE_SIZE = 256 * 2**20  # bytes of a picture file
PIXELS = 25 * 10**6  # of an image tensor: 300 MB
HUGE = 4 * 10**6  # pixels, from which on a picture is first brought near the wanted size by cheap means
SCANS = 64  # of a progressive JPEG; cameras and programs make at most a dozen
JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
SPACE = 32 * 2**20  # bytes that must be free on a disk before anything is saved there
Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | Tensor


def default_device() -> torch.device:
    """Return the best device present: CUDA, then Apple's MPS, then the CPU.

    >>> default_device().type in ("cuda", "mps", "cpu")
    True
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def choose_device(device: torch.device | str | None) -> torch.device:
    """Return the device that was asked for, or the best one present for None; raise ValueError if it is not there.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if device is None:
        return default_device()
    try:
        return torch.empty(0, device=device).device
    except Exception:  # an unknown name, a missing driver and a missing card each have their own error
        raise ValueError(f"device is {device!r}; use 'cpu', or 'cuda' or 'mps' where there is one.") from None


def data_folder() -> Path:
    """Return the folder with the bundled pictures: ``data/`` in a checkout, a copy of it in an installed package."""
    here = Path(__file__).parent
    installed = here / "data"
    return installed if installed.is_dir() else here.parent / "data"


def paintings() -> dict[str, dict[str, Any]]:
    """Return the facts about the bundled paintings of the museums, all in the public domain: name -> facts.

    The facts are those of ``data/pictures.json``: title, artist, year and museum, licence, origin and changes, the size
    (width, height) in pixels, ``shows`` (what one sees, for an alt text) and ``story`` (60 to 100 words). Every call
    reads them anew, so that a caller may change what it gets.

    >>> paintings()["starry_night"]["artist"]
    'Vincent van Gogh'
    """
    entries = json.loads((data_folder() / "pictures.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in entries if "story" in entry}


def list_images(kind: str | None = None) -> list[str]:
    """Return the names that `load_image` knows, sorted.

    `kind` is "content" (photographs), "style" (the paintings, and four pictures that a program painted) or None for both.
    Raises ValueError for another kind.

    >>> "chelsea" in list_images("content")
    True
    """
    if kind not in (None, "content", "style"):
        raise ValueError(f"kind is {kind!r}; use 'content', 'style' or None.")
    folders = [kind] if kind else ["content", "style"]
    return sorted(path.stem for folder in folders for path in (data_folder() / folder).glob("*.jpg"))


def load_image(source: Source, size: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """Load a picture as a float32 tensor of shape (1, 3, height, width), sRGB in [0, 1].

    `source` is a path, the name of a bundled picture (see `list_images`), the bytes of an image file, an open binary file,
    a PIL image, or a tensor that already is an image. EXIF rotation is applied, an ICC profile too (colours become sRGB),
    transparency is laid over white, greyscale becomes three equal channels and keeps its 16 bits, and of an animation the
    first frame is taken. A file has at most 256 MB and 89 million pixels, the result 25 million. `size` is the length of
    the longer side in pixels: the picture is resized to it with its proportions kept (Lanczos, antialiased); None keeps
    the picture as it is. `device` defaults to the best one present.

    Raises FileNotFoundError if there is no such file or name, PermissionError if it may not be read, and ValueError if the
    source is not a picture that can be read.

    >>> load_image("tuebingen", size=128, device="cpu").shape
    torch.Size([1, 3, 96, 128])
    """
    return load_argument(source, "source", size, device)


def load_argument(source: Source, name: str, size: int | None, device: torch.device | str | None) -> Tensor:
    """Do what `load_image` does, for a source that the messages call `name`: the argument that the user gave."""
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= 16384):
        raise ValueError(
            f"size is {size!r}; give the longer side as a whole number of pixels from 1 to 16384, or None."
        )
    device = choose_device(device)
    if isinstance(source, Tensor):
        image = check_image(source, name).detach().to(device, torch.float32)
        if image.min() < -0.01 or image.max() > 1.01:
            found = f"values from {image.min():.3g} to {image.max():.3g}"
            raise ValueError(
                f"{name} holds {found}; an image holds sRGB values from 0 to 1, not 8-bit or normalised ones."
            )
        return image if size is None else resize(image, _fit(image.shape[-2:], size))
    return torch.from_numpy(_read(source, name, size))[None].to(device)


def resize(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resize an image tensor (1, 3, h, w) to (1, 3, *shape), antialiased bicubic, clamped to [0, 1].

    >>> resize(torch.ones(1, 3, 4, 6), (2, 3)).shape
    torch.Size([1, 3, 2, 3])
    """
    check_maps(image, "image")
    if not isinstance(shape, (tuple, list)) or len(shape) != 2 or any(type(n) is not int or n < 1 for n in shape):
        raise ValueError(f"shape is {shape!r}; give (height, width), whole numbers of at least 1.")
    if tuple(image.shape[-2:]) == tuple(shape):
        return image
    resized = torch.nn.functional.interpolate(image, size=tuple(shape), mode="bicubic", antialias=True)
    return resized.clamp(0, 1)


def to_pil(image: Tensor) -> Image.Image:
    """Turn an image tensor (1, 3, H, W) or (3, H, W) in [0, 1] into a PIL image of 8 bits a channel.

    Values outside [0, 1] are clipped. Raises ValueError for another shape, or when the tensor holds NaN.

    >>> to_pil(torch.zeros(1, 3, 2, 5)).size
    (5, 2)
    """
    if isinstance(image, Tensor) and image.ndim == 3:
        image = image[None]
    image = check_image(image, "image").detach().to("cpu", torch.float32)
    pixels = image[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
    return Image.fromarray(pixels.contiguous().numpy())


def save_image(image: Tensor | Image.Image, path: str | os.PathLike[str], **options: Any) -> Path:
    """Save an image tensor (1, 3, H, W) in [0, 1] or a PIL image, and return the path.

    The ending of `path` chooses the format (.png, .jpg, .webp, …); `options` go to Pillow. The file is written beside
    its target and then moved into place, so that a crash or a full disk leaves either the old file or the new one.
    Raises ValueError for an unknown ending and FileNotFoundError when the folder does not exist.

    >>> save_image(torch.zeros(1, 3, 2, 2), Path(tempfile.mkdtemp()) / "black.png").name
    'black.png'
    """
    path = check_path(path, "path")
    kind = check_target(path)
    picture = image if isinstance(image, Image.Image) else to_pil(image)
    if kind == "JPEG":
        picture = picture.convert("RGB")
        options = {"quality": 92, "subsampling": 0} | options
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    write_atomically(path, buffer.getvalue())
    return path


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


def check_path(path: Any, name: str) -> Path:
    """Return `path` as a Path; raise ValueError that calls it `name` if it cannot be one."""
    if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
        raise ValueError(f"{name} is {path!r}; give the path of a file.")
    return Path(path)


def check_whole(number: Any, name: str, lowest: int) -> None:
    """Raise ValueError unless `number` is a whole number from `lowest` to 2⁶³ − 1."""
    if isinstance(number, bool) or not isinstance(number, int) or not lowest <= number < 2**63:
        raise ValueError(f"{name} is {number!r}; give a whole number of at least {lowest}.")


def check_maps(maps: Any, name: str, channels: int | str = "C") -> None:
    """Raise ValueError unless `maps` is a float tensor of the shape (B, C, H, W), none of them 0."""
    if not isinstance(maps, Tensor):
        raise ValueError(f"{name} is a {type(maps).__name__}; give a tensor of the shape (B, {channels}, H, W).")
    if maps.ndim != 4 or 0 in maps.shape or channels not in ("C", maps.shape[1]):
        raise ValueError(f"{name} has the shape {tuple(maps.shape)}; it must be (B, {channels}, H, W), none of them 0.")
    if not maps.is_floating_point():
        raise ValueError(f"{name} holds {maps.dtype}; give floats.")


def check_image(image: Any, name: str) -> Tensor:
    """Return `image` if it is a (1, 3, H, W) float tensor of finite numbers; else raise ValueError that names it."""
    if not isinstance(image, Tensor):
        raise ValueError(f"{name} is a {type(image).__name__}, not an image tensor; make one with load_image(...).")
    if image.layout != torch.strided or image.ndim != 4 or image.shape[:2] != (1, 3) or 0 in image.shape:
        raise ValueError(f"{name} has the shape {tuple(image.shape)}; an image has (1, 3, height, width).")
    if not image.is_floating_point():
        raise ValueError(f"{name} holds {image.dtype}; an image holds floats from 0 to 1: divide 8-bit values by 255.")
    if not torch.isfinite(image).all():
        raise ValueError(f"{name} holds NaN or infinite values; an image holds floats from 0 to 1.")
    return image


def _fit(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Return (height, width) with the longer side equal to `size` and the proportions of `shape` kept."""
    scale = size / max(shape)
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


class _TooLarge(ValueError):
    """A picture that is well, but of more pixels than a tensor should have."""


def _read(source: Any, argument: str, size: int | None) -> np.ndarray:
    """Decode, rotate, convert and resize `source`; return a float32 array (3, height, width) in [0, 1]."""
    data, name = None, "the PIL image"
    if isinstance(source, (str, os.PathLike)):
        name = repr(os.fspath(source))
        data = _read_bytes(open, _locate(source), name)
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
    shape = (height, width) if size is None else _fit((height, width), size)
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


def _locate(source: str | os.PathLike[str]) -> Path:
    """Return the file that a path or the name of a bundled picture means."""
    path = Path(source)
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except PermissionError:
        raise PermissionError(f"Cannot read {str(path)!r}: its folder is closed; change the permissions.") from None
    except (OSError, ValueError):  # there is none, or the name could not be a file's
        kind = 0
    if kind == stat.S_IFREG:
        return path
    if kind == stat.S_IFDIR:
        raise ValueError(f"{str(path)!r} is a folder; give the path of one picture in it.")
    if kind:
        raise ValueError(f"{str(path)!r} is not an ordinary file; give the path of a picture.")
    name = str(source)
    for folder in ("content", "style"):
        bundled = data_folder() / folder / f"{path.stem}.jpg"
        if name in (bundled.stem, bundled.name) and bundled.is_file():
            return bundled
    known = list_images()
    near = difflib.get_close_matches(path.stem, known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"bundled are {', '.join(known)}."
    raise FileNotFoundError(f"There is no file and no bundled picture called {name!r:.200}; {hint}")
