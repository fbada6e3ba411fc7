"""Pictures in and out: load, resize, save; pictures by name from ``data/``; the catalogue of paintings.

Everywhere in this package an image is a float32 tensor of shape (1, 3, height, width) that holds sRGB values in
[0, 1]. The ImageNet mean and deviation are nobody's business here: the backbone applies them itself.
"""

from __future__ import annotations

import difflib
import io
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | Tensor


def default_device() -> torch.device:
    """Return the best device present: CUDA, then Apple's MPS, then the CPU.

    >>> default_device().type in ("cuda", "mps", "cpu")
    True
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def data_folder() -> Path:
    """Return the folder with the bundled pictures: ``data/`` in a checkout, a copy of it in an installed package."""
    here = Path(__file__).parent
    installed = here / "data"
    return installed if installed.is_dir() else here.parent / "data"


@cache
def paintings() -> dict[str, dict[str, Any]]:
    """Return the catalogue of public-domain paintings that `load_image` downloads on demand.

    Returns a dictionary from name to title, artist, year, license, url, sha256 and bytes. Nothing is downloaded here.

    >>> paintings()["starry_night"]["artist"]
    'Vincent van Gogh'
    """
    entries = json.loads((Path(__file__).parent / "paintings.json").read_text(encoding="utf-8"))
    return {entry["key"]: entry for entry in entries}


def list_images(kind: str | None = None) -> list[str]:
    """Return the names that `load_image` knows, sorted.

    `kind` is "content" (bundled photographs), "style" (bundled paintings, made by a program), "painting" (famous
    paintings, downloaded on first use) or None for all that is bundled. Raises ValueError for another kind.

    >>> "chelsea" in list_images("content")
    True
    """
    if kind == "painting":
        return sorted(paintings())
    if kind not in (None, "content", "style"):
        raise ValueError(f"kind is {kind!r}; use 'content', 'style', 'painting' or None.")
    folders = [kind] if kind else ["content", "style"]
    return sorted(path.stem for folder in folders for path in (data_folder() / folder).glob("*.jpg"))


def load_image(source: Source, size: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """Load a picture as a float32 tensor of shape (1, 3, height, width), sRGB in [0, 1].

    `source` is a path, the name of a bundled picture (see `list_images`) or of a painting in the catalogue, the bytes
    of an image file, an open binary file, a PIL image, or a tensor that already is an image. EXIF rotation is applied,
    transparency is laid over white, greyscale becomes three equal channels, 16-bit depth is kept, and of an animation
    the first frame is taken. `size` is the length of the longer side in pixels: the picture is resized to it with its
    proportions kept (Lanczos, antialiased); None keeps the picture as it is. `device` defaults to the best one present.

    Raises FileNotFoundError if there is no such file or name, ConnectionError if a painting cannot be downloaded, and
    ValueError if the source is not a picture that can be read.

    >>> load_image("chelsea", size=128, device="cpu").shape
    torch.Size([1, 3, 85, 128])
    """
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= 16384):
        raise ValueError(
            f"size is {size!r}; give the longer side as a whole number of pixels from 1 to 16384, or None."
        )
    device = torch.device(device) if device is not None else default_device()
    if isinstance(source, Tensor):
        image = check_image(source, "source").detach().to(device, torch.float32)
        return image if size is None else resize(image, _fit(image.shape[-2:], size))
    array = _read(source, size)
    return torch.from_numpy(array).permute(2, 0, 1)[None].contiguous().to(device)


def resize(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resize an image tensor (1, 3, h, w) to (1, 3, *shape), antialiased bicubic, clamped to [0, 1].

    >>> resize(torch.ones(1, 3, 4, 6), (2, 3)).shape
    torch.Size([1, 3, 2, 3])
    """
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
    path = Path(path)
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

    Raises ValueError for an unknown ending, FileNotFoundError or PermissionError for the folder.
    """
    kind = Image.registered_extensions().get(path.suffix.lower(), "")
    if kind not in Image.SAVE:
        raise ValueError(
            f"Cannot save {path.name!r}: the ending {path.suffix!r} is no picture format; use .png or .jpg."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"Cannot save {path.name!r}: the folder {str(path.parent)!r} does not exist; create it."
        )
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise PermissionError(f"Cannot save {str(path)!r}: it is a folder, or its folder may not be written to.")
    return kind


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that the file is always either the old one or the new one, whole."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner may read; a saved picture has the permissions of any other file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def check_image(image: Any, name: str) -> Tensor:
    """Return `image` if it is a (1, 3, H, W) float tensor of finite numbers; else raise ValueError that names it."""
    if not isinstance(image, Tensor):
        raise ValueError(f"{name} is a {type(image).__name__}, not an image tensor; make one with load_image(...).")
    if image.ndim != 4 or image.shape[:2] != (1, 3) or 0 in image.shape:
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


def _read(source: Any, size: int | None) -> np.ndarray:
    """Decode, rotate, convert and resize `source`; return a float32 array (height, width, 3) in [0, 1]."""
    if isinstance(source, (str, os.PathLike)):
        name, file = f"{os.fspath(source)!r}", _locate(source)
    elif isinstance(source, Image.Image):
        name, file = "the PIL image", None
    elif isinstance(source, (bytes, bytearray, memoryview)):
        name, file = f"the source of {len(source)} bytes", io.BytesIO(source)
    elif hasattr(source, "read"):
        name, file = f"the file {getattr(source, 'name', 'object')!r}", source
    else:
        raise ValueError(f"source is a {type(source).__name__}; give a path, a name, bytes, a file or a PIL image.")
    try:
        picture = source if file is None else Image.open(file)
        width, height = picture.size
        if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # EXIF orientations that lie on their side
            width, height = height, width
        if size is not None and file is not None:
            picture.draft(
                "RGB", (2 * size, 2 * size)
            )  # JPEG only: decodes huge photographs at a fraction of their size
        picture = ImageOps.exif_transpose(picture)
        picture.load()
    except UnidentifiedImageError:
        raise ValueError(f"Cannot read {name}: it is no picture in a known format; use a PNG, JPEG or WebP.") from None
    except Image.DecompressionBombError:
        raise ValueError(f"Cannot read {name}: it has too many pixels to be decoded safely; shrink it first.") from None
    except PermissionError:
        raise PermissionError(f"Cannot read {name}: permission denied; change the permissions of the file.") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as problem:
        # Pillow raises any of these for damaged files, depending on the format and on where the damage is.
        raise ValueError(f"Cannot read {name}: the picture is damaged or incomplete ({problem}).") from problem
    return _to_array(picture, (height, width) if size is None else _fit((height, width), size))


def _to_array(picture: Image.Image, shape: tuple[int, int]) -> np.ndarray:
    """Convert any Pillow mode to float32 RGB in [0, 1], resized to `shape` (height, width)."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float32)
        # Integer modes hold 16-bit greys; float pictures have no fixed range, so they are taken as 0–1 or as 0–255.
        top = 65535.0 if picture.mode != "F" else (1.0 if grey.size and grey.max() <= 1 else 255.0)
        planes = [Image.fromarray(np.clip(np.nan_to_num(grey) / top, 0, 1))]
    else:
        if "A" in picture.getbands() or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        array = np.asarray(picture.convert("RGB"), dtype=np.float32) / 255
        planes = [Image.fromarray(np.ascontiguousarray(array[..., channel])) for channel in range(3)]
    if (picture.height, picture.width) != shape:
        # Resized as floats: no second rounding to 8 bits, and 16-bit depth survives.
        planes = [plane.resize(shape[::-1], Image.Resampling.LANCZOS) for plane in planes]
    stacked = np.stack([np.asarray(plane) for plane in planes], axis=-1).clip(0, 1)
    return np.repeat(stacked, 3, axis=-1) if stacked.shape[-1] == 1 else stacked


def _locate(source: str | os.PathLike[str]) -> Path:
    """Return the file that a path or a name means, downloading a painting of the catalogue if need be."""
    path = Path(source)
    if path.is_file():
        return path
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder; give the path of one picture in it.")
    if path.exists():
        raise ValueError(f"{str(path)!r} is not an ordinary file; give the path of a picture.")
    name = str(source)
    for folder in ("content", "style"):
        bundled = data_folder() / folder / f"{path.stem}.jpg"
        if name in (bundled.stem, bundled.name) and bundled.is_file():
            return bundled
    if name in paintings():
        return _download_painting(name)
    known = list_images() + list_images("painting")
    near = difflib.get_close_matches(path.stem, known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"bundled are {', '.join(list_images())}."
    raise FileNotFoundError(f"There is no file and no bundled picture called {name!r}; {hint}")


def _download_painting(name: str) -> Path:
    """Return the local file of a catalogue painting, downloaded once into the user's cache and verified by its hash."""
    import pooch

    entry = paintings()[name]
    folder = Path(os.environ.get("NSTHELPERS_CACHE") or pooch.os_cache("nsthelpers"))
    target = folder / f"{name}.jpg"
    if not (target.is_file() and pooch.file_hash(str(target)) == entry["sha256"]):
        remedy = f"use a bundled style such as 'swirls' instead, or put the file at {str(target)!r}."
        if os.environ.get("NSTHELPERS_OFFLINE"):
            raise ConnectionError(f"{name!r} is not downloaded yet and NSTHELPERS_OFFLINE is set; {remedy}")
        print(f"Downloading {entry['title']} by {entry['artist']} ({entry['bytes'] // 1000} kB), once, to {folder}")
        pooch.get_logger().setLevel("WARNING")
        try:
            pooch.retrieve(entry["url"], known_hash=entry["sha256"], fname=target.name, path=folder)
        except Exception as problem:  # requests, urllib3, OS errors and pooch's ValueError for a wrong hash
            reason = "the file that came is not the painting" if isinstance(problem, ValueError) else "no connection"
            raise ConnectionError(f"Cannot download {name!r} ({reason}); {remedy}") from problem
    return target
