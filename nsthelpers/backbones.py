"""The networks: mini (bundled), VGG-16 and VGG-19, with the layer names of the papers."""

from __future__ import annotations

import difflib
import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_layers, check_whole
from nsthelpers.files.weights import assign_weights, find_weights, read_weights
from nsthelpers.images import choose_device

BACKBONES = ("mini", "vgg16", "vgg19")
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Normalize(nn.Module):
    """Subtract the ImageNet mean and divide by the standard deviation, per channel, as in the networks' training.

    >>> Normalize()(torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)).flatten()
    tensor([0., 0., 0.])
    """

    dtype: torch.dtype | None = None  # of the output; `engine.network.prepare` sets that of the following layers
    memory_format = torch.preserve_format

    def __init__(self) -> None:
        super().__init__()
        for name, values in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
            values = torch.tensor(values, dtype=torch.float32, device="cpu")
            self.register_buffer(name, values.view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        normalised = (image - self.mean) / self.std
        return normalised.to(self.dtype or normalised.dtype, memory_format=self.memory_format)


class Backbone(nn.Sequential):
    """The convolutional part of a VGG as a sequence of layers named as in the papers: conv1_1, relu1_1, … pool5.

    Made by `load_backbone`. Takes images (B, 3, H, W) in [0, 1]; its first layer, ``normalize``, subtracts the ImageNet
    mean and divides by the standard deviation. Frozen (no parameter requires a gradient) and in evaluation mode. `name`
    and `pooling` are those it was loaded with.
    """

    name = "a part"  # of a backbone: a slice, such as backbone[:5], has these two values
    pooling = "unknown"

    @property
    def layer_names(self) -> list[str]:
        """The names of all layers in order, without ``normalize``."""
        return [name for name, _ in self.named_children() if name != "normalize"]

    @property
    def device(self) -> torch.device:
        """The device of the weights; images must be on it, too."""
        return next(self.buffers()).device

    def walk(self, images: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield (name, activation) of each named layer, (B, C, H, W), in the order of the network, as it is computed.

        Nothing after the deepest of them is computed. See `features.extract_features`, which checks its arguments.

        >>> network = load_backbone("mini")
        >>> [name for name, maps in network.walk(torch.zeros(1, 3, 8, 8), ["relu2_1", "conv1_1"])]
        ['conv1_1', 'relu2_1']
        """
        missing, current = set(layers), images
        for name, module in self.named_children():
            if not missing:
                return
            current = module(current)
            if name in missing:
                missing.remove(name)
                yield name, current

    def __repr__(self) -> str:
        return f"Backbone({self.name!r}, pooling={self.pooling!r}, {len(self.layer_names)} layers)"


class Layer(NamedTuple):
    """One row of `layer_table`; sizes are in pixels of the input image."""

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int
    parameters: int

    def first_pixel(self, index: int) -> int:
        """Return the first pixel that row or column `index` of the map depends on; it may be negative, in the padding."""
        return index * self.stride - (self.receptive_field - self.stride) // 2


class LayerTable(list[Layer]):
    """A list of `Layer` rows that shows itself as a table, in the terminal and in a notebook."""

    heads = ("layer", "kind", "channels", "stride", "receptive field", "parameters")

    def _cells(self) -> list[list[str]]:
        return [list(self.heads), *([f"{c:,}" if isinstance(c, int) else c for c in row] for row in self)]

    def __repr__(self) -> str:
        rows = self._cells()
        widths = [max(map(len, column)) for column in zip(*rows)]
        aligned = ([f"{c:<{w}}" if i < 2 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(row, widths))] for row in rows)
        return "\n".join("  ".join(row).rstrip() for row in aligned)

    def _repr_html_(self) -> str:
        head, *body = ("".join(f"<td>{cell}</td>" for cell in row) for row in self._cells())
        head = head.replace("td>", "th>")
        return f"<table><thead><tr>{head}</tr></thead><tbody><tr>{'</tr><tr>'.join(body)}</tr></tbody></table>"


@torch.inference_mode(False)
def load_backbone(
    name: str = "mini",
    pooling: str = "avg",
    weights: str | os.PathLike[str] | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> Backbone:
    """Return a frozen VGG whose layers are named as in the papers (Simonyan and Zisserman 2014).

    `name` is "mini" (bundled: VGG-19's 16 convolutions, narrower), "vgg16" or "vgg19". `pooling` is "avg" (Gatys et al.
    2016 found its pictures slightly more appealing; here it also paints strokes into flat areas) or "max" (as VGG was
    trained). `weights` is None for the trained ones, a file (.safetensors, or a .pth state dict as torchvision saves it),
    or "random" for random weights drawn with `seed`, at least 0, as a control in experiments.
    VGG's trained weights are torchvision's IMAGENET1K_V1, downloaded once (about 550 MB) and verified; the environment
    variables NSTHELPERS_VGG16 and NSTHELPERS_VGG19 name a local file instead. The classifier is dropped.
    `device` defaults to the best one present.

    Raises ValueError for a bad name, pooling or weights file, and ConnectionError when the download fails.

    Used in notebooks 00, 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12 and 13.

    >>> load_backbone("mini").layer_names[:5]
    ['conv1_1', 'relu1_1', 'conv1_2', 'relu1_2', 'pool1']
    """
    if name not in BACKBONES:
        near = difflib.get_close_matches(str(name), BACKBONES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(map(repr, BACKBONES))}."
        raise ValueError(f"There is no backbone {name!r}; {hint}")
    if pooling not in ("max", "avg"):
        raise ValueError(f"pooling is {pooling!r}; use 'max' or 'avg'.")
    device = choose_device(device)
    seed = check_whole(seed, "seed", 0)
    from torchvision.models.vgg import make_layers

    state, metadata = {}, {}
    if weights != "random" or name == "mini":  # random weights are a control: widths and padding stay those of mini
        state, metadata = read_weights(find_weights(name, None if weights == "random" else weights))
    widths = _widths(state) if name == "mini" else _standard_widths(name)
    padding = metadata.get("padding", "zeros")
    if padding not in ("zeros", "replicate", "reflect", "circular"):
        raise ValueError(f"Unknown padding mode {padding!r} in the weights file; give weights for {name}.")
    # On the "meta" device nothing is drawn: drawing would advance the caller's random number generator.
    with torch.device("meta"):
        layers = make_layers(widths)
    if weights == "random":
        state = _random_state(layers, seed)
    assign_weights(layers, state, name)
    backbone = Backbone(OrderedDict(_named(layers, pooling, padding)))
    backbone.name, backbone.pooling = name, pooling
    return backbone.eval().requires_grad_(False).to(device)


def layer_table(backbone: Backbone) -> LayerTable:
    """Return one `Layer` row for each layer of a backbone: kind, channels, stride, receptive field and parameters.

    The stride is the distance in input pixels between neighbouring values of a feature map; the receptive field is the
    side of the square of input pixels that one value depends on.

    Used in notebooks 02 and 03.

    >>> layer_table(load_backbone("mini"))[-1][:5]
    ('pool5', 'pool', 128, 32, 268)
    """
    rows, channels, stride, field = LayerTable(), 3, 1, 1
    for name in check_backbone(backbone).layer_names:
        module = backbone.get_submodule(name)
        kind = re.match(r"[a-z]+", name).group()
        if kind == "conv":
            channels, field = module.out_channels, field + (module.kernel_size[0] - 1) * stride
        elif kind == "pool":
            field, stride = field + stride, 2 * stride
        rows.append(Layer(name, kind, channels, stride, field, sum(p.numel() for p in module.parameters())))
    return rows


def check_backbone(backbone: Any) -> Backbone:
    """Return `backbone` if it is one; otherwise raise ValueError."""
    if not isinstance(backbone, Backbone):
        raise ValueError(f"backbone is a {type(backbone).__name__}; load one with load_backbone('mini').")
    return backbone


def deepest_layer(backbone: Backbone, layers: Iterable[str]) -> Layer:
    """Return the row of `layer_table` of the deepest of the named layers.

    Raises ValueError if none is named, or one that the backbone lacks.

    >>> deepest_layer(load_backbone("mini"), ["relu4_2", "relu1_1"]).name
    'relu4_2'
    """
    known, named = check_backbone(backbone).layer_names, check_layers(layers, "layers")
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
            raise ValueError(f"There is no layer {name!r} in {backbone.name}; similar: {', '.join(near or known)}.")
    return layer_table(backbone)[max(map(known.index, named))]


def _named(layers: nn.Sequential, pooling: str, padding: str) -> Iterator[tuple[str, nn.Module]]:
    """Name torchvision's numbered layers: a convolution raises the depth within a block, a pooling layer ends the block."""
    yield "normalize", Normalize()
    block, depth = 1, 0
    for module in layers:
        if isinstance(module, nn.Conv2d):
            depth += 1
            module.padding_mode = padding
            # nn.Conv2d prepares this when it is built, and needs it for every padding but zeros.
            module._reversed_padding_repeated_twice = [1, 1, 1, 1]
            yield f"conv{block}_{depth}", module
        elif isinstance(module, nn.ReLU):
            # Never in place: it would silently turn the stored conv activations into relu ones.
            yield f"relu{block}_{depth}", nn.ReLU(inplace=False)
        else:
            yield f"pool{block}", module if pooling == "max" else nn.AvgPool2d(2)
            block, depth = block + 1, 0


def _standard_widths(name: str) -> list[int | str]:
    from torchvision.models.vgg import cfgs

    return cfgs["D" if name == "vgg16" else "E"]


def _widths(state: dict[str, Tensor]) -> list[int | str]:
    """Return VGG-19's configuration with the widths of the convolutions in `state`, a VGG of any width."""
    keys = (f"features.{index}.weight" for index in range(1000))
    found = [state[key].shape[0] for key in keys if key in state and state[key].ndim == 4]
    if len(found) != 16:
        raise ValueError(f"The weights hold {len(found)} convolutions; mini has 16: give weights made for mini.")
    widths = iter(found)
    return [width if width == "M" else next(widths) for width in _standard_widths("vgg19")]


def _random_state(layers: nn.Sequential, seed: int) -> dict[str, Tensor]:
    """He's initialisation (He et al. 2015), as torchvision's VGG uses it: keeps activations from fading with depth."""
    generator, state = torch.Generator().manual_seed(seed), {}
    options = {"dtype": torch.float32, "device": "cpu"}
    for key, empty in layers.state_dict().items():
        # First a draw that is overwritten below, as PyTorch's constructors make one before torchvision initialises the
        # network: a seed gives the same network as there.
        state[f"features.{key}"] = torch.empty(empty.shape, **options).uniform_(generator=generator)
    for key, weights in state.items():
        if key.endswith("weight"):
            nn.init.kaiming_normal_(weights, mode="fan_out", nonlinearity="relu", generator=generator)
        else:
            nn.init.zeros_(weights)
    return state
