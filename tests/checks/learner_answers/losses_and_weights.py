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


@wrong(check.style_loss, "no divisor")
def style_loss(features, target_gram):
    return torch.sum((own_gram(features) - target_gram) ** 2)


@wrong(check.style_loss, "mean")
def style_loss(features, target_gram):
    return torch.nn.functional.mse_loss(own_gram(features), target_gram)


@wrong(check.style_loss, "divided by H·W again")
def style_loss(features, target_gram):
    b, c, h, w = features.shape
    return ((own_gram(features) - target_gram) ** 2).sum() / (4 * c**2 * (h * w) ** 2)


@wrong(check.style_loss, "multiplied by ¼C²")
def style_loss(features, target_gram):
    c = features.shape[1]
    return ((own_gram(features) - target_gram) ** 2).sum() / 4 * c**2


@wrong(check.style_loss, "Gram not divided")
def style_loss(features, target_gram):
    flat = features.flatten(2)
    gram = flat @ flat.mT
    return (gram - target_gram).pow(2).sum() / 4 / flat.shape[1] ** 2


@wrong(check.style_loss, "C not squared")
def style_loss(features, target_gram):
    return (own_gram(features) - target_gram).pow(2).sum() / (4 * features.shape[1])


@wrong(check.style_loss, "number")
def style_loss(features, target_gram):
    return (own_gram(features) - target_gram).pow(2).sum().item() / (4 * features.shape[1] ** 2)


@wrong(check.style_loss, "wrong axis for C")
def style_loss(features, target_gram):
    c = features.shape[2]
    return (own_gram(features) - target_gram).pow(2).sum() / (4 * c**2)


@wrong(check.style_loss, "detached")
def style_loss(features, target_gram):
    gram = own_gram(features).data
    return (gram - target_gram).pow(2).sum() / (4 * features.shape[1] ** 2)


@right(check.total_variation)
def total_variation(image):
    across = image.diff(dim=3).abs().mean()
    down = image.diff(dim=2).abs().mean()
    return across + down


@right(check.total_variation)
def total_variation(image):
    gaps = [image.narrow(a, 1, image.shape[a] - 1) - image.narrow(a, 0, image.shape[a] - 1) for a in (2, 3)]
    return sum(gap.abs().mean() for gap in gaps)


@right(check.total_variation)
def total_variation(image):
    b, c, h, w = image.shape
    horizontal = torch.abs(image[:, :, :, :-1] - image[:, :, :, 1:]).sum() / (b * c * h * (w - 1))
    vertical = torch.abs(image[:, :, :-1, :] - image[:, :, 1:, :]).sum() / (b * c * (h - 1) * w)
    return vertical + horizontal


@wrong(check.total_variation, "sums")
def total_variation(image):
    return image.diff(dim=-1).abs().sum() + image.diff(dim=-2).abs().sum()


@wrong(check.total_variation, "squares")
def total_variation(image):
    return (image.diff(dim=-1) ** 2).mean() + (image.diff(dim=-2) ** 2).mean()


@wrong(check.total_variation, "signed")
def total_variation(image):
    return torch.mean(image[..., 1:] - image[..., :-1]) + torch.mean(image[..., 1:, :] - image[..., :-1, :])


@wrong(check.total_variation, "shapes")
def total_variation(image):
    across = image[:, :, :, 1:] - image[:, :, :, :-1]
    down = image[:, :, 1:, :] - image[:, :, :-1, :]
    return (across.abs() + down.abs()).mean()


@wrong(check.total_variation, "wrapped round")
def total_variation(image):
    return (image - torch.roll(image, 1, 3)).abs().mean() + (image - torch.roll(image, 1, 2)).abs().mean()


@wrong(check.total_variation, "loop")
def total_variation(image):
    b, c, h, w = image.shape
    across = sum((image[:, :, y, x + 1] - image[:, :, y, x]).abs().sum() for y in range(h) for x in range(w - 1))
    down = sum((image[:, :, y + 1, x] - image[:, :, y, x]).abs().sum() for y in range(h - 1) for x in range(w))
    return across / (b * c * h * (w - 1)) + down / (b * c * (h - 1) * w)


@wrong(check.total_variation, "only one direction")
def total_variation(image):
    return image.diff().abs().mean()


@wrong(check.total_variation, "twice the same direction")
def total_variation(image):
    across = (image[..., 1:] - image[..., :-1]).abs().mean()
    down = (image[..., 1:] - image[..., :-1]).abs().mean()
    return across + down


@wrong(check.total_variation, "mean of both")
def total_variation(image):
    return 0.5 * (image.diff(dim=2).abs().mean() + image.diff(dim=3).abs().mean())


@right(check.combine)
def combine(losses, weights):
    total = 0.0
    for name in losses:
        if name in weights:
            total = total + weights[name] * losses[name]
    return total


@right(check.combine)
def combine(losses, weights):
    return sum(losses[name] * weights[name] for name in losses.keys() & weights.keys())


@right(check.combine)
def combine(losses, weights):
    values = torch.stack(list(losses.values()))
    return values @ torch.tensor([float(weights.get(name, 0)) for name in losses], dtype=values.dtype)


@wrong(check.combine, "missing name stops")
def combine(losses, weights):
    total = 0
    for name, loss in losses.items():
        total += loss * weights[name]
    return total


@wrong(check.combine, "wrong pairs")
def combine(losses, weights):
    return sum(a * b for a, b in zip(losses.values(), weights.values(), strict=False))


@wrong(check.combine, "weights ignored")
def combine(losses, weights):
    return torch.stack(list(losses.values())).sum()


@wrong(check.combine, "missing counts 1")
def combine(losses, weights):
    return sum(loss * weights.get(name, 1) for name, loss in losses.items())


@wrong(check.combine, "changed input")
def combine(losses, weights):
    total = 0
    for name in losses:
        weights.setdefault(name, 0.0)
        total = total + weights[name] * losses[name]
    return total


@wrong(check.combine, "a dictionary")
def combine(losses, weights):
    return {name: loss * weights.get(name, 0.0) for name, loss in losses.items()}


@wrong(check.combine, "only the last")
def combine(losses, weights):
    for name in losses:
        total = weights.get(name, 0) * losses[name]
    return total


@right(check.balance)
def balance(content, style, ratio):
    return ratio * (content / style)


@right(check.balance)
def balance(content, style, ratio):
    target = ratio * content
    return target / style


@right(check.balance)
def balance(content, style, ratio):
    return torch.tensor(content, dtype=torch.float64) * ratio / style


@wrong(check.balance, "content and style exchanged")
def balance(content, style, ratio):
    return ratio * style / content


@wrong(check.balance, "ratio ignored")
def balance(content, style, ratio):
    return content / style


@wrong(check.balance, "weighted style")
def balance(content, style, ratio):
    return content * ratio


@wrong(check.balance, "inverted")
def balance(content, style, ratio):
    return style / content / ratio


@wrong(check.balance, "divided by ratio")
def balance(content, style, ratio):
    return content / ratio / style


@wrong(check.balance, "difference")
def balance(content, style, ratio):
    return ratio * content - style


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


@wrong(check.convert_weight, "multiplied by 4C²")
def convert_weight(weight, channels):
    return weight * (2 * channels) ** 2
