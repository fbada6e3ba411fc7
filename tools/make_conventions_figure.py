#!/usr/bin/env python3
"""Make the figure of the ten conventions: the same two pictures and the same network, ten losses.

python tools/make_conventions_figure.py            writes docs/pictures/conventions.jpg

Each convention has its own loss, start, optimiser and learning rate, and the same number of evaluations.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from nsthelpers import load_backbone, load_image, save_image, to_pil
from nsthelpers.conventions import CONVENTIONS, stylize_like

TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "conventions.jpg"
THEIRS = [name for name in CONVENTIONS if name != "nsthelpers"]


def sheet(tiles: dict[str, Image.Image], columns: int = 6, gap: int = 6) -> Image.Image:
    """Paste pictures in a grid on white, each under its name, each in the middle of its cell."""
    width, height = (max(tile.size[axis] for tile in tiles.values()) for axis in (0, 1))
    text = max(12, width // 13)
    rows = math.ceil(len(tiles) / columns)
    canvas = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + text + 2 * gap) + gap), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(text)
    for number, (name, tile) in enumerate(tiles.items()):
        left = gap + number % columns * (width + gap)
        top = gap + number // columns * (height + text + 2 * gap)
        draw.text((left + width / 2, top), name, fill="black", font=font, anchor="mt")
        canvas.paste(tile, (left + (width - tile.width) // 2, top + text + gap + (height - tile.height) // 2))
    return canvas


def figure(content: str, style: str, size: int, steps: int, names: Sequence[str] = THEIRS) -> Image.Image:
    """Return the figure: the photograph, the painting and a result for each name."""
    backbone = load_backbone("mini")
    photograph, painting = load_image(content, size), load_image(style, size)
    tiles = {"photograph": to_pil(photograph), "painting": to_pil(painting)}
    tiles["painting"].thumbnail(tiles["photograph"].size)
    for name in names:
        options = {"backbone": backbone, "size": None, "steps": steps}
        tiles[name] = to_pil(stylize_like(name, photograph, painting, **options).image)
    return sheet(tiles)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--content", default="tuebingen", help="the photograph")
    parser.add_argument("--style", default="starry_night", help="the painting")
    parser.add_argument("--size", type=int, default=256, help="longer side of each picture in pixels")
    parser.add_argument("--steps", type=int, default=200, help="evaluations of each loss")
    parser.add_argument("--output", type=Path, default=TARGET, help="where to save the figure")
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    picture = figure(options.content, options.style, options.size, options.steps)
    save_image(picture, options.output, quality=85)


if __name__ == "__main__":
    main()
