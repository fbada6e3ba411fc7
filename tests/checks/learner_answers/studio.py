"""Answers to the exercises of notebook 08."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers import load_image, resize
from nsthelpers.checks import studio as check


@right(check.brush)
def brush(photo, painting, width, paint):
    height, length = painting.shape[-2:]
    return paint(photo, resize(painting, (round(height * width), round(length * width))))


@right(check.brush)
def brush(photo, painting, width, paint):
    size = tuple(int(side * width) for side in painting.shape[2:])
    smaller_or_larger = resize(painting, size)
    result = paint(photo, smaller_or_larger)
    return result


@right(check.brush)
def brush(photo, painting, width, paint):
    h, w = int(painting.size(2) * width + 0.5), int(painting.size(3) * width + 0.5)
    style = F.interpolate(painting, (h, w), mode="bicubic", antialias=True, align_corners=False)
    return paint(photo, style.clamp(0, 1))


@right(check.brush)
def brush(photo, painting, width, paint):
    _, _, rows, columns = painting.shape
    style = painting if width == 1 else load_image(painting, round(max(rows, columns) * width))
    return paint(photo, style)


@wrong(check.brush, "size not changed")
def brush(photo, painting, width, paint):
    resize(painting, (round(width * painting.shape[2]), round(width * painting.shape[3])))
    return paint(photo, painting)


@wrong(check.brush, "photo resized")
def brush(photo, painting, width, paint):
    rows, columns = photo.shape[2:]
    return paint(resize(photo, (round(width * rows), round(width * columns))), painting)


@wrong(check.brush, "too much")
def brush(photo, painting, width, paint):
    def grow(image):
        return resize(image, (round(image.shape[2] * width), round(image.shape[3] * width)))

    return paint(grow(photo), grow(painting))


@wrong(check.brush, "wrong direction")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    return paint(photo, resize(painting, (round(rows / width), round(columns / width))))


@wrong(check.brush, "exchanged")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    style = resize(painting, (round(rows * width), round(columns * width)))
    return paint(style, photo)


@wrong(check.brush, "result resized")
def brush(photo, painting, width, paint):
    result = paint(photo, painting)
    return resize(result, (round(result.shape[2] * width), round(result.shape[3] * width)))


@wrong(check.brush, "argument not used")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    return resize(painting, (round(rows * width), round(columns * width)))


@wrong(check.brush, "size of the photo")
def brush(photo, painting, width, paint):
    rows, columns = photo.shape[2:]
    return paint(photo, resize(painting, (round(rows * width), round(columns * width))))


@wrong(check.brush, "sides exchanged")
def brush(photo, painting, width, paint):
    columns, rows = painting.shape[2:]
    return paint(photo, resize(painting, (round(rows * width), round(columns * width))))


@wrong(check.brush, "one side only")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    return paint(photo, resize(painting, (rows, round(columns * width))))


@wrong(check.brush, "cut")
def brush(photo, painting, width, paint):
    rows, columns = (round(side * width) for side in painting.shape[2:])
    return paint(photo, painting[:, :, :rows, :columns])


@wrong(check.brush, "nearest")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    return paint(photo, F.interpolate(painting, size=(round(rows * width), round(columns * width))))


@wrong(check.brush, "bilinear")
def brush(photo, painting, width, paint):
    style = F.interpolate(painting, scale_factor=width, mode="bilinear")
    return paint(photo, style)


@wrong(check.brush, "error")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    return paint(photo, resize(painting, (rows * width, columns * width)))


@wrong(check.brush, "no return")
def brush(photo, painting, width, paint):
    rows, columns = painting.shape[2:]
    paint(photo, resize(painting, (round(rows * width), round(columns * width))))


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


@wrong(check.fine_detail, "absolute values")
def fine_detail(image):
    height, width = image.shape[2:]
    blurred = resize(resize(image, (height // 2, width // 2)), (height, width))
    return torch.abs(image - blurred)


@wrong(check.fine_detail, "exchanged")
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


@wrong(check.two_levels, "exchanged")
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


@wrong(check.two_levels, "exchanged")
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
