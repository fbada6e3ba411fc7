"""Keep the colours of the photograph."""

from __future__ import annotations

import torch
from torch import Tensor

from nsthelpers._validation import check_image
from nsthelpers.images import resize

LUMINANCE = (0.299, 0.587, 0.114)  # the Y of YIQ, in which the paper works


def luminance(image: Tensor) -> Tensor:
    """Return the luminance (1, 1, H, W) of an image (1, 3, H, W) in [0, 1]: 0.299 R + 0.587 G + 0.114 B.

    >>> luminance(torch.ones(1, 3, 1, 2))
    tensor([[[[1., 1.]]]])
    """
    return (image * image.new_tensor(LUMINANCE).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)


def keep_colours(result: Tensor, content: Tensor) -> Tensor:
    """Return a picture with the luminance of `result` and the colours of `content`: the brush strokes on the photograph.

    Both are images (1, 3, H, W) in [0, 1]; `content` is resized to the size of `result`. This is the recombination of
    luminance-only transfer (Gatys, Bethge, Hertzmann and Shechtman 2016, "Preserving color in neural artistic style
    transfer"): the Y of the one, the I and Q of the other. Equal I and Q are equal differences to the luminance in R, G
    and B, so that no change of colour space is needed.

    .. note:: Where a colour does not exist at the new luminance, its saturation is lowered until it does, which keeps the
       luminance and the hue; clipping, as usual, would change both.

    Raises ValueError if either is no image.

    Used in notebooks 09 and 13.

    >>> grey, red = torch.full((1, 3, 1, 1), 0.3), torch.tensor([0.5, 0.2, 0.2]).view(1, 3, 1, 1)
    >>> keep_colours(grey, red).flatten()  # 0.3, and red's differences to its luminance of 0.29
    tensor([0.5103, 0.2103, 0.2103])
    """
    result = check_image(result, "result").clamp(0, 1)
    content = resize(check_image(content, "content").to(result), tuple(result.shape[2:]))
    light, colour = luminance(result), content - luminance(content)
    # How far each channel may go until it is 1 or 0; the pixel's saturation is limited by its tightest channel.
    room = torch.where(colour > 0, 1 - light, light) / colour.abs().clamp_min(1e-12)
    return (light + colour * room.amin(dim=1, keepdim=True).clamp(max=1)).clamp(0, 1)
