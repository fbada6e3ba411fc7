"""Answers to the exercises of notebook 10."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers import gram_matrix
from nsthelpers.checks import control as check


@right(check.match_colours)
def match_colours(style, content, root):
    pixels, wanted = style[0].flatten(1), content[0].flatten(1)
    A = root(torch.cov(wanted)) @ torch.linalg.inv(root(torch.cov(pixels)))
    moved = A @ (pixels - pixels.mean(1, keepdim=True)) + wanted.mean(1, keepdim=True)
    return moved.reshape(style.shape)


@right(check.match_colours)
def match_colours(style, content, root):
    def mean_and_cov(image):
        x = image.reshape(3, -1)
        m = x.mean(dim=1)
        return m, torch.einsum("in,jn->ij", x - m[:, None], x - m[:, None]) / x.shape[1]

    m_s, c_s = mean_and_cov(style)
    m_c, c_c = mean_and_cov(content)
    white = torch.linalg.solve(root(c_s), (style[0].reshape(3, -1) - m_s[:, None]))
    return (root(c_c) @ white + m_c[:, None]).reshape_as(style)


@right(check.match_colours)
def match_colours(style, content, root):
    s, c = style[0].permute(1, 2, 0), content[0].permute(1, 2, 0).reshape(-1, 3)
    flat = s.reshape(-1, 3)
    A = root(c.T.cov()) @ root(flat.T.cov()).inverse()
    out = (s - flat.mean(0)) @ A.T + c.mean(0)
    return out.permute(2, 0, 1).unsqueeze(0)


@right(check.match_colours)
def match_colours(style, content, root):
    p, q = style.flatten(2)[0], content.flatten(2)[0]
    A = root(q.cov()) @ root(p.cov()).inverse()
    b = q.mean(1) - A @ p.mean(1)
    return torch.einsum("ij,njhw->nihw", A, style) + b.view(1, 3, 1, 1)


@wrong(check.match_colours, "only the mean")
def match_colours(style, content, root):
    return style - style.mean((2, 3), keepdim=True) + content.mean((2, 3), keepdim=True)


@wrong(check.match_colours, "channel by channel")
def match_colours(style, content, root):
    m_s, m_c = style.mean((2, 3), keepdim=True), content.mean((2, 3), keepdim=True)
    return (style - m_s) / style.std((2, 3), keepdim=True) * content.std((2, 3), keepdim=True) + m_c


@wrong(check.match_colours, "mean not subtracted")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    return (root(q.cov()) @ root(p.cov()).inverse() @ p + q.mean(1, keepdim=True)).reshape(style.shape)


@wrong(check.match_colours, "exchanged")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    A = torch.linalg.inv(root(torch.cov(p))) @ root(torch.cov(q))
    return (A @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).reshape(style.shape)


@wrong(check.match_colours, "transposed")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    A = root(q.cov()) @ root(p.cov()).inverse()
    moved = (p - p.mean(1, keepdim=True)).T @ A + q.mean(1)
    return moved.T.reshape(style.shape)


@wrong(check.match_colours, "no root")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    A = q.cov() @ p.cov().inverse()
    return (A @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).reshape(style.shape)


@wrong(check.match_colours, "no inverse")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    A = root(q.cov()) @ root(p.cov())
    return (A @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).reshape(style.shape)


@wrong(check.match_colours, "the wrong way")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    A = root(p.cov()) @ root(q.cov()).inverse()
    return (A @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).reshape(style.shape)


@wrong(check.match_colours, "mean not added")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    p = p - p.mean(1, keepdim=True)
    return (root(q.cov()) @ root(p.cov()).inverse() @ p).reshape(style.shape)


@wrong(check.match_colours, "the style's mean added")
def match_colours(style, content, root):
    p, q = style[0].flatten(1), content[0].flatten(1)
    m = p.mean(1, keepdim=True)
    return (root(q.cov()) @ root(p.cov()).inverse() @ (p - m) + m).reshape(style.shape)


@right(check.guided_gram)
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    T = T / (T**2).mean().sqrt()
    return gram_matrix(features * T)


@right(check.guided_gram)
def guided_gram(features, mask):
    small = F.interpolate(mask, size=features.shape[-2:], mode="area")
    rows = (features * small).flatten(2)
    return rows @ rows.transpose(1, 2) / small.square().sum()


@right(check.guided_gram)
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    return torch.einsum("bchw,bdhw->bcd", features * T, features * T) / (T * T).sum()


@right(check.guided_gram)
def guided_gram(features, mask):
    k = mask.shape[2] // features.shape[2]
    T = F.avg_pool2d(mask, k)
    return gram_matrix(features * T) / T.pow(2).mean()


@wrong(check.guided_gram, "not scaled")
def guided_gram(features, mask):
    return gram_matrix(features * F.adaptive_avg_pool2d(mask, features.shape[2:]))


@wrong(check.guided_gram, "scaled by the mean")
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features * (T / T.mean()))


@wrong(check.guided_gram, "over H·W")
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features * (T / T.norm()))


@wrong(check.guided_gram, "scaled by the mean")
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features * T) / T.mean()


@wrong(check.guided_gram, "root of the mask")
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    rows = features.flatten(2)
    return (rows * T.flatten(2)) @ rows.transpose(1, 2) / T.sum()


@wrong(check.guided_gram, "nearest pixels")
def guided_gram(features, mask):
    T = F.interpolate(mask, size=features.shape[2:])
    return gram_matrix(features * T) / T.square().mean()


@wrong(check.guided_gram, "hard edges")
def guided_gram(features, mask):
    T = (F.adaptive_avg_pool2d(mask, features.shape[2:]) > 0.5).to(features.dtype)
    return gram_matrix(features * T) / T.mean()


@wrong(check.guided_gram, "scaled before it was shrunk")
def guided_gram(features, mask):
    mask = mask / mask.square().mean().sqrt()
    return gram_matrix(features * F.adaptive_avg_pool2d(mask, features.shape[2:]))


@wrong(check.guided_gram, "too much")
def guided_gram(features, mask):
    T = 1 - F.adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features * T) / T.square().mean()


@wrong(check.guided_gram, "root forgotten")
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features * (T / (T**2).mean()))


@wrong(check.guided_gram, "detached")
def guided_gram(features, mask):
    T = F.adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features.detach() * T) / T.square().mean()


@right(check.blend)
def blend(grams, shares):
    mixed = {}
    for layer in grams[0]:
        mixed[layer] = sum(share * gram[layer] for share, gram in zip(shares, grams, strict=True)) / sum(shares)
    return mixed


@right(check.blend)
def blend(grams, shares):
    weights = torch.tensor(shares) / sum(shares)
    return {
        k: (torch.stack([g[k] for g in grams]) * weights.to(g[k]).view(-1, 1, 1, 1)).sum(0) for g in grams for k in g
    }


@right(check.blend)
def blend(grams, shares):
    result = {layer: torch.zeros_like(matrix) for layer, matrix in grams[0].items()}
    for share, gram in zip(shares, grams, strict=True):
        for layer in gram:
            result[layer] += share / sum(shares) * gram[layer]
    return result


@wrong(check.blend, "not divided")
def blend(grams, shares):
    return {k: sum(s * g[k] for s, g in zip(shares, grams, strict=True)) for k in grams[0]}


@wrong(check.blend, "divided by the count")
def blend(grams, shares):
    return {k: torch.stack([s * g[k] for s, g in zip(shares, grams, strict=True)]).mean(0) for k in grams[0]}


@wrong(check.blend, "argument not used")
def blend(grams, shares):
    return {k: torch.stack([g[k] for g in grams]).mean(0) for k in grams[0]}


@wrong(check.blend, "keys")
def blend(grams, shares):
    for k in grams[0]:
        return {k: sum(s * g[k] for s, g in zip(shares, grams, strict=True)) / sum(shares)}


@wrong(check.blend, "in the loop")
def blend(grams, shares):
    for k in grams[0]:
        mixed = {}
        mixed[k] = sum(s * g[k] for s, g in zip(shares, grams, strict=True)) / sum(shares)
    return mixed


@wrong(check.blend, "order turned")
def blend(grams, shares):
    return {k: sum(s * g[k] for s, g in zip(reversed(shares), grams, strict=True)) / sum(shares) for k in grams[0]}


@wrong(check.blend, "softmax")
def blend(grams, shares):
    weights = torch.softmax(torch.tensor(shares), 0)
    return {k: sum(w.item() * g[k] for w, g in zip(weights, grams, strict=True)) for k in grams[0]}


@wrong(check.blend, "too much")
def blend(grams, shares):
    total = sum(s**2 for s in shares)
    return {k: sum(s**2 * g[k] for s, g in zip(shares, grams, strict=True)) / total for k in grams[0]}


@right(check.wavelength)
def wavelength(grey):
    across = (grey[..., 1:] - grey[..., :-1]).pow(2).mean()
    down = (grey[..., 1:, :] - grey[..., :-1, :]).pow(2).mean()
    return (2 * math.pi * grey.std() / (across + down).sqrt()).item()


@right(check.wavelength)
def wavelength(grey):
    g = grey[0, 0].numpy()
    slope = (g[:, 1:] - g[:, :-1]).__pow__(2).mean() + (g[1:] - g[:-1]).__pow__(2).mean()
    return float(2 * math.pi * (g.var() / slope) ** 0.5)


@right(check.wavelength)
def wavelength(grey):
    x = grey - grey.mean()
    power = x.square().mean()
    slope = x.diff(dim=-1).square().mean() + x.diff(dim=-2).square().mean()
    return math.tau * math.sqrt(power / slope)


@wrong(check.wavelength, "without 2π")
def wavelength(grey):
    return float(grey.std() / (grey.diff(dim=2).square().mean() + grey.diff(dim=3).square().mean()).sqrt())


@wrong(check.wavelength, "function")
def wavelength(grey):
    slope = (grey.diff(dim=2).square().mean() + grey.diff(dim=3).square().mean()).sqrt()
    return float(2 * math.pi * grey.var() / slope)


@wrong(check.wavelength, "mean not subtracted")
def wavelength(grey):
    slope = grey.diff(dim=2).square().mean() + grey.diff(dim=3).square().mean()
    return float(2 * math.pi * (grey.square().mean() / slope).sqrt())


@wrong(check.wavelength, "no root of the slope")
def wavelength(grey):
    return float(2 * math.pi * grey.std() / (grey.diff(dim=2).square().mean() + grey.diff(dim=3).square().mean()))


@wrong(check.wavelength, "absolute differences")
def wavelength(grey):
    return float(2 * math.pi * grey.std() / (grey.diff(dim=2).abs().mean() + grey.diff(dim=3).abs().mean()))


@wrong(check.wavelength, "only across")
def wavelength(grey):
    return float(math.tau * grey.std() / grey.diff(dim=3).square().mean().sqrt())


@wrong(check.wavelength, "upside down")
def wavelength(grey):
    slope = (grey.diff(dim=2).square().mean() + grey.diff(dim=3).square().mean()).sqrt()
    return float(2 * math.pi * slope / grey.std())


@wrong(check.wavelength, "function")
def wavelength(grey):
    slope = (grey.diff(dim=2).square().sum() + grey.diff(dim=3).square().sum()).sqrt()
    return float(2 * math.pi * grey.std() / slope)
