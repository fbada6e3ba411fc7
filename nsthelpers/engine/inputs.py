"""The inputs of a run: the pictures and the network that the settings name, on one device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING

from torch import Tensor

from nsthelpers._validation import check_given, check_several
from nsthelpers.backbones import Backbone, load_backbone
from nsthelpers.engine.colours import luminance
from nsthelpers.images import Source, load_argument, resize

if TYPE_CHECKING:
    from nsthelpers.transfer import Settings


def load_inputs(
    content: Source, style: Source | Sequence[Source], chosen: Settings
) -> tuple[Tensor, list[Tensor], Backbone, list[Tensor]]:
    """Return the content, the styles, the network and the masks (1, 1, H, W) that the settings name, on one device."""
    backbone, device, scale, masks = chosen.backbone, chosen.device, chosen.style_scale, chosen.masks
    if device is None and isinstance(backbone, Backbone):
        device = backbone.device
    for name in ("backbone", "weights", "init"):
        check_given(getattr(chosen, name), name)
    if isinstance(scale, bool) or not isinstance(scale, Real) or not 0.1 <= scale <= 4:
        raise ValueError(f"style_scale is {scale!r}; give a number from 0.1 to 4.")
    content = load_argument(content, "content", chosen.size, device)
    frame, size = tuple(content.shape[2:]), chosen.size and max(1, round(chosen.size * scale))
    beside = tuple(round(side * scale) for side in frame)
    styles = [
        load_argument(picture, "style", size, content.device, beside) for picture in check_several(style, "style")
    ]
    if size is None and scale != 1:
        styles = [resize(each, tuple(max(1, round(n * scale)) for n in each.shape[2:])) for each in styles]
    if masks is not None and (not isinstance(masks, (list, tuple)) or len(masks) != len(styles)):
        raise ValueError(f"masks must be a list of {len(styles)}, one picture for each style.")
    masks = [_load_mask(mask, f"masks[{number}]", content) for number, mask in enumerate(masks or [])]
    if not isinstance(backbone, Backbone):
        backbone = load_backbone(backbone, chosen.pooling, chosen.weights, content.device, chosen.seed)
    return content, styles, backbone, masks


def _load_mask(mask: Source, name: str, content: Tensor) -> Tensor:
    """Return a mask (1, 1, H, W) as large as the content; raise ValueError unless it has the content's proportions."""
    if isinstance(mask, Tensor) and mask.ndim == 4 and mask.shape[1] == 1:
        mask = mask.expand(-1, 3, -1, -1)
    mask, (height, width) = load_argument(mask, name, None, content.device), content.shape[2:]
    if abs(math.log(mask.shape[3] / mask.shape[2] * height / width)) > 0.03:
        size = f"{mask.shape[3]} × {mask.shape[2]} pixels"
        raise ValueError(f"{name} has {size}; give a mask with the proportions of the content, {width} × {height}.")
    return luminance(resize(mask, (height, width))).clamp(0, 1)
