#!/usr/bin/env python3
"""Make the pictures of the README (the header, and the contact sheet of content × style pairs), or those of VGG-16.

python tools/make_pictures.py                 writes docs/pictures/header.jpg and docs/pictures/contact_sheet.jpg
python tools/make_pictures.py --vgg16 FILE    writes notebooks/source/pictures/NN_vgg16.jpg for notebooks 00 and 04 to 07:
                                              what the real VGG-16 paints there, since it is too large to come along
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms.functional import center_crop
from torchvision.utils import make_grid

from nsthelpers import (
    StyleTransferLoss,
    extract_features,
    load_backbone,
    load_image,
    minimise,
    resize,
    save_image,
    stylize,
    to_pil,
)
from nsthelpers.backbones import Backbone
from nsthelpers.checks import optimisation_loop, what_layers_remember
from nsthelpers.conventions import stylize_like
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers.transfer import starting_image

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"
STEPS = {"00": 120, "04": 60, "05": 60, "06": 80, "07": 50}  # of each notebook's run
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


def features(backbone: Backbone, image: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The content maps, and the five style layers' maps, as notebook 07's `features` returns them."""
    maps = extract_features(backbone, image, ["relu4_2", *STYLE_LAYERS])
    return maps["relu4_2"], [maps[name] for name in STYLE_LAYERS]


def texture(backbone: Backbone, steps: int) -> torch.Tensor:
    """The texture of The Starry Night from coarse noise, as notebook 05's `grow` makes it: (1, 3, 192, 192)."""
    painting = load_image("starry_night")
    painting = resize(center_crop(painting, min(painting.shape[2:])), (192, 192))
    small = torch.zeros(1, 3, 48, 48)
    loss = StyleTransferLoss(backbone, style=painting, style_weight=1000.0, tv_weight=20.0)
    records = minimise(loss, resize(starting_image("noise", small, small, 0), (192, 192)), steps)
    return min(records, key=lambda record: record.losses["total"]).image


def of_vgg16(mini: Backbone, vgg16: Backbone) -> dict[str, Image.Image]:
    """The pictures of the real VGG-16 in the notebooks, by the notebook's number; the settings are the notebooks'."""
    pair = ("tuebingen", "starry_night")
    both = [stylize(*pair, backbone=b, size=512, steps=STEPS["00"], progress=False).image for b in (mini, vgg16)]
    cat, cats = load_image("chelsea", 192), []
    for layer in ("relu3_1", "relu4_1"):
        for backbone in (mini, vgg16):
            describe = partial(lambda image, b, at: extract_features(b, image, at)[at], b=backbone, at=layer)
            start = starting_image("noise", cat, cat)
            cats.append(what_layers_remember.rebuild.reference(describe, cat, start, STEPS["04"], 0.1, 2.0))
    formula = stylize_like("gordicaleksa", *pair, backbone=vgg16, size=256, steps=STEPS["06"], progress=False).image
    photo, painting = (load_image(name, 256) for name in pair)
    makers = {
        "lbfgs": lambda pixels: torch.optim.LBFGS(
            pixels, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0
        ),
        "adam": lambda pixels: torch.optim.Adam(pixels, lr=0.03),
    }
    loops = [
        optimisation_loop.style_transfer.reference(
            partial(features, vgg16), photo, painting, photo, make, STEPS["07"], 0.03
        )[0]
        for make in makers.values()
    ]

    def larger(images: list[torch.Tensor], height: int) -> list[Image.Image]:
        return [to_pil(resize(image, (height, round(height * image.shape[3] / image.shape[2])))) for image in images]

    return {
        "00": beside(larger(both, 324), 4),
        "04": to_pil(make_grid(resize(torch.cat(cats), (230, 345)), 2, padding=6, pad_value=1.0)),
        "05": larger([texture(vgg16, STEPS["05"])], 384)[0],
        "06": larger([formula], 420)[0],
        "07": beside(larger(loops, 307), 12),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vgg16", metavar="FILE", help="weights of a VGG-16: its pictures for the notebooks instead")
    parser.add_argument("--size", type=int, default=512, help="longer side of each result in pixels")
    parser.add_argument("--steps", type=int, default=200, help="evaluations of the loss")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    backbone = load_backbone("mini")
    if options.vgg16:
        for number, picture in of_vgg16(backbone, load_backbone("vgg16", weights=options.vgg16)).items():
            picture.save(ROOT / "notebooks" / "source" / "pictures" / f"{number}_vgg16.jpg", quality=80)
        return
    save_image(header(backbone, options.size, options.steps), FOLDER / "header.jpg", quality=88)
    save_image(contact_sheet(backbone, options.size, options.steps), FOLDER / "contact_sheet.jpg", quality=85)


if __name__ == "__main__":
    main()
