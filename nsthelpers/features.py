"""The activations of named layers."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import partial

from torch import Tensor
from torch.utils.checkpoint import checkpoint

from nsthelpers.backbones import Backbone, deepest_layer


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
    known, deepest = backbone.layer_names, deepest_layer(backbone, names)
    known = known[: known.index(deepest) + 1]
    if image.ndim != 4 or image.shape[1] != 3:
        raise ValueError(f"image has the shape {tuple(image.shape)}; an image has (1, 3, height, width).")
    smallest = 2 ** sum(name.startswith("pool") for name in known)
    if min(image.shape[2:]) < smallest:
        height, width = image.shape[2:]
        wanted = f"{deepest} needs at least {smallest} pixels on the shorter side"
        raise ValueError(f"The image is {width} × {height} pixels; the layer {wanted}.")
    activations, current = dict.fromkeys(names), image
    for block in _blocks(["normalize", *known]):
        run = partial(_run, backbone, block, names)
        if backbone.checkpoint and current.requires_grad:
            current, found = checkpoint(run, current, use_reentrant=False)
        else:
            current, found = run(current)
        activations.update(found)
    return activations


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
    backbone: Backbone, block: list[str], wanted: Container[str], current: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Apply the layers of a block one after the other; return the last activation and the wanted ones."""
    found = {}
    for name in block:
        current = backbone.get_submodule(name)(current)
        if name in wanted:
            found[name] = current
    return current, found
