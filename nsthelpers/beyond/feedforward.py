"""A network for one painting, which paints in one pass (Johnson, Alahi and Fei-Fei 2016), and the loss that trains it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_image, check_maps, check_whole
from nsthelpers.backbones import Backbone
from nsthelpers.features import extract_features
from nsthelpers.files.weights import read_weights
from nsthelpers.images import choose_device
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, gram_matrix, total_variation_loss

SMALLEST = 20  # pixels: the mirror at the border must lie inside the smallest maps


class FeedForward(nn.Module):
    """The network of Johnson et al. 2016, narrower, with instance normalisation (Ulyanov, Vedaldi and Lempitsky 2017).

    Two strided convolutions shrink the picture to a quarter, `blocks` residual blocks work there, and two enlargements
    (nearest neighbour, then a convolution: a strided one would leave a chessboard) bring it back. `width` is the number of
    channels at full size. What comes out is added to the photograph, before the last sigmoid, and is 0 at first: like our
    loop, the training begins at the photograph, and needs minutes in place of hours (the paper's network paints from
    nothing). Called with a batch of images (B, 3, H, W) in [0, 1], sides from 20 pixels on, it returns painted
    ones of the same shape. Raises ValueError for other shapes.

    >>> FeedForward(width=4, blocks=1)(torch.rand(1, 3, 33, 46)).shape
    torch.Size([1, 3, 33, 46])
    """

    def __init__(self, width: int = 16, blocks: int = 5) -> None:
        super().__init__()
        width, blocks = check_whole(width, "width", 1), check_whole(blocks, "blocks", 0)
        self.layers = nn.Sequential(
            *_convolution(3, width, 9),
            *_convolution(width, 2 * width, 3, stride=2),
            *_convolution(2 * width, 4 * width, 3, stride=2),
            *(Residual(4 * width) for _ in range(blocks)),
            nn.Upsample(scale_factor=2),
            *_convolution(4 * width, 2 * width, 3),
            nn.Upsample(scale_factor=2),
            *_convolution(2 * width, width, 3),
            nn.Conv2d(width, 3, 9, padding=4, padding_mode="reflect"),
        )
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the painted images, of the shape of `images` (B, 3, H, W)."""
        check_maps(images, "images", 3)
        height, width = images.shape[2:]
        if min(height, width) < SMALLEST:
            raise ValueError(f"images has the size {height} × {width}; both sides must have at least {SMALLEST} pixels.")
        whole = nn.functional.pad(images, (0, -width % 4, 0, -height % 4), mode="replicate")
        return (self.layers(whole) + whole.logit(eps=0.02)).sigmoid()[..., :height, :width]


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in: x + f(x) (He, Zhang, Ren and Sun 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_convolution(channels, channels, 3), *_convolution(channels, channels, 3)[:-1])

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.layers(maps)


def _convolution(inputs: int, outputs: int, side: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, side, stride, side // 2, padding_mode="reflect")
    return [convolution, nn.InstanceNorm2d(outputs, affine=True), nn.ReLU()]


class PerceptualLoss(nn.Module):
    """The loss of a batch of painted images against the photographs that they were made from (Johnson et al. 2016).

    The terms are those of `StyleTransferLoss`, image by image, and then averaged: relative distances at relu4_2 (content)
    and of the Gram matrices at relu1_1 … relu5_1 to those of `style`, an image (1, 3, H, W); total variation. Called with
    painted images and photographs, both (B, 3, H, W), it returns a dictionary of 0-d tensors: "content", "style", "tv"
    (unweighted), "total".

    >>> from nsthelpers import load_backbone, load_image
    >>> painting = load_image("starry_night", 64)
    >>> loss = PerceptualLoss(load_backbone("mini"), painting)
    >>> float(loss(painting, painting)["total"]) < 1e-3
    True
    """

    def __init__(
        self, backbone: Backbone, style: Tensor, content_weight: float = 0.1, tv_weight: float = 0.01
    ) -> None:
        super().__init__()
        self.backbone, self.content_weight, self.tv_weight = backbone, content_weight, tv_weight
        with torch.no_grad():
            maps = extract_features(backbone, check_image(style, "style"), STYLE_LAYERS)
        self.targets = {name: gram_matrix(found) for name, found in maps.items()}

    def forward(self, painted: Tensor, photographs: Tensor) -> dict[str, Tensor]:
        """Return the terms of the loss, averaged over the batch."""
        with torch.no_grad():
            wanted = extract_features(self.backbone, photographs, CONTENT_LAYERS)
        maps = extract_features(self.backbone, painted, [*STYLE_LAYERS, *CONTENT_LAYERS])
        content = sum(relative_distance(maps[name], wanted[name]) for name in CONTENT_LAYERS) / len(CONTENT_LAYERS)
        style = sum(relative_distance(gram_matrix(maps[name]), gram) for name, gram in self.targets.items()) / len(STYLE_LAYERS)
        terms = {"content": content, "style": style, "tv": total_variation_loss(painted)}
        terms["total"] = self.content_weight * content + style + self.tv_weight * terms["tv"]
        return terms


def relative_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Return the relative squared distance, image by image, averaged over the batch."""
    found, wanted = found.flatten(1), wanted.flatten(1)
    return ((found - wanted).square().sum(1) / wanted.square().sum(1).clamp_min(1e-12)).mean()


def load_feedforward(device: torch.device | str | None = None) -> FeedForward:
    """Return the bundled network, frozen, which paints any picture in the manner of The Starry Night.

    `device` is where it runs; None for the best one present. How it was trained, and on what, says
    nsthelpers/weights/beyond.md.

    >>> load_feedforward("cpu")(torch.rand(1, 3, 40, 50)).shape
    torch.Size([1, 3, 40, 50])
    """
    state, metadata = read_weights(Path(__file__).parents[1] / "weights" / "feedforward.safetensors")
    network = FeedForward(int(metadata["width"]), int(metadata["blocks"]))
    network.load_state_dict({name: value.float() for name, value in state.items()})
    return network.eval().requires_grad_(False).to(choose_device(device))
