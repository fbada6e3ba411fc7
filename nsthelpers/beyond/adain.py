"""Adaptive instance normalisation and a decoder for mini's maps: any style in one pass (Huang and Belongie 2017)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_image, check_maps
from nsthelpers.backbones import load_backbone
from nsthelpers.beyond.statistics import channel_statistics
from nsthelpers.features import check_large_enough, extract_features
from nsthelpers.files.weights import read_weights
from nsthelpers.losses import whole_cells

LAYERS = ("relu3_1", "relu4_1")


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Return the content's maps with the mean and the standard deviation of the style's, channel by channel.

    `content` is (B, C, H, W), `style` (B or 1, C, any size); the result has the shape of `content`:
    σ_s (x − μ_c) / σ_c + μ_s, equation 8 of Huang and Belongie 2017. A channel that does not vary in the content becomes
    flat. Raises ValueError for other shapes.

    >>> adain(torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[5.0, 5.0, 11.0, 11.0]]]]))
    tensor([[[[ 5., 11.]]]])
    """
    check_maps(content, "content")
    check_maps(style, "style", content.shape[1])
    mean, deviation = channel_statistics(content)[..., None, None].unbind(1)
    style_mean, style_deviation = channel_statistics(style)[..., None, None].unbind(1)
    return (content - mean) / deviation.clamp_min(1e-6) * style_deviation + style_mean


class Decoder(nn.Module):
    """The way back from mini's maps to a picture: VGG turned round, joined by the maps of relu3_1 on the way.

    Called with the maps of relu3_1 (B, 96, 2h, 2w) and relu4_1 (B, 160, h, w), it returns images (B, 3, 8h, 8w) in [0, 1].
    Huang and Belongie 2017 decode relu4_1 alone; the finer maps, with the style's statistics too (as in Sheng, Lin, Shao
    and Wang 2018), make the training much shorter. No normalisation: it would take the style out again. Leaky ReLUs cannot
    fall silent for good.

    >>> Decoder()(torch.rand(1, 96, 8, 10), torch.rand(1, 160, 4, 5)).shape
    torch.Size([1, 3, 32, 40])
    """

    def __init__(self) -> None:
        super().__init__()
        wide = (*_layer(160, 128), *_layer(128, 128), *_layer(128, 128), *_layer(128, 96))
        self.coarse = nn.Sequential(*wide, nn.Upsample(scale_factor=2))
        self.middle = nn.Sequential(*_layer(96 + 96, 96), *_layer(96, 64), nn.Upsample(scale_factor=2))
        self.fine = nn.Sequential(*_layer(64, 48), *_layer(48, 32), nn.Upsample(scale_factor=2))
        self.pixels = nn.Sequential(*_layer(32, 16), *_layer(16, 3)[:1], nn.Sigmoid())

    def forward(self, relu3_1: Tensor, relu4_1: Tensor) -> Tensor:
        """Return the images."""
        middle = self.middle(torch.cat([self.coarse(relu4_1), relu3_1], 1))
        return self.pixels(self.fine(middle))


def _layer(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect"), nn.LeakyReLU(0.1)]


class AnyStyle(nn.Module):
    """Paint any photograph in any style in one pass: mini's maps, `adain`, the bundled decoder (Huang and Belongie 2017).

    Called with two images (1, 3, H, W) of any sizes from 16 pixels on, it returns an image of the content's size.
    `strength` from 0 (the photograph, as the decoder rebuilds it) to 1 mixes the maps, as in the paper; `mix` is `adain` or
    your own function of the two pictures' maps. `device` is where it runs; None for the best one present. How the decoder
    was trained, and on what, says nsthelpers/weights/beyond.md. Raises ValueError for other shapes.

    >>> from nsthelpers import load_image
    >>> AnyStyle(device="cpu")(load_image("tuebingen", 70, "cpu"), load_image("the_scream", 50, "cpu")).shape
    torch.Size([1, 3, 52, 70])
    """

    def __init__(self, device: torch.device | str | None = None) -> None:
        super().__init__()
        self.backbone = load_backbone("mini", device=device)
        self.decoder = Decoder()
        state, _ = read_weights(Path(__file__).parents[1] / "weights" / "adain.safetensors")
        self.decoder.load_state_dict({name: value.float() for name, value in state.items()})
        self.eval().requires_grad_(False).to(self.backbone.device)

    @torch.no_grad()
    def forward(
        self,
        content: Tensor,
        style: Tensor,
        strength: float = 1.0,
        mix: Callable[[Tensor, Tensor], Tensor] = adain,
    ) -> Tensor:
        """Return the painted image, of the content's size."""
        height, width = check_image(content, "content").shape[2:]
        for picture in (content, check_image(style, "style")):
            check_large_enough(self.backbone, picture, LAYERS)
        maps, wanted = (extract_features(self.backbone, picture, LAYERS) for picture in (mirrored(content), style))
        mixed = []
        for name in LAYERS:
            own = mix(maps[name], wanted[name])
            if not own.isfinite().all():  # 0 / 0 where a channel is silent in the photograph; `adain` guards against it
                own = torch.where(own.isfinite(), own, adain(maps[name], wanted[name]))
            mixed.append(torch.lerp(maps[name], own, strength))
        return self.decoder(*mixed)[..., :height, :width]


def mirrored(images: Tensor) -> Tensor:
    """Return images (B, 3, H, W) continued to multiples of 8 pixels: what poolings would drop could not be painted.

    Raises ValueError for sides below 16 pixels, whose maps the decoder could not mirror.

    >>> mirrored(torch.rand(1, 3, 17, 24)).shape
    torch.Size([1, 3, 24, 24])
    """
    height, width = images.shape[2:]
    if min(height, width) < 16:
        raise ValueError(f"The picture is {width} × {height} pixels; both sides need at least 16: load a larger one.")
    return whole_cells(images, 8)
