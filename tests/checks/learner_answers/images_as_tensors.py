"""Answers to the exercises of notebook 01."""
# ruff: noqa: F811

import numpy as np
import torch

from learner_answers import right, wrong
from nsthelpers.checks import images_as_tensors as check

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]


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


@wrong(check.normalise, "operator precedence")
def normalise(image):
    mean = torch.tensor(MEAN, dtype=image.dtype)[:, None, None]
    std = torch.tensor(STD, dtype=image.dtype)[:, None, None]
    return image - mean / std


@right(check.unnormalise)
def unnormalise(image):
    mean = torch.tensor(MEAN, dtype=image.dtype)[:, None, None]
    std = torch.tensor(STD, dtype=image.dtype)[:, None, None]
    return torch.addcmul(mean, image, std)


@right(check.unnormalise)
def unnormalise(image):
    return torch.cat([image[:, c : c + 1] * STD[c] + MEAN[c] for c in range(3)], dim=1)


@right(check.unnormalise)
def unnormalise(image):
    back_mean = torch.tensor([-m / s for m, s in zip(MEAN, STD, strict=True)]).reshape(3, 1, 1).to(image)
    back_std = torch.tensor([1 / s for s in STD]).reshape(3, 1, 1).to(image)
    return (image - back_mean) / back_std


@wrong(check.unnormalise, "wrong order")
def unnormalise(image):
    return torch.stack([(image[:, c] + MEAN[c]) * STD[c] for c in range(3)], 1)


@wrong(check.unnormalise, "clamped")
def unnormalise(image):
    result = torch.stack([image[:, c] * STD[c] + MEAN[c] for c in range(3)], 1)
    return torch.clip(result, 0, 1)


@wrong(check.unnormalise, "divided")
def unnormalise(image):
    return torch.stack([image[:, c] / STD[c] + MEAN[c] for c in range(3)], 1)


@wrong(check.unnormalise, "normalised again")
def unnormalise(image):
    return torch.stack([(image[:, c] - MEAN[c]) / STD[c] for c in range(3)], 1)


@wrong(check.unnormalise, "stretched")
def unnormalise(image):
    low, high = image.amin(), image.amax()
    return (image - low) / (high - low)


@wrong(check.unnormalise, "list")
def unnormalise(image):
    return image * STD + MEAN


@wrong(check.unnormalise, "0 to 255")
def unnormalise(image):
    return torch.stack([255 * (image[:, c] * STD[c] + MEAN[c]) for c in range(3)], 1)


@right(check.to_hwc_uint8)
def to_hwc_uint8(image):
    return image.squeeze(0).clamp(0, 1).mul(255).round().byte().permute(1, 2, 0)


@right(check.to_hwc_uint8)
def to_hwc_uint8(image):
    pixels = torch.einsum("chw->hwc", image[0]).clip(0.0, 1.0)
    return (pixels * 255 + 0.5).to(torch.uint8)


@right(check.to_hwc_uint8)
def to_hwc_uint8(image):
    array = image[0].numpy().transpose(1, 2, 0)
    return torch.from_numpy(np.rint(np.clip(array, 0, 1) * 255).astype(np.uint8))


@wrong(check.to_hwc_uint8, "not rounded")
def to_hwc_uint8(image):
    return (image[0].clamp(0, 1) * 255).byte().permute(1, 2, 0)


@wrong(check.to_hwc_uint8, "not rounded or clamped")
def to_hwc_uint8(image):
    image = image[0].permute(1, 2, 0)
    return (image * 255).to(torch.int32).to(torch.uint8)


@wrong(check.to_hwc_uint8, "numpy")
def to_hwc_uint8(image):
    array = image[0].permute(1, 2, 0).numpy()
    return (array.clip(0, 1) * 255).round().astype("uint8")


@wrong(check.to_hwc_uint8, "reshaped, not permuted")
def to_hwc_uint8(image):
    b, c, h, w = image.shape
    return (image.clamp(0, 1) * 255).round().to(torch.uint8).reshape(h, w, c)


@wrong(check.to_hwc_uint8, "batch kept")
def to_hwc_uint8(image):
    return (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


@wrong(check.to_hwc_uint8, "height and width exchanged")
def to_hwc_uint8(image):
    return (image.squeeze().clamp(0, 1) * 255).round().to(torch.uint8).permute(2, 1, 0)


@wrong(check.to_hwc_uint8, "dtype")
def to_hwc_uint8(image):
    return (image[0].clamp(0, 1) * 255).round().int().permute(1, 2, 0)


@wrong(check.to_hwc_uint8, "channels first")
def to_hwc_uint8(image):
    return (image[0].clamp(0, 1) * 255).round().to(torch.uint8)


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


@wrong(check.from_hwc_uint8, "no batch")
def from_hwc_uint8(pixels):
    return pixels.float().permute(2, 0, 1) / 255


@wrong(check.from_hwc_uint8, "reshaped, not permuted")
def from_hwc_uint8(pixels):
    h, w, c = pixels.shape
    return pixels.float().view(1, c, h, w) / 255.0


@wrong(check.from_hwc_uint8, "height and width exchanged")
def from_hwc_uint8(pixels):
    return pixels.float().T[None] / 255


@wrong(check.from_hwc_uint8, "dtype")
def from_hwc_uint8(pixels):
    return pixels.permute(2, 0, 1)[None]


@wrong(check.from_hwc_uint8, "divided as bytes")
def from_hwc_uint8(pixels):
    pixels = torch.div(pixels, 255, rounding_mode="floor")
    return pixels.permute(2, 0, 1).unsqueeze(0).to(torch.float32)


@wrong(check.from_hwc_uint8, "wider than float32")
def from_hwc_uint8(pixels):
    return torch.from_numpy(pixels.numpy() / 255).permute(2, 0, 1)[None]


@right(check.bgr_to_rgb)
def bgr_to_rgb(image):
    return image[:, [2, 1, 0]]


@right(check.bgr_to_rgb)
def bgr_to_rgb(image):
    return torch.flip(image, dims=(1,))


@right(check.bgr_to_rgb)
def bgr_to_rgb(image):
    blue, green, red = image.chunk(3, dim=1)
    return torch.cat((red, green, blue), 1)


@wrong(check.bgr_to_rgb, "blue lost")
def bgr_to_rgb(image):
    result = image.clone()
    result[:, 0] = result[:, 2]
    result[:, 2] = result[:, 0]
    return result


@wrong(check.bgr_to_rgb, "mirrored")
def bgr_to_rgb(image):
    return image.flip([3])


@wrong(check.bgr_to_rgb, "changed input")
def bgr_to_rgb(image):
    blue = image[:, 0].clone()
    image[:, 0] = image[:, 2]
    image[:, 2] = blue
    return image


@wrong(check.bgr_to_rgb, "index")
def bgr_to_rgb(image):
    return image[[2, 1, 0]]


@wrong(check.bgr_to_rgb, "negative step")
def bgr_to_rgb(image):
    return image[:, ::-1]


@wrong(check.bgr_to_rgb, "channels last")
def bgr_to_rgb(image):
    return image.permute(0, 2, 3, 1)


@wrong(check.bgr_to_rgb, "rolled")
def bgr_to_rgb(image):
    return image.roll(1, dims=1)


@wrong(check.bgr_to_rgb, "upside down")
def bgr_to_rgb(image):
    return torch.flipud(image.permute(2, 3, 0, 1)).permute(2, 3, 0, 1)
