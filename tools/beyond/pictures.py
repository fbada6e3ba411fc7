"""Paint pictures to train AdaIN on: photographs in brush strokes, and the four programs of tools/paint_styles.py.

    python tools/beyond/pictures.py PHOTOS OUT --count 150

No real painting is among them, so that the bundled ones stay a fair test.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))
import paint_styles

SIDE = 288


def smooth(rng: np.random.Generator, cells: int) -> np.ndarray:
    """A smooth random field (SIDE, SIDE), about `cells` waves across."""
    small = rng.standard_normal((cells + 2, cells + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def paint_strokes(photo: Image.Image, palette: Image.Image, seed: int) -> Image.Image:
    """Paint a photograph over with brush strokes, from coarse to fine, and mostly in the colours of another one.

    Strokes follow a random flow or the edges of the photograph; their size, length and unrest are drawn by the seed.
    """
    rng = np.random.default_rng(seed)
    picture, colours = (np.asarray(each.convert("RGB").resize((SIDE, SIDE))) for each in (photo, palette))
    if rng.random() < 0.7:  # each channel gets the histogram of the other picture's
        ranks = picture.reshape(-1, 3).argsort(0).argsort(0)
        picture = np.take_along_axis(np.sort(colours.reshape(-1, 3), 0), ranks, 0).reshape(SIDE, SIDE, 3)
    angle = math.pi * smooth(rng, int(rng.integers(1, 6)))
    if rng.random() < 0.5:
        coarse = Image.fromarray(picture).convert("L").resize((SIDE // 8, SIDE // 8)).resize((SIDE, SIDE))
        down, right = np.gradient(np.asarray(coarse, float))
        angle = np.arctan2(right, -down) + 0.3 * angle
    saturation, unrest = rng.uniform(0.8, 1.8), rng.uniform(4, 30)
    width, length = rng.uniform(3, 14), rng.uniform(2, 9)
    canvas = Image.fromarray(picture)
    draw = ImageDraw.Draw(canvas)
    for share in (1.0, 0.55, 0.3):
        broad = max(1, round(width * share))
        count = min(9000, int(1.2 * SIDE * SIDE / (broad * broad * length)))
        place = rng.uniform(0, SIDE, (count, 2))
        colour = picture[tuple(place.astype(int).T)].astype(float)
        colour = colour.mean(1, keepdims=True) + saturation * (colour - colour.mean(1, keepdims=True))
        colour += rng.normal(0, unrest, (count, 1)) + rng.normal(0, unrest / 2, (count, 3))
        points = [place]
        for _ in range(4):
            turn = angle[tuple(place.clip(0, SIDE - 1).astype(int).T)]
            place = place + broad * length / 4 * np.stack([np.sin(turn), np.cos(turn)], 1)
            points.append(place)
        paths = np.stack(points, 1)[..., ::-1].reshape(count, -1).tolist()
        for path, paint in zip(paths, colour.clip(0, 255).astype(int).tolist()):
            draw.line(path, tuple(paint), broad, "curve")
    return canvas


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Paint pictures to train AdaIN on.")
    parser.add_argument("photos", type=Path, help="folder of photographs")
    parser.add_argument("out", type=Path, help="folder that the pictures go to; those that are there are kept")
    parser.add_argument("--count", type=int, default=150, help="pictures in brush strokes")
    parser.add_argument("--seeds", type=int, default=4, help="pictures of each of the four programs")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    photos = sorted(args.photos.glob("*.jpg"))
    choose = np.random.default_rng(0)
    for number in range(args.count):
        photo, palette = (Image.open(photos[i]) for i in choose.integers(len(photos), size=2))
        path = args.out / f"strokes_{number:03}.png"
        if not path.exists():
            paint_strokes(photo, palette, number).save(path)
    for name, paint in paint_styles.PAINTERS.items():
        for seed in range(args.seeds):
            path = args.out / f"{name}_{seed}.png"
            if not path.exists():
                paint(seed, 320).save(path)


if __name__ == "__main__":
    main()
