"""Pictures in and out: load, resize, save.

Everywhere in this package an image is a float32 tensor of shape (1, 3, height, width) that holds sRGB values in
[0, 1]. No caller needs the ImageNet mean and deviation: the backbone applies them itself.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from PIL import Image
from torch import Tensor

from nsthelpers._validation import check_image, check_maps, check_path, check_size
from nsthelpers.files.catalogue import data_folder, list_images, locate, paintings
from nsthelpers.files.decoding import fit, read_picture
from nsthelpers.files.settings import save_png
from nsthelpers.files.writing import check_target, write_atomically

__all__ = [
    "data_folder",
    "list_images",
    "load_image",
    "paintings",
    "resize",
    "save_image",
    "save_with_settings",
    "to_pil",
]
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
    """Return the device of that name, or the best one present for None; raise ValueError if it is not there.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if device is None:
        return default_device()
    try:
        return torch.empty(0, device=device).device
    except Exception:  # an unknown name, a missing driver and a missing card each have their own error
        raise ValueError(f"device is {device!r}; use 'cpu', or 'cuda' or 'mps' where there is one.") from None


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


@torch.inference_mode(False)
def load_argument(source: Source, name: str, size: int | None, device: torch.device | str | None) -> Tensor:
    """Do what `load_image` does, for a source that the messages call `name`: the argument that the user gave."""
    size, device = check_size(size), choose_device(device)
    if isinstance(source, Tensor):
        image = check_image(source, name).detach().to(device, torch.float32)
        if image.min() < -0.01 or image.max() > 1.01:
            found = f"values from {image.min():.3g} to {image.max():.3g}"
            raise ValueError(
                f"{name} holds {found}; an image holds sRGB values from 0 to 1, not 8-bit or normalised ones."
            )
        image = image.clone() if image.is_inference() else image
        return image if size is None else resize(image, fit(image.shape[-2:], size))
    if isinstance(source, str) and source.startswith("<"):  # see `files.settings.describe`
        raise ValueError(f"{name} was given as {source[1:-1]}, which is not stored; give the picture again.")
    if isinstance(source, (str, os.PathLike)):
        source = locate(source)
    return torch.from_numpy(read_picture(source, name, size))[None].to(device)


def resize(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resize an image tensor (1, 3, h, w) to `shape`, (height, width), antialiased bicubic, clamped to [0, 1].

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

    >>> import tempfile
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


def save_with_settings(
    image: Tensor, path: str | os.PathLike[str], settings: Mapping[str, Any], description: str = ""
) -> Path:
    """Save a picture as a PNG with the settings that made it, and return the path; `load_settings` reads them again.

    `image` is (1, 3, H, W) in [0, 1] and `settings` usually a `Result.settings`; `description` is a sentence for people.
    Raises ValueError if `path` does not end with .png, and what `save_image` raises.

    >>> import tempfile
    >>> from nsthelpers import load_settings
    >>> path = Path(tempfile.mkdtemp()) / "painted.png"
    >>> saved = save_with_settings(torch.zeros(1, 3, 2, 2), path, {"content": "tuebingen", "style": "marbling", "seed": 3})
    >>> load_settings(saved)
    {'content': 'tuebingen', 'style': 'marbling', 'seed': 3}
    """
    return save_png(to_pil(image), path, settings, description)
