"""Answers to the exercises of notebook 02."""
# ruff: noqa: F811

import math

import torch

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


@wrong(check.convolve, "height and width exchanged")
def convolve(image, kernel):
    h, w = kernel.shape
    result = torch.zeros(image.shape[1] - w + 1, image.shape[0] - h + 1, dtype=image.dtype)
    for x in range(result.shape[0]):
        for y in range(result.shape[1]):
            result[x, y] = (image[y : y + h, x : x + w] * kernel).sum()
    return result


@right(check.output_size)
def output_size(size, kernel, stride, padding):
    return 1 + (size - kernel + 2 * padding) // stride


@right(check.output_size)
def output_size(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


@right(check.output_size)
def output_size(size, kernel, stride, padding):
    layer = torch.nn.functional.max_pool1d if False else torch.nn.functional.avg_pool1d
    return layer(torch.zeros(1, 1, size + 2 * padding), kernel, stride).shape[-1]


@wrong(check.output_size, "+ 1 forgotten")
def output_size(size, kernel, stride, padding):
    return int((size - kernel + 2 * padding) / stride)


@wrong(check.output_size, "padding once")
def output_size(size, kernel, stride, padding):
    return (size - kernel + padding) // stride + 1


@wrong(check.output_size, "not whole")
def output_size(size, kernel, stride, padding):
    result = (size - kernel + 2 * padding) / stride
    return result + 1


@wrong(check.output_size, "stride ignored")
def output_size(size, kernel, stride, padding):
    return size - (kernel - 1) + padding * 2


@wrong(check.output_size, "+ 1 inside")
def output_size(size, kernel, stride, padding):
    places = size + 2 * padding - kernel + 1
    return places // stride


@wrong(check.output_size, "no padding")
def output_size(size, kernel, stride, padding):
    return len(range(0, size - kernel + 1, stride))


@wrong(check.output_size, "brackets")
def output_size(size, kernel, stride, padding):
    return size + 2 * padding - kernel // stride + 1


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


@wrong(check.max_pool, "mean for maximum")
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


@wrong(check.max_pool, "negative values cut off")
def max_pool(features):
    b, c, h, w = features.shape
    result = torch.zeros(b, c, h // 2, w // 2, dtype=features.dtype)
    for y in range(h // 2 * 2):
        for x in range(w // 2 * 2):
            result[:, :, y // 2, x // 2] = torch.maximum(result[:, :, y // 2, x // 2], features[:, :, y, x])
    return result


@wrong(check.max_pool, "reshaped in a row")
def max_pool(features):
    b, c, h, w = features.shape
    even = features[:, :, : h // 2 * 2, : w // 2 * 2]
    return even.reshape(b, c, h // 2, w // 2, 4).amax(-1)


@right(check.relu)
def relu(features):
    return torch.maximum(features, torch.zeros_like(features))


@right(check.relu)
def relu(features):
    return features * (features > 0)


@right(check.relu)
def relu(features):
    return torch.where(features < 0, 0.0, features)


@right(check.relu)
def relu(features):
    return torch.relu(features)


@wrong(check.relu, "changed input")
def relu(features):
    features[features < 0] = 0
    return features


@wrong(check.relu, "absolute value")
def relu(features):
    return torch.sqrt(features * features)


@wrong(check.relu, "largest number")
def relu(features):
    return torch.max(features)


@wrong(check.relu, "truth value")
def relu(features):
    return max(0, features)


@wrong(check.relu, "negative ones dropped")
def relu(features):
    return features[features >= 0]


@wrong(check.relu, "step")
def relu(features):
    return torch.where(features > 0, 1.0, 0.0).to(features.dtype)


@wrong(check.relu, "turned round")
def relu(features):
    return torch.minimum(features, torch.zeros_like(features))


@wrong(check.relu, "leaky")
def relu(features):
    return torch.where(features > 0, features, 0.01 * features)


@wrong(check.relu, "detached")
def relu(features):
    return features.detach().clamp(min=0)
