"""The activations of named layers."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from torch import Tensor, nn

from nsthelpers.backbones import Backbone, layer_table


def extract_features(backbone: Backbone, image: Tensor, layers: str | Sequence[str]) -> dict[str, Tensor]:
    """Return the activations of the named layers for an image: {layer: (B, C, H, W)}, in the order asked for.

    `image` is (B, 3, H, W) in [0, 1]; `layers` are names such as "conv4_2" (before the ReLU) or "relu4_2" (after it).
    Nothing behind the deepest layer is computed. The result keeps the graph if `image` asks for a gradient.
    Raises ValueError for an unknown layer, and for an image smaller than the deepest layer needs.

    >>> from nsthelpers import load_backbone, load_image
    >>> maps = extract_features(load_backbone("mini"), load_image("chelsea", 96), ["relu2_1"])
    >>> maps["relu2_1"].shape[2:]
    torch.Size([32, 48])
    """
    names = tuple(dict.fromkeys([layers] if isinstance(layers, str) else layers))
    extractor = _extractor(backbone, names)
    if image.ndim != 4 or image.shape[1] != 3:
        raise ValueError(f"image has the shape {tuple(image.shape)}; an image has (1, 3, height, width).")
    if min(image.shape[2:]) < extractor.smallest_side:
        height, width = image.shape[2:]
        smallest = f"at least {extractor.smallest_side} pixels on its shorter side"
        raise ValueError(f"The image is {width} × {height} pixels; the layers {', '.join(names)} need {smallest}.")
    activations = extractor(image)
    return {name: activations[name] for name in names}


def _extractor(backbone: Backbone, names: tuple[str, ...]) -> nn.Module:
    """Return torchvision's feature extractor for these layers, made once for each backbone (tracing takes a while)."""
    made = backbone.__dict__.setdefault("_extractors", {})
    if names not in made:
        from torchvision.models.feature_extraction import create_feature_extractor

        rows = {row.name: row for row in layer_table(backbone)}
        for name in names:
            if name not in rows:
                near = difflib.get_close_matches(str(name), rows, n=3, cutoff=0.4)
                raise ValueError(
                    f"There is no layer {name!r} in {backbone.name}; near it are {', '.join(near or rows)}."
                )
        if not names:
            raise ValueError("layers is empty; name at least one layer, such as 'relu4_2'.")
        made[names] = create_feature_extractor(backbone, list(names))
        made[names].smallest_side = max(rows[name].stride for name in names)
    return made[names]
