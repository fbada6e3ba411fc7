"""Train the decoder of notebook 11, which paints any style in one pass (Huang and Belongie 2017).

    python tools/beyond/pictures.py PHOTOS STYLES
    python tools/beyond/train_adain.py PHOTOS STYLES --minutes 60 --out adain.safetensors

Contents are crops of the photographs; styles are crops of STYLES, and one in four of other photographs. The loss is the
paper's, in relative terms: the maps of the painted picture against those that it was painted from (relu4_1), and means,
deviations and Gram matrices at relu1_1 … relu4_1 against the style's (lengths, not their squares: a dark, flat style would
rule). The first picture of each batch is to be rebuilt in its own style, and its pixels count too.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from nsthelpers import extract_features, gram_matrix, load_backbone
from nsthelpers.beyond.adain import LAYERS, Decoder, adain
from nsthelpers.beyond.feedforward import relative_distance
from nsthelpers.beyond.statistics import channel_statistics
from nsthelpers.images import choose_device

sys.path.insert(0, str(Path(__file__).parent))
from train_feedforward import Run, Source, load_pictures, load_teacher

MEASURED = ("relu1_1", *LAYERS)


def style_distance(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The distances of the channels' statistics and of the Gram matrices, averaged over the layers."""
    distances = []
    for measure in (channel_statistics, gram_matrix):
        pairs = [(measure(found[name]).flatten(1), measure(wanted[name]).flatten(1)) for name in MEASURED]
        distances.append(sum(((f - w).norm(dim=1) / (w.norm(dim=1) + 1e-6)).mean() for f, w in pairs) / len(MEASURED))
    return distances[0], distances[1]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the decoder that paints any style.")
    parser.add_argument("photos", type=Path, help="folder of photographs")
    parser.add_argument("styles", type=Path, help="folder of painted pictures")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--crop", type=int, default=112, help="side of the crops in pixels, a multiple of 8")
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--style-weight", type=float, default=1.0)
    parser.add_argument("--gram-weight", type=float, default=2.0)
    parser.add_argument("--pixel-weight", type=float, default=5.0)
    parser.add_argument("--vgg16", help="weights file of the VGG-16 that compares styles; without it mini does")
    parser.add_argument("--device")
    args = parser.parse_args(argv)
    photos = load_pictures(args.photos, [])
    device = choose_device(args.device)
    contents = Source(photos, 0, args.crop, device=device)
    painted = load_pictures(args.styles, [])
    styles = Source(photos + painted, 1, args.crop, 0.75, len(painted), device)
    torch.manual_seed(0)
    run = Run(Decoder().to(device, memory_format=torch.channels_last), args.out, args.minutes, args.rate, {})
    for number, source in enumerate((contents, styles)):
        source.g.manual_seed(2 * run.done + number)
    backbone = load_backbone("mini", device=device)
    judge = load_teacher(args.vgg16).to(device) if args.vgg16 else backbone
    while run.going():
        began = time.monotonic()
        content, style = contents.crops(args.batch), styles.crops(args.batch)
        style[0] = content[0]
        with torch.no_grad():
            maps, aims = (extract_features(backbone, picture, LAYERS) for picture in (content, style))
            wanted = extract_features(judge, style, MEASURED)
            mixed = {name: adain(maps[name], aims[name]) for name in LAYERS}
        painted = run.network(*mixed.values())
        found = extract_features(judge, painted, MEASURED)
        kept = relative_distance(extract_features(backbone, painted, LAYERS)["relu4_1"], mixed["relu4_1"])
        pixels = (painted[0] - content[0]).square().mean()
        moments, grams = style_distance(found, wanted)
        run.step(kept + args.style_weight * moments + args.gram_weight * grams + args.pixel_weight * pixels, began)
        if run.done % 20 == 0:
            said = f"content {kept:.4f}  moments {moments:.4f}  grams {grams:.4f}  pixels {pixels:.4f}"
            print(f"step {run.done}  {run.seconds / 60:.1f} min  {said}", flush=True)


if __name__ == "__main__":
    main()
