"""A network for one painting, which paints in one pass (Johnson, Alahi and Fei-Fei 2016), and the loss that trains it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_image, check_maps
from nsthelpers.backbones import Backbone
from nsthelpers.beyond.adain import LAYERS, AnyStyle, mirrored
from nsthelpers.beyond.statistics import channel_statistics
from nsthelpers.features import check_large_enough, extract_features
from nsthelpers.files.weights import read_weights
from nsthelpers.images import choose_device
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, gram_matrix, total_variation_loss


class FeedForward(nn.Module):
    """A network for one painting: mini's layers on the way in, instance normalisation, `Decoder` on the way out.

    Johnson, Alahi and Fei-Fei 2016 train all layers of theirs, for hours; here those of mini are borrowed and stay as they
    are, so that minutes are enough. Instance normalisation (Ulyanov, Vedaldi and Lempitsky 2017) takes the photograph's
    means and deviations out of the maps; its own ones, which are trained, begin with those of `painting`, an image
    (1, 3, H, W), and the decoder with that of `AnyStyle`. *Grain*, noise added to the maps, to each channel in a
    trained strength, gives a flat sky something to make strokes of (Ulyanov, Lebedev, Vedaldi and Lempitsky 2016); after
    ``.eval()`` it is the same in every call. Called with a batch of images (B, 3, H, W) in [0, 1], it returns painted ones
    of the same shape. Raises ValueError for other shapes and for sides below 16 pixels.

    >>> from nsthelpers import load_image
    >>> FeedForward(load_image("starry_night", 64, "cpu"))(torch.rand(2, 3, 33, 46)).shape
    torch.Size([2, 3, 33, 46])
    """

    def __init__(self, painting: Tensor) -> None:
        super().__init__()
        generalist = AnyStyle(check_image(painting, "painting").device)
        self.frozen = (generalist.backbone,)  # in a tuple: neither trained nor saved with the rest
        self.decoder = generalist.decoder.train().requires_grad_(True)
        self.norms, self.grain = nn.ModuleDict(), nn.ParameterDict()
        for name, maps in extract_features(generalist.backbone, painting, LAYERS).items():
            self.norms[name] = norm = nn.InstanceNorm2d(maps.shape[1], affine=True).to(maps.device)
            mean, deviation = channel_statistics(maps)[0]
            norm.weight.data.copy_(deviation)
            norm.bias.data.copy_(mean)
            self.grain[name] = nn.Parameter(0.3 * deviation[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        """Return the painted images, of the shape of `images` (B, 3, H, W)."""
        check_maps(images, "images", 3)
        height, width = images.shape[2:]
        check_large_enough(self.frozen[0], images, LAYERS)
        count = len(images) if self.training else 1  # of the grains: each picture its own, or one for all
        generator = None if self.training else torch.Generator(images.device).manual_seed(0)
        maps, grained = extract_features(self.frozen[0], mirrored(images), LAYERS), []
        for name, norm in self.norms.items():
            normal = norm(maps[name])
            noise = torch.randn(count, 1, *normal.shape[2:], generator=generator, device=normal.device)
            grained.append(normal + self.grain[name] * noise)
        return self.decoder(*grained)[..., :height, :width]


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

    def __init__(self, backbone: Backbone, style: Tensor, content_weight: float = 0.1, tv_weight: float = 0.01) -> None:
        super().__init__()
        self.backbone, self.content_weight, self.tv_weight = backbone, content_weight, tv_weight
        with torch.no_grad():
            maps = extract_features(backbone, check_image(style, "style"), STYLE_LAYERS)
        for name, found in maps.items():
            self.register_buffer(f"style {name}", gram_matrix(found))

    def forward(self, painted: Tensor, photographs: Tensor) -> dict[str, Tensor]:
        """Return the terms of the loss, averaged over the batch."""
        with torch.no_grad():
            wanted = extract_features(self.backbone, photographs, CONTENT_LAYERS)
        maps = extract_features(self.backbone, painted, [*STYLE_LAYERS, *CONTENT_LAYERS])
        contents = [relative_distance(maps[name], wanted[name]) for name in CONTENT_LAYERS]
        styles = [relative_distance(gram_matrix(maps[n]), self.get_buffer(f"style {n}")) for n in STYLE_LAYERS]
        content, style = sum(contents) / len(contents), sum(styles) / len(styles)
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
    state, _ = read_weights(Path(__file__).parents[1] / "weights" / "feedforward.safetensors")
    network = FeedForward(torch.zeros(1, 3, 16, 16, device=choose_device(device)))
    # Kernels are stored as whole numbers from -127 to 127, with one scale for each output channel: half of float16's size.
    scales = {name: state.pop(f"{name}.scale").float() for name in [*state] if f"{name}.scale" in state}
    network.load_state_dict({name: value.float() * scales.get(name, 1.0) for name, value in state.items()})
    return network.eval().requires_grad_(False)
