"""Answers to the exercises of notebook 04."""
# ruff: noqa: F811

import math

import numpy as np
import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers.checks import what_layers_remember as check


@right(check.content_loss)
def content_loss(features, target):
    return ((features - target) ** 2).sum() / 2


@right(check.content_loss)
def content_loss(features, target):
    return 0.5 * F.mse_loss(features, target, reduction="sum")


@right(check.content_loss)
def content_loss(features, target):
    difference = (features - target).flatten()
    return 0.5 * torch.dot(difference, difference)


@wrong(check.content_loss, "mean")
def content_loss(features, target):
    return F.mse_loss(features, target)


@wrong(check.content_loss, "no one half")
def content_loss(features, target):
    return torch.sum((features - target) ** 2)


@wrong(check.content_loss, "absolute values")
def content_loss(features, target):
    return F.l1_loss(features, target)


@wrong(check.content_loss, "number")
def content_loss(features, target):
    return 0.5 * float(((features - target) ** 2).sum())


@wrong(check.content_loss, "not summed")
def content_loss(features, target):
    return 0.5 * (features - target) ** 2


@wrong(check.content_loss, "detached")
def content_loss(features, target):
    with torch.no_grad():
        return 0.5 * ((features - target) ** 2).sum()


@wrong(check.content_loss, "not squared")
def content_loss(features, target):
    return (features - target).sum() * 0.5


@wrong(check.content_loss, "wrong power")
def content_loss(features, target):
    return 0.5 * ((features - target) ** 3).sum()


@wrong(check.content_loss, "power")
def content_loss(features, target):
    return 0.5 * ((features - target) ^ 2).sum()


@right(check.relative_content)
def relative_content(features, target):
    return F.mse_loss(features, target) / (target**2).mean()


@right(check.relative_content)
def relative_content(features, target):
    return (torch.dist(features, target) / torch.linalg.vector_norm(target)) ** 2


@right(check.relative_content)
def relative_content(features, target):
    a, b = features.reshape(-1), target.reshape(-1)
    return torch.inner(a - b, a - b) / torch.inner(b, b)


@wrong(check.relative_content, "not relative")
def relative_content(features, target):
    return 0.5 * torch.sum((features - target).pow(2))


@wrong(check.relative_content, "not squared")
def relative_content(features, target):
    return torch.linalg.vector_norm(features - target) / torch.linalg.vector_norm(target)


@wrong(check.relative_content, "divided by F")
def relative_content(features, target):
    return ((target - features) ** 2).sum() / (features**2).sum()


@wrong(check.relative_content, "element by element")
def relative_content(features, target):
    return torch.mean((features / target - 1) ** 2)


@wrong(check.relative_content, "extra factor one half")
def relative_content(features, target):
    loss = ((features - target) ** 2).sum() / 2
    return loss / (target**2).sum()


@wrong(check.relative_content, "mean over the batch")
def relative_content(features, target):
    ratios = [((f - p) ** 2).sum() / (p**2).sum() for f, p in zip(features, target, strict=True)]
    return torch.stack(ratios).mean()


@wrong(check.relative_content, "times B·C·H·W")
def relative_content(features, target):
    return ((features - target) ** 2).sum() / (target**2).mean()


@right(check.psnr)
def psnr(a, b):
    return 10 * torch.log10(1 / ((a - b) ** 2).mean())


@right(check.psnr)
def psnr(a, b):
    mse = F.mse_loss(a, b).item()
    return math.inf if mse == 0 else -10 * math.log10(mse)


@right(check.psnr)
def psnr(a, b):
    with np.errstate(divide="ignore"):
        return -20 * np.log10(np.sqrt(np.mean((a.numpy() - b.numpy()) ** 2)))


@wrong(check.psnr, "natural logarithm")
def psnr(a, b):
    return 10 * torch.log(1 / F.mse_loss(a, b))


@wrong(check.psnr, "factor 20")
def psnr(a, b):
    return 20 * torch.log10(1 / F.mse_loss(a, b))


@wrong(check.psnr, "stops for equal pictures")
def psnr(a, b):
    mse = F.mse_loss(a, b).item()
    return -10 * math.log10(mse)


@wrong(check.psnr, "wrong sign")
def psnr(a, b):
    return 10 * torch.log10(torch.mean((a - b) ** 2))


@wrong(check.psnr, "peak of 255")
def psnr(a, b):
    mse = ((a - b) ** 2).mean()
    return 20 * torch.log10(torch.tensor(255.0)) - 10 * torch.log10(mse)


@wrong(check.psnr, "absolute error")
def psnr(a, b):
    return 10 * torch.log10(1 / F.l1_loss(a, b))


@wrong(check.psnr, "infinity avoided")
def psnr(a, b):
    mse = torch.mean((a - b) ** 2) + 1e-8
    return -10 * mse.log10()


@wrong(check.psnr, "shape")
def psnr(a, b):
    return 10 * torch.log10(1 / ((a - b) ** 2).mean(dim=(2, 3)))


@right(check.errors_by_layer)
def errors_by_layer(features, targets):
    result = {}
    for name, target in targets.items():
        result[name] = float(((features[name] - target) ** 2).sum() / (target**2).sum())
    return result


@right(check.errors_by_layer)
def errors_by_layer(features, targets):
    return {n: ((f - targets[n]).norm() / targets[n].norm()) ** 2 for n, f in features.items()}


@right(check.errors_by_layer)
def errors_by_layer(features, targets):
    values = [F.mse_loss(features[n], t).item() / t.pow(2).mean().item() for n, t in targets.items()]
    return dict(zip(targets, values, strict=True))


@wrong(check.errors_by_layer, "only the last layer")
def errors_by_layer(features, targets):
    for name in targets:
        result = {}
        result[name] = (((features[name] - targets[name]) ** 2).sum() / (targets[name] ** 2).sum()).item()
    return result


@wrong(check.errors_by_layer, "list")
def errors_by_layer(features, targets):
    return [F.mse_loss(features[n], targets[n]).item() / targets[n].square().mean().item() for n in targets]


@wrong(check.errors_by_layer, "not relative")
def errors_by_layer(features, targets):
    return {n: F.mse_loss(features[n], targets[n]).item() for n in targets}


@wrong(check.errors_by_layer, "only the first layer")
def errors_by_layer(features, targets):
    result = {}
    for name, p in targets.items():
        result[name] = (((features[name] - p) ** 2).sum() / (p**2).sum()).item()
        return result


@wrong(check.errors_by_layer, "shapes")
def errors_by_layer(features, targets):
    result = {}
    for name, target in targets:
        result[name] = ((features[name] - target) ** 2).sum() / (target**2).sum()
    return result


@wrong(check.errors_by_layer, "mean over layers")
def errors_by_layer(features, targets):
    return float(np.mean([float(((features[n] - p) ** 2).sum() / (p**2).sum()) for n, p in targets.items()]))


@wrong(check.errors_by_layer, "shape")
def errors_by_layer(features, targets):
    return {n: (features[n] - p) ** 2 / p**2 for n, p in targets.items()}
