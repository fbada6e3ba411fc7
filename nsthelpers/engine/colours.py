"""Keep the colours of the photograph: after the run, by luminance, or before it, by matching the painting's colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from nsthelpers._validation import check_image, check_maps
from nsthelpers.images import resize

LUMINANCE = (0.299, 0.587, 0.114)  # the Y of YIQ, the paper's colour space


def luminance(image: Tensor) -> Tensor:
    """Return the luminance (B, 1, H, W) of images (B, 3, H, W) in [0, 1]: 0.299 R + 0.587 G + 0.114 B.

    Raises ValueError for other shapes.

    Used in notebooks 09, 10 and 13.

    >>> luminance(torch.ones(1, 3, 1, 2))
    tensor([[[[1., 1.]]]])
    """
    check_maps(image, "image", 3)
    return (image * image.new_tensor(LUMINANCE).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)


def keep_colours(result: Tensor, content: Tensor) -> Tensor:
    """Return a picture with the luminance of `result` and the colours of `content`: the brush strokes on the photograph.

    Both are images (1, 3, H, W) in [0, 1]; `content` is resized to the size of `result`. This is the recombination of
    luminance-only transfer (Gatys, Bethge, Hertzmann and Shechtman 2016, "Preserving color in neural artistic style
    transfer"): the Y of the one, the I and Q of the other. Equal I and Q mean equal differences from the luminance in R,
    G and B, so no conversion to YIQ is needed.

    .. note:: Where a colour does not exist at the new luminance, its saturation is lowered until it does, which keeps the
       luminance and the hue; the usual clipping would change both.

    Raises ValueError if either is not an image.

    Used in notebooks 09, 10 and 13.

    >>> grey, red = torch.full((1, 3, 1, 1), 0.3), torch.tensor([0.5, 0.2, 0.2]).view(1, 3, 1, 1)
    >>> keep_colours(grey, red).flatten()  # 0.3, plus red's differences from its luminance of 0.29
    tensor([0.5103, 0.2103, 0.2103])
    """
    result = check_image(result, "result").clamp(0, 1)
    content = resize(check_image(content, "content").to(result), tuple(result.shape[2:]))
    light, colour = luminance(result), content - luminance(content)
    # How far each channel may go until it is 1 or 0; the pixel's saturation is limited by its tightest channel.
    room = torch.where(colour > 0, 1 - light, light) / colour.abs().clamp_min(1e-12)
    return (light + colour * room.amin(dim=1, keepdim=True).clamp(max=1)).clamp(0, 1)


def match_colours(style: Tensor, content: Tensor) -> Tensor:
    """Return the style picture with the mean and the covariance of the content's colours.

    Both are images (1, 3, H, W) in [0, 1] of any sizes. Each pixel x of the style becomes A (x − μ_style) + μ_content with
    A = Σ_content^½ Σ_style^-½ and symmetric square roots (Hertzmann et al. 2001; Gatys et al. 2016, "Preserving color in
    neural artistic style transfer"). Any A Q with an orthogonal Q before Σ_style^-½ gives the same covariance, but another Q
    turns the hues. Values outside [0, 1] are clipped. Raises ValueError if either is not an image.

    Used in notebook 10.

    >>> grey, sand = torch.full((1, 3, 2, 2), 0.5), torch.tensor([0.8, 0.7, 0.4]).view(1, 3, 1, 1)
    >>> match_colours(grey, sand).mean((2, 3))
    tensor([[0.8000, 0.7000, 0.4000]])
    """
    style = check_image(style, "style")
    (middle, spread), (wanted, goal) = _statistics(style), _statistics(check_image(content, "content"))
    # With fewer than three independent colours there is no inverse; where the style has no spread, x − μ is 0 and stays 0.
    change = _power(goal, 0.5) @ _power(spread, -0.5)
    pixels = change @ (_colours(style) - middle) + wanted
    return pixels.view(style.shape).to(style).clamp(0, 1)


def _colours(image: Tensor) -> Tensor:
    """Return the pixels (3, H · W) of an image in float64, which Apple's MPS lacks: on the CPU."""
    return image[0].flatten(1).cpu().double()


def _statistics(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (3, 1) and the covariance (3, 3) of the colours of an image, in float64."""
    pixels = _colours(image)
    return pixels.mean(dim=1, keepdim=True), torch.cov(pixels, correction=0)


def _power(covariance: Tensor, exponent: float) -> Tensor:
    """Return a power of a symmetric matrix; eigenvalues below 1e-5, less than an 8-bit level, count as 1e-5."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ torch.diag(values.clamp_min(1e-5) ** exponent) @ vectors.T


def prepare_colours(keep: str | bool | None, content: Tensor, styles: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Return the content and the styles as a run with this `keep_colours` uses them.

    False changes nothing; "match" matches the styles' colours to the content's; "luminance" (or True) makes all pictures
    grey, the styles with the mean and the standard deviation of the content. Raises ValueError for anything else.
    """
    keep = bool(keep) if isinstance(keep, np.bool_) else keep
    if keep is False or keep is None:
        return content, list(styles)
    if keep == "match":
        return content, [match_colours(style, content) for style in styles]
    if keep is not True and keep != "luminance":
        raise ValueError(f"keep_colours is {keep!r}; use 'luminance', 'match' or False.")
    light, greys = luminance(content), []
    for style in map(luminance, styles):
        greys.append((style - style.mean()) * (light.std() / style.std().clamp_min(1e-3)) + light.mean())
    return light.expand(-1, 3, -1, -1), [grey.clamp(0, 1).expand(-1, 3, -1, -1) for grey in greys]
