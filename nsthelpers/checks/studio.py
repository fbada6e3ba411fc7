"""Exercises of notebook 08: your own pictures, coarse to fine."""

from torch.nn.functional import avg_pool2d, interpolate

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform
from nsthelpers.images import resize

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


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


def cut(image, width):
    return image[..., : round(image.shape[2] * width), : round(image.shape[3] * width)]


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
    "A stroke is as wide, in pixels, as it is in the painting that the network sees: the painting's size sets the brush.",
    (
        Hint("value", "`resize` the painting, and only the painting, to `width` times its rows and columns; then `paint`."),
        Hint("error", "`resize` needs two whole numbers: `(round(width * rows), round(width * columns))`."),
    ),
    (
        Mistake("size not changed", lambda photo, painting, width, paint: paint(photo, painting),
                "The painting goes in as it was: bring it to `width` times its sides first."),
        Mistake("photo resized", lambda photo, painting, width, paint: paint(scaled(photo, width, width), painting),
                "You changed the size of the photo; the strokes follow the size of the *painting*."),
        Mistake("both resized",
                lambda photo, painting, width, paint: paint(scaled(photo, width, width), scaled(painting, width, width)),
                "You changed the size of both: then the picture grows, and its strokes with it. Only the painting."),
        Mistake("wrong direction",
                lambda photo, painting, width, paint: paint(photo, scaled(painting, 1 / width, 1 / width)),
                "You divided by `width`. Wide strokes come from a large painting: multiply its sides."),
        Mistake("arguments exchanged",
                lambda photo, painting, width, paint: paint(scaled(painting, width, width), photo),
                "Photo and painting are exchanged: `paint(photo, painting)`."),
        Mistake("result resized", lambda photo, painting, width, paint: scaled(paint(photo, painting), width, width),
                "You paint first and change the size of the result. Change the painting's before you paint."),
        Mistake("not painted", lambda photo, painting, width, paint: scaled(painting, width, width),
                "This is the painting at its new size. Now `paint(photo, …)` with it."),
        Mistake("size of the photo",
                lambda photo, painting, width, paint: paint(photo, resize(painting, tuple(photo.shape[2:]))),
                "You brought the painting to the photo's size; it should be `width` times its *own*."),
        Mistake("size of the photo", lambda photo, painting, width, paint: paint(
                    photo, resize(painting, (round(width * photo.shape[2]), round(width * photo.shape[3])))),
                "You took the photo's rows and columns; take the painting's."),
        Mistake("sides exchanged", lambda photo, painting, width, paint: paint(
                    photo, resize(painting, (round(width * painting.shape[3]), round(width * painting.shape[2])))),
                "Rows and columns are exchanged: (round(width * rows), round(width * columns))."),
        Mistake("one side only", lambda photo, painting, width, paint: paint(photo, scaled(painting, 1, width)),
                "Only the columns were changed; both sides, or the strokes are squeezed."),
        Mistake("one side only", lambda photo, painting, width, paint: paint(photo, scaled(painting, width, 1)),
                "Only the rows were changed; both sides, or the strokes are squeezed."),
        Mistake("area for side", lambda photo, painting, width, paint: paint(
                    photo, scaled(painting, width**0.5, width**0.5)),
                "You changed the *area* by `width`; the sides are to be multiplied by it."),
        Mistake("area for side", lambda photo, painting, width, paint: paint(
                    photo, scaled(painting, width**2, width**2)),
                "The sides were multiplied by `width` twice."),
        Mistake("cut", lambda photo, painting, width, paint: paint(photo, cut(painting, width)),
                "You cut a piece out of the painting: its strokes keep their width. `resize` it."),
        Mistake("bilinear", lambda photo, painting, width, paint: paint(
                    photo, scaled(painting, width, width, bilinear)),
                "`interpolate` without `antialias` lets fine detail into a smaller painting: use `resize`."),
        Mistake("nearest", lambda photo, painting, width, paint: paint(photo, scaled(painting, width, width, nearest)),
                "`interpolate` takes the nearest pixel, which gives blocks: use `resize`."),
    ),
    minutes=5,
)  # fmt: skip


def smooth(image, *, part=2, small=resize, large=resize):
    """The picture without its fine detail: made small, and large again."""
    height, width = image.shape[2:]
    return large(small(image, (height // part, width // part)), (height, width))


def bilinear(image, shape):
    return interpolate(image, size=shape, mode="bilinear")


def nearest(image, shape):
    return interpolate(image, size=shape)


def rounded_up(image):
    height, width = image.shape[2:]
    return resize(resize(image, (-(-height // 2), -(-width // 2))), (height, width))


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
        Mistake("blurred picture", smooth,
                "This is what the small picture holds; the detail is what it lacks: subtract this from the image."),
        Mistake("small picture", lambda x: resize(x, (x.shape[2] // 2, x.shape[3] // 2)),
                "This is the small picture. Enlarge it again, and subtract it from the image."),
        Mistake("wrong sign", lambda x: smooth(x) - x,
                "The sign is turned: it is the image minus its smooth version, so that adding it brings the image back."),
        Mistake("absolute", lambda x: (x - smooth(x)).abs(), "Detail has both signs: leave `abs` away."),
        Mistake("clamped", lambda x: (x - smooth(x)).clamp(0, 1),
                "You cut off the negative half: detail is no picture, and it has both signs. No `clamp` here."),
        Mistake("grey added", lambda x: 0.5 + x - smooth(x), "Grey is for showing it; the detail is around 0."),
        Mistake("zero", lambda x: 0 * x, "All is 0: was the picture ever made smaller? `(height // 2, width // 2)`."),
        Mistake("quarter of the side", lambda x: x - smooth(x, part=4), "You went to a quarter of the sides; half."),
        Mistake("every second pixel", lambda x: x - smooth(x, small=lambda image, _: image[..., ::2, ::2]),
                "You took every second pixel, which mixes fine detail into the small picture (aliasing): `resize`."),
        Mistake("every second pixel",
                lambda x: x - smooth(x, small=lambda image, _: image[..., ::2, ::2], large=nearest),
                "You took every second pixel, which mixes fine detail into the small picture (aliasing): `resize`."),
        Mistake("bilinear", lambda x: x - smooth(x, small=bilinear, large=bilinear),
                "`interpolate` without `antialias` lets fine detail into the small picture: use `resize`."),
        Mistake("nearest", lambda x: x - smooth(x, small=nearest, large=nearest),
                "`interpolate` takes the nearest pixel, which gives blocks: use `resize`."),
        Mistake("averages of 2 × 2", lambda x: x - smooth(x, small=lambda image, _: avg_pool2d(image, 2)),
                "You averaged 2 × 2 pixels, as a pooling does; here `resize` makes the small picture."),
        Mistake("sides exchanged", lambda x: x - resize(resize(x, (x.shape[3] // 2, x.shape[2] // 2)), tuple(x.shape[2:])),
                "Height and width are exchanged in the small picture: (height // 2, width // 2)."),
        Mistake("one side only", lambda x: x - resize(resize(x, (x.shape[2] // 2, x.shape[3])), tuple(x.shape[2:])),
                "Only the height was halved; both sides."),
        Mistake("one side only", lambda x: x - resize(resize(x, (x.shape[2], x.shape[3] // 2)), tuple(x.shape[2:])),
                "Only the width was halved; both sides."),
        Mistake("added", lambda x: x + smooth(x), "You added the smooth picture; subtract it."),
        Mistake("doubled", lambda x: 2 * (x - smooth(x)), "The detail is twice too strong."),
        Mistake("mean subtracted", lambda x: x - x.mean((2, 3), keepdim=True),
                "You subtract one mean colour; subtract the enlarged small picture."),
        Mistake("mean subtracted", lambda x: x - x.mean(), "You subtract one mean; subtract the enlarged small picture."),
        Mistake("rounded up", lambda x: x - rounded_up(x), "Half the sides, rounded down: `//`."),
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


def half(image, part=2):
    return resize(image, (image.shape[2] // part, image.shape[3] // part))


def levels(photo, paint, coarse_steps, fine_steps, *, detail=True, clamp=True, part=2, enlarge=resize, content=None):
    """The right answer; the other arguments make it wrong in one place."""
    small = half(photo, part)
    enlarged = enlarge(paint(small, small, coarse_steps), tuple(photo.shape[2:]))
    start = enlarged + (detail(photo, enlarged) if callable(detail) else detail * (photo - smooth(photo)))
    start = start.clamp(0, 1) if clamp else start
    return paint(photo if content is None else content(start, enlarged), start, fine_steps)


def exchanged(paint):
    return lambda content, start, steps: paint(start, content, steps)


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
        Hint("error", "Both pictures that `paint` is given must have one size: small with small, full with full."),
    ),
    (
        Mistake("no detail", lambda *a: levels(*a, detail=False),
                "The photo's fine detail is missing: enlarging cannot bring it back, so add `fine_detail(photo)`."),
        Mistake("no clamp", lambda *a: levels(*a, clamp=False),
                "With the detail some pixels leave [0, 1]: `.clamp(0, 1)` before you paint on."),
        Mistake("coarse picture not used", lambda p, f, c, n: f(p, p, n),
                "The fine level starts from the photo: what was painted at half size is lost. Start from it, enlarged."),
        Mistake("one level", lambda p, f, c, n: f(p, p, c + n), "All steps are at full size: there is no coarse level."),
        Mistake("one level", lambda p, f, c, n: f(p, f(p, p, c), n), "Both levels are at full size."),
        Mistake("not painted again", lambda p, f, c, n: levels(p, lambda content, start, steps: start if steps == n else
                f(content, start, steps), c, n),
                "The enlarged picture is returned as it is: paint it again at full size, for `fine_steps`."),
        Mistake("not painted again", lambda p, f, c, n: resize(f(half(p), half(p), c), tuple(p.shape[2:])),
                "The enlarged picture is returned as it is: add the detail, and paint it again at full size."),
        Mistake("coarse picture", lambda p, f, c, n: f(half(p), half(p), c),
                "This is the picture of the coarse level: enlarge it and paint on at full size."),
        Mistake("steps exchanged", lambda p, f, c, n: levels(p, f, n, c),
                "The steps are exchanged: many at half size (`coarse_steps`), few at full size (`fine_steps`)."),
        Mistake("same steps twice", lambda p, f, c, n: levels(p, f, c, c), "The fine level takes `fine_steps`."),
        Mistake("same steps twice", lambda p, f, c, n: levels(p, f, n, n), "The coarse level takes `coarse_steps`."),
        Mistake("steps added", lambda p, f, c, n: levels(p, f, c, c + n), "The fine level takes only `fine_steps`."),
        Mistake("content lost", lambda *a: levels(*a, content=lambda start, enlarged: start),
                "The content of the fine level is the photo; you gave it the painted picture."),
        Mistake("content lost", lambda *a: levels(*a, content=lambda start, enlarged: enlarged),
                "The content of the fine level is the photo; you gave it the painted picture."),
        Mistake("arguments exchanged", lambda p, f, c, n: levels(p, exchanged(f), c, n),
                "Content and start are exchanged: `paint(photo, start, fine_steps)`."),
        Mistake("detail of the painting", lambda *a: levels(*a, detail=lambda photo, enlarged: enlarged - smooth(enlarged)),
                "You add the fine detail of the enlarged painting, which has none left: the photo's."),
        Mistake("whole photo added", lambda *a: levels(*a, detail=lambda photo, enlarged: photo),
                "You add the whole photo; only its fine detail."),
        Mistake("averaged with the photo", lambda *a: levels(*a, detail=lambda photo, enlarged: (photo - enlarged) / 2),
                "You mix the photo in; only its fine detail is to be added."),
        Mistake("detail subtracted", lambda *a: levels(*a, detail=-1), "The detail is added, not subtracted."),
        Mistake("detail twice", lambda *a: levels(*a, detail=2), "The detail is added twice."),
        Mistake("quarter of the side", lambda *a: levels(*a, part=4), "The coarse level has half the sides, not a quarter."),
        Mistake("bilinear", lambda *a: levels(*a, enlarge=bilinear), "Enlarge with `resize`, as `fine_detail` does."),
        Mistake("nearest", lambda *a: levels(*a, enlarge=nearest),
                "`interpolate` takes the nearest pixel, which gives blocks: enlarge with `resize`."),
    ),
    minutes=12,
    difficulty=2,
)  # fmt: skip
