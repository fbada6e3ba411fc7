"""The activations of named layers."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from torch import Tensor

from nsthelpers.backbones import Backbone


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
    names = dict.fromkeys([layers] if isinstance(layers, str) else layers)
    known = backbone.layer_names
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
            raise ValueError(f"There is no layer {name!r} in {backbone.name}; near it are {', '.join(near or known)}.")
    if not names:
        raise ValueError("layers is empty; name at least one layer, such as 'relu4_2'.")
    if image.ndim != 4 or image.shape[1] != 3:
        raise ValueError(f"image has the shape {tuple(image.shape)}; an image has (1, 3, height, width).")
    deepest = max(known.index(name) for name in names)
    smallest = 2 ** sum(name.startswith("pool") for name in known[: deepest + 1])
    if min(image.shape[2:]) < smallest:
        height, width = image.shape[2:]
        wanted = f"{known[deepest]} needs at least {smallest} pixels on the shorter side"
        raise ValueError(f"The image is {width} × {height} pixels; the layer {wanted}.")
    activations, current = dict.fromkeys(names), image
    for name in ["normalize", *known[: deepest + 1]]:
        current = backbone.get_submodule(name)(current)
        if name in activations:
            activations[name] = current
    return activations
