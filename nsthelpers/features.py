"""The activations of named layers, and the pixels that one of their values depends on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nsthelpers._validation import check_layers, check_maps, check_position, check_several
from nsthelpers.backbones import Backbone, deepest_layer
from nsthelpers.files.catalogue import list_images
from nsthelpers.images import Source, load_argument, load_image

GRADIENTS = 3  # backward passes for one receptive field, shared out over its pictures; with fewer it looks speckled


def extract_features(backbone: Backbone, image: Tensor, layers: str | Sequence[str]) -> dict[str, Tensor]:
    """Return the activations of the named layers for an image: {layer: (B, C, H, W)}, in the order of `layers`.

    `image` is (B, 3, H, W) in [0, 1]; `layers` are names such as "conv4_2" (before the ReLU) or "relu4_2" (after it).
    Nothing after the deepest layer is computed. The result keeps the graph if `image` requires a gradient.
    Raises ValueError for an unknown layer, and for an image smaller than the deepest layer needs.

    Used in notebooks 01, 02, 03, 04, 05, 06, 07, 09, 10, 11, 12 and 13.

    >>> from nsthelpers import load_backbone, load_image
    >>> maps = extract_features(load_backbone("mini"), load_image("chelsea", 96), ["relu2_1"])
    >>> maps["relu2_1"].shape[2:]
    torch.Size([32, 48])
    """
    names = check_layers(layers, "layers")
    check_large_enough(backbone, image, names)
    found = dict(backbone.walk(image, names))
    return {name: found[name] for name in names}


def check_large_enough(backbone: Backbone, image: Tensor, layers: Sequence[str], name: str = "image") -> None:
    """Raise ValueError, which says `name`, unless `image`, (B, 3, H, W), is large enough for the layers of the backbone."""
    row = deepest_layer(backbone, layers)
    check_maps(image, name, 3)
    height, width = image.shape[2:]
    if min(height, width) < row.stride:
        need = f"the layer {row.name} needs at least {row.stride} pixels on the shorter side"
        size = math.ceil(max(height, width) * row.stride / min(height, width))
        raise ValueError(f"The {name} is {width} × {height} pixels; {need}: load it with size={size}.")


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that one value of a feature map depends on: the theoretical box, and how much each pixel counts.

    `position` is the (row, column) of the value in the map of `layer`. The box covers the pixel rows from `top` to
    `bottom` - 1 and the columns from `left` to `right` - 1; it is a square of side `size` and may extend beyond the edge
    of the picture, into the padding. `stride` is the distance, in pixels, to the box of the next value. `effective` is
    (H, W), sums to 1 (to 0 if the value does not depend on the picture at all), and is 0 outside the box.
    """

    layer: str
    position: tuple[int, int]
    top: int
    left: int
    bottom: int
    right: int
    size: int
    stride: int
    effective: Tensor

    @property
    def effective_size(self) -> float:
        """The side, in pixels, of a square with the area of the pixels that count more than 4.55 % of the strongest one.

        The measure of Luo et al. 2016, who compare with the central pixel instead.
        """
        return float((self.effective > (1 - 0.9545) * self.effective.max()).sum()) ** 0.5


@torch.inference_mode(False)
@torch.enable_grad()
def receptive_field(
    backbone: Backbone,
    layer: str,
    position: tuple[int, int] | None = None,
    images: Source | Sequence[Source] | None = None,
) -> ReceptiveField:
    """Return which pixels one value of a feature map depends on: the theoretical and the effective receptive field.

    The theoretical field is a box that follows from kernels and strides alone. Most of the box hardly counts:
    `effective` is the gradient-weighted field of Luo, Li, Urtasun and Zemel 2016, "Understanding the effective receptive
    field in deep convolutional neural networks": the root mean square, over the channels of the layer, the pictures and
    the three colours, of the gradient of the value with respect to each pixel.

    `position` is (row, column) in the layer's feature map, counted from 0; None is the middle. `images` is anything that
    `load_image` takes, or a list of these, all of one shape; None stands for the bundled photographs, cropped to 288 × 288
    pixels. Raises ValueError for an unknown layer, a position outside the map, and images of different shapes.

    Used in notebooks 02 and 10.

    >>> from nsthelpers import load_backbone
    >>> field = receptive_field(load_backbone("mini"), "relu2_1", images="chelsea")
    >>> field.size, field.stride, (field.top, field.bottom, field.left, field.right)
    (10, 2, (146, 156, 220, 230))
    """
    row = deepest_layer(backbone, [layer])
    batch = _batch(images, backbone.device)
    height, width = batch.shape[2:]
    shape = (height // row.stride, width // row.stride)
    position = (shape[0] // 2, shape[1] // 2) if position is None else check_position(position, shape, layer)
    top, left = map(row.first_pixel, position)
    bottom, right = top + row.receptive_field, left + row.receptive_field
    effective = batch.new_zeros(height, width)
    # Only the box is computed. The crop must start on the pooling grid, or other pixels would be pooled together.
    rows, columns = (
        slice(max(0, low) // row.stride * row.stride, min(high, edge))
        for low, high, edge in ((top, bottom, height), (left, right, width))
    )
    cut = batch[..., rows, columns].clone().requires_grad_(True)
    place = (position[0] - rows.start // row.stride, position[1] - columns.start // row.stride)
    effective[rows, columns] = _root_mean_square_gradient(backbone, layer, cut, place)
    effective /= effective.sum().clamp_min(torch.finfo(effective.dtype).tiny)
    return ReceptiveField(layer, position, top, left, bottom, right, row.receptive_field, row.stride, effective)


def _root_mean_square_gradient(backbone: Backbone, layer: str, images: Tensor, place: tuple[int, int]) -> Tensor:
    """Return (H, W): at each pixel, the root mean square gradient of the values of all channels at `place`.

    It is estimated, up to a factor that the caller divides out: for random signs s (seeded), (Σ_c s_c g_c)² is Σ_c g_c² on
    average, so that a few gradients replace those of all channels.
    """
    values = extract_features(backbone, images, layer)[layer][:, :, place[0], place[1]]
    generator = torch.Generator().manual_seed(0)
    total = images.new_zeros(images.shape[2:])
    probes = max(1, GRADIENTS // len(images))
    for probe in range(probes):
        signs = torch.randint(0, 2, values.shape, generator=generator, device="cpu").to(values) * 2 - 1
        (gradient,) = torch.autograd.grad((signs * values).sum(), images, retain_graph=probe + 1 < probes)
        total += gradient.square().mean(dim=(0, 1)) / probes
    return total.sqrt()


def _batch(images: Source | Sequence[Source] | None, device: torch.device) -> Tensor:
    """Return what `receptive_field` accepts as one batch (B, 3, H, W)."""
    if images is None:
        # As large as the largest field of a VGG, rounded up to its stride; photographs fill it without being enlarged.
        side = 288
        pictures = [load_image(name, device=device) for name in list_images("content")]
        corners = [((p.shape[2] - side) // 2, (p.shape[3] - side) // 2) for p in pictures]
        return torch.cat([p[..., y : y + side, x : x + side] for p, (y, x) in zip(pictures, corners)])
    pictures = [load_argument(picture, "images", None, device) for picture in check_several(images, "images")]
    shapes = {tuple(picture.shape[2:]) for picture in pictures}
    if len(shapes) != 1:
        raise ValueError(f"images have {len(shapes)} different sizes; give pictures of one size.")
    return torch.cat(pictures)
