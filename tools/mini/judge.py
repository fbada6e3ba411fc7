"""Measure backbones for style transfer, with a real VGG-16 as the judge.

    python tools/mini/judge.py measure --judge vgg16.safetensors --out results.json --pictures FOLDER
    python tools/mini/judge.py curve   ... the trade-off: the same at several weights, drawn as a figure
    python tools/mini/judge.py sheet   ... six pairs at 512 pixels, side by side in one JPEG
    python tools/mini/judge.py depth   ... feature inversion and texture synthesis, layer by layer
    python tools/mini/judge.py speed   ... the time of one evaluation of the loss, against VGG-19

The judge is VGG-16 with ImageNet weights (Simonyan and Zisserman 2014) and max pooling, as it was trained, whatever
pooling the painters have. For a picture `out`, painted from a photograph c and a painting s:

- style distance: the mean over relu1_1 … relu5_1 of ‖G_out − G_s‖ / ‖G_s‖, divided by the same for c in place of `out`.
  1: as far from the style as the unchanged photograph; 0: the style is matched.
- content distance: ‖F_out − F_c‖² / ‖F_c‖² at relu4_2. 0: the content is unchanged.

The networks that paint are "mini", "random" or "random=SEED" (mini with random weights), "vgg16" (the judge's own weights,
so no rival, but what can be had), "vgg19", and NAME=FILE (mini with other weights, or a VGG if that is the NAME). They paint
with `nsthelpers.stylize`, each of whose settings is an option here. A run in the results file is never repeated.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor

import nsthelpers
from nsthelpers.backbones import Backbone
from nsthelpers.engine.network import choose_dtype, prepare
from nsthelpers.files.settings import digest
from nsthelpers.files.writing import check_target, write_atomically
from nsthelpers.images import default_device
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS

Pair = tuple[str, str]
ALL_PAIRS = [
    (content, style)
    for content in ("tuebingen", "pagoda", "chelsea", "astronaut", "coffee")
    for style in ("starry_night", "composition_vii", "great_wave", "the_scream", "shipwreck")
]
WALL = [
    ("tuebingen", "starry_night"), ("pagoda", "great_wave"), ("chelsea", "wheat_field"),
    ("coffee", "composition_vii"), ("astronaut", "self_portrait"), ("tuebingen", "shipwreck"),
]  # fmt: skip
PAIRS = {"measure": ALL_PAIRS, "curve": ALL_PAIRS, "sheet": WALL, "depth": [("chelsea", "starry_night")], "speed": []}
LAYERS = [*STYLE_LAYERS, *CONTENT_LAYERS]
DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(nsthelpers.stylize).parameters.items()
    if name not in ("content", "style", "backbone", "weights", "device", "callback", "progress", "checkpoint")
}
QUICK, WALL_SCALE = {"size": 256, "steps": 150}, {"size": 512}  # the wall for looking, all else in an evening
FACTORS = (0.1, 0.3, 1, 3, 10)


@torch.no_grad()
def distances(judge: Backbone, out: Tensor, content: Tensor, style: Tensor) -> dict[str, float]:
    """Return {"style": …, "content": …} of a picture `out`, as above. Images (1, 3, H, W) in [0, 1].

    Raises ValueError if `out` and `content` differ in size, or if `content` has the style already.
    """
    if out.shape != content.shape:
        sizes = " and ".join(f"{image.shape[3]} × {image.shape[2]}" for image in (out, content))
        raise ValueError(f"out and content have {sizes} pixels; give a picture of the photograph's size.")
    maps = [nsthelpers.extract_features(judge, image, LAYERS) for image in (out, content, style)]
    painted, before, wanted = ({name: nsthelpers.gram_matrix(m[name]) for name in STYLE_LAYERS} for m in maps)

    def from_style(grams: Mapping[str, Tensor]) -> float:
        return mean(float((grams[name] - gram).norm() / gram.norm()) for name, gram in wanted.items())

    if not (unchanged := from_style(before)):
        raise ValueError("content has the Gram matrices of style; give two different pictures.")
    pairs = [(maps[0][name], maps[1][name]) for name in CONTENT_LAYERS]
    return {
        "style": from_style(painted) / unchanged,
        "content": mean(float((f - p).square().sum() / p.square().sum()) for f, p in pairs),
    }


def load_network(network: str, pooling: str, judge: str | None) -> tuple[str, Backbone]:
    """Return label and backbone of a network as the command line names it; `judge` is VGG-16's weights file."""
    name, _, value = network.partition("=")
    if name == "random":
        if value and not value.isdigit():
            raise ValueError(f"The seed of {network!r} is no whole number; write random=3, say.")
        return network, nsthelpers.load_backbone("mini", pooling, "random", seed=int(value or 0))
    if name in ("vgg16", "vgg19"):
        return name, nsthelpers.load_backbone(name, pooling, value or (judge if name == "vgg16" else None))
    if name != "mini" and not value:
        raise ValueError(f"There is no network {network!r}; use mini, random, vgg16, vgg19 or NAME=FILE.")
    return name, nsthelpers.load_backbone("mini", pooling, value or None)


@functools.cache
def picture(name: str, size: int) -> Tensor:
    """A bundled picture, or a file, with `size` pixels on the longer side."""
    return nsthelpers.load_image(name, size)


class Unfinished(Exception):
    """A run that was interrupted or diverged: there is nothing to judge."""


class Bench:
    """Networks and settings of a measurement, and what was measured already: `results`, {key: row}."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.out, self.folder = args.out, args.pictures
        self.settings = DEFAULTS | (WALL_SCALE if args.command == "sheet" else QUICK)
        self.settings |= {name: getattr(args, name) for name in DEFAULTS if name in args}
        loaded = [load_network(network, self.settings["pooling"], args.judge) for network in args.networks]
        self.networks = dict(loaded)
        if len(self.networks) < len(loaded):
            raise ValueError("Two networks have the same name; tell them apart, as in old=FILE new=FILE.")
        # Known by their values: another file of the same name is another network.
        self.weights = {name: digest(*net.parameters()) + net.conv1_1.padding_mode for name, net in loaded}
        if args.command not in UNJUDGED:
            self.judge = nsthelpers.load_backbone("vgg16", "max", args.judge)
            self.judge_weights = digest(*self.judge.parameters())
        self.results = _read_results(self.out) if self.out and self.out.exists() else {}
        for folder in filter(None, (self.folder, self.out and self.out.parent)):
            folder.mkdir(parents=True, exist_ok=True)

    def run(self, network: str, content: str, style: str, **changed: Any) -> dict[str, Any]:
        """Paint a pair and judge it, unless that is in the results already, with its picture if pictures are kept."""
        settings = self.settings | changed
        images = [picture(name, settings["size"]) for name in (content, style)]
        identity = settings | {
            "weights": self.weights[network], "judge": self.judge_weights, "images": digest(*images)
        }  # fmt: skip
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
        pair = f"{Path(content).stem}_{Path(style).stem}"
        file = self.folder / f"{pair}_{network}_{key}.png" if self.folder else None
        row = self.results.get(key)
        if row is None or file and not file.exists():
            result = nsthelpers.stylize(
                *images, backbone=self.networks[network], **settings | {"size": None}, progress=False
            )
            if result.stopped != "finished":  # an interrupted run returns its picture too
                raise Unfinished(f"{network} on {pair} {result.stopped}; all runs before it are kept.")
            row = {"network": network, "content": content, "style": style}
            row |= {"distances": distances(self.judge, result.image, *images), "seconds": round(result.seconds, 1)}
            self.results[key] = row | {"settings": identity}
            if file:
                nsthelpers.save_image(result.image, file)
            if self.out:
                write_atomically(self.out, json.dumps(self.results, indent=1).encode())
            print(network, pair, *(f"{n} {d:.3f}" for n, d in row["distances"].items()), file=sys.stderr, flush=True)
        return row | {"picture": file}

    def means(self, network: str, pairs: Sequence[Pair], **changed: Any) -> tuple[float, float]:
        """Mean style and content distance over the pairs."""
        rows = [self.run(network, *pair, **changed)["distances"] for pair in pairs]
        return mean(row["style"] for row in rows), mean(row["content"] for row in rows)


def _read_results(path: Path) -> dict[str, dict[str, Any]]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        results = None
    if not isinstance(results, dict) or not all(isinstance(r, dict) and "distances" in r for r in results.values()):
        raise ValueError(f"{str(path)!r} is no results file of this program; give another --out.")
    return results


def measure(bench: Bench, args: argparse.Namespace) -> None:
    """Print a table of the networks."""
    print("| network | style | content |\n| --- | --- | --- |")
    for network in bench.networks:
        style, content = bench.means(network, args.pairs)
        print(f"| {network} | {style:.3f} | {content:.3f} |", flush=True)


def curve(bench: Bench, args: argparse.Namespace) -> None:
    """Measure at several weights; print and draw style distance against content distance."""
    from matplotlib.figure import Figure

    values = args.values or [round(bench.settings[args.vary] * factor, 6) for factor in FACTORS]
    figure = Figure((6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    # Okabe and Ito's colours, told apart by marker as well.
    colours, markers = ("#999999", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"), "xos^vD"
    for number, network in enumerate(bench.networks):
        look = {"color": colours[number % 6], "marker": markers[number % 6]}
        points = [bench.means(network, args.pairs, **{args.vary: value}) for value in values]
        axes.plot([content for _, content in points], [style for style, _ in points], label=network, **look)
        for value, (style, content) in zip(values, points):
            print(f"{network:10} {args.vary} {value:<8g} style {style:.3f} content {content:.3f}", flush=True)
            axes.annotate(f"{value:g}", (content, style), (4, 4), textcoords="offset points", fontsize=7)
    axes.set(
        xlabel="content distance (0: unchanged)",
        ylabel="style distance (1: unchanged, 0: matched)",
        title=f"The trade-off: {args.vary.replace('_', ' ')} {min(values):g} to {max(values):g} (pairs: {len(args.pairs)})",
    )
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(args.figure, dpi=120)


def sheet(bench: Bench, args: argparse.Namespace) -> None:
    """Photograph, painting and what each network makes of them, a pair to a row."""
    if bench.folder is None:
        raise ValueError("The sheet is made of the pictures that are kept; give their folder with --pictures.")
    size, rows = bench.settings["size"], []
    for pair in args.pairs:
        painted = [picture(str(bench.run(network, *pair)["picture"]), size) for network in bench.networks]
        rows.append([*(picture(name, size) for name in pair), *painted])
    contact_sheet(rows, ["photograph", "painting", *bench.networks], args.figure, args.cell)


def contact_sheet(rows: Sequence[Sequence[Tensor]], labels: Sequence[str], path: Path, cell: int) -> None:
    """Save images (1, 3, H, W) in labelled columns `cell` pixels wide; a row is as high as its first picture."""
    gap, head = 4, 24
    shapes = [(cell, round(cell * row[0].shape[2] / row[0].shape[3])) for row in rows]
    page = Image.new("RGB", ((cell + gap) * len(labels), head + sum(height + gap for _, height in shapes)), "white")
    for column, label in enumerate(labels):
        ImageDraw.Draw(page).text((column * (cell + gap) + gap, 3), label, "black", font_size=15)
    top = head
    for row, shape in zip(rows, shapes):
        for column, image in enumerate(row):
            fitted = ImageOps.pad(nsthelpers.to_pil(image), shape, Image.Resampling.LANCZOS, "white")
            page.paste(fitted, (column * (cell + gap), top))
        top += shape[1] + gap
    nsthelpers.save_image(page, path, quality=85)


def psnr(image: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio of images in [0, 1], in dB; 100 at most."""
    return float(-10 * (image - target).square().mean().clamp_min(1e-10).log10())


def depth(bench: Bench, args: argparse.Namespace) -> None:
    """The photograph rebuilt from each reluN_1 (with its PSNR), and the painting's texture from it and all before it."""
    photograph, painting = (picture(name, bench.settings["size"]) for name in args.pairs[0])
    options, rows = {"steps": bench.settings["steps"], "progress": False}, []
    for network, backbone in bench.networks.items():
        rebuilt, textures = [], []
        for number, layer in enumerate(STYLE_LAYERS, 1):
            rebuilt.append(nsthelpers.reconstruct(backbone, photograph, content_layer=layer, **options).image)
            print(f"{network:10} {layer} PSNR {psnr(rebuilt[-1], photograph):.2f} dB", flush=True)
            below = STYLE_LAYERS[:number]
            textures.append(nsthelpers.reconstruct(backbone, painting, style_layers=below, **options).image)
        rows += [rebuilt, textures]
    contact_sheet(rows, STYLE_LAYERS, args.figure, args.cell)


def speed(bench: Bench, args: argparse.Namespace) -> None:
    """Median time of one evaluation of the loss and its gradient, as `stylize` computes it."""
    from torch.utils.benchmark import Timer  # it looks for a CUDA compiler, and says so

    # The values of VGG-19's weights do not matter to its time, so random ones do.
    networks = {"vgg19": nsthelpers.load_backbone("vgg19", bench.settings["pooling"], "random")} | bench.networks
    dtype = choose_dtype(bench.settings["precision"], default_device())
    for size in args.sizes:
        image, style = torch.rand(2, 1, 3, size, size, device=default_device())
        taken = {}
        for name, backbone in networks.items():
            loss = nsthelpers.StyleTransferLoss(prepare(backbone, LAYERS, dtype), image, style)
            names = {"loss": loss, "image": image.clone().requires_grad_()}
            timer = Timer("loss(image)['total'].backward()", globals=names, num_threads=torch.get_num_threads())
            taken[name] = timer.blocked_autorange(min_run_time=args.seconds).median
            ratio = taken["vgg19"] / taken[name]
            print(f"{size} px {name:10} {taken[name] * 1e3:8.1f} ms  {ratio:5.1f} × VGG-19's speed", flush=True)


COMMANDS = {"measure": measure, "curve": curve, "sheet": sheet, "depth": depth, "speed": speed}
UNJUDGED, DRAWN = ("depth", "speed"), ("curve", "sheet", "depth")


def pair(text: str) -> Pair:
    """CONTENT,STYLE -> (CONTENT, STYLE)."""
    names = tuple(text.split(","))
    if len(names) != 2 or not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} is no pair; write CONTENT,STYLE, as in chelsea,starry_night")
    return names


def setting(text: str) -> Any:
    """The value of a setting of `stylize`: JSON, or else the text itself. `stylize` says what it does not take."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="Measure backbones for style transfer.", allow_abbrev=False)
    p.add_argument("command", choices=COMMANDS)
    p.add_argument("--judge", metavar="FILE", help="VGG-16's weights; else NSTHELPERS_VGG16, or a download")
    p.add_argument("--networks", nargs="+", default=["random", "mini", "vgg16"], metavar="NAME[=FILE]")
    p.add_argument("--pairs", nargs="+", type=pair, metavar="CONTENT,STYLE", help="names of bundled pictures, or files")
    p.add_argument("--out", type=Path, metavar="FILE", help="JSON file of results, read and added to")
    p.add_argument("--pictures", type=Path, metavar="FOLDER", help="keep every painted picture there")
    p.add_argument("--figure", type=Path, metavar="FILE", help="of curve, sheet and depth (default: COMMAND.jpg)")
    p.add_argument("--cell", type=int, default=300, help="pixels across a column of sheet and depth")
    p.add_argument("--vary", choices=["style_weight", "content_weight"], default="style_weight", help="of curve")
    p.add_argument("--values", nargs="+", type=float, help=f"of curve (default: {FACTORS} times the default)")
    p.add_argument("--sizes", nargs="+", type=int, default=[256, 512], help="of speed")
    p.add_argument("--seconds", type=float, default=3.0, help="of speed: how long each network is timed")
    settings = p.add_argument_group("settings of nsthelpers.stylize", f"{QUICK}, but for the sheet {WALL_SCALE}")
    for name, default in DEFAULTS.items():
        kind, option = float if isinstance(default, float) else setting, f"--{name.replace('_', '-')}"
        settings.add_argument(option, type=kind, default=argparse.SUPPRESS, metavar="VALUE", help=f"{default}")
    return p


def main(argv: Sequence[str] | None = None) -> None:
    args = parser().parse_args(argv)
    args.pairs = args.pairs or PAIRS[args.command]
    args.figure = args.figure or Path(f"{args.command}.jpg")
    try:
        if args.command in DRAWN:
            check_target(args.figure)  # before hours of painting
        COMMANDS[args.command](Bench(args), args)
    except (ValueError, OSError, MemoryError, Unfinished) as problem:
        sys.exit(f"judge.py: {problem}")


if __name__ == "__main__":
    main()
