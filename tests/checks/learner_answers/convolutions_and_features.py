"""Answers to the exercises of notebook 02."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers.checks import convolutions_and_features as check


@right(check.convolve)
def convolve(image, kernel):
    h, w = kernel.shape
    result = image.new_zeros(image.shape[0] - h + 1, image.shape[1] - w + 1)
    for y in range(result.shape[0]):
        for x in range(result.shape[1]):
            result[y, x] = (image[y : y + h, x : x + w] * kernel).sum()
    return result


@right(check.convolve)
def convolve(image, kernel):
    patches = image.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
    return torch.einsum("yxij,ij->yx", patches, kernel)


@right(check.convolve)
def convolve(image, kernel):
    height, width = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    total = 0
    for i, row in enumerate(kernel):
        for j, weight in enumerate(row):
            total = total + weight * image[i : i + height, j : j + width]
    return total


@wrong(check.convolve, "kernel turned")
def convolve(image, kernel):
    kernel = torch.rot90(kernel, 2)
    patches = image.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
    return (patches * kernel).sum((-1, -2))


@wrong(check.convolve, "last place forgotten")
def convolve(image, kernel):
    (H, W), (h, w) = image.shape, kernel.shape
    rows = []
    for y in range(H - h):
        rows.append([(image[y : y + h, x : x + w] * kernel).sum() for x in range(W - w)])
    return torch.tensor(rows, dtype=image.dtype).reshape(H - h, W - w)


@wrong(check.convolve, "mean for sum")
def convolve(image, kernel):
    patches = image.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
    return (patches * kernel).mean(dim=(2, 3))


@wrong(check.convolve, "shapes")
def convolve(image, kernel):
    return image * kernel


@wrong(check.convolve, "padded")
def convolve(image, kernel):
    (H, W), (h, w) = image.shape, kernel.shape
    wide = torch.zeros(H + h - 1, W + w - 1, dtype=image.dtype)
    top, left = (h - 1) // 2, (w - 1) // 2
    wide[top : top + H, left : left + W] = image
    return torch.stack([torch.stack([(wide[y : y + h, x : x + w] * kernel).sum() for x in range(W)]) for y in range(H)])


@wrong(check.convolve, "list")
def convolve(image, kernel):
    (H, W), (h, w) = image.shape, kernel.shape
    return [[float((image[y : y + h, x : x + w] * kernel).sum()) for x in range(W - w + 1)] for y in range(H - h + 1)]


@wrong(check.convolve, "axes")
def convolve(image, kernel):
    return torch.nn.functional.conv2d(image, kernel)


@wrong(check.convolve, "transposed")
def convolve(image, kernel):
    h, w = kernel.shape
    result = torch.zeros(image.shape[1] - w + 1, image.shape[0] - h + 1, dtype=image.dtype)
    for x in range(result.shape[0]):
        for y in range(result.shape[1]):
            result[x, y] = (image[y : y + h, x : x + w] * kernel).sum()
    return result


@right(check.filter_image)
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    channels = [F.conv2d(padded[:, c : c + 1], kernel[None, None]) for c in range(image.shape[1])]
    return torch.cat(channels, dim=1)


@right(check.filter_image)
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    bank = kernel.expand(image.shape[1], 1, h, w)
    return F.conv2d(padded, bank, groups=image.shape[1])


@right(check.filter_image)
def filter_image(image, kernel):
    (h, w), (height, width) = kernel.shape, image.shape[2:]
    total = torch.zeros_like(image)
    for i in range(h):
        rows = (torch.arange(height) + i - h // 2).clamp(0, height - 1)
        for j in range(w):
            columns = (torch.arange(width) + j - w // 2).clamp(0, width - 1)
            total = total + kernel[i, j] * image[:, :, rows][..., columns]
    return total


@wrong(check.filter_image, "zeros at the border")
def filter_image(image, kernel):
    h, w = kernel.shape
    bank = kernel.repeat(image.shape[1], 1, 1, 1)
    return F.conv2d(image, bank, padding=(h // 2, w // 2), groups=image.shape[1])


@wrong(check.filter_image, "not padded")
def filter_image(image, kernel):
    maps = [F.conv2d(image[:, c : c + 1], kernel[None, None]) for c in range(image.shape[1])]
    return torch.cat(maps, dim=1)


@wrong(check.filter_image, "sum over 1")
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    return F.conv2d(padded, kernel.expand(1, image.shape[1], h, w))


@wrong(check.filter_image, "mirrored border")
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), "reflect")
    b, c, height, width = padded.shape
    return F.conv2d(padded.view(b * c, 1, height, width), kernel[None, None]).view(image.shape)


@wrong(check.filter_image, "too much")
def filter_image(image, kernel):
    kernel = torch.rot90(kernel, 2)
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    return F.conv2d(padded, kernel.expand(image.shape[1], 1, h, w), groups=image.shape[1])


@wrong(check.filter_image, "clamped")
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    answers = F.conv2d(padded, kernel.expand(image.shape[1], 1, h, w), groups=image.shape[1])
    return torch.minimum(torch.maximum(answers, torch.zeros_like(answers)), torch.ones_like(answers))


@wrong(check.filter_image, "error")
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    return F.conv2d(padded, kernel)


@wrong(check.filter_image, "padding exchanged")
def filter_image(image, kernel):
    h, w = kernel.shape
    padded = F.pad(image, (h // 2, h // 2, w // 2, w // 2), mode="replicate")
    return F.conv2d(padded, kernel.expand(image.shape[1], 1, h, w), groups=image.shape[1])


def average(image, side):
    h = side // 2
    return F.avg_pool2d(F.pad(image, (h, h, h, h), mode="replicate"), side, stride=1)


def four(maps, reach):
    """The helper that the notebook gives."""
    height, width = maps.shape[2:]
    wide, places = F.pad(maps, (reach,) * 4, mode="replicate"), (0, 2 * reach)
    return torch.stack([wide[..., y : y + height, x : x + width] for y in places for x in places])


@right(check.kuwahara)
def kuwahara(image, side):
    means = average(image, side)
    variances = (average(image.square(), side) - means.square()).sum(dim=1, keepdim=True)
    best = four(variances, side // 2).argmin(dim=0, keepdim=True)
    return four(means, side // 2).take_along_dim(best, dim=0)[0]


@right(check.kuwahara)
def kuwahara(image, side):
    mean = average(image, side)
    calm = -(average(image**2, side) - mean**2).mean(1, keepdim=True)
    means, calms = four(mean, side // 2), four(calm, side // 2)
    result = means[0]
    for number in range(1, 4):
        better = calms[number] > calms[:number].amax(0)
        result = torch.where(better, means[number], result)
    return result


@right(check.kuwahara)
def kuwahara(image, side):
    h = side // 2
    mean = average(image, side)
    spread = (average(image * image, side) - mean * mean).sum(1)
    best, result = torch.full_like(spread, torch.inf), torch.zeros_like(image)
    rows, columns = torch.arange(image.shape[2]), torch.arange(image.shape[3])
    for dy in (-h, h):
        for dx in (-h, h):
            y, x = (rows + dy).clamp(0, len(rows) - 1), (columns + dx).clamp(0, len(columns) - 1)
            here = spread[:, y][:, :, x]
            result = torch.where((here < best)[:, None], mean[:, :, y][..., x], result)
            best = torch.minimum(here, best)
    return result


@wrong(check.kuwahara, "wildest window")
def kuwahara(image, side):
    mean = average(image, side)
    spread = (average(image**2, side) - mean**2).sum(1, keepdim=True)
    best = four(spread, side // 2).max(dim=0, keepdim=True).indices
    return torch.take_along_dim(four(mean, side // 2), best, 0)[0]


@wrong(check.kuwahara, "channels apart")
def kuwahara(image, side):
    mean = average(image, side)
    spread = average(image**2, side) - mean**2
    best = four(spread, side // 2).argmin(dim=0, keepdim=True)
    return four(mean, side // 2).gather(0, best)[0]


@wrong(check.kuwahara, "plain blur")
def kuwahara(image, side):
    return average(image, side)


@wrong(check.kuwahara, "mean of four")
def kuwahara(image, side):
    return four(average(image, side), side // 2).mean(dim=0)


@wrong(check.kuwahara, "square of the mean missing")
def kuwahara(image, side):
    squares = average(image * image, side).sum(1, keepdim=True)
    best = four(squares, side // 2).argmin(dim=0, keepdim=True)
    return four(average(image, side), side // 2).take_along_dim(best, dim=0)[0]


@wrong(check.kuwahara, "windows too far")
def kuwahara(image, side):
    means = average(image, side)
    variances = (average(image.square(), side) - means.square()).sum(dim=1, keepdim=True)
    best = four(variances, side).argmin(dim=0, keepdim=True)
    return four(means, side).take_along_dim(best, dim=0)[0]


@wrong(check.kuwahara, "extra axis")
def kuwahara(image, side):
    means = average(image, side)
    variances = (average(image.square(), side) - means.square()).sum(dim=1, keepdim=True)
    best = four(variances, side // 2).argmin(dim=0, keepdim=True)
    return four(means, side // 2).take_along_dim(best, dim=0)


@wrong(check.kuwahara, "the number of the window")
def kuwahara(image, side):
    means = average(image, side)
    variances = (average(image.square(), side) - means.square()).sum(dim=1, keepdim=True)
    return four(variances, side // 2).argmin(dim=0).to(image.dtype)


@wrong(check.kuwahara, "variance of one window for all")
def kuwahara(image, side):
    means = four(average(image, side), side // 2)
    variances = four(average(image.square(), side), side // 2) - means.square()
    calmest = variances.mean(dim=(1, 2, 3, 4)).argmin()
    return means[calmest]


@right(check.max_pool)
def max_pool(features):
    b, c, h, w = features.shape
    even = features[:, :, : h // 2 * 2, : w // 2 * 2]
    return even.reshape(b, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))


@right(check.max_pool)
def max_pool(features):
    return features.unfold(2, 2, 2).unfold(3, 2, 2).flatten(-2).max(dim=-1).values


@right(check.max_pool)
def max_pool(features):
    h, w = features.shape[2] // 2 * 2, features.shape[3] // 2 * 2
    corners = [features[:, :, y:h:2, x:w:2] for y in (0, 1) for x in (0, 1)]
    return torch.stack(corners).max(0)[0]


@wrong(check.max_pool, "function")
def max_pool(features):
    return features.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))


@wrong(check.max_pool, "shapes")
def max_pool(features):
    b, c, h, w = features.shape
    return features.reshape(b, c, h // 2, 2, w // 2, 2).amax((3, 5))


@wrong(check.max_pool, "stride 1")
def max_pool(features):
    f = torch.maximum(features[:, :, 1:], features[:, :, :-1])
    return torch.maximum(f[..., 1:], f[..., :-1])


@wrong(check.max_pool, "only one direction")
def max_pool(features):
    return features.unfold(3, 2, 2).amax(-1)


@wrong(check.max_pool, "whole map")
def max_pool(features):
    return features.flatten(2).max(dim=2).values


@wrong(check.max_pool, "cut off at 0")
def max_pool(features):
    b, c, h, w = features.shape
    result = torch.zeros(b, c, h // 2, w // 2, dtype=features.dtype)
    for y in range(h // 2 * 2):
        for x in range(w // 2 * 2):
            result[:, :, y // 2, x // 2] = torch.maximum(result[:, :, y // 2, x // 2], features[:, :, y, x])
    return result


@wrong(check.max_pool, "four in a line")
def max_pool(features):
    b, c, h, w = features.shape
    even = features[:, :, : h // 2 * 2, : w // 2 * 2]
    return even.reshape(b, c, h // 2, w // 2, 4).amax(-1)


@wrong(check.max_pool, "detached")
def max_pool(features):
    b, c, h, w = features.shape
    even = features.detach()[:, :, : h // 2 * 2, : w // 2 * 2]
    return even.reshape(b, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))


@right(check.receptive_field)
def receptive_field(layers):
    field = 1
    for kernel, stride in reversed(layers):
        field = (field - 1) * stride + kernel
    return field


@right(check.receptive_field)
def receptive_field(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field = field + (kernel - 1) * jump
        jump = jump * stride
    return field


@right(check.receptive_field)
def receptive_field(layers):
    def field(layers):
        if not layers:
            return 1
        *before, (kernel, _) = layers
        return field(before) + (kernel - 1) * math.prod(stride for _, stride in before)

    return field(layers)


@wrong(check.receptive_field, "stride ignored")
def receptive_field(layers):
    return 1 + sum(kernel - 1 for kernel, stride in layers)


@wrong(check.receptive_field, "jump too early")
def receptive_field(layers):
    r, s = 1, 1
    for k, stride in layers:
        s *= stride
        r += (k - 1) * s
    return r


@wrong(check.receptive_field, "kernels added")
def receptive_field(layers):
    total = 0
    for kernel, _ in layers:
        total += kernel
    return total


@wrong(check.receptive_field, "kernel not minus 1")
def receptive_field(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field += kernel * jump
        jump *= stride
    return field


@wrong(check.receptive_field, "shapes")
def receptive_field(layers):
    field = 1
    for layer in layers:
        kernel, stride, padding = layer
        field += kernel - 1
    return field


@wrong(check.receptive_field, "last layer first")
def receptive_field(layers):
    field, jump = 1, 1
    while layers:
        *layers, (kernel, stride) = layers
        field += (kernel - 1) * jump
        jump *= stride
    return field


@wrong(check.receptive_field, "changed input")
def receptive_field(layers):
    field = 1
    while layers:
        kernel, stride = layers.pop()
        field = (field - 1) * stride + kernel
    return field
