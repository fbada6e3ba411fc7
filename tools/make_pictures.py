#!/usr/bin/env python3
"""Make the pictures of the README: the header, and the contact sheet of content × style pairs.

python tools/make_pictures.py            writes docs/pictures/header.jpg and docs/pictures/contact_sheet.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image
from torchvision.utils import make_grid

from nsthelpers import load_backbone, load_image, save_image, stylize, to_pil

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
HEADER = ("tuebingen", "starry_night")
# Each painting once, and the photographs in turn.
PAIRS = [
    ("tuebingen", "starry_night"),
    ("chelsea", "self_portrait"),
    ("pagoda", "great_wave"),
    ("astronaut", "the_scream"),
    ("tuebingen", "composition_vii"),
    ("pagoda", "wheat_field"),
    ("rocket", "shipwreck"),
    ("coffee", "water_lilies"),
]


def beside(pictures: list[Image.Image], gap: int = 8) -> Image.Image:
    """Paste pictures side by side on white, all scaled to the height of the lowest."""
    height = min(picture.height for picture in pictures)
    scaled = [p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in pictures]
    sheet = Image.new("RGB", (sum(p.width for p in scaled) + gap * (len(scaled) - 1), height), "white")
    left = 0
    for picture in scaled:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    return sheet


def header(backbone, size: int, steps: int) -> Image.Image:
    """Photograph, painting, result."""
    content, style = HEADER
    result = stylize(content, style, backbone=backbone, size=size, steps=steps)
    return beside([to_pil(load_image(name, size)) for name in HEADER] + [to_pil(result.image)])


def contact_sheet(backbone, size: int, steps: int, columns: int = 4) -> Image.Image:
    """All pairs, cut at the bottom to the height of the lowest, each result with its style in the corner."""
    results = [stylize(*pair, backbone=backbone, size=size, steps=steps).image for pair in PAIRS]
    tiles = torch.cat([result[:, :, : min(each.shape[2] for each in results)] for result in results])
    for tile, (_, style) in zip(tiles, PAIRS, strict=True):
        small = load_image(style, size // 4)[0]
        tile[:, -small.shape[1] :, -small.shape[2] :] = small
    return to_pil(make_grid(tiles, columns, padding=8, pad_value=1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512, help="longer side of each result in pixels")
    parser.add_argument("--steps", type=int, default=200, help="evaluations of the loss")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    backbone = load_backbone("mini")
    save_image(header(backbone, options.size, options.steps), FOLDER / "header.jpg", quality=88)
    save_image(contact_sheet(backbone, options.size, options.steps), FOLDER / "contact_sheet.jpg", quality=85)


if __name__ == "__main__":
    main()
