"""Two style-transfer evaluations of the kinds that one finds, written from the description of their formulas.

They are what `tools/bench.py` compares with: plain PyTorch in the default memory layout and float32, with VGG's layers in a
row. Both take (1, 3, H, W) pictures and a `Backbone`, and return a function that evaluates the loss and its gradient once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nsthelpers.backbones import Backbone
from nsthelpers.losses import total_variation_loss

Evaluate = Callable[[Tensor], Tensor]


def layers_until(backbone: Backbone, deepest: str) -> list[tuple[str, nn.Module]]:
    """Return copies of the named layers of a backbone up to and including `deepest`, without the normalisation."""
    names = backbone.layer_names
    wanted = names[: names.index(deepest) + 1]
    return [(name, copy.deepcopy(backbone.get_submodule(name))) for name in wanted]


def normalised_gram(features: Tensor) -> Tensor:
    """The Gram matrix divided by the number of all values, as most tutorials have it: (1, C, H, W) -> (C, C)."""
    _, channels, height, width = features.shape
    rows = features.view(channels, height * width)
    return rows @ rows.t() / (channels * height * width)


def frozen_loop(
    backbone: Backbone,
    content: Tensor,
    style: Tensor,
    content_layers: Sequence[str],
    style_layers: Sequence[str],
    relative: Mapping[str, float] | None = None,
) -> Evaluate:
    """The usual kind, well written: frozen, cut behind the last layer, targets computed once.

    With `relative` (content_weight, style_weight, tv_weight) the terms are those of `StyleTransferLoss`: each divided by
    what an empty picture would have, and total variation added. So both can race for the same loss.
    """
    names = backbone.layer_names
    deepest = max([*content_layers, *style_layers], key=names.index)
    layers = [(name, layer.requires_grad_(False)) for name, layer in layers_until(backbone, deepest)]
    mean, std = backbone.normalize.mean, backbone.normalize.std
    wanted = [*content_layers, *style_layers]

    def features(image: Tensor) -> dict[str, Tensor]:
        found, current = {}, (image - mean) / std
        for name, layer in layers:
            current = layer(current)
            if name in wanted:
                found[name] = current
        return found

    with torch.no_grad():
        targets = {name: maps for name, maps in features(content).items() if name in content_layers}
        grams = {name: normalised_gram(maps) for name, maps in features(style).items() if name in style_layers}
    alpha, beta, gamma, scale = 1.0, 1e6, 0.0, lambda target: 1.0
    if relative is not None:
        alpha, beta = relative["content_weight"] / len(content_layers), relative["style_weight"] / len(style_layers)
        gamma, scale = relative["tv_weight"], lambda target: target.square().mean().item()
    target_scales = {name: scale(target) for name, target in targets.items()}
    gram_scales = {name: scale(target) for name, target in grams.items()}

    def evaluate(image: Tensor) -> Tensor:
        image.grad = None
        maps = features(image)
        loss = alpha * sum(F.mse_loss(maps[name], targets[name]) / target_scales[name] for name in content_layers)
        for name in style_layers:
            loss = loss + beta * F.mse_loss(normalised_gram(maps[name]), grams[name]) / gram_scales[name]
        if gamma:
            loss = loss + gamma * total_variation_loss(image)
        loss.backward()
        return loss.detach()

    return evaluate


class _Probe(nn.Module):
    """A layer that lets its input through and keeps a loss of it, as the tutorial puts them between VGG's layers."""

    def __init__(self, target: Tensor, gram: bool) -> None:
        super().__init__()
        self.gram = gram
        self.target = (normalised_gram(target) if gram else target).detach()
        self.loss = torch.zeros(())

    def forward(self, current: Tensor) -> Tensor:
        self.loss = F.mse_loss(normalised_gram(current) if self.gram else current, self.target)
        return current


def tutorial_loop(
    backbone: Backbone, content: Tensor, style: Tensor, content_layers: Sequence[str], style_layers: Sequence[str]
) -> Evaluate:
    """The tutorial's kind: losses as layers of the network, whose weights nobody froze: their gradients are computed too."""
    names = backbone.layer_names
    deepest = max([*content_layers, *style_layers], key=names.index)
    mean, std = backbone.normalize.mean, backbone.normalize.std
    model, probes = nn.Sequential(), []
    current = {"content": (content - mean) / std, "style": (style - mean) / std}
    for name, layer in layers_until(backbone, deepest):
        model.add_module(name, layer.requires_grad_(True))
        with torch.no_grad():
            current = {kind: layer(maps) for kind, maps in current.items()}
        for kind, wanted in (("content", content_layers), ("style", style_layers)):
            if name in wanted:
                probe = _Probe(current[kind], gram=kind == "style")
                model.add_module(f"{kind}_{name}", probe)
                probes.append((1e6 if kind == "style" else 1.0, probe))

    def evaluate(image: Tensor) -> Tensor:
        model.zero_grad()
        image.grad = None
        model((image - mean) / std)
        loss = sum(weight * probe.loss for weight, probe in probes)
        loss.backward()
        return loss.detach()

    return evaluate
