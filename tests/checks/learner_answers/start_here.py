"""Answers to the exercises of notebook 00."""
# ruff: noqa: F811

import numpy as np
import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers.checks import start_here as check


@right(check.brightness)
def brightness(image):
    return image.mean()


@right(check.brightness)
def brightness(image):
    b, c, h, w = image.shape
    return float(image.sum() / (b * c * h * w))


@right(check.brightness)
def brightness(image):
    values = image.flatten().tolist()
    return sum(values) / len(values)


@right(check.brightness)
def brightness(image):
    return np.mean(image.numpy())


@wrong(check.brightness, "per channel")
def brightness(image):
    return image.mean(-1).mean(-1)


@wrong(check.brightness, "sum")
def brightness(image):
    total = 0
    for value in image.reshape(-1):
        total = total + value
    return total


@wrong(check.brightness, "divided by H·W")
def brightness(image):
    height, width = image.shape[2], image.shape[3]
    return image.sum() / (height * width)


@wrong(check.brightness, "one channel")
def brightness(image):
    return image[0][0].mean()


@wrong(check.brightness, "no return")
def brightness(image):
    mean = image.mean()
    print(mean)


@wrong(check.brightness, "weighted like the eye")
def brightness(image):
    r, g, b = image[0]
    return (0.299 * r + 0.587 * g + 0.114 * b).mean()


@wrong(check.brightness, "0 to 255")
def brightness(image):
    return (255 * image).mean()


@wrong(check.brightness, "whole number")
def brightness(image):
    return int(image.mean() * 255) // 255


@wrong(check.brightness, "median")
def brightness(image):
    values = sorted(image.flatten().tolist())
    return values[(len(values) - 1) // 2]


@right(check.blend)
def blend(a, b, amount):
    return a + amount * (b - a)


@right(check.blend)
def blend(a, b, amount):
    return torch.lerp(a, b, amount)


@right(check.blend)
def blend(a, b, amount):
    result = torch.zeros_like(a)
    result += a * (1 - amount)
    result += b * amount
    return result


@wrong(check.blend, "exchanged")
def blend(a, b, amount):
    return torch.lerp(b, a, amount)


@wrong(check.blend, "a is not faded")
def blend(a, b, amount):
    mix = a.clone()
    mix += b * amount
    return mix


@wrong(check.blend, "amount ignored")
def blend(a, b, amount):
    return torch.stack([a, b]).mean(0)


@wrong(check.blend, "changed input")
def blend(a, b, amount):
    a *= 1 - amount
    a += amount * b
    return a


@wrong(check.blend, "b is not scaled")
def blend(a, b, amount):
    return a * (1 - amount) + b


@wrong(check.blend, "list")
def blend(a, b, amount):
    return a.tolist() * (1 - amount) + b.tolist() * amount


@wrong(check.blend, "numpy")
def blend(a, b, amount):
    return a.numpy() * (1 - amount) + b.numpy() * amount


@wrong(check.blend, "clipped sum")
def blend(a, b, amount):
    return torch.clamp(a + b * amount, min=0.0, max=1.0)


@wrong(check.blend, "name")
def blend(a, b, amount):
    return (1 - ammount) * a + amount * b  # noqa: F821


@wrong(check.blend, "brackets")
def blend(a, b, amount):
    return 1 - amount * a + amount * b


@wrong(check.blend, "joined")
def blend(a, b, amount):
    return torch.cat((a * (1 - amount), b * amount), dim=1)


@wrong(check.blend, "no return")
def blend(a, b, amount):
    (1 - amount) * a + amount * b


@right(check.square_crop)
def square_crop(image):
    _, _, h, w = image.shape
    s = min(h, w)
    y, x = (h - s) // 2, (w - s) // 2
    return image[:, :, y : y + s, x : x + s]


@right(check.square_crop)
def square_crop(image):
    height, width = image.shape[2:]
    if height > width:
        start = (height - width) // 2
        return image[:, :, start : start + width]
    start = (width - height) // 2
    return image[:, :, :, start : start + height]


@right(check.square_crop)
def square_crop(image):
    side = min(image.shape[-2:])
    result = image
    for axis in (2, 3):
        result = result.narrow(axis, (image.shape[axis] - side) // 2, side)
    return result


@wrong(check.square_crop, "not centred")
def square_crop(image):
    size = min(image.shape[2], image.shape[3])
    return image[:, :, :size, :size]


@wrong(check.square_crop, "height and width exchanged")
def square_crop(image):
    b, c, w, h = image.shape
    s = min(h, w)
    x, y = (w - s) // 2, (h - s) // 2
    return image[:, :, y : y + s, x : x + s]


@wrong(check.square_crop, "squashed")
def square_crop(image):
    s = min(image.shape[-2:])
    return F.interpolate(image, (s, s), mode="bilinear")


@wrong(check.square_crop, "rounded up")
def square_crop(image):
    h, w = image.shape[-2:]
    s = min(h, w)
    y, x = -((s - h) // 2), -((s - w) // 2)
    return image[..., y : y + s, x : x + s]


@wrong(check.square_crop, "width only")
def square_crop(image):
    h, w = image.shape[-2:]
    if w > h:
        gap = (w - h) // 2
        return image[..., gap : gap + h]
    return image


@wrong(check.square_crop, "no batch")
def square_crop(image):
    image = image.squeeze(0)
    h, w = image.shape[1:]
    s = min(h, w)
    return image[:, (h - s) // 2 : (h - s) // 2 + s, (w - s) // 2 : (w - s) // 2 + s]


@wrong(check.square_crop, "half of the side")
def square_crop(image):
    h, w = image.shape[-2:]
    s = min(h, w)
    return image[:, :, h // 2 : h // 2 + s, w // 2 : w // 2 + s]


@wrong(check.square_crop, "whole number")
def square_crop(image):
    h, w = image.shape[-2:]
    s = min(h, w)
    return image[..., (h - s) / 2 : (h + s) / 2, (w - s) / 2 : (w + s) / 2]


@wrong(check.square_crop, "symmetric slice")
def square_crop(image):
    h, w = image.shape[-2:]
    y, x = max(h - w, 0) // 2, max(w - h, 0) // 2
    return image[..., y : h - y, x : w - x]


@wrong(check.square_crop, "first two axes")
def square_crop(image):
    height, width = image.shape[2:]
    S = min(height, width)
    top = (height - S) // 2
    left = (width - S) // 2
    return image[top : top + S, left : left + S]


@wrong(check.square_crop, "end without the start")
def square_crop(image):
    height, width = image.shape[2:]
    S = min(height, width)
    top = (height - S) // 2
    left = (width - S) // 2
    return image[..., top:S, left:S]


@wrong(check.square_crop, "one start")
def square_crop(image):
    height, width = image.shape[2:]
    S = min(height, width)
    start = (max(height, width) - S) // 2
    return image[..., start : start + S, start : start + S]


@wrong(check.square_crop, "one start")
def square_crop(image):
    height, width = image.shape[2:]
    S = min(height, width)
    start = (height - S) // 2
    return image[:, :, start : start + S, start : start + S]
