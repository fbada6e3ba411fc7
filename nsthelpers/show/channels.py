"""Which channels matter, what excites them, and which of them fire together: what the explorers and figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nsthelpers._validation import check_channel, check_whole
from nsthelpers.backbones import Backbone, deepest_layer
from nsthelpers.features import extract_features
from nsthelpers.files.catalogue import list_images
from nsthelpers.files.settings import digest
from nsthelpers.images import Source, load_image

PICTURE_SIZE = 256  # pixels on the longer side of the pictures that the network is run on


class Patch(NamedTuple):
    """A piece of a picture that excites a channel: `picture` is its number in `images` or its bundled name, `activation`
    the value, `position` its (row, column) in the feature map, `image` the piece, (1, 3, side, side) in [0, 1]."""

    picture: int | str
    activation: float
    position: tuple[int, int]
    image: Tensor


def exciting_patches(
    backbone: Backbone, layer: str, channel: int, images: Sequence[Source] | None = None, count: int = 9
) -> list[Patch]:
    """Return the patches that excite a channel most, strongest first: what the channel responds to.

    Each picture gives one patch, where the channel is largest (so that the patches are not crops of one spot), cropped to
    the layer's receptive field and moved inwards where it would extend beyond the edge; a field larger than the picture is
    cropped to its shorter side. Pictures in which the channel is the same everywhere, most often silent, are left out.
    `images` are anything that `load_image` takes; None stands for all bundled pictures, whose maxima are computed once for
    each network and kept. All are shrunk to 256 pixels on the longer side. Returns at most `count` patches. Raises
    ValueError for an unknown layer or channel, and for a count below 1. The method is that of Zeiler and Fergus 2014,
    "Visualizing and understanding convolutional networks".

    Used in notebook 03.

    >>> from nsthelpers import load_backbone
    >>> patches = exciting_patches(load_backbone("mini"), "relu3_1", 5, images=["chelsea", "coffee"])
    >>> len(patches), patches[0].image.shape
    (2, torch.Size([1, 3, 24, 24]))
    """
    row = deepest_layer(backbone, [layer])
    check_channel(channel, row.channels, layer)
    count = check_whole(count, "count", 1)
    if images is None:
        # Of the layers, the device and the weights: networks with equal ones share what was found, and others never do.
        state = digest(f"{backbone} {backbone.device}".encode(), *backbone.parameters(), *backbone.buffers())
        if state not in _bundled_maxima:
            if len(_bundled_maxima) > 3:  # some 20 MB each; a network in training has a new state at every step
                _bundled_maxima.clear()
            _bundled_maxima[state] = _maxima(backbone, {name: name for name in list_images()}, backbone.layer_names)
        found = _bundled_maxima[state]
    else:
        found = _maxima(backbone, dict(enumerate(images)), [layer])
    varying = [(maxima, picture, image) for picture, (image, maxima) in found.items() if maxima[layer].varies[channel]]
    varying.sort(key=lambda entry: -float(entry[0][layer].values[channel]))
    patches = []
    for maxima, picture, image in varying[:count]:
        place = divmod(int(maxima[layer].places[channel]), image.shape[3] // row.stride)
        height, width = image.shape[2:]
        side = min(row.receptive_field, height, width)
        middles = (row.first_pixel(index) + (row.receptive_field - side) // 2 for index in place)
        top, left = (min(max(0, first), end - side) for first, end in zip(middles, (height, width)))
        activation = float(maxima[layer].values[channel])
        patches.append(Patch(picture, activation, place, image[..., top : top + side, left : left + side]))
    return patches


def small_picture(source: Source, device: torch.device | str | None = None) -> Tensor:
    """Return what `load_image` returns, shrunk to 256 pixels on the longer side if it is larger."""
    image = load_image(source, device=device)
    return load_image(image, PICTURE_SIZE, image.device) if max(image.shape[2:]) > PICTURE_SIZE else image


def order_by_similarity(gram: Tensor) -> Tensor:
    """Return an order of the channels that puts those that are active together side by side.

    `gram` is (C, C) or (1, C, C), symmetric; the result is a permutation of 0 … C - 1, (C,). The similarity of two
    channels is the absolute cosine G_ij / √(G_ii G_jj); the order is that of the Fiedler vector, the second eigenvector of
    the graph Laplacian of the similarities, which is the exact answer if there is one (Atkins, Boman and
    Hendrickson 1998, "A spectral algorithm for seriation and the consecutive ones problem"). Silent channels come last;
    of an order and its reverse, the one with the louder half first is taken.
    """
    matrix = gram.detach().cpu().double().reshape(gram.shape[-2:])
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
    """Return the numbers of the channels of feature maps (1, C, H, W) in order, the first `count` of them.

    `sort` is "mean" or "variance" (of a channel over the picture, largest first), or a sequence of channel numbers, which
    is returned as it is. Equal channels stay in their order. Raises ValueError for unknown channels.
    """
    maps = features.detach()[0].float().flatten(1)
    if isinstance(sort, str):
        values = maps.mean(dim=1) if sort == "mean" else maps.var(dim=1, correction=0)
        return values.argsort(descending=True, stable=True)[:count].tolist()
    for channel in sort:
        check_channel(channel, len(maps), "the features")
    return list(sort[:count])


def largest_entry(gram: Tensor) -> tuple[int, int]:
    """Return the place (i, j), i < j, of the largest entry of a Gram matrix (C, C) or (1, C, C) off the diagonal."""
    matrix = gram.detach().reshape(gram.shape[-2:])
    above = torch.ones_like(matrix, dtype=torch.bool).triu(1)
    i, j = divmod(int(matrix.masked_fill(~above, -torch.inf).argmax()), len(matrix))
    return i, j


def coactivation(features: Tensor, first: int, second: int) -> tuple[Tensor, Tensor]:
    """Return where two channels fire together: their product at every place, and the places that matter, both (H, W).

    `features` is (1, C, H, W). The mean of the product is the entry (first, second) of the `gram_matrix`. The places that
    matter, a map of booleans, are the fewest whose products make up half of the sum of all positive ones; there are none
    if no product is positive. Raises ValueError for a channel that is not there.
    """
    for channel in (first, second):
        check_channel(channel, features.shape[1], "the features")
    product = features[0, first] * features[0, second]
    # On the CPU: Apple's MPS has no float64.
    values, order = product.flatten().clamp_min(0).cpu().double().sort(descending=True)
    before = values.cumsum(0) - values  # what the larger ones add up to
    places = torch.zeros_like(order, dtype=torch.bool)
    places[order] = (before < values.sum() / 2) & (values > 0)
    return product, places.view(product.shape).to(product.device)


class _Maxima(NamedTuple):
    """For each channel of a layer, in one picture: the largest value, its place in the flattened map, and whether the
    map varies at all. All are (C,)."""

    values: Tensor
    places: Tensor
    varies: Tensor


_bundled_maxima: dict[str, dict[str, tuple[Tensor, dict[str, _Maxima]]]] = {}  # of the bundled pictures, by network


@torch.no_grad()
def _maxima(
    backbone: Backbone, images: Mapping[int | str, Source], layers: Sequence[str]
) -> dict[int | str, tuple[Tensor, dict[str, _Maxima]]]:
    """Return {picture: (image, {layer: maxima})}, small enough to be kept for all layers."""
    found = {}
    for key, source in images.items():
        image = small_picture(source, backbone.device)
        flat = {name: maps[0].flatten(1) for name, maps in extract_features(backbone, image, layers).items()}
        found[key] = (
            image,
            {name: _Maxima(*rows.max(dim=1), rows.amax(dim=1) > rows.amin(dim=1)) for name, rows in flat.items()},
        )
    return found
