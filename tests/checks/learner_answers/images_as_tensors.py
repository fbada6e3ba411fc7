"""Answers to the exercises of notebook 01."""
# ruff: noqa: F811

import torch

from learner_answers import right, wrong
from nsthelpers.checks import images_as_tensors as check

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]


@right(check.from_hwc_uint8)
def from_hwc_uint8(pixels):
    return pixels.permute(2, 0, 1).unsqueeze(0).float().div(255.0)


@right(check.from_hwc_uint8)
def from_hwc_uint8(pixels):
    return torch.einsum("hwc->chw", pixels.to(torch.float32))[None] / 255


@right(check.from_hwc_uint8)
def from_hwc_uint8(pixels):
    red, green, blue = pixels.float().unbind(-1)
    return torch.stack((red, green, blue))[None] * (1 / 255)


@wrong(check.from_hwc_uint8, "not scaled")
def from_hwc_uint8(pixels):
    return pixels.permute(2, 0, 1)[None].float()


@wrong(check.from_hwc_uint8, "extra axis")
def from_hwc_uint8(pixels):
    return pixels.float().permute(2, 0, 1) / 255


@wrong(check.from_hwc_uint8, "reshaped, not permuted")
def from_hwc_uint8(pixels):
    h, w, c = pixels.shape
    return pixels.float().view(1, c, h, w) / 255.0


@wrong(check.from_hwc_uint8, "transposed")
def from_hwc_uint8(pixels):
    return pixels.float().T[None] / 255


@wrong(check.from_hwc_uint8, "not scaled")
def from_hwc_uint8(pixels):
    return pixels.permute(2, 0, 1)[None]


@wrong(check.from_hwc_uint8, "divided as bytes")
def from_hwc_uint8(pixels):
    pixels = torch.div(pixels, 255, rounding_mode="floor")
    return pixels.permute(2, 0, 1).unsqueeze(0).to(torch.float32)


@wrong(check.from_hwc_uint8, "dtype")
def from_hwc_uint8(pixels):
    return torch.from_numpy(pixels.numpy() / 255).permute(2, 0, 1)[None]


@right(check.normalise)
def normalise(image):
    mean = torch.tensor(MEAN, dtype=image.dtype).view(1, 3, 1, 1)
    std = torch.tensor(STD, dtype=image.dtype).view(1, 3, 1, 1)
    return (image - mean) / std


@right(check.normalise)
def normalise(image):
    channels = [(image[:, c] - MEAN[c]) / STD[c] for c in range(3)]
    return torch.stack(channels, dim=1)


@right(check.normalise)
def normalise(image):
    result = image.clone()
    for c, (m, s) in enumerate(zip(MEAN, STD, strict=True)):
        result[:, c].sub_(m).div_(s)
    return result


@wrong(check.normalise, "mean missing")
def normalise(image):
    return image / torch.tensor(STD, dtype=image.dtype)[None, :, None, None]


@wrong(check.normalise, "along the width")
def normalise(image):
    return (image - torch.tensor(MEAN, dtype=image.dtype)) / torch.tensor(STD, dtype=image.dtype)


@wrong(check.normalise, "blue and red exchanged")
def normalise(image):
    mean = torch.tensor([0.406, 0.456, 0.485], dtype=image.dtype)[:, None, None]
    std = torch.tensor([0.225, 0.224, 0.229], dtype=image.dtype)[:, None, None]
    return (image - mean) / std


@wrong(check.normalise, "−1 to 1")
def normalise(image):
    return image * 2 - 1


@wrong(check.normalise, "changed input")
def normalise(image):
    for c in range(3):
        image[:, c] -= MEAN[c]
        image[:, c] /= STD[c]
    return image


@wrong(check.normalise, "the picture's own mean")
def normalise(image):
    mean = image.mean(dim=(2, 3), keepdim=True)
    std = image.std(dim=(2, 3), keepdim=True)
    return (image - mean) / std


@wrong(check.normalise, "0 to 255")
def normalise(image):
    image = image / 255.0
    return torch.stack([(image[:, c] - MEAN[c]) / STD[c] for c in range(3)], 1)


@wrong(check.normalise, "brackets")
def normalise(image):
    mean = torch.tensor(MEAN, dtype=image.dtype)[:, None, None]
    std = torch.tensor(STD, dtype=image.dtype)[:, None, None]
    return image - mean / std


@right(check.view_loss)
def view_loss(image, target, view):
    return 0.5 * torch.sum((view(image) - view(target)) ** 2)


@right(check.view_loss)
def view_loss(image, target, view):
    return torch.nn.functional.mse_loss(view(image), view(target), reduction="sum") / 2


@right(check.view_loss)
def view_loss(image, target, view):
    difference = (view(target) - view(image)).flatten()
    return difference @ difference / 2


@wrong(check.view_loss, "mean for sum")
def view_loss(image, target, view):
    return torch.nn.functional.mse_loss(view(image), view(target))


@wrong(check.view_loss, "missing")
def view_loss(image, target, view):
    return ((view(image) - view(target)) ** 2).sum()


@wrong(check.view_loss, "argument not used")
def view_loss(image, target, view):
    difference = image - target
    return 0.5 * (difference * difference).sum()


@wrong(check.view_loss, "view of the difference")
def view_loss(image, target, view):
    seen = view(image - target)
    return 0.5 * (seen**2).sum()


@wrong(check.view_loss, "wrong number")
def view_loss(image, target, view):
    return sum(((a - b) ** 2).item() for a, b in zip(view(image).flatten(), view(target).flatten(), strict=True)) / 2


@wrong(check.view_loss, "root")
def view_loss(image, target, view):
    return torch.dist(view(image), view(target))


@wrong(check.view_loss, "target not viewed")
def view_loss(image, target, view):
    return 0.5 * ((view(image) - target) ** 2).sum()


@wrong(check.view_loss, "absolute values")
def view_loss(image, target, view):
    return torch.nn.functional.l1_loss(view(image), view(target), reduction="sum")


@wrong(check.view_loss, "not summed")
def view_loss(image, target, view):
    return 0.5 * (view(image) - view(target)) ** 2


@right(check.gradient)
def gradient(image, loss):
    x = image.clone().requires_grad_()
    loss(x).backward()
    return x.grad


@right(check.gradient)
def gradient(image, loss):
    x = image.detach().clone()
    x.requires_grad = True
    return torch.autograd.grad(loss(x), [x])[0]


@right(check.gradient)
def gradient(image, loss):
    return torch.func.grad(loss)(image)


@wrong(check.gradient, "a tuple")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    return torch.autograd.grad(loss(x), x)


@wrong(check.gradient, "detached")
def gradient(image, loss):
    loss(image).backward()
    return image.grad


@wrong(check.gradient, "the loss")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    value = loss(x)
    value.backward()
    return value.detach()


@wrong(check.gradient, "returns None")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    return loss(x).backward()


@wrong(check.gradient, "wrong sign")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    (-loss(x)).backward()
    return x.grad


@wrong(check.gradient, "gradient twice")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    value = loss(x)
    value.backward(retain_graph=True)
    value.backward()
    return x.grad


@wrong(check.gradient, "gradient scaled")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    loss(x).backward()
    return torch.nn.functional.normalize(x.grad.flatten(), dim=0).reshape(x.shape)


@wrong(check.gradient, "the step")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    loss(x).backward()
    return (x - x.grad).detach()


@wrong(check.gradient, "given back")
def gradient(image, loss):
    x = image.clone().requires_grad_()
    loss(x).backward()
    return x.detach()


@right(check.train_pixels)
def train_pixels(start, loss, steps, rate):
    x, pictures = start.clone(), [start.clone()]
    for _ in range(steps):
        x = x.requires_grad_()
        (slope,) = torch.autograd.grad(loss(x), x)
        x = (x.detach() - rate * slope).clamp(0, 1)
        pictures.append(x.clone())
    return pictures


@right(check.train_pixels)
def train_pixels(start, loss, steps, rate):
    pixels = start.clone().requires_grad_(True)
    optimiser = torch.optim.SGD([pixels], lr=rate)
    pictures = [start]
    for _ in range(steps):
        optimiser.zero_grad()
        loss(pixels).backward()
        optimiser.step()
        with torch.no_grad():
            pixels.clamp_(0, 1)
        pictures.append(pixels.detach().clone())
    return pictures


@right(check.train_pixels)
def train_pixels(start, loss, steps, rate):
    if steps == 0:
        return [start]
    way = train_pixels_before(start, loss, steps - 1, rate)
    return [*way, torch.clip(way[-1] - rate * torch.func.grad(loss)(way[-1]), 0, 1)]


def train_pixels_before(start, loss, steps, rate):
    way = [start]
    while len(way) <= steps:
        way += [torch.clip(way[-1] - rate * torch.func.grad(loss)(way[-1]), 0, 1)]
    return way


@wrong(check.train_pixels, "not clamped")
def train_pixels(start, loss, steps, rate):
    pictures = [start]
    for _ in range(steps):
        x = pictures[-1].clone().requires_grad_()
        loss(x).backward()
        pictures.append((x - rate * x.grad).detach())
    return pictures


@wrong(check.train_pixels, "gradients add up")
def train_pixels(start, loss, steps, rate):
    x = start.clone().requires_grad_()
    pictures = [start]
    for _ in range(steps):
        loss(x).backward()
        x.data = (x.data - rate * x.grad).clamp(0, 1)
        pictures.append(x.detach().clone())
    return pictures


@wrong(check.train_pixels, "all alike")
def train_pixels(start, loss, steps, rate):
    x = start.clone()
    pictures = [x]
    for _ in range(steps):
        slope = torch.func.grad(loss)(x)
        x -= rate * slope
        x.clamp_(0, 1)
        pictures.append(x)
    return pictures


@wrong(check.train_pixels, "first missing")
def train_pixels(start, loss, steps, rate):
    pictures, x = [], start
    for _ in range(steps):
        x = (x - rate * torch.func.grad(loss)(x)).clamp(0, 1)
        pictures.append(x)
    return pictures


@wrong(check.train_pixels, "last missing")
def train_pixels(start, loss, steps, rate):
    pictures, x = [], start
    for _ in range(steps):
        pictures.append(x)
        x = (x - rate * torch.func.grad(loss)(x)).clamp(0, 1)
    return pictures


@wrong(check.train_pixels, "only the last picture")
def train_pixels(start, loss, steps, rate):
    x = start
    for _ in range(steps):
        x = (x - rate * torch.func.grad(loss)(x)).clamp(0, 1)
    return x


@wrong(check.train_pixels, "in the loop")
def train_pixels(start, loss, steps, rate):
    pictures = [start]
    for _ in range(steps):
        x = pictures[-1].clone().requires_grad_()
        loss(x).backward()
        pictures.append((x - rate * x.grad).detach().clamp(0, 1))
        return pictures


@wrong(check.train_pixels, "always from the start")
def train_pixels(start, loss, steps, rate):
    pictures = [start]
    for _ in range(steps):
        x = start.clone().requires_grad_()
        loss(x).backward()
        pictures.append((x - rate * x.grad).detach().clamp(0, 1))
    return pictures


@wrong(check.train_pixels, "operator")
def train_pixels(start, loss, steps, rate):
    pictures = [start]
    for _ in range(steps):
        x = pictures[-1].clone().requires_grad_()
        loss(x).backward()
        pictures.append(torch.clamp(x.detach() + rate * x.grad, 0, 1))
    return pictures


@wrong(check.train_pixels, "changed input")
def train_pixels(start, loss, steps, rate):
    x, pictures = start.requires_grad_(), [start.detach().clone()]
    for _ in range(steps):
        (slope,) = torch.autograd.grad(loss(x), x)
        x.data -= rate * slope
        x.data.clamp_(0, 1)
        pictures.append(x.detach().clone())
    return pictures


@wrong(check.train_pixels, "attached")
def train_pixels(start, loss, steps, rate):
    x = start.clone().requires_grad_()
    pictures = [x]
    for _ in range(steps):
        (slope,) = torch.autograd.grad(loss(x), x)
        x = (x - rate * slope).clamp(0, 1)
        pictures.append(x)
    return pictures
