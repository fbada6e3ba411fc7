"""The networks that look at the pictures: mini (bundled), VGG-16 and VGG-19, with the layer names of the papers."""

from __future__ import annotations

import difflib
import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nsthelpers.downloads import download
from nsthelpers.images import check_path, check_whole, choose_device

BACKBONES = ("mini", "vgg16", "vgg19")
# torchvision's IMAGENET1K_V1: address, SHA-256 (its first digits are in the name), bytes.
VGG_FILES = {
    "vgg16": (
        "https://download.pytorch.org/models/vgg16-397923af.pth",
        "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        553_433_881,
    ),
    "vgg19": (
        "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
        574_673_361,
    ),
}
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Normalize(nn.Module):
    """Subtract the ImageNet mean and divide by the deviation, channel by channel: what the networks were trained on.

    >>> Normalize()(torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)).flatten()
    tensor([0., 0., 0.])
    """

    dtype = torch.float32
    memory_format = torch.preserve_format

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        # Always computed in float32; `speed.prepare` sets what the layers behind it want.
        return ((image - self.mean) / self.std).to(self.dtype, memory_format=self.memory_format)


class Backbone(nn.Sequential):
    """The convolutional part of a VGG as a sequence whose members bear the papers' names: conv1_1, relu1_1, … pool5.

    Made by `load_backbone`. Takes an image (B, 3, H, W) in [0, 1]; its first member, ``normalize``, does the rest.
    Frozen (no parameter asks for a gradient) and in evaluation mode. `name` and `pooling` say how it was made.
    """

    name: str
    pooling: str
    checkpoint: bool = False

    @property
    def layer_names(self) -> list[str]:
        """The names of all layers in order, without ``normalize``."""
        return [name for name, _ in self.named_children() if name != "normalize"]

    def __repr__(self) -> str:
        return f"Backbone({self.name!r}, pooling={self.pooling!r}, {len(self.layer_names)} layers)"


class Layer(NamedTuple):
    """One row of `layer_table`: sizes in pixels of the input image."""

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int
    parameters: int


class LayerTable(list[Layer]):
    """A list of `Layer` rows that shows itself as a table, in the terminal and in a notebook."""

    heads = ("layer", "kind", "channels", "stride", "receptive field", "parameters")

    def __repr__(self) -> str:
        rows = [self.heads, *((*row[:-1], f"{row.parameters:,}") for row in self)]
        widths = [max(len(str(row[i])) for row in rows) for i in range(len(self.heads))]
        align = ["<", "<", ">", ">", ">", ">"]
        return "\n".join(
            "  ".join(f"{cell!s:{align[i]}{widths[i]}}" for i, cell in enumerate(row)).rstrip() for row in rows
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in self.heads)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{cell:,}</td>" if isinstance(cell, int) else f"<td>{cell}</td>" for cell in row)
            + "</tr>"
            for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def load_backbone(
    name: str = "mini",
    pooling: str = "avg",
    weights: str | os.PathLike[str] | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> Backbone:
    """Return a frozen VGG whose layers are named as in the papers (Simonyan and Zisserman 2014).

    `name` is "mini" (bundled: VGG-19's 16 convolutions, narrower), "vgg16" or "vgg19". `pooling` is "avg" (which Gatys
    et al. 2016 recommend for synthesis: it paints strokes into flat areas, too) or "max" (as VGG was trained). `weights`
    is None for the real ones, a file (.safetensors, or a .pth state dict as torchvision saves it), or "random" for the
    random network of this `seed`: the control in experiments.
    VGG's real weights are torchvision's IMAGENET1K_V1, downloaded once (about 550 MB) and verified; the environment
    variables NSTHELPERS_VGG16 and NSTHELPERS_VGG19 name a local file instead. The classifier is dropped.
    `device` defaults to the best one present.

    Raises ValueError for a bad name, pooling or weights file, and ConnectionError when the download fails.

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
    check_whole(seed, "seed", 0)
    from torchvision.models.vgg import make_layers

    if weights != "random":
        state, metadata = _read_weights(_find_weights(name, weights))
    else:  # a control that differs in nothing but the weights
        state, metadata = _read_weights(_bundled()) if name == "mini" else ({}, {})
    widths = _widths(state, metadata) if name == "mini" else _standard_widths(name)
    padding = metadata.get("padding", "zeros")
    if padding not in ("zeros", "replicate", "reflect", "circular"):
        raise ValueError(f"The weights ask for the padding {padding!r}, which there is not; give weights for {name}.")
    if weights == "random":
        state = None
    with torch.device("meta" if state is not None else "cpu"), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = make_layers(widths)
        if state is None:
            _initialise(layers)
    if state is not None:
        _load(layers, state, name)
    backbone = Backbone(OrderedDict(_named(layers, pooling, padding)))
    backbone.name, backbone.pooling = name, pooling
    return backbone.eval().requires_grad_(False).to(device)


def layer_table(backbone: Backbone) -> LayerTable:
    """Return one `Layer` row for each layer of a backbone: kind, channels, stride, receptive field and parameters.

    The stride is the distance in input pixels between neighbouring values of a feature map; the receptive field is the
    side of the square of input pixels that one value depends on.

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
    """Return the backbone if it is one; else raise ValueError."""
    if not isinstance(backbone, Backbone):
        raise ValueError(f"backbone is a {type(backbone).__name__}; load one with load_backbone('mini').")
    return backbone


def check_layers(layers: Any, name: str) -> list[str]:
    """Return one or several layer names as a list; raise ValueError that calls them `name` if they are no names.

    >>> check_layers("relu4_2", "content_layers")
    ['relu4_2']
    """
    several = isinstance(layers, Iterable) and not isinstance(layers, Tensor)
    listed = [layers] if isinstance(layers, str) else list(layers) if several else []
    if not listed or not all(isinstance(layer, str) for layer in listed):
        empty = layers is None or several and not listed
        found = "empty" if empty else "a tensor" if isinstance(layers, Tensor) else repr(layers)
        raise ValueError(f"{name} is {found}; give at least one layer by its name, such as ['relu4_2'].")
    return listed


def deepest_layer(backbone: Backbone, layers: Iterable[str]) -> str:
    """Return the deepest of the named layers; raise ValueError if there is none, or one that the backbone has not.

    >>> deepest_layer(load_backbone("mini"), ["relu4_2", "relu1_1"])
    'relu4_2'
    """
    known, named = check_backbone(backbone).layer_names, check_layers(layers, "layers")
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
            raise ValueError(f"There is no layer {name!r} in {backbone.name}; near it are {', '.join(near or known)}.")
    return max(named, key=known.index)


def _named(layers: nn.Sequential, pooling: str, padding: str) -> Iterator[tuple[str, nn.Module]]:
    """Name torchvision's numbered layers: a convolution raises the depth within a block, a pooling ends the block."""
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


def _bundled() -> Path:
    return Path(__file__).parent / "weights" / "mini.safetensors"


def _standard_widths(name: str) -> list[int | str]:
    from torchvision.models.vgg import cfgs

    return cfgs["D" if name == "vgg16" else "E"]


def _widths(state: dict[str, Tensor], _metadata: dict[str, str]) -> list[int | str]:
    """Return VGG-19's configuration with the widths of the convolutions in `state`, a VGG of any width."""
    weights = {
        int(key.split(".")[1]): value
        for key, value in state.items()
        if re.fullmatch(r"features\.\d{1,3}\.weight", key) and value.ndim == 4
    }
    found = iter([weights[index].shape[0] for index in sorted(weights)])
    if len(weights) != 16:
        raise ValueError(f"The weights hold {len(weights)} convolutions; mini has 16: give weights made for mini.")
    return [width if width == "M" else next(found) for width in _standard_widths("vgg19")]


def _initialise(layers: nn.Sequential) -> None:
    """He's initialisation (He et al. 2015), as torchvision's VGG uses it: keeps activations from fading with depth."""
    for module in layers:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(module.bias)


def _load(layers: nn.Sequential, state: dict[str, Tensor], name: str) -> None:
    for key, empty in layers.state_dict().items():
        value = state.get(f"features.{key}")
        if value is None:
            raise ValueError(
                f"The weights do not fit {name}: 'features.{key}' is missing; give weights made for {name}."
            )
        if value.shape != empty.shape:
            shapes = f"{tuple(value.shape)}, wanted {tuple(empty.shape)}"
            raise ValueError(f"The weights do not fit {name}: 'features.{key}' has the shape {shapes}.")
        if not torch.isfinite(value).all():
            raise ValueError(f"The weights are damaged: 'features.{key}' holds NaN or infinite values; get them again.")
    own = {key: state[f"features.{key}"].to(torch.float32).clone() for key in layers.state_dict()}
    layers.load_state_dict(own, assign=True)


def _find_weights(name: str, weights: str | os.PathLike[str] | None) -> Path:
    """Return the file with the weights: the one that was named, the bundled one, or torchvision's, downloaded once."""
    variable = f"NSTHELPERS_{name.upper()}"
    if weights is None and name != "mini":
        weights = os.environ.get(variable) or None
    if weights is not None:
        path = check_path(weights, "weights")
        if not path.is_file():
            raise FileNotFoundError(f"There is no weights file {str(path)!r}; give a file, 'random', or None.")
        return path
    if name == "mini":
        return _bundled()
    url, sha256, size = VGG_FILES[name]
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]
    if not path.is_file():
        remedy = f"set {variable} (or weights=) to a local copy of {path.name}, or use the bundled backbone 'mini'."
        download(url, path, sha256, size, f"the weights of {name}", remedy)
    return path


def _read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the state dict and the metadata of a weights file, on the CPU."""
    try:
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, framework="pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}
        try:
            # Mapped, not read: the 400 MB of classifier weights never reach memory. Files of the old format cannot be.
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:
        # safetensors and pickle each have their own errors for damaged, foreign or unsafe files. PyTorch's tells how to
        # load the file all the same, with the code in it: not repeated here.
        raise ValueError(
            f"Cannot read the weights {path.name!r}: it is damaged, or holds more than tensors; give a .safetensors file or "
            "a state dict saved with torch.save(model.state_dict(), …)."
        ) from problem
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(
            f"The weights {path.name!r} are no state dict; save one with torch.save(model.state_dict(), …)."
        )
    return state, {}
