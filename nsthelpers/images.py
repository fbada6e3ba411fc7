"""Pictures in and out: load, resize, save.

Everywhere in this package an image is a float32 tensor of shape (1, 3, height, width) that holds sRGB values in
[0, 1]. No caller needs the ImageNet mean and deviation: the backbone applies them itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nsthelpers._validation import check_given, check_image, check_maps, check_size
from nsthelpers.files.catalogue import data_folder as data_folder  # notebook 01 imports it from here
from nsthelpers.files.catalogue import locate
from nsthelpers.files.decoding import fit, read_picture
from nsthelpers.files.settings import KINDS, save_picture
from nsthelpers.files.writing import check_target

Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray | Tensor


def default_device() -> torch.device:
    """Return the best device present: CUDA, then Apple's MPS, then the CPU."""
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
        raise ValueError(f"device is {device!r}; use 'cpu', or 'cuda' or 'mps' where available.") from None


def load_image(source: Source, size: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """Load a picture as a float32 tensor of shape (1, 3, height, width), sRGB in [0, 1].

    `source` is a path, the name of a bundled picture (see `list_images`), an https address, the bytes of an image file, an
    open binary file, a PIL image, a NumPy array (H, W), (H, W, 3) or (H, W, 4) of uint8 or of floats in [0, 1], or a tensor
    that already is an image. An array must hold red, green and blue in this order; OpenCV's have blue first, so pass
    ``array[..., ::-1]``. EXIF rotation and ICC profiles are applied (colours become sRGB), transparent pixels are laid
    over white, greyscale becomes three equal channels and keeps its 16 bits, and an animation gives its first frame. HEIC
    is read where pillow-heif is installed. A file may have up to 256 MB and 89 million pixels (64 MB from an address,
    within two minutes, with nothing kept on disk), the result 25 million. `size` is the longer side in pixels, 1 to 16384:
    the picture is resized to it in its proportions (antialiased; Lanczos, for tensors bicubic); None keeps it as it is.
    `device` defaults to the best one present.

    Raises FileNotFoundError if there is no such file or name, PermissionError if it may not be read, ConnectionError if
    the download fails (or NSTHELPERS_OFFLINE is set), and ValueError if the source is not a readable picture, or for a
    bad size or device.

    Used in notebooks 00, 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12 and 13.

    >>> load_image("tuebingen", size=128, device="cpu").shape
    torch.Size([1, 3, 96, 128])
    """
    return load_argument(source, "source", size, device)


@torch.inference_mode(False)  # what is made in inference mode can never be trained
def load_argument(
    source: Source,
    name: str,
    size: int | None,
    device: torch.device | str | None,
    beside: tuple[int, int] | None = None,
) -> Tensor:
    """Do what `load_image` does; errors call the source `name`, the argument that the user passed it as.

    `beside` is the shape (height, width) of the content, if this is a style: see `files.decoding.fit`.
    """
    size, device = check_size(size), choose_device(device)
    if isinstance(source, Tensor):
        image = check_image(source, name).detach().to(device, torch.float32)
        if image.min() < -0.01 or image.max() > 1.01:
            found = f"values from {image.min():.3g} to {image.max():.3g}"
            raise ValueError(
                f"{name} holds {found}; an image holds sRGB values from 0 to 1, not 8-bit or normalised ones."
            )
        image = image.clone() if image.is_inference() else image
        return resize(image, fit(tuple(image.shape[-2:]), size, beside))
    if isinstance(source, (str, os.PathLike)):
        source = locate(check_given(source, name), name)
    return torch.from_numpy(read_picture(source, name, size, beside))[None].to(device)


def resize(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resize maps (B, C, h, w), usually an image, to `shape`, (height, width): antialiased bicubic, clamped to [0, 1].

    Maps of that shape already are returned as they are. Raises ValueError for a bad `image` or `shape`.

    Used in notebooks 00, 01, 02, 03, 04, 05, 07, 08 and 10.

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
    """Turn an image tensor (1, 3, H, W) or (3, H, W) in [0, 1] into an 8-bit PIL image.

    Values outside [0, 1] are clipped. Raises ValueError for another shape, and for NaN or infinite values.

    >>> to_pil(torch.zeros(1, 3, 2, 5)).size
    (5, 2)
    """
    if isinstance(image, Tensor) and image.ndim == 3:
        image = image[None]
    image = check_image(image, "image").detach().to("cpu", torch.float32)
    pixels = image[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
    return Image.fromarray(pixels.contiguous().numpy())


def save_image(image: Tensor | Image.Image, path: str | os.PathLike[str], **options: Any) -> Path:
    """Save an image tensor (1, 3, H, W) in [0, 1], a PIL image or a `Result`, and return the path.

    The ending of `path` chooses the format (.png, .jpg, .webp, …); `options` go to Pillow. The settings of a `Result` are
    saved with it where the format can hold them: see `save_with_settings`. The file is written beside its target and then
    moved into place, so that a crash or a full disk leaves either the old file or the new one.
    Raises ValueError for an ending, or a size, that cannot be saved, FileNotFoundError when the folder does not exist, and
    PermissionError when the folder, or the file that is there, is not writable.

    >>> import tempfile
    >>> save_image(torch.zeros(1, 3, 2, 2), Path(tempfile.mkdtemp()) / "black.png").name
    'black.png'
    """
    settings, image = getattr(image, "settings", None), getattr(image, "image", image)
    return save_picture(image if isinstance(image, Image.Image) else to_pil(image), path, settings, **options)


def save_with_settings(
    image: Tensor, path: str | os.PathLike[str], settings: Mapping[str, Any], description: str = ""
) -> Path:
    """Save a picture with the settings that made it, and return the path; `load_settings` reads them back.

    `image` is (1, 3, H, W) in [0, 1] and `settings` usually a `Result.settings`; `description` is a sentence for people.
    Your photograph's folder, location and camera do not get into the file. Raises ValueError unless `path` ends with .png,
    .jpg, .webp or .avif, and what `save_image` raises.

    >>> import tempfile
    >>> from nsthelpers import load_settings
    >>> path = Path(tempfile.mkdtemp()) / "painted.jpg"
    >>> saved = save_with_settings(torch.zeros(1, 3, 2, 2), path, {"content": "tuebingen", "style": "marbling", "seed": 3})
    >>> load_settings(saved)
    {'content': 'tuebingen', 'style': 'marbling', 'seed': 3}
    """
    if check_target(path) not in KINDS:
        raise ValueError(f"Cannot save {str(path)!r} with its settings: use .png, .jpg, .webp or .avif.")
    if not isinstance(settings, Mapping):
        raise ValueError(f"settings is {settings!r}; give a dictionary, such as result.settings.")
    return save_picture(to_pil(image), path, settings, description)
