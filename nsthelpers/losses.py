"""Gram matrices, the content, style and total-variation losses, and the combined loss that `stylize` minimises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from nsthelpers._validation import (
    check_image,
    check_layer_weights,
    check_maps,
    check_masks,
    check_same_shape,
    check_several,
    check_shares,
    check_weight,
)
from nsthelpers.backbones import check_backbone, deepest_layer
from nsthelpers.features import check_large_enough, extract_features

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYERS = ("relu4_2",)


def gram_matrix(features: Tensor) -> Tensor:
    """Return the Gram matrix of feature maps: which channels are active together, wherever in the picture.

    `features` is (B, C, H, W); the result is (B, C, C), symmetric, with entry (i, j) = Σ_p F_ip F_jp / (H·W).
    The sum over positions p forgets where things are; dividing by H·W makes pictures of different sizes comparable
    (Gatys et al. 2016 leave the Gram matrix itself undivided and divide in the loss). 16-bit features are summed in
    float32. Raises ValueError for other shapes.

    Used in notebooks 05, 06, 07, 09, 10, 11, 12 and 13.

    >>> gram_matrix(torch.ones(1, 2, 3, 5))
    tensor([[[1., 1.],
             [1., 1.]]])
    """
    check_maps(features, "features")
    features = _at_least_float32(features)
    # (B, H·W, C) is a view of channels-last maps, (B, C, H·W) of ordinary ones: neither is copied.
    if features.is_contiguous(memory_format=torch.channels_last):
        columns = features.permute(0, 2, 3, 1).flatten(1, 2)
        return columns.transpose(1, 2) @ columns / columns.shape[1]
    rows = features.flatten(2)
    return rows @ rows.transpose(1, 2) / rows.shape[2]


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Return ½ Σ (F − P)², equation 1 of Gatys et al. 2016.

    `features` and `target` are (B, C, H, W) activations of one layer; the result is a single number (0-d tensor).
    Raises ValueError if the shapes differ.

    Used in notebook 04.

    >>> content_loss(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2))
    tensor(2.)
    """
    check_maps(features, "features")
    check_same_shape(features, target, "features", "target")
    return (features - target).square().sum() / 2


def style_loss(features: Tensor, target_gram: Tensor) -> Tensor:
    """Return E = Σ (G − A)² / (4 C²), the layer loss of equation 4 of Gatys et al. 2016.

    `features` is (B, C, H, W), `target_gram` is the (B, C, C) `gram_matrix` of the style picture at the same layer.
    The paper writes 1 / (4 N² M²) with N = C channels, M = H·W positions and undivided Gram matrices: the M² is already
    in ours. Returns a 0-d tensor. Raises ValueError if the shapes do not fit.

    Used in notebook 06.

    >>> style_loss(torch.ones(1, 2, 3, 5), torch.zeros(1, 2, 2))
    tensor(0.2500)
    """
    gram = gram_matrix(features)
    check_same_shape(gram, target_gram, "the Gram matrix of features", "target_gram")
    return (gram - target_gram).square().sum() / (4 * gram.shape[1] ** 2)


def total_variation_loss(image: Tensor) -> Tensor:
    """Return the mean squared difference of horizontal neighbours plus that of vertical neighbours.

    `image` is (B, C, H, W); the result is a 0-d tensor: 0 for a flat picture, 2 for a checkerboard of 0 and 1, and
    independent of the picture's size. This is the total variation of Mahendran and Vedaldi 2015 with their exponent β = 2.
    Absolute differences (Rudin, Osher and Fatemi 1992) keep edges sharper, but turn brush strokes into small flat blocks.
    A direction in which there is only one pixel counts as 0. Raises ValueError for other shapes.

    Used in notebooks 04, 05 and 06.

    >>> total_variation_loss(torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]]))
    tensor(2.)
    """
    check_maps(image, "image")
    total = image.new_zeros(())
    for dimension in (2, 3):
        if image.shape[dimension] > 1:
            total = total + image.diff(dim=dimension).square().mean()
    return total


class StyleTransferLoss(nn.Module):
    """The combined loss of a picture: content + style + total variation, in relative terms.

    content = weighted mean over the content layers of ‖F − P‖² / ‖P‖²; style = weighted mean over the style layers of
    ‖G − A‖² / ‖A‖², the Gram matrices averaged over the style pictures if there are several; tv = `total_variation_loss`.
    A relative term is 0 for a perfect match and about 1 for an empty picture, whatever the backbone, the layer and the
    size, so one set of weights serves them all. (Gatys et al. 2016 use the undivided terms of `content_loss` and
    `style_loss`, whose weights depend on all three.) With masks each style picture has its own region, in which the Gram
    matrix weights each position by the squared mask (guided Gram matrix, Gatys et al. 2017); `style_blend` weights regions.

    `backbone` is from `load_backbone`; `content` and `style` are images (1, 3, H, W) of any sizes, or None to leave the
    term out. `content_layers` and `style_layers` are sequences of layer names, or dictionaries from name to weight.
    `content_weight`, `style_weight` and `tv_weight` are ≥ 0, and not all 0. `style_blend` holds the shares of several
    style pictures, such as (2, 1); None for equal ones. `masks` holds one mask (1, 1, H, W) in [0, 1] for each style, as
    large as the content, 1 where that style is painted, averaged down to each layer's size. `gram` is the statistic that
    measures style: `gram_matrix`, or any function from feature maps (1, C, H, W) to a tensor. Calling the loss with an
    image as large as the content returns a dictionary of 0-d tensors: "content", "style", "tv" (unweighted) and "total"
    (weighted). The targets are buffers, so ``.to()`` moves the whole loss. Raises ValueError for bad layers, weights or
    images.

    Used in notebooks 00, 06, 07, 08, 09, 10, 11 and 13.

    >>> from nsthelpers import load_backbone, load_image
    >>> photo, painting = load_image("tuebingen", 64), load_image("starry_night", 64)
    >>> loss = StyleTransferLoss(load_backbone("mini"), content=photo, style=painting)
    >>> float(loss(photo)["content"])
    0.0
    """

    @torch.inference_mode(False)
    def __init__(
        self,
        backbone: nn.Module,
        content: Tensor | None = None,
        style: Tensor | Sequence[Tensor] | None = None,
        content_layers: Sequence[str] | Mapping[str, float] = CONTENT_LAYERS,
        style_layers: Sequence[str] | Mapping[str, float] = STYLE_LAYERS,
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        tv_weight: float = 0.0,
        gram: Callable[[Tensor], Tensor] = gram_matrix,
        style_blend: Sequence[float] | None = None,
        masks: Sequence[Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.backbone, self.gram = check_backbone(backbone), gram
        weights = {"content": content_weight, "style": style_weight, "tv": tv_weight}
        self.weights = {name: check_weight(weight, f"{name}_weight") for name, weight in weights.items()}
        if not any(self.weights.values()):
            raise ValueError("content_weight, style_weight and tv_weight are all 0; give at least one of them above 0.")
        self.content_weights = check_layer_weights(content_layers, "content_layers") if content is not None else {}
        self.style_weights = check_layer_weights(style_layers, "style_layers") if style is not None else {}
        self.layers = [*self.content_weights, *self.style_weights]
        # The pixels, across and down, that become one value of the deepest layer.
        self.cell = deepest_layer(backbone, self.layers).stride if self.layers else 1
        self.shape = None if content is None else tuple(check_image(content, "content").shape)
        # The targets: one buffer for each layer, in modules, so that .to() moves them.
        self.content_targets, self.style_targets = nn.Module(), nn.Module()
        self.register_buffer("masks", None)  # (styles, 1, H, W)
        with torch.no_grad():
            if content is not None:
                content = whole_cells(content, self.cell)
                check_large_enough(backbone, content, self.layers, "content")
                for name, maps in extract_features(backbone, content, list(self.content_weights)).items():
                    self.content_targets.register_buffer(name, _at_least_float32(maps))
            if style is not None:
                pictures = check_several(style, "style")
                shares, grams = check_shares(style_blend, len(pictures)), []
                for picture in pictures:
                    whole = whole_cells(check_image(picture, "style"), self.cell)
                    check_large_enough(backbone, whole, list(self.style_weights), "style")
                    found = extract_features(backbone, whole, list(self.style_weights))
                    grams.append({name: gram(maps) for name, maps in found.items()})
                if masks is not None:
                    self.shares, guides = shares, check_masks(masks, len(pictures), self.shape)
                    self.masks = whole_cells(torch.cat(guides).to(pictures[0]), self.cell)
                for name in self.style_weights:
                    each = torch.stack([matrices[name] for matrices in grams])
                    blend = sum(share * matrix for share, matrix in zip(shares, each)) / sum(shares)
                    self.style_targets.register_buffer(name, blend if masks is None else each)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return the terms of the loss of `image` (1, 3, H, W), as 0-d tensors that keep the graph."""
        if image.shape[:2] != (1, 3) or self.shape not in (None, tuple(image.shape)):
            wanted = self.shape or "(1, 3, height, width)"
            raise ValueError(f"image has the shape {tuple(image.shape)}; this loss expects {wanted}: resize it.")
        contents, styles = dict(self.content_targets.named_buffers()), dict(self.style_targets.named_buffers())
        content, style, terms = [], [], {}
        # Compared at once: the backward pass runs in reverse, so each layer's gradient is made only when it is reached.
        for name, maps in self.backbone.walk(whole_cells(image, self.cell), self.layers):
            if name in contents:
                distance = _relative_distance(_at_least_float32(maps), contents[name])
                content.append(self.content_weights[name] * distance)
            if name in styles:
                style.append(self.style_weights[name] * self._style_distance(maps, styles[name]))
        if content:
            terms["content"] = sum(content) / sum(self.content_weights.values())
        if style:
            terms["style"] = sum(style) / sum(self.style_weights.values())
        terms["tv"] = total_variation_loss(image)
        terms["total"] = sum(self.weights[name] * term for name, term in terms.items())
        return terms

    def _style_distance(self, maps: Tensor, targets: Tensor) -> Tensor:
        """Return the relative distance of the Gram matrix from its target; with masks, the mean over their regions."""
        if self.masks is None:
            return _relative_distance(self.gram(maps), targets)
        guides = nn.functional.adaptive_avg_pool2d(self.masks, maps.shape[2:])
        # Scaled so that their squares, which weight the positions, have mean 1.
        guides = guides / guides.square().mean(dim=(2, 3), keepdim=True).sqrt().clamp_min(1e-6)
        grams = [self.gram(maps * guide) for guide in guides.to(maps.dtype).split(1)]
        distances = [share * _relative_distance(g, a) for share, g, a in zip(self.shares, grams, targets)]
        return sum(distances) / sum(self.shares)


def whole_cells(image: Tensor, cell: int) -> Tensor:
    """Return an image (B, C, H, W) continued by reflection, right and below, to multiples of `cell` pixels.

    Pooling drops leftover rows and columns, so only shallow layers would see them. The optimiser would use this strip to
    correct those layers' Gram matrices for the whole picture, and paint a frame of stripes. A picture with a side below
    `cell` stays as it is.

    >>> whole_cells(torch.rand(1, 3, 37, 48), 16).shape
    torch.Size([1, 3, 48, 48])
    """
    height, width = image.shape[2:]
    below, right = -height % cell, -width % cell
    if not below and not right or min(height, width) < cell:
        return image
    return nn.functional.pad(image, (0, right, 0, below), mode="reflect")


def _relative_distance(found: Tensor, target: Tensor) -> Tensor:
    """Return ‖found − target‖² / ‖target‖², without a division by 0 for a target of zeros, that of a silent layer."""
    return (found - target).square().sum() / target.square().sum().clamp_min(1e-12)


def _at_least_float32(maps: Tensor) -> Tensor:
    return maps.to(torch.promote_types(maps.dtype, torch.float32))
