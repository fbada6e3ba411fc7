"""Exercises of notebook 08: your own pictures, coarse to fine."""

from torch.nn.functional import avg_pool2d, interpolate

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform
from nsthelpers.images import resize

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def wash(photo, painting):
    """paint: photo·mean(painting) + rows(painting)/40"""
    return photo * painting.mean() + painting.shape[2] / 40


def weave(photo, painting):
    """paint: mean colour of the painting − photo²·(its contrast) + columns(painting)/30"""
    return painting.mean((2, 3), keepdim=True) - photo.square() * painting.std() + painting.shape[3] / 30


def grain(photo, painting):
    """paint: photo·mean of |steps to the right in the painting| + upper left pixel"""
    return photo * painting.diff(dim=3).abs().mean() + painting[..., :1, :1]


def scaled(image, height, width, enlarge=resize):
    return enlarge(image, (round(image.shape[2] * height), round(image.shape[3] * width)))


def cut(image, shape):
    return image[..., : shape[0], : shape[1]]


brush = exercise(
    "brush",
    "Photo, painting (both (1, 3, H, W)), width, `paint(photo, painting)` → what `paint` returns when the painting has "
    "`width` times its sides, rounded.",
    lambda photo, painting, width, paint: paint(photo, scaled(painting, width, width)),
    lambda seed: [
        (uniform(seed, 1, 3, 6, 8), uniform(seed + 1, 1, 3, 12, 20), 0.5, wash),
        (uniform(seed, 1, 3, 10, 6), uniform(seed + 2, 1, 3, 8, 12), 2, weave),
        (uniform(seed, 1, 3, 8, 8), uniform(seed + 3, 1, 3, 16, 12), 0.25, grain),
        (uniform(seed, 1, 3, 6, 6), uniform(seed + 4, 1, 3, 10, 14), 1.5, weave),
    ],
    "The larger the painting that the network sees, the wider the strokes: the painting's size sets the brush.",
    (
        Hint("value", "`resize` the painting, and only the painting, to `width` times its rows and columns; then `paint`."),
        Hint("error", "`resize` needs two whole numbers: `(round(width * rows), round(width * columns))`."),
    ),
    (
        Mistake("size not changed", lambda photo, painting, width, paint: paint(photo, painting),
                "You paint with the painting as it is: bring it to `width` times its sides first."),
        Mistake("photo resized", lambda photo, painting, width, paint: paint(scaled(photo, width, width), painting),
                "You change the size of the photo; the strokes follow the size of the *painting*."),
        Mistake("result resized", lambda photo, painting, width, paint: scaled(paint(photo, painting), width, width),
                "You paint first and change the size of the result. Change the painting's size before you paint."),
        *(Mistake(name, lambda photo, painting, width, paint, other=other: paint(photo, other(photo, painting, width)), text)
          for name, text, other in (
              ("wrong direction", "You divide by `width`. Wide strokes come from a large painting: multiply its sides.",
               lambda photo, painting, width: scaled(painting, 1 / width, 1 / width)),
              ("size of the photo", "You take `width` times the photo's sides; take the painting's.",
               lambda photo, painting, width: resize(painting, tuple(round(width * n) for n in photo.shape[2:]))),
              ("sides exchanged", "You exchange rows and columns: (round(width * rows), round(width * columns)).",
               lambda photo, painting, width: resize(painting, tuple(round(width * n) for n in painting.mT.shape[2:]))),
              ("one side only", "You change only the columns; change both sides, or the strokes are squeezed.",
               lambda photo, painting, width: scaled(painting, 1, width)),
              ("one side only", "You change only the rows; change both sides, or the strokes are squeezed.",
               lambda photo, painting, width: scaled(painting, width, 1)),
              ("cut", "You cut a piece out of the painting: its strokes keep their width. `resize` it.",
               lambda photo, painting, width: scaled(painting, width, width, cut)),
              ("bilinear", "You use `interpolate` without `antialias`, which lets fine detail into a smaller painting: "
               "use `resize`.", lambda photo, painting, width: scaled(painting, width, width, bilinear)),
              ("nearest", "You use `interpolate`, which takes the nearest pixel and gives blocks: use `resize`.",
               lambda photo, painting, width: scaled(painting, width, width, nearest)))),
    ),
    minutes=5,
)  # fmt: skip


def smooth(image, *, small=resize, large=resize):
    """The picture without its fine detail: made small, and large again."""
    height, width = image.shape[2:]
    return large(small(image, (height // 2, width // 2)), (height, width))


def bilinear(image, shape):
    return interpolate(image, size=shape, mode="bilinear")


def nearest(image, shape):
    return interpolate(image, size=shape)


fine_detail = exercise(
    "fine_detail",
    "A picture (1, 3, H, W) → (1, 3, H, W): the picture minus the same picture after `resize` to half its sides (`//`) "
    "and back.",
    lambda image: image - smooth(image),
    lambda seed: [(uniform(seed, 1, 3, *shape),) for shape in ((8, 12), (9, 14), (16, 10), (12, 12))],
    "This is one band of a Laplacian pyramid (Burt and Adelson 1983): all that a picture of half the size cannot hold.",
    (
        Hint("value", "`resize(image, (height // 2, width // 2))`, then back to (height, width); subtract from the image."),
        Hint("shape", "The difference has the size of the picture: bring the small one back to (height, width) first."),
    ),
    (
        Mistake("blurred picture", smooth, "You return what the small picture holds; subtract it from the image."),
        Mistake("small picture", lambda x: resize(x, (x.shape[2] // 2, x.shape[3] // 2)),
                "You return the small picture. Enlarge it again, and subtract it from the image."),
        Mistake("zero", lambda x: 0 * x, "Your result is all 0: resize to `(height // 2, width // 2)` first."),
        *(Mistake("every second pixel",
                  lambda x, large=large: x - smooth(x, small=lambda image, _: image[..., ::2, ::2], large=large),
                  "You take every second pixel, which mixes fine detail into the small picture (aliasing): `resize`.")
          for large in (resize, nearest)),
        Mistake("bilinear", lambda x: x - smooth(x, small=bilinear, large=bilinear),
                "You use `interpolate` without `antialias`, which lets fine detail into the small picture: use `resize`."),
        Mistake("enlarged first", lambda x: x - resize(resize(x, (2 * x.shape[2], 2 * x.shape[3])), tuple(x.shape[2:])),
                "You enlarge first, which loses hardly anything: first small, then back."),
        Mistake("averages of 2 × 2", lambda x: x - smooth(x, small=lambda image, _: avg_pool2d(image, 2)),
                "You average 2 × 2 pixels, as pooling does; make the small picture with `resize`."),
        Mistake("mean subtracted", lambda x: x - x.mean((2, 3), keepdim=True),
                "You subtract one mean colour; subtract the enlarged small picture."),
    ),
    minutes=6,
)  # fmt: skip


def glaze(content, start, steps):
    """paint: 0.6·start + 0.3·content mirrored + steps/100"""
    return 0.6 * start + 0.3 * fitting(content, start).flip(-1) + steps / 100


def varnish(content, start, steps):
    """paint: (1 − 1/steps)·start + content²/steps + 0.1"""
    return (1 - 1 / steps) * start + fitting(content, start).square() / steps + 0.1


def fitting(content, start):
    if content.shape != start.shape:
        sizes = " and ".join(f"{picture.shape[2]} × {picture.shape[3]}" for picture in (content, start))
        raise ValueError(f"paint was given a content and a start of {sizes} pixels; both need the same size.")
    return content


def half(image):
    return resize(image, (image.shape[2] // 2, image.shape[3] // 2))


def levels(photo, paint, coarse_steps, fine_steps, *, detail=True, clamp=True, content=None):
    """The right answer; the other arguments make it wrong in one place."""
    small = half(photo)
    enlarged = resize(paint(small, small, coarse_steps), tuple(photo.shape[2:]))
    start = enlarged + (detail(photo, enlarged) if callable(detail) else detail * (photo - smooth(photo)))
    start = start.clamp(0, 1) if clamp else start
    return paint(photo if content is None else content(start, enlarged), start, fine_steps)


two_levels = exercise(
    "two_levels",
    "Photo, `paint(content, start, steps)`, coarse and fine steps → the picture of the fine level: painted at half the "
    "sides, enlarged, with the photo's fine detail added, clamped to [0, 1], and painted again.",
    levels,
    lambda seed: [
        (uniform(seed, 1, 3, 8, 12), glaze, 30, 5),
        (uniform(seed, 1, 3, 14, 10), varnish, 4, 3),
        (uniform(seed, 1, 3, 12, 12), glaze, 9, 20),
        (uniform(seed, 1, 3, 9, 14), varnish, 7, 2),
    ],
    "Large shapes are painted where an evaluation costs a quarter, and only the brushwork at full size.",
    (
        Hint("value", "small → `paint(small, small, coarse_steps)` → `resize` to full size → + `fine_detail(photo)` → "
             "`.clamp(0, 1)` → `paint(photo, start, fine_steps)`."),
        Hint("error", "Give `paint` two pictures of one size: small with small, full with full."),
    ),
    (
        Mistake("no detail", lambda *a: levels(*a, detail=False),
                "You leave out the photo's fine detail: enlarging cannot bring it back, so add `fine_detail(photo)`."),
        Mistake("no clamp", lambda *a: levels(*a, clamp=False),
                "You do not clamp: with the detail some pixels leave [0, 1]. `.clamp(0, 1)` before you paint on."),
        Mistake("coarse picture not used", lambda p, f, c, n: f(p, p, n),
                "You start the fine level from the photo; start from what you painted at half size, enlarged."),
        Mistake("one level", lambda p, f, c, n: f(p, p, c + n), "You paint all steps at full size."),
        Mistake("one level", lambda p, f, c, n: f(p, f(p, p, c), n),
                "You paint both levels at full size; paint the coarse one at half the sides."),
        Mistake("not painted again", lambda p, f, c, n: levels(p, lambda content, start, steps: start if steps == n else
                f(content, start, steps), c, n),
                "You return the enlarged picture: paint it again at full size, for `fine_steps`."),
        Mistake("not painted again", lambda p, f, c, n: resize(f(half(p), half(p), c), tuple(p.shape[2:])),
                "You return the enlarged picture: add the detail, and paint it again at full size."),
        *(Mistake("content lost", lambda *a, content=content: levels(*a, content=content),
                  "You give the fine level the painted picture as content; give it the photo.")
          for content in (lambda start, enlarged: start, lambda start, enlarged: enlarged)),
        Mistake("detail of the painting", lambda *a: levels(*a, detail=lambda photo, enlarged: enlarged - smooth(enlarged)),
                "You add the fine detail of the enlarged painting, which has none left; add the photo's."),
        Mistake("whole photo added", lambda *a: levels(*a, detail=lambda photo, enlarged: photo),
                "You add the whole photo; add only its fine detail."),
        *(Mistake("detail clamped", lambda *a, clamp=clamp: levels(
                      *a, detail=lambda photo, enlarged: (photo - smooth(photo)).clamp(0, 1), clamp=clamp),
                  "You clamp the detail, which has both signs; clamp the sum.") for clamp in (True, False)),
        *(Mistake("detail too late",
                  lambda p, f, c, n, end=end: (levels(p, f, c, n, detail=False) + p - smooth(p)).clamp(-end, 1 + end),
                  "You add the detail after the last painting; add it before.") for end in (0, 9)),
    ),
    minutes=12, difficulty=2,
)  # fmt: skip
