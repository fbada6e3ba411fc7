"""Answers to the exercises of notebook 08."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers import resize
from nsthelpers.checks import studio as check
from nsthelpers.show.colours import luminance


def detail(image):
    """What the notebook's own `fine_detail` is, once it is right."""
    height, width = image.shape[2:]
    return image - resize(resize(image, (height // 2, width // 2)), (height, width))


@right(check.fine_detail)
def fine_detail(image):
    height, width = image.shape[-2:]
    small = resize(image, (height // 2, width // 2))
    return image - resize(small, (height, width))


@right(check.fine_detail)
def fine_detail(image):
    full = tuple(image.shape[2:])
    coarse = resize(image, tuple(side // 2 for side in full))
    coarse = resize(coarse, full)
    return -(coarse - image)


@right(check.fine_detail)
def fine_detail(image):
    _, _, h, w = image.shape
    smooth = F.interpolate(image, size=(h // 2, w // 2), mode="bicubic", antialias=True).clamp(0, 1)
    smooth = F.interpolate(smooth, size=(h, w), mode="bicubic", antialias=True).clamp(0, 1)
    return torch.sub(image, smooth)


@wrong(check.fine_detail, "blurred picture")
def fine_detail(image):
    height, width = image.shape[2:]
    small = resize(image, (height // 2, width // 2))
    return resize(small, (height, width))


@wrong(check.fine_detail, "small picture")
def fine_detail(image):
    height, width = image.shape[2:]
    return resize(image, (height // 2, width // 2))


@wrong(check.fine_detail, "wrong sign")
def fine_detail(image):
    height, width = image.shape[2:]
    blurred = resize(resize(image, (height // 2, width // 2)), (height, width))
    return blurred - image


@wrong(check.fine_detail, "clamped")
def fine_detail(image):
    height, width = image.shape[2:]
    blurred = resize(resize(image, (height // 2, width // 2)), (height, width))
    return torch.clamp(image - blurred, min=0, max=1)


@wrong(check.fine_detail, "absolute")
def fine_detail(image):
    height, width = image.shape[2:]
    blurred = resize(resize(image, (height // 2, width // 2)), (height, width))
    return torch.abs(image - blurred)


@wrong(check.fine_detail, "sides exchanged")
def fine_detail(image):
    width, height = image.shape[2:]
    blurred = resize(resize(image, (height // 2, width // 2)), (width, height))
    return image - blurred


@wrong(check.fine_detail, "bilinear")
def fine_detail(image):
    height, width = image.shape[2:]
    small = F.interpolate(image, size=(height // 2, width // 2), mode="bilinear", align_corners=False)
    return image - F.interpolate(small, size=(height, width), mode="bilinear", align_corners=False)


@wrong(check.fine_detail, "every second pixel")
def fine_detail(image):
    small = image[:, :, ::2, ::2]
    return image - resize(small, tuple(image.shape[2:]))


@wrong(check.fine_detail, "mean subtracted")
def fine_detail(image):
    return image - image.mean(dim=(2, 3), keepdim=True)


@wrong(check.fine_detail, "averages of 2 × 2")
def fine_detail(image):
    small = F.avg_pool2d(image, kernel_size=2)
    return image - resize(small, tuple(image.shape[2:]))


@wrong(check.fine_detail, "zero")
def fine_detail(image):
    size = tuple(image.shape[2:])
    return image - resize(resize(image, size), size)


@wrong(check.fine_detail, "refused")
def fine_detail(image):
    height, width = image.shape[2:]
    return image - resize(image, (height / 2, width / 2))


@wrong(check.fine_detail, "shapes")
def fine_detail(image):
    height, width = image.shape[2:]
    return image - resize(image, (height // 2, width // 2))


@right(check.two_levels)
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    start = resize(coarse, (height, width)) + detail(photo)
    return paint(photo, start.clamp(0, 1), fine_steps)


@right(check.two_levels)
def two_levels(photo, paint, coarse_steps, fine_steps):
    full = tuple(photo.shape[2:])
    small = resize(photo, tuple(n // 2 for n in full))
    enlarged = resize(paint(content=small, start=small.clone(), steps=coarse_steps), full)
    start = torch.clamp(enlarged + photo - resize(small, full), 0, 1)
    return paint(content=photo, start=start, steps=fine_steps)


@right(check.two_levels)
def two_levels(photo, paint, coarse_steps, fine_steps):
    contents = [resize(photo, (photo.shape[2] // 2, photo.shape[3] // 2)), photo]
    picture = contents[0]
    for content, steps in zip(contents, (coarse_steps, fine_steps)):
        if content is photo:
            picture = resize(picture, tuple(content.shape[2:])) + detail(content)
        picture = paint(content, picture.clamp(0, 1), steps)
    return picture


@wrong(check.two_levels, "no detail")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    return paint(photo, resize(coarse, (height, width)), fine_steps)


@wrong(check.two_levels, "no clamp")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    return paint(photo, resize(coarse, (height, width)) + detail(photo), fine_steps)


@wrong(check.two_levels, "coarse picture not used")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    paint(small, small, coarse_steps)  # the mistake: nobody keeps it
    start = resize(small, (height, width)) + detail(photo)
    return paint(photo, start.clamp(0, 1), fine_steps)


@wrong(check.two_levels, "not painted again")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    return (resize(coarse, (height, width)) + detail(photo)).clamp(0, 1)


@wrong(check.two_levels, "steps exchanged")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, fine_steps)
    start = (resize(coarse, (height, width)) + detail(photo)).clamp(0, 1)
    return paint(photo, start, coarse_steps)


@wrong(check.two_levels, "content lost")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (height, width)) + detail(photo)).clamp(0, 1)
    return paint(start, start, fine_steps)


@wrong(check.two_levels, "arguments exchanged")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (height, width)) + detail(photo)).clamp(0, 1)
    return paint(start, photo, fine_steps)


@wrong(check.two_levels, "detail of the painting")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    enlarged = resize(paint(small, small, coarse_steps), (height, width))
    return paint(photo, (enlarged + detail(enlarged)).clamp(0, 1), fine_steps)


@wrong(check.two_levels, "one level")
def two_levels(photo, paint, coarse_steps, fine_steps):
    coarse = paint(photo, photo, coarse_steps)
    return paint(photo, coarse, fine_steps)


@wrong(check.two_levels, "whole photo added")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (height, width)) + photo).clamp(0, 1)
    return paint(photo, start, fine_steps)


@wrong(check.two_levels, "refused")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(photo, small, coarse_steps)
    start = (resize(coarse, (height, width)) + detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)


@wrong(check.two_levels, "no return")
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (height, width)) + detail(photo)).clamp(0, 1)
    paint(photo, start, fine_steps)


@right(check.keep_colours)
def keep_colours(painted, photo):
    return (luminance(painted) + photo - luminance(photo)).clamp(0, 1)


@right(check.keep_colours)
def keep_colours(painted, photo):
    red, green, blue = painted.unbind(1)
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    old = 0.299 * photo[:, 0] + 0.587 * photo[:, 1] + 0.114 * photo[:, 2]
    return torch.clamp(photo + (light - old)[:, None], 0, 1)


@right(check.keep_colours)
def keep_colours(painted, photo):
    to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], dtype=photo.dtype)
    yiq = torch.einsum("ij,bjhw->bihw", to_yiq, photo)
    yiq[:, 0] = torch.einsum("j,bjhw->bhw", to_yiq[0], painted)
    return torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_yiq), yiq).clamp(0, 1)


@wrong(check.keep_colours, "exchanged")
def keep_colours(painted, photo):
    return (luminance(photo) + painted - luminance(painted)).clamp(0, 1)


@wrong(check.keep_colours, "no clamp")
def keep_colours(painted, photo):
    colour = photo - luminance(photo)
    return luminance(painted) + colour


@wrong(check.keep_colours, "only the light")
def keep_colours(painted, photo):
    return luminance(painted).repeat(1, 3, 1, 1)


@wrong(check.keep_colours, "light added twice")
def keep_colours(painted, photo):
    return (luminance(painted) + photo).clamp(0, 1)


@wrong(check.keep_colours, "painting's colours too")
def keep_colours(painted, photo):
    colours = photo - luminance(photo)
    return (painted + colours).clamp(0, 1)


@wrong(check.keep_colours, "mean for luminance")
def keep_colours(painted, photo):
    light = painted.mean(dim=1, keepdim=True)
    return (light + photo - photo.mean(dim=1, keepdim=True)).clamp(0, 1)


@wrong(check.keep_colours, "scaled")
def keep_colours(painted, photo):
    return (photo * luminance(painted) / luminance(photo)).clamp(0, 1)


@wrong(check.keep_colours, "weights reversed")
def keep_colours(painted, photo):
    weights = torch.tensor([0.114, 0.587, 0.299], dtype=photo.dtype).view(1, 3, 1, 1)
    light, old = (weights * painted).sum(1, keepdim=True), (weights * photo).sum(1, keepdim=True)
    return (light + photo - old).clamp(0, 1)


@wrong(check.keep_colours, "only the colours")
def keep_colours(painted, photo):
    return photo - luminance(photo)


@wrong(check.keep_colours, "averaged")
def keep_colours(painted, photo):
    return 0.5 * painted + 0.5 * photo


@wrong(check.keep_colours, "changed input")
def keep_colours(painted, photo):
    photo -= luminance(photo)
    photo += luminance(painted)
    return photo.clamp(0, 1)
