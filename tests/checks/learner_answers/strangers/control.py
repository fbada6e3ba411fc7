"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ match_colours
    (
        "match_colours",
        "wrong",
        "the root of the inverse in place of the inverse of the root",
        """
def match_colours(style, content, root):
    s = style[0].flatten(1)
    c = content[0].flatten(1)
    ms, mc = s.mean(1, keepdim=True), c.mean(1, keepdim=True)
    cov_s = (s - ms) @ (s - ms).T / s.shape[1]
    cov_c = (c - mc) @ (c - mc).T / c.shape[1]
    A = root(cov_c) @ root(torch.linalg.inv(cov_s))
    return (A @ (s - ms) + mc).reshape(style.shape)
""",
    ),
    (
        "match_colours",
        "wrong",
        "pixels as rows, times A without its transpose",
        """
def match_colours(style, content, root):
    s = style[0].permute(1, 2, 0).reshape(-1, 3)
    c = content[0].permute(1, 2, 0).reshape(-1, 3)
    ms, mc = s.mean(0), c.mean(0)
    cov_s = (s - ms).T @ (s - ms) / len(s)
    cov_c = (c - mc).T @ (c - mc) / len(c)
    A = root(cov_c) @ torch.linalg.inv(root(cov_s))
    new = (s - ms) @ A + mc
    h, w = style.shape[-2:]
    return new.reshape(h, w, 3).permute(2, 0, 1)[None]
""",
    ),
    (
        "match_colours",
        "wrong",
        "reshape(-1, 3) as if the channels came last",
        """
def match_colours(style, content, root):
    s = style.reshape(-1, 3).T
    c = content.reshape(-1, 3).T
    ms, mc = s.mean(1, keepdim=True), c.mean(1, keepdim=True)
    cov_s = (s - ms) @ (s - ms).T / s.shape[1]
    cov_c = (c - mc) @ (c - mc).T / c.shape[1]
    A = root(cov_c) @ torch.linalg.inv(root(cov_s))
    return (A @ (s - ms) + mc).T.reshape(style.shape)
""",
    ),
    (
        "match_colours",
        "wrong",
        "second moments in place of covariances: the means stay in",
        """
def match_colours(style, content, root):
    s = style[0].flatten(1)
    c = content[0].flatten(1)
    ms, mc = s.mean(1, keepdim=True), c.mean(1, keepdim=True)
    cov_s = s @ s.T / s.shape[1]
    cov_c = c @ c.T / c.shape[1]
    A = root(cov_c) @ torch.linalg.inv(root(cov_s))
    return (A @ (s - ms) + mc).reshape(style.shape)
""",
    ),
    (
        "match_colours",
        "wrong",
        "each channel for itself: deviations only, no covariance",
        """
def match_colours(style, content, root):
    ms = style.mean(dim=(2, 3), keepdim=True)
    mc = content.mean(dim=(2, 3), keepdim=True)
    ss = style.std(dim=(2, 3), keepdim=True, unbiased=False)
    sc = content.std(dim=(2, 3), keepdim=True, unbiased=False)
    return sc / ss * (style - ms) + mc
""",
    ),
    (
        "match_colours",
        "wrong",
        "the two matrices the other way round",
        """
def match_colours(style, content, root):
    s = style[0].flatten(1)
    c = content[0].flatten(1)
    ms, mc = s.mean(1, keepdim=True), c.mean(1, keepdim=True)
    cov_s = (s - ms) @ (s - ms).T / s.shape[1]
    cov_c = (c - mc) @ (c - mc).T / c.shape[1]
    A = torch.linalg.inv(root(cov_s)) @ root(cov_c)
    return (A @ (s - ms) + mc).reshape(style.shape)
""",
    ),
    (
        "match_colours",
        "right",
        "matrices, step by step",
        """
def match_colours(style, content, root):
    s = style[0].flatten(1)
    c = content[0].flatten(1)
    ms, mc = s.mean(1, keepdim=True), c.mean(1, keepdim=True)
    cov_s = (s - ms) @ (s - ms).T / s.shape[1]
    cov_c = (c - mc) @ (c - mc).T / c.shape[1]
    A = root(cov_c) @ torch.linalg.inv(root(cov_s))
    return (A @ (s - ms) + mc).reshape(style.shape)
""",
    ),
    (
        "match_colours",
        "right",
        "torch.cov, and solve for the inverse",
        """
def match_colours(style, content, root):
    s, c = style.view(3, -1), content.view(3, -1)
    cov_s, cov_c = torch.cov(s, correction=0), torch.cov(c, correction=0)
    white = torch.linalg.solve(root(cov_s), s - s.mean(1, keepdim=True))
    return (root(cov_c) @ white + c.mean(1, keepdim=True)).view_as(style)
""",
    ),
    (
        "match_colours",
        "right",
        "einsum and a helper",
        """
def match_colours(style, content, root):
    def mean_and_root(image):
        mean = image.mean((0, 2, 3), keepdim=True)
        d = image - mean
        n = image.shape[2] * image.shape[3]
        return mean, root(torch.einsum("bihw,bjhw->ij", d, d) / n)

    ms, rs = mean_and_root(style)
    mc, rc = mean_and_root(content)
    A = rc @ rs.inverse()
    return torch.einsum("ij,bjhw->bihw", A, style - ms) + mc
""",
    ),
    # ------------------------------------------------------------------ guided_gram
    (
        "guided_gram",
        "wrong",
        "mean(T) = 1, without the square",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = torch.nn.functional.adaptive_avg_pool2d(mask, (h, w))
    T = T / T.mean()
    f = (features * T).reshape(c, h * w)
    return (f @ f.T / (h * w))[None]
""",
    ),
    (
        "guided_gram",
        "wrong",
        "scaled first, then shrunk",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = mask / mask.square().mean().sqrt()
    T = torch.nn.functional.adaptive_avg_pool2d(T, (h, w))
    f = (features * T).flatten(2)
    return f @ f.transpose(1, 2) / (h * w)
""",
    ),
    (
        "guided_gram",
        "wrong",
        "shrunk by nearest neighbours, interpolate's default",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = torch.nn.functional.interpolate(mask, size=(h, w))
    T = T / (T**2).mean().sqrt()
    f = (features * T).flatten(2)
    return torch.bmm(f, f.transpose(1, 2)) / (h * w)
""",
    ),
    (
        "guided_gram",
        "wrong",
        "divided by mean(T²), no root",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = torch.nn.functional.adaptive_avg_pool2d(mask, (h, w))
    T = T / (T**2).mean()
    f = (features * T).flatten(2)
    return torch.bmm(f, f.transpose(1, 2)) / (h * w)
""",
    ),
    (
        "guided_gram",
        "wrong",
        "the mask on one of the two factors only",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = torch.nn.functional.adaptive_avg_pool2d(mask, (h, w))
    T = T / T.pow(2).mean().sqrt()
    return torch.einsum("bchw,bdhw->bcd", features * T, features) / (h * w)
""",
    ),
    (
        "guided_gram",
        "wrong",
        "the sum of T² is 1: a vector of length 1",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = torch.nn.functional.adaptive_avg_pool2d(mask, (h, w))
    T = T / T.norm()
    f = (features * T).flatten(2)
    return f @ f.mT / (h * w)
""",
    ),
    (
        "guided_gram",
        "right",
        "adaptive pooling",
        """
def guided_gram(features, mask):
    _, c, h, w = features.shape
    T = torch.nn.functional.adaptive_avg_pool2d(mask, (h, w))
    T = T / T.square().mean().sqrt()
    f = (features * T).flatten(2)
    return f @ f.transpose(1, 2) / (h * w)
""",
    ),
    (
        "guided_gram",
        "right",
        "interpolate by area, einsum with T squared",
        """
def guided_gram(features, mask):
    size = features.shape[-2:]
    t = torch.nn.functional.interpolate(mask, size=size, mode="area")
    weights = t**2 / (t**2).sum()
    return torch.einsum("bihw,bjhw,bkhw->bij", features, features, weights)
""",
    ),
    (
        "guided_gram",
        "right",
        "a loop over pairs of channels",
        """
def guided_gram(features, mask):
    batch, channels, height, width = features.shape
    small = torch.nn.AdaptiveAvgPool2d((height, width))(mask)
    scale = torch.sqrt(torch.mean(small * small))
    weighed = features * (small / scale)
    rows = []
    for i in range(channels):
        row = [(weighed[:, i] * weighed[:, j]).mean(dim=(1, 2)) for j in range(channels)]
        rows.append(torch.stack(row, dim=1))
    return torch.stack(rows, dim=1)
""",
    ),
    # ------------------------------------------------------------------ blend
    (
        "blend",
        "wrong",
        "not divided by the sum of the shares",
        """
def blend(grams, shares):
    return {k: sum(s * g[k] for g, s in zip(grams, shares)) for k in grams[0]}
""",
    ),
    (
        "blend",
        "wrong",
        "divided by the number of paintings",
        """
def blend(grams, shares):
    target = {}
    for layer in grams[0]:
        weighted = [share * gram[layer] for gram, share in zip(grams, shares)]
        target[layer] = torch.stack(weighted).mean(dim=0)
    return target
""",
    ),
    (
        "blend",
        "wrong",
        "return inside the loop",
        """
def blend(grams, shares):
    target = {}
    for layer in grams[0]:
        target[layer] = sum(s * g[layer] for g, s in zip(grams, shares)) / sum(shares)
        return target
""",
    ),
    (
        "blend",
        "wrong",
        "two paintings only",
        """
def blend(grams, shares):
    a, b = grams[0], grams[1]
    t = shares[0] / (shares[0] + shares[1])
    return {layer: t * a[layer] + (1 - t) * b[layer] for layer in a}
""",
    ),
    (
        "blend",
        "wrong",
        "adds into the first painting's own matrices",
        """
def blend(grams, shares):
    total = sum(shares)
    result = grams[0]
    for layer in result:
        result[layer] *= shares[0] / total
        for gram, share in zip(grams[1:], shares[1:]):
            result[layer] += share / total * gram[layer]
    return result
""",
    ),
    (
        "blend",
        "wrong",
        "each painting overwrites the one before",
        """
def blend(grams, shares):
    total = sum(shares)
    result = {}
    for gram, share in zip(grams, shares):
        for layer, A in gram.items():
            result[layer] = share * A / total
    return result
""",
    ),
    (
        "blend",
        "right",
        "one comprehension",
        """
def blend(grams, shares):
    total = sum(shares)
    return {k: sum(s * g[k] for g, s in zip(grams, shares)) / total for k in grams[0]}
""",
    ),
    (
        "blend",
        "right",
        "loops that add up",
        """
def blend(grams, shares):
    result = {}
    whole = 0
    for share in shares:
        whole = whole + share
    for number in range(len(grams)):
        for layer in grams[number]:
            part = grams[number][layer] * (shares[number] / whole)
            if layer in result:
                result[layer] = result[layer] + part
            else:
                result[layer] = part
    return result
""",
    ),
    (
        "blend",
        "right",
        "tensordot of the shares and a stack",
        """
def blend(grams, shares):
    out = {}
    for layer, first in grams[0].items():
        w = torch.tensor(shares, dtype=first.dtype, device=first.device)
        out[layer] = torch.tensordot(w / w.sum(), torch.stack([g[layer] for g in grams]), dims=1)
    return out
""",
    ),
    # ------------------------------------------------------------------ wavelength
    (
        "wavelength",
        "wrong",
        "torch.gradient: the differences of the next but one",
        """
def wavelength(grey):
    dy, dx = torch.gradient(grey, dim=(2, 3))
    slope = (dx.pow(2).mean() + dy.pow(2).mean()).sqrt()
    return 2 * torch.pi * grey.std(unbiased=False) / slope
""",
    ),
    (
        "wavelength",
        "wrong",
        "a root of each mean, then the sum",
        """
def wavelength(grey):
    dx = grey.diff(dim=3)
    dy = grey.diff(dim=2)
    slope = dx.square().mean().sqrt() + dy.square().mean().sqrt()
    return 2 * torch.pi * grey.std(unbiased=False) / slope
""",
    ),
    (
        "wavelength",
        "wrong",
        "torch.roll: the last column against the first",
        """
def wavelength(grey):
    dx = grey - torch.roll(grey, 1, dims=3)
    dy = grey - torch.roll(grey, 1, dims=2)
    slope = torch.sqrt((dx**2).mean() + (dy**2).mean())
    return 2 * torch.pi * torch.sqrt(((grey - grey.mean()) ** 2).mean()) / slope
""",
    ),
    (
        "wavelength",
        "wrong",
        "one mean over both kinds of differences",
        """
def wavelength(grey):
    dx = (grey[:, :, :, 1:] - grey[:, :, :, :-1]).flatten()
    dy = (grey[:, :, 1:, :] - grey[:, :, :-1, :]).flatten()
    slope = torch.cat([dx, dy]).square().mean().sqrt()
    return 2 * torch.pi * grey.std(unbiased=False) / slope
""",
    ),
    (
        "wavelength",
        "wrong",
        "the mean first, then the square",
        """
def wavelength(grey):
    dx = grey[..., 1:] - grey[..., :-1]
    dy = grey[..., 1:, :] - grey[..., :-1, :]
    slope = (dx.mean() ** 2 + dy.mean() ** 2).sqrt()
    return 2 * torch.pi * grey.std(correction=0) / slope
""",
    ),
    (
        "wavelength",
        "right",
        "slices",
        """
def wavelength(grey):
    dx = grey[..., 1:] - grey[..., :-1]
    dy = grey[..., 1:, :] - grey[..., :-1, :]
    slope = ((dx**2).mean() + (dy**2).mean()) ** 0.5
    return 2 * torch.pi * grey.std(unbiased=False) / slope
""",
    ),
    (
        "wavelength",
        "right",
        "diff and math, a Python number",
        """
def wavelength(grey):
    import math

    sigma = math.sqrt(grey.var(correction=0).item())
    slope = math.sqrt(sum(grey.diff(dim=d).square().mean().item() for d in (2, 3)))
    return 2 * math.pi * sigma / slope
""",
    ),
    (
        "wavelength",
        "right",
        "in NumPy",
        """
def wavelength(grey):
    import numpy as np

    picture = grey.detach().cpu().numpy()[0, 0]
    dx = np.diff(picture, axis=1)
    dy = np.diff(picture, axis=0)
    return 2 * np.pi * picture.std() / np.sqrt(np.mean(dx**2) + np.mean(dy**2))
""",
    ),
]
