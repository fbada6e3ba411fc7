"""What named layers hold: activations, receptive fields, the patches that excite a channel, the order of channels."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from nsthelpers.backbones import Backbone, Layer, check_layers, deepest_layer, layer_table
from nsthelpers.images import Source, check_maps, list_images, load_image

GRADIENTS = 3  # of a receptive field, over all pictures: with fewer it is speckled
PICTURE_SIZE = 256  # pixels on the longer side of the pictures that channels are shown


def extract_features(backbone: Backbone, image: Tensor, layers: str | Sequence[str]) -> dict[str, Tensor]:
    """Return the activations of the named layers for an image: {layer: (B, C, H, W)}, in the order asked for.

    `image` is (B, 3, H, W) in [0, 1]; `layers` are names such as "conv4_2" (before the ReLU) or "relu4_2" (after it).
    Nothing behind the deepest layer is computed. The result keeps the graph if `image` asks for a gradient.
    Raises ValueError for an unknown layer, and for an image smaller than the deepest layer needs.

    .. note:: torchvision's ``create_feature_extractor`` does the same for any network, but not under these names: it
       takes the ``_1`` of ``conv1_1`` for a repetition, and would return conv1_2 when asked for conv1_1.

    >>> from nsthelpers import load_backbone, load_image
    >>> maps = extract_features(load_backbone("mini"), load_image("chelsea", 96), ["relu2_1"])
    >>> maps["relu2_1"].shape[2:]
    torch.Size([32, 48])
    """
    return measure_features(backbone, image, layers, lambda _, maps: maps)


def measure_features(
    backbone: Backbone, image: Tensor, layers: str | Sequence[str], measure: Callable[[str, Tensor], Any]
) -> dict[str, Any]:
    """Return what `measure(layer, maps)` makes of the activations of each named layer, as `extract_features` finds them.

    Each layer is measured before the next one is computed (with checkpointing: before the next block). On the way back,
    PyTorch then comes to a measure when it comes to its layer; measured afterwards, the gradients of all of them would be
    made first and kept until they are needed.

    >>> from nsthelpers import load_backbone, load_image
    >>> cat = load_image("chelsea", 96)
    >>> measure_features(load_backbone("mini"), cat, "relu2_1", lambda layer, maps: tuple(maps.shape[2:]))
    {'relu2_1': (32, 48)}
    """
    names = dict.fromkeys(check_layers(layers, "layers"))
    deepest, known = deepest_layer(backbone, names), backbone.layer_names
    known = known[: known.index(deepest) + 1]
    check_maps(image, "image", 3)
    smallest = cell_size(backbone, names)
    if min(image.shape[2:]) < smallest:
        height, width = image.shape[2:]
        wanted = f"{deepest} needs at least {smallest} pixels on the shorter side"
        size = math.ceil(max(image.shape[2:]) * smallest / min(image.shape[2:]))
        raise ValueError(f"The image is {width} × {height} pixels; the layer {wanted}: load it with size={size}.")
    activations, current = dict.fromkeys(names), image
    for block in _blocks(["normalize", *known]):
        if backbone.checkpoint and current.requires_grad:
            run = partial(_run, backbone, block, names, lambda _, maps: maps)
            current, found = checkpoint(run, current, use_reentrant=False)
            found = {name: measure(name, maps) for name, maps in found.items()}
        else:
            current, found = _run(backbone, block, names, measure, current)
        activations.update(found)
    return activations


def cell_size(backbone: Backbone, layers: Sequence[str]) -> int:
    """Return the side, in pixels, of the square of the image that one value of the deepest of `layers` stands for.

    >>> from nsthelpers import load_backbone
    >>> cell_size(load_backbone("mini"), ["relu1_1", "relu5_1"])
    16
    """
    known = backbone.layer_names
    return 2 ** sum(name.startswith("pool") for name in known[: known.index(deepest_layer(backbone, layers)) + 1])


def _blocks(names: list[str]) -> Iterator[list[str]]:
    """Cut a list of layers behind every pooling."""
    block: list[str] = []
    for name in names:
        block.append(name)
        if name.startswith("pool"):
            yield block
            block = []
    if block:
        yield block


def _run(
    backbone: Backbone,
    block: list[str],
    wanted: Container[str],
    measure: Callable[[str, Tensor], Any],
    current: Tensor,
) -> tuple[Tensor, dict[str, Any]]:
    """Apply the layers of a block one after the other; return the last activation, and the wanted ones measured."""
    found = {}
    for name in block:
        current = backbone.get_submodule(name)(current)
        if name in wanted:
            found[name] = measure(name, current)
    return current, found


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that one value of a feature map depends on: the theoretical box, and how much each pixel counts.

    `position` is the (row, column) of the value in the map of `layer`. The box covers the pixel rows from `top` to
    `bottom` - 1 and the columns from `left` to `right` - 1; it is a square of side `size` and may reach over the edge of
    the picture, where the network sees its padding. `stride` is how far, in pixels, the box of the next value lies.
    `effective` is (H, W), sums to 1 (to 0 where the value does not depend on the picture at all), and is 0 outside the box.
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
        """The side, in pixels, of a square with as many pixels as count at least 4.55 % of the one that counts most.

        The measure of Luo et al. 2016, who compare with the pixel in the centre.
        """
        return float((self.effective > (1 - 0.9545) * self.effective.max()).sum()) ** 0.5


def receptive_field(
    backbone: Backbone,
    layer: str,
    position: tuple[int, int] | None = None,
    images: Source | Sequence[Source] | None = None,
) -> ReceptiveField:
    """Return which pixels one value of a feature map depends on, in theory and in effect.

    In theory it is a box that follows from the kernels and strides alone. In effect most of the box hardly counts:
    `effective` is the gradient-weighted field of Luo, Li, Urtasun and Zemel 2016, "Understanding the effective receptive
    field in deep convolutional neural networks": the root mean square, over the channels of the layer, the pictures and
    the three colours, of the gradient of the value with respect to each pixel. The mean over the channels is estimated
    from sums with random signs (seeded), so that the field costs a few gradients and not one for each channel.

    `position` is (row, column) in the layer's feature map, counted from 0; None is the middle. `images` is an image
    (1, 3, H, W), a batch (B, 3, H, W), or anything that `load_image` takes, or a sequence of these, all of one shape; None
    is the six bundled photographs, cut to 288 × 288 pixels. Raises ValueError for an unknown layer, a position outside the
    map, and images of different shapes.

    >>> from nsthelpers import load_backbone
    >>> field = receptive_field(load_backbone("mini"), "relu2_1", images="chelsea")
    >>> field.size, field.stride, (field.top, field.bottom, field.left, field.right)
    (10, 2, (146, 156, 220, 230))
    """
    row = _layer(backbone, layer)
    batch = _batch(images, next(backbone.buffers()).device)
    height, width = batch.shape[2:]
    shape = (height // row.stride, width // row.stride)
    position = (shape[0] // 2, shape[1] // 2) if position is None else tuple(position)
    if len(position) != 2 or not all(0 <= index < count for index, count in zip(position, shape)):
        raise ValueError(
            f"position is {position}; the map of {layer} has {shape[0]} rows and {shape[1]} columns for a picture of "
            f"{width} × {height} pixels: give (row, column), counted from 0."
        )
    top, left = (_first_pixel(backbone, layer, index) for index in position)
    bottom, right = top + row.receptive_field, left + row.receptive_field
    effective = batch.new_zeros(height, width)
    # Only the box is computed. The cut must begin on the grid of the poolings, or they would pool other pixels together.
    rows, columns = (
        slice(max(0, low) // row.stride * row.stride, min(end, high))
        for low, high, end in ((top, bottom, height), (left, right, width))
    )
    cut = batch[..., rows, columns].clone().requires_grad_(True)
    place = (position[0] - rows.start // row.stride, position[1] - columns.start // row.stride)
    effective[rows, columns] = _root_mean_square_gradient(backbone, layer, cut, place)
    effective /= effective.sum().clamp_min(torch.finfo(effective.dtype).tiny)
    box = (top, left, bottom, right)
    return ReceptiveField(layer, position, *box, row.receptive_field, row.stride, effective)


class Patch(NamedTuple):
    """A piece of a picture that excites a channel: `picture` is its number in `images` or its bundled name, `activation`
    the value, `position` its (row, column) in the feature map, `image` the piece, (1, 3, side, side) in [0, 1]."""

    picture: int | str
    activation: float
    position: tuple[int, int]
    image: Tensor


def exciting_patches(
    backbone: Backbone,
    layer: str,
    channel: int,
    images: Sequence[Source] | None = None,
    count: int = 9,
) -> list[Patch]:
    """Return the patches that excite a channel most, strongest first: what the channel looks for.

    Of each picture the one place is taken where the channel is largest (so that the patches are not crops of one spot),
    cut to the layer's receptive field, and moved inwards where that would reach over the edge; a field larger than the
    picture is cut to its shorter side. Pictures in which the channel is the same everywhere, most often silent, are left
    out. `images` are anything that `load_image` takes; None are all bundled pictures, whose maxima are computed once for
    each backbone and kept until its weights or layers change. All are shrunk to 256 pixels on the longer side. Returns at
    most `count` patches. Raises ValueError for an unknown layer or channel, and for a count below 1. The way of looking is
    that of Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks".

    >>> from nsthelpers import load_backbone
    >>> patches = exciting_patches(load_backbone("mini"), "relu3_1", 5, images=["chelsea", "coffee"])
    >>> len(patches), patches[0].image.shape
    (2, torch.Size([1, 3, 24, 24]))
    """
    row = _layer(backbone, layer)
    check_channel(channel, row.channels, layer)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count is {count!r}; give a whole number of at least 1.")
    if images is None:
        state = _state(backbone)
        if _bundled_maxima.get(backbone, (None,))[0] != state:
            maxima = _maxima(backbone, {name: name for name in list_images()}, backbone.layer_names)
            _bundled_maxima[backbone] = state, maxima
        found = _bundled_maxima[backbone][1]
    else:
        found = _maxima(backbone, dict(enumerate(images)), [layer])
    varying = [(maxima, picture, image) for picture, (image, maxima) in found.items() if maxima[layer].varies[channel]]
    varying.sort(key=lambda entry: -float(entry[0][layer].values[channel]))
    patches = []
    for maxima, picture, image in varying[:count]:
        place = divmod(int(maxima[layer].places[channel]), image.shape[3] // row.stride)
        height, width = image.shape[2:]
        side = min(row.receptive_field, height, width)
        middles = (_first_pixel(backbone, layer, index) + (row.receptive_field - side) // 2 for index in place)
        top, left = (min(max(0, first), end - side) for first, end in zip(middles, (height, width)))
        activation = float(maxima[layer].values[channel])
        patches.append(Patch(picture, activation, place, image[..., top : top + side, left : left + side]))
    return patches


def small_picture(source: Source, device: torch.device | str | None = None) -> Tensor:
    """Return what `load_image` gives, shrunk to 256 pixels on the longer side if it is larger: enough to look at.

    >>> small_picture("chelsea").shape
    torch.Size([1, 3, 170, 256])
    """
    image = load_image(source, device=device)
    return load_image(image, PICTURE_SIZE, image.device) if max(image.shape[2:]) > PICTURE_SIZE else image


def check_channel(channel: object, channels: int, layer: str) -> None:
    """Raise ValueError unless `channel` is a whole number from 0 to `channels` - 1."""
    if isinstance(channel, bool) or not isinstance(channel, int) or not 0 <= channel < channels:
        raise ValueError(f"There is no channel {channel!r} in {layer}; give a whole number from 0 to {channels - 1}.")


def order_by_similarity(gram: Tensor) -> Tensor:
    """Return an order of the channels in which those that are active together stand side by side.

    `gram` is (C, C) or (1, C, C), symmetric; the result is a permutation of 0 … C - 1, (C,). The similarity of two
    channels is the absolute cosine G_ij / √(G_ii G_jj); the order is that of the Fiedler vector, the second eigenvector of
    the graph Laplacian of the similarities, which is the exact answer wherever there is one (Atkins, Boman and
    Hendrickson 1998, "A spectral algorithm for seriation and the consecutive ones problem"). Silent channels come last;
    of an order and its reverse, the one with the louder half first is taken. Raises ValueError for another shape.

    >>> order_by_similarity(torch.tensor([[9.0, 0.0, 8.0], [0.0, 1.0, 1.0], [8.0, 1.0, 9.0]])).tolist()
    [0, 2, 1]
    """
    if gram.ndim not in (2, 3) or gram.shape[-2] != gram.shape[-1] or gram.shape[:-2].numel() != 1:
        raise ValueError(f"gram has the shape {tuple(gram.shape)}; one Gram matrix is (C, C) or (1, C, C).")
    matrix = gram.detach().double().cpu().reshape(gram.shape[-2:])
    power = matrix.diagonal()
    sounding, silent = (power > 0).nonzero().flatten(), (power <= 0).nonzero().flatten()
    loudness = power[sounding].sqrt()
    similarity = (matrix[sounding][:, sounding] / loudness / loudness[:, None]).abs()
    _, vectors = torch.linalg.eigh(similarity.sum(dim=1).diag() - similarity)
    order = vectors[:, min(1, len(sounding) - 1)].argsort(stable=True) if len(sounding) else sounding
    half = len(order) // 2
    if loudness[order[:half]].sum() < loudness[order[len(order) - half :]].sum():
        order = order.flip(0)
    return torch.cat([sounding[order], silent])


def strongest_channels(features: Tensor, sort: str | Sequence[int] = "mean", count: int | None = None) -> list[int]:
    """Return the numbers of the channels of feature maps (1, C, H, W) in the order asked for, the first `count` of them.

    `sort` is "mean" or "variance" (of a channel over the picture, largest first), or a sequence of channel numbers, which
    is returned as it is. Equal channels stay in their order. Raises ValueError for another sort and unknown channels.

    >>> strongest_channels(torch.tensor([[[[1.0, 1.0]], [[0.0, 9.0]], [[0.0, 0.0]]]]), "variance")
    [1, 0, 2]
    """
    maps = features.detach()[0].float().flatten(1)
    if isinstance(sort, str):
        if sort not in ("mean", "variance"):
            raise ValueError(f"sort is {sort!r}; use 'mean', 'variance' or a list of channel numbers.")
        values = maps.mean(dim=1) if sort == "mean" else maps.var(dim=1, correction=0)
        return values.argsort(descending=True, stable=True)[:count].tolist()
    chosen = list(sort)
    if not chosen:
        raise ValueError("sort is an empty list; give at least one channel number, or 'mean' or 'variance'.")
    for channel in chosen:
        check_channel(channel, len(maps), "the features")
    return chosen[:count]


def largest_entry(gram: Tensor) -> tuple[int, int]:
    """Return the place (i, j), i < j, of the largest entry of a Gram matrix (C, C) or (1, C, C) off the diagonal.

    >>> largest_entry(torch.tensor([[9.0, 1.0, 3.0], [1.0, 9.0, 2.0], [3.0, 2.0, 9.0]]))
    (0, 2)
    """
    matrix = gram.detach().reshape(gram.shape[-2:])
    above = torch.ones_like(matrix, dtype=torch.bool).triu(1)
    i, j = divmod(int(matrix.masked_fill(~above, -torch.inf).argmax()), len(matrix))
    return i, j


def coactivation(features: Tensor, first: int, second: int) -> tuple[Tensor, Tensor]:
    """Return where two channels fire together: their product at every place, and the places that matter, both (H, W).

    `features` is (1, C, H, W). The mean of the product is the entry (first, second) of the `gram_matrix`. The places that
    matter, a map of booleans, are the fewest whose products make up half of the sum of all positive ones; there are none
    if no product is positive. Raises ValueError for another shape and for a channel that is not there.

    >>> product, places = coactivation(torch.tensor([[[[3.0, 1.0]], [[2.0, 1.0]]]]), 0, 1)
    >>> product.tolist(), places.tolist()
    ([[6.0, 1.0]], [[True, False]])
    """
    if features.ndim != 4 or len(features) != 1:
        raise ValueError(f"features has the shape {tuple(features.shape)}; give the maps of one picture, (1, C, H, W).")
    for channel in (first, second):
        check_channel(channel, features.shape[1], "the features")
    product = features[0, first] * features[0, second]
    values, order = product.flatten().clamp_min(0).double().sort(descending=True)
    before = values.cumsum(0) - values  # what the larger ones make up already
    places = torch.zeros_like(order, dtype=torch.bool)
    places[order] = (before < values.sum() / 2) & (values > 0)
    return product, places.view(product.shape)


def _layer(backbone: Backbone, name: str) -> Layer:
    """Return the row of `layer_table` of one layer; raise ValueError if there is none of that name."""
    return layer_table(backbone)[backbone.layer_names.index(deepest_layer(backbone, [name]))]


def _first_pixel(backbone: Backbone, layer: str, index: int) -> int:
    """Return the first pixel row (or column) of the receptive field of row (or column) `index` of a layer's map."""
    names = backbone.layer_names
    for name in reversed(names[: names.index(layer) + 1]):
        if name.startswith("pool"):
            index *= 2
        elif name.startswith("conv"):
            index -= backbone.get_submodule(name).padding[0]
    return index


def _root_mean_square_gradient(backbone: Backbone, layer: str, images: Tensor, place: tuple[int, int]) -> Tensor:
    """Return (H, W): the root mean square of the gradients at each pixel of the values of all channels at `place`.

    For random signs s, (Σ_c s_c g_c)² is Σ_c g_c² on average: one gradient stands for those of all channels.
    """
    values = extract_features(backbone, images, layer)[layer][:, :, place[0], place[1]]
    generator = torch.Generator().manual_seed(0)
    total = images.new_zeros(images.shape[2:])
    probes = max(1, GRADIENTS // len(images))
    for probe in range(probes):
        signs = torch.randint(0, 2, values.shape, generator=generator).to(values) * 2 - 1
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
    if isinstance(images, Tensor) and images.ndim == 4 and len(images) > 1:
        images = images.split(1)
    pictures = [load_image(picture, device=device) for picture in (images if _is_many(images) else [images])]
    shapes = {tuple(picture.shape[2:]) for picture in pictures}
    if len(shapes) != 1:
        raise ValueError(f"images have {len(shapes)} different sizes; give one or more pictures of one size.")
    return torch.cat(pictures)


class _Maxima(NamedTuple):
    """Of each channel of one layer for one picture: the largest value, its place in the flattened map, and whether the
    map varies at all. All are (C,)."""

    values: Tensor
    places: Tensor
    varies: Tensor


# Each with the backbone's `_state` at that time.
_bundled_maxima: WeakKeyDictionary[Backbone, tuple[str, dict[str, tuple[Tensor, dict[str, _Maxima]]]]] = (
    WeakKeyDictionary()
)


def _state(backbone: Backbone) -> str:
    """Return a hash of a backbone's layers, device and weights (for VGG-19's 80 MB some 0.06 s)."""
    tensors = [*backbone.parameters(), *backbone.buffers()]
    digest = hashlib.sha256(f"{backbone} {tensors[0].device}".encode())
    for tensor in tensors:
        digest.update(tensor.detach().cpu().flatten().contiguous().view(torch.uint8).numpy())
    return digest.hexdigest()


@torch.no_grad()
def _maxima(
    backbone: Backbone, images: Mapping[int | str, Source], layers: Sequence[str]
) -> dict[int | str, tuple[Tensor, dict[str, _Maxima]]]:
    """Return {picture: (image, {layer: maxima})}, small enough to be kept for all layers."""
    found = {}
    for key, source in images.items():
        image = small_picture(source, next(backbone.buffers()).device)
        flat = {name: maps[0].flatten(1) for name, maps in extract_features(backbone, image, layers).items()}
        found[key] = (
            image,
            {name: _Maxima(*rows.max(dim=1), rows.amax(dim=1) > rows.amin(dim=1)) for name, rows in flat.items()},
        )
    return found


def _is_many(images: object) -> bool:
    return isinstance(images, Sequence) and not isinstance(images, (str, bytes, bytearray))
