"""Measure backbones for style transfer, with an independent network as the judge.

    python tools/judge.py measure --teacher squeezenet1_0.safetensors --paintings FOLDER --out results.json
    python tools/judge.py curve   ... the same at five style weights, drawn as a figure
    python tools/judge.py sheet   ... six pairs side by side, as one JPEG
    python tools/judge.py depth   ... feature inversion and texture synthesis, layer by layer
    python tools/judge.py speed   ... time of one loss evaluation against VGG-19

The judge is SqueezeNet 1.0 with ImageNet weights (Iandola et al. 2016). For a picture `out`, painted from a content
picture c and a style picture s:

- style distance: mean over features 1, 3, 5, 8, 10 of ‖G_out − G_s‖ / ‖G_s‖, divided by the same for c in place of
  `out`. 1 means as far from the style as the unchanged photograph, 0 means that the style is matched.
- content distance: mean over features 5, 7 of ‖F_out − F_c‖² / ‖F_c‖². 0 means that the content is unchanged.

A network is named "mini", "vgg19", "random" (mini with random weights), "teacher" (the judge optimises its own measure:
a bound, not a competitor) or NAME=FILE (weights for mini). Every run is kept in the results file and never repeated.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn

import nsthelpers
from nsthelpers.losses import total_variation_loss

CONTENTS = ("astronaut", "chelsea", "coffee", "rocket", "camera")  # bundled; never trained on
STYLES = ("starry_night", "composition_vii", "great_wave", "the_scream", "water_lilies")
STYLE_FEATURES, CONTENT_FEATURES = (1, 3, 5, 8, 10), (5, 7)
CHOICES = ("content_weight", "tv_weight", "style_layers", "content_layers")
CURVE = (0.1, 0.3, 1.0, 3.0, 10.0)
SHEET = (
    ("chelsea", "starry_night"), ("astronaut", "the_scream"), ("coffee", "composition_vii"),
    ("rocket", "great_wave"), ("camera", "shipwreck"), ("portrait", "water_lilies"),
)  # fmt: skip
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Judge(nn.Module):
    """SqueezeNet 1.0's convolutional part, frozen; calling it gives the activations of numbered `features`."""

    def __init__(self, weights: str | Path | None) -> None:
        """`weights`: a safetensors state dict of `torchvision.models.squeezenet1_0`; None for random ones (tests)."""
        super().__init__()
        from torchvision.models import squeezenet1_0

        net = squeezenet1_0()
        if weights is not None:
            from safetensors.torch import load_file

            net.load_state_dict(load_file(weights))
        self.net = net.features[: max(STYLE_FEATURES + CONTENT_FEATURES) + 1].eval().requires_grad_(False)
        for module in self.net.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False  # otherwise features.0 would be overwritten by features.1
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, image: Tensor, features: Iterable[int]) -> dict[int, Tensor]:
        """image: (1, 3, H, W) in [0, 1] -> {number: (1, C, h, w)}."""
        wanted, out, x = set(features), {}, (image - self.mean) / self.std
        for number, module in enumerate(self.net[: max(wanted) + 1]):
            x = module(x)
            if number in wanted:
                out[number] = x
        return out

    @torch.no_grad()
    def style_distance(self, out: Tensor, style: Tensor, content: Tensor) -> float:
        """How far `out` is from the style, as a share of how far the unchanged content is. Images (1, 3, H, W)."""

        def distance(image: Tensor) -> float:
            mine, theirs = self(image, STYLE_FEATURES), self(style, STYLE_FEATURES)
            grams = [(nsthelpers.gram_matrix(mine[n]), nsthelpers.gram_matrix(theirs[n])) for n in STYLE_FEATURES]
            return mean(float((g - a).norm() / a.norm()) for g, a in grams)

        return distance(out) / distance(content)

    @torch.no_grad()
    def content_distance(self, out: Tensor, content: Tensor) -> float:
        """How far the features of `out` are from the content's, relative to their size. Images (1, 3, H, W)."""
        mine, theirs = self(out, CONTENT_FEATURES), self(content, CONTENT_FEATURES)
        return mean(float((mine[n] - theirs[n]).square().sum() / theirs[n].square().sum()) for n in CONTENT_FEATURES)


class JudgeLoss(nn.Module):
    """The combined loss of `nsthelpers.StyleTransferLoss`, on the judge's own layers: what the bound is made with."""

    def __init__(self, judge: Judge, content: Tensor, style: Tensor, weights: dict[str, float]) -> None:
        super().__init__()
        self.judge, self.weights = judge, weights
        with torch.no_grad():
            self.content = judge(content, CONTENT_FEATURES)
            self.style = {n: nsthelpers.gram_matrix(f) for n, f in judge(style, STYLE_FEATURES).items()}

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        features = self.judge(image, STYLE_FEATURES + CONTENT_FEATURES)
        content = [(features[n] - t).square().sum() / t.square().sum() for n, t in self.content.items()]
        style = [
            (nsthelpers.gram_matrix(features[n]) - t).square().sum() / t.square().sum() for n, t in self.style.items()
        ]
        terms = {"content": sum(content) / len(content), "style": sum(style) / len(style)}
        terms["tv"] = total_variation_loss(image)
        terms["total"] = sum(self.weights[name] * term for name, term in terms.items())
        return terms


class Bench:
    """Networks, pictures and settings of a measurement, and the file of what was measured already."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.judge = Judge(args.teacher)
        self.loaded: dict[str, nn.Module] = {}
        self.results: dict[str, dict[str, Any]] = {}
        if args.out and args.out.exists():
            self.results = json.loads(args.out.read_text(encoding="utf-8"))

    def picture(self, name: str, size: int | None = None) -> Tensor:
        """A bundled picture or a painting by name, from --paintings where the file is there."""
        if self.args.paintings and (path := self.args.paintings / f"{name}.jpg").exists():
            return nsthelpers.load_image(path, size or self.args.size, "cpu")
        return nsthelpers.load_image(name, size or self.args.size, "cpu")

    def backbone(self, network: str) -> nn.Module:
        """The backbone of a network's name; the judge itself for "teacher"."""
        if network not in self.loaded:
            name, _, file = network.partition("=")
            if name == "teacher":
                self.loaded[network] = self.judge
            elif name in ("random", "vgg19"):
                kind, weights = ("mini", "random") if name == "random" else (name, file or None)
                self.loaded[network] = nsthelpers.load_backbone(kind, self.args.pooling, weights, "cpu")
            else:
                self.loaded[network] = nsthelpers.load_backbone("mini", self.args.pooling, file or None, "cpu")
        return self.loaded[network]

    def paint(self, network: str, content: Tensor, style: Tensor, style_weight: float, steps: int) -> Tensor:
        """The picture (1, 3, H, W) that `network` makes of this pair, at the settings of the command line."""
        args, backbone = self.args, self.backbone(network)
        chosen = {name: getattr(args, name) for name in CHOICES if getattr(args, name) is not None}
        if isinstance(backbone, Judge):
            weights = {"content": defaults()["content_weight"], "tv": defaults()["tv_weight"], "style": style_weight}
            loss, best, image = JudgeLoss(backbone, content, style, weights), float("inf"), content
            for record in nsthelpers.minimise(loss, content, steps):
                if record.losses["total"] < best:
                    best, image = record.losses["total"], record.image
            return image
        return nsthelpers.stylize(
            content, style, backbone=backbone, size=None, steps=steps, style_weight=style_weight, device="cpu",
            progress=False, **chosen,
        ).image  # fmt: skip

    def measure(self, network: str, content: str, style: str, style_weight: float) -> dict[str, Any]:
        """Paint one pair and judge it, unless that is in the results already."""
        args = self.args
        identity = {
            "network": network.partition("=")[0], "weights": self.digest(network), "content": content, "style": style,
            "style_weight": style_weight, "size": args.size, "steps": args.steps, "pooling": args.pooling,
            "style_layers": args.style_layers,
        }  # fmt: skip
        # What the defaults are today: tomorrow's may be others.
        for name in ("content_weight", "tv_weight"):
            given = getattr(args, name)
            identity[name] = defaults()[name] if given is None else given
        if args.content_layers and network != "teacher":
            identity["content_layers"] = args.content_layers
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
        if key not in self.results:
            pictures = self.picture(content), self.picture(style)
            began = time.perf_counter()
            out = self.paint(network, *pictures, style_weight, args.steps)
            self.results[key] = identity | {
                "style_distance": self.judge.style_distance(out, pictures[1], pictures[0]),
                "content_distance": self.judge.content_distance(out, pictures[0]),
                "seconds": round(time.perf_counter() - began, 1),
            }
            if args.pictures:
                args.pictures.mkdir(parents=True, exist_ok=True)
                name = f"{content}_{style}_{identity['network']}_{style_weight:g}.png"
                nsthelpers.save_image(out, args.pictures / name)
            if args.out:
                args.out.write_text(json.dumps(self.results, indent=1), encoding="utf-8")
        return self.results[key]

    def digest(self, network: str) -> str:
        """A short hash of the weights, so that a cached result never belongs to another file of the same name."""
        if network not in ("teacher", "random"):
            backbone = self.backbone(network)
            padding = backbone.conv1_1.padding_mode
            parts = [v.numpy().tobytes() for v in backbone.state_dict().values()]
            parts += [padding.encode()] if padding != "zeros" else []
            return hashlib.sha256(b"".join(parts)).hexdigest()[:12]
        return network

    def summary(self, network: str, style_weight: float, pairs: Sequence[tuple[str, str]]) -> tuple[float, float]:
        """Mean style and content distance over the pairs."""
        rows = [self.measure(network, content, style, style_weight) for content, style in pairs]
        return mean(r["style_distance"] for r in rows), mean(r["content_distance"] for r in rows)


def defaults() -> dict[str, Any]:
    """The defaults of `nsthelpers.stylize`."""
    import inspect

    return {name: p.default for name, p in inspect.signature(nsthelpers.stylize).parameters.items()}


def all_pairs(contents: Sequence[str], styles: Sequence[str], diagonal: bool = False) -> list[tuple[str, str]]:
    """Every content with every style, or (diagonal) each content with one style, for a quick look."""
    if diagonal:
        return list(zip(contents, styles, strict=True))
    return [(content, style) for content in contents for style in styles]


def measure(bench: Bench) -> None:
    """Print a table of the networks at the default style weight."""
    args = bench.args
    pairs = all_pairs(args.contents, args.styles, args.diagonal)
    print(f"| backbone | style | content |  ({len(pairs)} pairs, {args.size} px, {args.steps} evaluations)")
    print("| --- | --- | --- |")
    for network in args.networks:
        style, content = bench.summary(network, args.style_weight, pairs)
        print(f"| {network.partition('=')[0]} | {style:.3f} | {content:.3f} |", flush=True)


def curve(bench: Bench) -> None:
    """Measure at several style weights and draw style distance against content distance."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    args = bench.args
    pairs = all_pairs(args.contents, args.styles, args.diagonal)
    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    # Okabe and Ito's colours, told apart by marker as well.
    looks = (("#999999", "x"), ("#56B4E9", "s"), ("#D55E00", "o"), ("#009E73", "^"), ("#CC79A7", "v"), ("#E69F00", "D"))
    for network, (colour, marker) in zip(args.networks, looks, strict=False):
        points = [bench.summary(network, weight, pairs) for weight in args.style_weights]
        label = network.partition("=")[0]
        for weight, (style, content) in zip(args.style_weights, points, strict=True):
            print(f"{label:10} style weight {weight:<6g} style {style:.3f} content {content:.3f}", flush=True)
        axes.plot([c for _, c in points], [s for s, _ in points], color=colour, marker=marker, label=label)
        for weight, (style, content) in zip(args.style_weights, points, strict=True):
            axes.annotate(f"{weight:g}", (content, style), (4, 4), textcoords="offset points", fontsize=7, color=colour)
    axes.set(
        xlabel="content distance (0: unchanged)",
        ylabel="style distance (1: unchanged, 0: matched)",
        title=f"Style against content at style weights {args.style_weights[0]:g} to {args.style_weights[-1]:g}, "
        f"{len(pairs)} pairs",
    )
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(args.figure, dpi=120, pil_kwargs={"quality": 85})


def sheet(bench: Bench) -> None:
    """Six pairs: content, style, and what each network paints, as one JPEG with labels."""
    args = bench.args
    rows, height = [], 0
    for content, style in SHEET:
        c, s = bench.picture(content, 384), bench.picture(style, 384)
        row = [c, s] + [bench.paint(network, c, s, args.style_weight, args.steps) for network in args.networks]
        height = max(height, *(image.shape[2] for image in row))
        rows.append(row)
        print(content, style, flush=True)
        if args.pictures:
            args.pictures.mkdir(parents=True, exist_ok=True)
            for network, image in zip(args.networks, row[2:], strict=True):
                nsthelpers.save_image(image, args.pictures / f"sheet_{content}_{style}_{network.partition('=')[0]}.png")
    labels = ["content", "style", *(network.partition("=")[0] for network in args.networks)]
    contact_sheet(rows, labels, args.figure, args.cell)


def contact_sheet(rows: list[list[Tensor]], labels: list[str], path: Path, cell: int, limit: int = 600_000) -> None:
    """Lay out images (1, 3, H, W) in a labelled grid of cells, as a JPEG of at most `limit` bytes."""
    from PIL import Image, ImageDraw

    head = 18
    page = Image.new("RGB", (cell * len(labels), head + cell * len(rows)), "white")
    draw = ImageDraw.Draw(page)
    for column, label in enumerate(labels):
        draw.text((column * cell + 6, 3), label, fill="black")
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            picture = nsthelpers.to_pil(image)
            picture.thumbnail((cell - 4, cell - 4), Image.Resampling.LANCZOS)
            left, top = x * cell + (cell - picture.width) // 2, head + y * cell + (cell - picture.height) // 2
            page.paste(picture, (left, top))
    for quality in range(92, 40, -4):
        page.save(path, quality=quality, optimize=True)
        if path.stat().st_size < limit:
            return


def psnr(a: Tensor, b: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two images in [0, 1]."""
    return float(-10 * (a - b).square().mean().clamp_min(1e-10).log10())


def depth(bench: Bench) -> None:
    """Feature inversion (with PSNR) and texture synthesis from reluN_1, with random weights as the control."""
    args = bench.args
    picture, style = bench.picture("chelsea"), bench.picture("starry_night")
    rows = []
    for network in args.networks:
        backbone, inverted, textures = bench.backbone(network), [], []
        for block in range(1, 6):
            layer = f"relu{block}_1"
            out = nsthelpers.reconstruct(backbone, picture, content_layer=layer, steps=args.steps, progress=False).image
            inverted.append(out)
            print(f"{network.partition('=')[0]:8} {layer} PSNR {psnr(out, picture):.2f} dB", flush=True)
            below = [f"relu{b}_1" for b in range(1, block + 1)]
            textures.append(
                nsthelpers.reconstruct(backbone, style, style_layers=below, steps=args.steps, progress=False).image
            )
        rows += [inverted, textures]
    contact_sheet(rows, [f"relu{b}_1" for b in range(1, 6)], args.figure, args.cell)


def speed(bench: Bench) -> None:
    """Milliseconds of one loss evaluation (forward and backward to the image), best of several, channels last."""
    for size in (256, 512):
        image, style, taken = torch.rand(1, 3, size, size), torch.rand(1, 3, size, size), {}
        # The values of VGG-19's weights do not matter to its time, so random ones do.
        for name, backbone in (
            ("vgg19", nsthelpers.load_backbone("vgg19", weights="random", device="cpu")),
            *((network.partition("=")[0], bench.backbone(network)) for network in bench.args.networks),
        ):
            loss = nsthelpers.StyleTransferLoss(backbone.to(memory_format=torch.channels_last), image, style)
            best = float("inf")
            for _ in range(3 if name == "vgg19" else 15):
                x = image.clone(memory_format=torch.channels_last).requires_grad_()
                began = time.perf_counter()
                loss(x)["total"].backward()
                best = min(best, time.perf_counter() - began)
            taken[name] = best
            print(f"{size} px {name:10} {best * 1e3:8.1f} ms  {taken['vgg19'] / best:5.1f} x", flush=True)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="Measure backbones for style transfer.", allow_abbrev=False)
    p.add_argument("command", choices=["measure", "curve", "sheet", "depth", "speed"])
    p.add_argument("--teacher", required=True, help="safetensors file of SqueezeNet 1.0")
    p.add_argument("--paintings", type=Path, help="folder with the paintings; else they are downloaded")
    p.add_argument("--networks", nargs="+", default=["random", "mini", "teacher"], metavar="NAME[=FILE]")
    p.add_argument("--contents", nargs="+", default=CONTENTS)
    p.add_argument("--styles", nargs="+", default=STYLES)
    p.add_argument("--diagonal", action="store_true", help="each content with one style only")
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--steps", type=int, default=150, help="evaluations of the loss")
    p.add_argument("--style-weight", type=float, default=defaults()["style_weight"])
    p.add_argument("--style-weights", type=float, nargs="+", default=CURVE)
    p.add_argument("--content-weight", type=float, help="default: that of nsthelpers.stylize, likewise below")
    p.add_argument("--tv-weight", type=float)
    p.add_argument("--style-layers", type=json.loads, help='JSON: {"relu2_1": 1.0, ...}')
    p.add_argument("--content-layers", nargs="+")
    p.add_argument("--pooling", default="max", choices=["max", "avg"])
    p.add_argument("--out", type=Path, help="JSON file of results, read and added to")
    p.add_argument("--pictures", type=Path, help="folder for the pictures")
    p.add_argument("--figure", type=Path, default=Path("figure.jpg"))
    p.add_argument("--cell", type=int, default=260, help="pixels per cell of a sheet")
    p.add_argument("--threads", type=int, default=2)
    return p


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    torch.set_num_threads(args.threads)
    bench = Bench(args)
    {"measure": measure, "curve": curve, "sheet": sheet, "depth": depth, "speed": speed}[args.command](bench)


if __name__ == "__main__":
    main()
