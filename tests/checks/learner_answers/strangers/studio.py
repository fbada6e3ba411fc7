"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ fine_detail
    (
        "fine_detail",
        "wrong",
        "clamped the detail, which has both signs",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    low = resize(resize(image, (H // 2, W // 2)), (H, W))
    return (image - low).clamp(0, 1)
""",
    ),
    (
        "fine_detail",
        "wrong",
        "returned what half the size can hold",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return resize(resize(image, (H // 2, W // 2)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "the wrong sign",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return resize(resize(image, (H // 2, W // 2)), (H, W)) - image
""",
    ),
    (
        "fine_detail",
        "wrong",
        "width before height, as PIL has it, on the way down",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    small = resize(image, (W // 2, H // 2))
    return image - resize(small, (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "forgot the way back up",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return image - resize(image, (H // 2, W // 2))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "half as a float, which resize refuses",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return image - resize(resize(image, (H / 2, W / 2)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "a quarter of the sides",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return image - resize(resize(image, (H // 4, W // 4)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "added grey, as in the picture below",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return 0.5 + image - resize(resize(image, (H // 2, W // 2)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "the size of the difference, without its sign",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return (image - resize(resize(image, (H // 2, W // 2)), (H, W))).abs()
""",
    ),
    (
        "fine_detail",
        "wrong",
        "typed in the size of the pagoda",
        """
def fine_detail(image):
    return image - resize(resize(image, (96, 144)), (192, 288))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "doubled the half, which is one too few for an odd side",
        """
def fine_detail(image):
    h, w = image.shape[2] // 2, image.shape[3] // 2
    return image - resize(resize(image, (h, w)), (2 * h, 2 * w))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "unpacked the shape as (H, W, C)",
        """
def fine_detail(image):
    H, W, C = image.shape
    return image - resize(resize(image, (H // 2, W // 2)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "every second pixel, then each twice",
        """
def fine_detail(image):
    small = image[:, :, ::2, ::2]
    large = small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    return image - large[:, :, : image.shape[2], : image.shape[3]]
""",
    ),
    (
        "fine_detail",
        "wrong",
        "subtracted in place, from the caller's picture",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    image -= resize(resize(image, (H // 2, W // 2)), (H, W))
    return image
""",
    ),
    (
        "fine_detail",
        "wrong",
        "the global photo, not the argument",
        """
def fine_detail(image):
    H, W = photo.shape[2:]
    return photo - resize(resize(photo, (H // 2, W // 2)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "channels and rows for rows and columns",
        """
def fine_detail(image):
    H, W = image.shape[1:3]
    return image - resize(resize(image, (H // 2, W // 2)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "the picture's own method, as in PIL",
        """
def fine_detail(image):
    W, H = image.size
    small = image.resize((W // 2, H // 2))
    return image - small.resize((W, H))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "up first, then down: hardly anything is lost",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    return image - resize(resize(image, (2 * H, 2 * W)), (H, W))
""",
    ),
    (
        "fine_detail",
        "wrong",
        "half finished: both sizes and no difference",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    small = resize(image, (H // 2, W // 2))
    large = resize(small, (H, W))
""",
    ),
    (
        "fine_detail",
        "right",
        "down, up, subtract",
        """
def fine_detail(image):
    H, W = image.shape[2:]
    small = resize(image, (H // 2, W // 2))
    return image - resize(small, (H, W))
""",
    ),
    (
        "fine_detail",
        "right",
        "tuples of sizes, and at least one pixel",
        """
def fine_detail(image):
    full = tuple(image.shape[-2:])
    half = tuple(max(1, side // 2) for side in full)
    return image.sub(resize(resize(image, half), full))
""",
    ),
    # ------------------------------------------------------------------ two_levels
    (
        "two_levels",
        "wrong",
        "forgot the detail",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    return paint(photo, resize(coarse, (H, W)).clamp(0, 1), fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "forgot the clamp",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    return paint(photo, resize(coarse, (H, W)) + fine_detail(photo), fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the numbers of steps exchanged",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, fine_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, coarse_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the second run starts from the photograph",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, photo, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the coarse picture as the content of the second run, too",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(start, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "stopped before the second run",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    return (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the detail of the enlarged painting, which has hardly any",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    big = resize(paint(small, small, coarse_steps), (H, W))
    return paint(photo, (big + fine_detail(big)).clamp(0, 1), fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the detail of the small photograph: the shapes do not fit",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    big = resize(paint(small, small, coarse_steps), (H, W))
    return paint(photo, (big + fine_detail(small)).clamp(0, 1), fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "typed in 48 and 12 steps",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, 48)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, 12)
""",
    ),
    (
        "two_levels",
        "wrong",
        "painted large first and made it small then",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    coarse = resize(paint(photo, photo, coarse_steps), (H // 2, W // 2))
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "clamped the detail, not the sum",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = resize(coarse, (H, W)) + fine_detail(photo).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "a third of the sides",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 3, W // 3))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "stylize and not the paint that was handed over",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = stylize(small, "great_wave", size=None, steps=coarse_steps, progress=False).image
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return stylize(photo, "great_wave", size=None, steps=fine_steps, init=start, progress=False).image
""",
    ),
    (
        "two_levels",
        "wrong",
        "both pictures, in a tuple",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return coarse, paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "start and content exchanged in the second run",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(start, photo, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "forgot that paint wants a start",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    coarse = paint(resize(photo, (H // 2, W // 2)), coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "resize to the whole shape, with batch and channels",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = resize(paint(small, small, coarse_steps), photo.shape)
    return paint(photo, (coarse + fine_detail(photo)).clamp(0, 1), fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the detail only after the last run",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    fine = paint(photo, resize(coarse, (H, W)).clamp(0, 1), fine_steps)
    return (fine + fine_detail(photo)).clamp(0, 1)
""",
    ),
    (
        "two_levels",
        "wrong",
        "the detail twice, to be on the safe side",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + 2 * fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "width before height",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    W, H = photo.shape[2:]
    small = resize(photo, (H // 2, W // 2))
    coarse = paint(small, small, coarse_steps)
    start = (resize(coarse, (H, W)) + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "wrong",
        "adds the detail into the photograph itself",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    H, W = photo.shape[2:]
    detail = fine_detail(photo)
    small = resize(photo, (H // 2, W // 2))
    coarse = resize(paint(small, small, coarse_steps), (H, W))
    photo.copy_((coarse + detail).clamp(0, 1))
    return paint(photo, photo, fine_steps)
""",
    ),
    (
        "two_levels",
        "right",
        "line by line",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    enlarged = resize(coarse, (height, width))
    start = (enlarged + fine_detail(photo)).clamp(0, 1)
    return paint(photo, start, fine_steps)
""",
    ),
    (
        "two_levels",
        "right",
        "by the names of paint's arguments",
        """
def two_levels(photo, paint, coarse_steps, fine_steps):
    full = tuple(photo.shape[-2:])
    half = resize(photo, tuple(n // 2 for n in full))
    sketch = paint(content=half, start=half, steps=coarse_steps)
    start = resize(sketch, full).add(fine_detail(photo)).clamp(min=0.0, max=1.0)
    return paint(content=photo, start=start, steps=fine_steps)
""",
    ),
    # ------------------------------------------------------------------ brush
    (
        "brush",
        "wrong",
        "divided by the width",
        """
def brush(photo, painting, width, paint):
    h, w = painting.shape[-2:]
    return paint(photo, resize(painting, (round(h / width), round(w / width))))
""",
    ),
    (
        "brush",
        "wrong",
        "only the columns: took width for the horizontal",
        """
def brush(photo, painting, width, paint):
    h, w = painting.shape[-2:]
    return paint(photo, resize(painting, (h, round(w * width))))
""",
    ),
    (
        "brush",
        "wrong",
        "resize is given (width, height)",
        """
def brush(photo, painting, width, paint):
    h, w = painting.shape[-2:]
    return paint(photo, resize(painting, (round(w * width), round(h * width))))
""",
    ),
    (
        "brush",
        "wrong",
        "the photo scaled the other way, and the result back",
        """
def brush(photo, painting, width, paint):
    H, W = photo.shape[-2:]
    other = resize(photo, (round(H / width), round(W / width)))
    return resize(paint(other, painting), (H, W))
""",
    ),
    (
        "brush",
        "wrong",
        "what resize returns is thrown away",
        """
def brush(photo, painting, width, paint):
    h, w = painting.shape[-2:]
    resize(painting, (round(h * width), round(w * width)))
    return paint(photo, painting)
""",
    ),
    (
        "brush",
        "wrong",
        "the painting goes in at width times the photo's size",
        """
def brush(photo, painting, width, paint):
    H, W = photo.shape[-2:]
    painting = resize(painting, (round(H * width), round(W * width)))
    return paint(photo, painting)
""",
    ),
    (
        "brush",
        "right",
        "rounded",
        """
def brush(photo, painting, width, paint):
    h, w = painting.shape[-2:]
    return paint(photo, resize(painting, (round(h * width), round(w * width))))
""",
    ),
    (
        "brush",
        "right",
        "cut to whole numbers with int",
        """
def brush(photo, painting, width, paint):
    _, _, height, length = painting.shape
    new_size = (int(height * width), int(length * width))
    smaller = resize(painting, new_size)
    painted = paint(photo, smaller)
    return painted
""",
    ),
    (
        "brush",
        "right",
        "a comprehension, at least one pixel",
        """
def brush(photo, painting, width, paint):
    size = tuple(max(1, int(width * side + 0.5)) for side in painting.shape[2:])
    return paint(photo, resize(painting, size))
""",
    ),
]
