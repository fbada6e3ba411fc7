"""Answers to the exercises of notebook 06."""
# ruff: noqa: F811

import torch

from learner_answers import right, wrong
from nsthelpers.checks import losses_and_weights as check


def own_gram(features):
    b, c, h, w = features.shape
    flat = features.reshape(b, c, h * w)
    return torch.bmm(flat, flat.transpose(1, 2)) / (h * w)


@right(check.style_loss)
def style_loss(features, target_gram):
    c = features.shape[1]
    return ((own_gram(features) - target_gram) ** 2).sum() / (4 * c**2)


@right(check.style_loss)
def style_loss(features, target_gram):
    b = len(features)
    return b * torch.nn.functional.mse_loss(own_gram(features), target_gram) / 4


@right(check.style_loss)
def style_loss(features, target_gram):
    total = 0.0
    for one, target in zip(features, target_gram, strict=True):
        g = torch.einsum("iyx,jyx->ij", one, one) / one[0].numel()
        total = total + (g - target).pow(2).sum() * 0.25 / len(one) / len(one)
    return total


@wrong(check.style_loss, "times C²")
def style_loss(features, target_gram):
    return torch.sum((own_gram(features) - target_gram) ** 2)


@wrong(check.style_loss, "mean")
def style_loss(features, target_gram):
    return torch.nn.functional.mse_loss(own_gram(features), target_gram)


@wrong(check.style_loss, "over (H·W)²")
def style_loss(features, target_gram):
    b, c, h, w = features.shape
    return ((own_gram(features) - target_gram) ** 2).sum() / (4 * c**2 * (h * w) ** 2)


@wrong(check.style_loss, "operator")
def style_loss(features, target_gram):
    c = features.shape[1]
    return ((own_gram(features) - target_gram) ** 2).sum() / 4 * c**2


@wrong(check.style_loss, "Gram not divided")
def style_loss(features, target_gram):
    flat = features.flatten(2)
    gram = flat @ flat.mT
    return (gram - target_gram).pow(2).sum() / 4 / flat.shape[1] ** 2


@wrong(check.style_loss, "times C")
def style_loss(features, target_gram):
    return (own_gram(features) - target_gram).pow(2).sum() / (4 * features.shape[1])


@wrong(check.style_loss, "number")
def style_loss(features, target_gram):
    return (own_gram(features) - target_gram).pow(2).sum().item() / (4 * features.shape[1] ** 2)


@wrong(check.style_loss, "another size for C")
def style_loss(features, target_gram):
    c = features.shape[2]
    return (own_gram(features) - target_gram).pow(2).sum() / (4 * c**2)


@wrong(check.style_loss, "detached")
def style_loss(features, target_gram):
    gram = own_gram(features).data
    return (gram - target_gram).pow(2).sum() / (4 * features.shape[1] ** 2)


@right(check.relative_style_loss)
def relative_style_loss(features, target_gram):
    g = own_gram(features)
    return ((g - target_gram) ** 2).sum() / (target_gram**2).sum()


@right(check.relative_style_loss)
def relative_style_loss(features, target_gram):
    return (torch.linalg.norm(own_gram(features) - target_gram) / torch.linalg.norm(target_gram)) ** 2


@right(check.relative_style_loss)
def relative_style_loss(features, target_gram):
    mse = torch.nn.functional.mse_loss
    return mse(own_gram(features), target_gram) / mse(target_gram, torch.zeros_like(target_gram))


@wrong(check.relative_style_loss, "root")
def relative_style_loss(features, target_gram):
    return torch.norm(own_gram(features) - target_gram) / torch.norm(target_gram)


@wrong(check.relative_style_loss, "function")
def relative_style_loss(features, target_gram):
    return torch.nn.functional.mse_loss(own_gram(features), target_gram) / target_gram.pow(2).sum()


@wrong(check.relative_style_loss, "the paper's")
def relative_style_loss(features, target_gram):
    c = features.shape[1]
    return ((own_gram(features) - target_gram) ** 2).sum() / (4 * c * c)


@wrong(check.relative_style_loss, "entry by entry")
def relative_style_loss(features, target_gram):
    return (((own_gram(features) - target_gram) / target_gram) ** 2).sum()


@wrong(check.relative_style_loss, "divided by G")
def relative_style_loss(features, target_gram):
    g = own_gram(features)
    return (g - target_gram).pow(2).sum() / g.pow(2).sum()


@wrong(check.relative_style_loss, "Gram not divided")
def relative_style_loss(features, target_gram):
    flat = features.flatten(2)
    return (flat @ flat.mT - target_gram).pow(2).sum() / target_gram.pow(2).sum()


@wrong(check.relative_style_loss, "A not squared")
def relative_style_loss(features, target_gram):
    return ((own_gram(features) - target_gram) ** 2).sum() / target_gram.sum()


@wrong(check.relative_style_loss, "number")
def relative_style_loss(features, target_gram):
    return float((own_gram(features) - target_gram).pow(2).sum() / target_gram.pow(2).sum())


@wrong(check.relative_style_loss, "axis")
def relative_style_loss(features, target_gram):
    return (own_gram(features) - target_gram).pow(2).sum(dim=(1, 2)) / target_gram.pow(2).sum(dim=(1, 2))


@right(check.layer_shares)
def layer_shares(grams):
    parts = {}
    for name, gram in grams.items():
        channels = gram.shape[1]
        parts[name] = float((gram**2).sum()) / channels**2
    total = sum(parts.values())
    return {name: value / total for name, value in parts.items()}


@right(check.layer_shares)
def layer_shares(grams):
    means = torch.stack([gram.pow(2).mean() for gram in grams.values()])
    return dict(zip(grams, (means / means.sum()).tolist(), strict=True))


@right(check.layer_shares)
def layer_shares(grams):
    strength = {layer: (torch.norm(a) / a.size(-1)) ** 2 for layer, a in grams.items()}
    return {layer: strength[layer] / sum(strength.values()) for layer in strength}


@wrong(check.layer_shares, "not divided by the sum")
def layer_shares(grams):
    return {name: (gram**2).mean().item() for name, gram in grams.items()}


@wrong(check.layer_shares, "C missing")
def layer_shares(grams):
    parts = {name: gram.pow(2).sum().item() for name, gram in grams.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


@wrong(check.layer_shares, "root")
def layer_shares(grams):
    parts = {name: (torch.norm(gram) / gram.shape[1]).item() for name, gram in grams.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


@wrong(check.layer_shares, "too much")
def layer_shares(grams):
    parts = {name: gram.pow(2).mean().item() / gram.shape[1] ** 2 for name, gram in grams.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


@wrong(check.layer_shares, "list")
def layer_shares(grams):
    parts = [gram.pow(2).mean().item() for gram in grams.values()]
    return [part / sum(parts) for part in parts]


@wrong(check.layer_shares, "not squared")
def layer_shares(grams):
    parts = {name: gram.sum().item() / gram.shape[1] ** 2 for name, gram in grams.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


@right(check.total_variation)
def total_variation(image):
    across = image.diff(dim=3).pow(2).mean()
    down = image.diff(dim=2).pow(2).mean()
    return across + down


@right(check.total_variation)
def total_variation(image):
    mse = torch.nn.functional.mse_loss
    return mse(image[..., 1:], image[..., :-1]) + mse(image[..., 1:, :], image[..., :-1, :])


@right(check.total_variation)
def total_variation(image):
    b, c, h, w = image.shape
    horizontal = ((image[:, :, :, :-1] - image[:, :, :, 1:]) ** 2).sum() / (b * c * h * (w - 1))
    vertical = ((image[:, :, :-1, :] - image[:, :, 1:, :]) ** 2).sum() / (b * c * (h - 1) * w)
    return vertical + horizontal


@wrong(check.total_variation, "sums")
def total_variation(image):
    return (image.diff(dim=-1) ** 2).sum() + (image.diff(dim=-2) ** 2).sum()


@wrong(check.total_variation, "absolute values")
def total_variation(image):
    gaps = [image.narrow(a, 1, image.shape[a] - 1) - image.narrow(a, 0, image.shape[a] - 1) for a in (2, 3)]
    return sum(gap.abs().mean() for gap in gaps)


@wrong(check.total_variation, "signed")
def total_variation(image):
    return torch.mean(image[..., 1:] - image[..., :-1]) + torch.mean(image[..., 1:, :] - image[..., :-1, :])


@wrong(check.total_variation, "shapes")
def total_variation(image):
    across = image[:, :, :, 1:] - image[:, :, :, :-1]
    down = image[:, :, 1:, :] - image[:, :, :-1, :]
    return (across**2 + down**2).mean()


@wrong(check.total_variation, "wrapped round")
def total_variation(image):
    return ((image - torch.roll(image, 1, 3)) ** 2).mean() + ((image - torch.roll(image, 1, 2)) ** 2).mean()


@wrong(check.total_variation, "loop")
def total_variation(image):
    b, c, h, w = image.shape
    across = sum((image[:, :, y, x + 1] - image[:, :, y, x]).pow(2).sum() for y in range(h) for x in range(w - 1))
    down = sum((image[:, :, y + 1, x] - image[:, :, y, x]).pow(2).sum() for y in range(h - 1) for x in range(w))
    return across / (b * c * h * (w - 1)) + down / (b * c * (h - 1) * w)


@wrong(check.total_variation, "only one direction")
def total_variation(image):
    return image.diff().square().mean()


@wrong(check.total_variation, "only one direction")
def total_variation(image):
    across = (image[..., 1:] - image[..., :-1]).square().mean()
    down = (image[..., 1:] - image[..., :-1]).square().mean()
    return across + down


@wrong(check.total_variation, "too much")
def total_variation(image):
    return 0.5 * (image.diff(dim=2).square().mean() + image.diff(dim=3).square().mean())


@right(check.convert_weight)
def convert_weight(weight, channels):
    return 4 * weight / (channels * channels)


@right(check.convert_weight)
def convert_weight(weight, channels):
    theirs, ours = 1 / channels**4, 1 / (4 * channels**2)
    return weight * theirs / ours


@right(check.convert_weight)
def convert_weight(weight, channels):
    return weight * (2 / channels) ** 2


@wrong(check.convert_weight, "inverted")
def convert_weight(weight, channels):
    return weight * channels * channels / 4


@wrong(check.convert_weight, "C to the fourth")
def convert_weight(weight, channels):
    return weight / channels**4


@wrong(check.convert_weight, "4 forgotten")
def convert_weight(weight, channels):
    gram_factor = 1 / channels
    return weight * gram_factor**2


@wrong(check.convert_weight, "4 inverted")
def convert_weight(weight, channels):
    return weight / (4 * channels**2)


@wrong(check.convert_weight, "C not squared")
def convert_weight(weight, channels):
    return 4 * weight / channels


@wrong(check.convert_weight, "operator")
def convert_weight(weight, channels):
    return weight * (2 * channels) ** 2
