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

LAYER = "relu4_1"
WIDTHS = (160, 128, 128, 0, 96, 64, 0, 48, 32, 0, 16, 3)  # channels of the decoder; 0 is an enlargement


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Return the content's maps with the mean and the standard deviation of the style's, channel by channel.

    `content` is (B, C, H, W), `style` (B or 1, C, any size); the result has the shape of `content`: σ_s (x − μ_c) / σ_c + μ_s,
    equation 8 of Huang and Belongie 2017. A channel that does not vary in the content becomes flat. Raises ValueError for
    other shapes.

    >>> adain(torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[5.0, 5.0, 11.0, 11.0]]]]))
    tensor([[[[ 5., 11.]]]])
    """
    check_maps(content, "content")
    check_maps(style, "style", content.shape[1])
    mean, deviation = channel_statistics(content)[..., None, None].unbind(1)
    style_mean, style_deviation = channel_statistics(style)[..., None, None].unbind(1)
    return (content - mean) / deviation.clamp_min(1e-6) * style_deviation + style_mean


class Decoder(nn.Sequential):
    """The way back from mini's relu4_1, (B, 160, h, w), to images (B, 3, 8h, 8w) in [0, 1]: VGG turned round, without
    normalisation, which would take the style out again, and with leaky ReLUs, which cannot fall silent for good.

    >>> Decoder()(torch.rand(1, 160, 4, 5)).shape
    torch.Size([1, 3, 32, 40])
    """

    def __init__(self) -> None:
        layers, inputs = [], WIDTHS[0]
        for width in WIDTHS[1:]:
            if width == 0:
                layers.append(nn.Upsample(scale_factor=2))
                continue
            layers += [nn.Conv2d(inputs, width, 3, padding=1, padding_mode="reflect"), nn.LeakyReLU(0.1)]
            inputs = width
        super().__init__(*layers[:-1], nn.Sigmoid())


class AnyStyle(nn.Module):
    """Paint any photograph in any style in one pass: mini's maps, `adain`, the bundled decoder (Huang and Belongie 2017).

    Called with two images (1, 3, H, W) of any sizes from 16 pixels on, it returns an image of the content's size.
    `strength` from 0 (the photograph, as the decoder rebuilds it) to 1 mixes the maps, as in the paper; `mix` is `adain` or
    your own function of the two pictures' maps. `device` is where it runs; None for the best one present. How the decoder
    was trained, and on what, says nsthelpers/weights/beyond.md. Raises ValueError for other shapes.

    >>> from nsthelpers import load_image
    >>> AnyStyle(device="cpu")(load_image("tuebingen", 70, "cpu"), load_image("the_scream", 50, "cpu")).shape
    torch.Size([1, 3, 53, 70])
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
            check_large_enough(self.backbone, picture, [LAYER])
        # Mirrored to whole cells of the layer: what the poolings would drop could not be painted.
        whole = nn.functional.pad(content, (0, -width % 8, 0, -height % 8), mode="reflect")
        maps, wanted = (extract_features(self.backbone, picture, LAYER)[LAYER] for picture in (whole, style))
        return self.decoder(torch.lerp(maps, mix(maps, wanted), strength))[..., :height, :width]
