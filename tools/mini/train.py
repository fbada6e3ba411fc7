"""Train the mini backbone: a narrow VGG-19 that sees pictures as a real ImageNet network does.

    python tools/mini/train.py PHOTOS --teacher vgg16.safetensors --out new.safetensors
    python tools/mini/train.py PHOTOS --teacher vgg16.safetensors --start new.safetensors --rate 3e-3 --out mini.safetensors

The student has VGG-19's sixteen convolutions with fewer channels. It learns from the activations of a teacher, a real
VGG-16 (a file, or torchvision's download) or VGG-19 ("vgg19"), never from labels. Both pool by averages, and both repeat the
outermost values at the border, so that each layer of the student can imitate its namesake:

- *match*: each channel of a tap (relu1_1 … relu5_1 and relu4_2) is one channel of the teacher's layer. A Gram matrix of the
  student is then a part of the teacher's.
- *gram*: the relative error of that Gram matrix, picture by picture.
- *feature*: the last layers of blocks 2 to 4 are regressed onto the teacher's through 1 × 1 convolutions, which are dropped
  at the end.
- All three are measured on *canvases* too: pictures that the student is painting while it is trained. Pixel optimisation
  walks straight to where the student is wrong, so that is where it has to learn.

From random weights the student has batch norms; from --start (a finished file) it has none. The run is seeded, goes on from
its checkpoint with the same bits (planned by --steps; by --minutes the clock has its part), and ends with a float16 file in
which batch norms are folded in and every layer is scaled to a mean activation of one.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import fnmatch
import json
import math
import time
from collections import OrderedDict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.vgg import cfgs, make_layers

from nsthelpers import extract_features, gram_matrix, load_backbone
from nsthelpers.backbones import Backbone, _named
from nsthelpers.engine.network import has_fast_bfloat16
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS

WIDTHS = [16, 16, 64, 32, 96, 64, 64, 96, 160, 128, 96, 128, 160, 128, 128, 128]  # wide at the taps
MATCH = (*STYLE_LAYERS, *CONTENT_LAYERS)
# Student's layer -> teacher's: the last of each block, where VGG-16 has one convolution less.
FEATURE = {
    "vgg16": {"relu2_2": "relu2_2", "relu3_4": "relu3_3", "relu4_4": "relu4_3"},
    "vgg19": {name: name for name in ("relu2_2", "relu3_4", "relu4_4")},
}
WEIGHTS = {"match": 1.0, "gram": 0.3, "feature": 0.5}
WARMUP = 50  # steps
WEIGHT_DECAY = 1e-3  # of the kernels


def convolutions(backbone: Backbone) -> list[nn.Conv2d]:
    """The convolutions of a backbone, in order."""
    return [module for module in backbone if isinstance(module, nn.Conv2d)]


def channels_last(backbone: Backbone) -> Backbone:
    """The backbone, with maps and kernels in the order of memory that convolutions are fastest with."""
    backbone.normalize.memory_format = torch.channels_last
    return backbone.to(memory_format=torch.channels_last)


def build_student(widths: list[int]) -> Backbone:
    """Return a VGG-19 with these 16 widths, one per convolution, randomly initialised, with batch norms."""
    width = iter(widths)
    layers = make_layers([v if v == "M" else next(width) for v in cfgs["E"]])
    named: OrderedDict[str, nn.Module] = OrderedDict()
    for name, module in _named(layers, "avg", "replicate"):
        named[name] = module
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
            named[name.replace("conv", "bn")] = nn.BatchNorm2d(module.out_channels)
    student = Backbone(named)
    student.name, student.pooling = "mini", "avg"
    return channels_last(student)


def load_teacher(source: str) -> Backbone:
    """A frozen VGG-16 (a file, "vgg16": torchvision's, or "random") or VGG-19 ("vgg19") with the student's borders."""
    name = "vgg19" if source == "vgg19" else "vgg16"
    teacher = load_backbone(name, "avg", None if source == name else source, "cpu")
    for module in convolutions(teacher):
        # With zeros beyond the border the teacher sees an edge there, and the student would learn to see one.
        module.padding_mode = "replicate"
    return channels_last(teacher)


def fold_batch_norm(student: Backbone) -> Backbone:
    """The same function (in evaluation mode) without batch norms: each is folded into the convolution before it."""
    folded: OrderedDict[str, nn.Module] = OrderedDict()
    for name, module in student.eval().named_children():
        if isinstance(module, nn.BatchNorm2d):
            conv = name.replace("bn", "conv")
            folded[conv] = nn.utils.fuse_conv_bn_eval(folded[conv], module)
        else:
            folded[name] = module
    result = Backbone(folded)
    result.name, result.pooling = student.name, student.pooling
    return result


def in_order(likeness: Tensor) -> Tensor:
    """The rising sequence of columns, one for each row of `likeness` (N, M), with the greatest sum of entries: (N,).

    A student's channels stand in the order of the teacher's, which tells even silent ones from each other.
    """
    total, places = torch.zeros_like(likeness[0]), []
    for number, row in enumerate(likeness):
        before = F.pad(total[:-1], (1, 0), value=-torch.inf) if number else total
        total, place = (before + row).cummax(0)  # the best sum that ends in this column or before, and where it does
        places.append(place)
    column, columns = likeness.shape[1], []
    for place in reversed(places):
        column = int(place[column - 1])
        columns.append(column)
    return torch.tensor(columns[::-1])


@torch.no_grad()
def rescale(student: Backbone, images: Tensor) -> None:
    """Scale every layer to a mean activation of one over `images` (B, 3, H, W), in place; folded students only.

    Relative losses do not change by it; Gatys et al. (2015) rescale VGG-19 filter by filter for the same reason.
    """
    x, last = student.normalize(images), None
    for module in list(student)[1:]:
        if isinstance(module, nn.Conv2d):
            if last is not None:  # the layer before was divided by this
                module.weight.mul_(last)
            last = module(x).relu().mean()
            module.weight.div_(last)
            module.bias.div_(last)
        x = module(x)


# --- pictures -------------------------------------------------------------------------------------------------


def load_pictures(folder: Path, hold_out: list[str], side: int = 256) -> list[Tensor]:
    """Every picture under `folder` as uint8 (3, H, W), short side `side`, decoded once and kept in memory."""
    from PIL import Image
    from torchvision.transforms.functional import pil_to_tensor

    pictures = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}):
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in hold_out):
            continue
        with Image.open(path) as file:
            picture = file.convert("RGB")
            factor = side / min(picture.size)
            if factor != 1:
                picture = picture.resize([max(side, round(s * factor)) for s in picture.size], Image.Resampling.LANCZOS)
            pictures.append(pil_to_tensor(picture))
    if not pictures:
        raise SystemExit(f"No pictures found in {folder}.")
    return pictures


class Source:
    """Endless augmented crops, made on `device`. Every random number comes from two generators, which a checkpoint holds."""

    def __init__(
        self,
        pictures: list[Tensor],
        seed: int,
        side: int,
        style_share: float = 0.0,
        n_styles: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        """The last `n_styles` of `pictures` are paintings; `side` is that of the crops, in pixels."""
        self.g = torch.Generator().manual_seed(seed)  # decides; a decision of the device's would have to be waited for
        self.noise = torch.Generator(device).manual_seed(seed)
        self.device, self.side, self.style_share, self.n_styles = device, side, style_share, n_styles
        self.sizes = [picture.shape[1:] for picture in pictures]
        lengths = torch.tensor([height * width for height, width in self.sizes])
        self.begins = (lengths.cumsum(0) - lengths).tolist()
        self.pixels = torch.cat([picture.flatten(1).T for picture in pictures]).contiguous().to(device)

    def rand(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return (torch.rand(*shape, generator=self.g) * (high - low) + low).to(self.device)

    def number(self, low: float = 0.0, high: float = 1.0) -> float:
        return float(torch.rand((), generator=self.g)) * (high - low) + low

    def integer(self, high: int) -> int:
        return int(torch.randint(high, (), generator=self.g))

    def crops(self, n: int) -> Tensor:
        """n crops (n, 3, side, side) of random pictures in [0, 1], flipped or not; every eight share a random scale."""
        n_photos, parts = len(self.sizes) - self.n_styles, []
        for begin in range(0, n, 8):
            count = min(8, n - begin)
            styled = [self.n_styles > 0 and self.number() < self.style_share for _ in range(count)]
            chosen = [n_photos + self.integer(self.n_styles) if s else self.integer(n_photos) for s in styled]
            short = min(min(self.sizes[i]) for i in chosen)
            side = max(2, min(short, int(self.side * 2 ** self.number(-0.5, 1.0))))
            corner, width = [], []
            for i in chosen:
                down, right = (self.integer(length - side + 1) for length in self.sizes[i])
                corner.append(self.begins[i] + down * self.sizes[i][1] + right)
                width.append(self.sizes[i][1])
            line = torch.arange(side, device=self.device)
            corners, widths = (torch.tensor(v, device=self.device)[:, None, None] for v in (corner, width))
            part = self.pixels[corners + line[:, None] * widths + line].permute(0, 3, 1, 2).float() / 255
            if side != self.side:
                part = F.interpolate(part, (self.side, self.side), mode="bilinear", antialias=True)
            flip = (self.rand(count) < 0.5).view(-1, 1, 1, 1)
            parts.append(torch.where(flip, part.flip(-1), part))
        return torch.cat(parts)

    def chosen(self, n: int, share: float) -> Tensor:
        """Indices of a random share of n pictures."""
        return (torch.rand(n, generator=self.g) < share).nonzero().flatten()

    def batch(self, n: int) -> Tensor:
        """n augmented crops (n, 3, side, side) in [0, 1]: photographs, made to look painted in many ways."""
        x = self.crops(n)
        size = x.shape[-1]
        if len(i := self.chosen(n, 0.2)):  # the palette of another picture: its mean and covariance (Reinhard-like)
            x[i] = swap_palette(x[i], x[torch.randperm(n, generator=self.g)[: len(i)]])
        if len(i := self.chosen(n, 0.12)):  # two pictures in one, along a soft wavy border
            mask = (6 * self.field(len(i), 1, 3, size)).sigmoid()
            x[i] = x[i] * mask + x[torch.randperm(n, generator=self.g)[: len(i)]] * (1 - mask)
        if len(i := self.chosen(n, 0.25)):  # bent along a random flow
            x[i] = warp(x[i], 0.12 * self.number() * self.field(len(i), 2, 2 + self.integer(5), size))
        if len(i := self.chosen(n, 0.2)):  # smeared along a random flow: brush strokes, 3 to 12 pixels long
            flow = self.field(len(i), 2, 2 + self.integer(5), size)
            flow = flow / flow.norm(dim=1, keepdim=True).clamp_min(1e-3) * self.number(2, 7) / size
            grain = x[i] + 0.4 * self.number() * (self.uniform(len(i), 1, size, size) - 0.5)
            x[i] = sum(warp(grain, flow * t) for t in (-1, -0.5, 0, 0.5, 1)) / 5
        if len(i := self.chosen(n, 0.1)):  # posterised
            levels = 2 + self.integer(5)
            x[i] = (x[i] * levels).round() / levels
        gain = self.rand(n, 3, 1, 1, low=-1) * 0.12 + self.rand(n, 1, 1, 1, low=0.6, high=1.5)
        x = (x - 0.45) * gain + 0.45 + self.rand(n, 3, 1, 1, low=-0.12, high=0.12)
        grey = x.mean(1, keepdim=True)
        x = grey + (x - grey) * self.rand(n, 1, 1, 1, low=0.3, high=1.7)
        for j in self.chosen(n, 0.15).tolist():
            x[j] = x[j][torch.randperm(3, generator=self.g)]
        if len(i := self.chosen(n, 0.3)):  # noise of one to eight pixels, grey or coloured, as unfinished canvases have
            noise = self.normal(len(i), 1 + 2 * self.integer(2), size, size)
            coarse = max(8, size // 2 ** self.integer(4))
            noise = F.interpolate(noise[:, :, :coarse, :coarse], (size, size), mode="bilinear")
            x[i] = x[i] + 0.25 * self.rand(len(i), 1, 1, 1) ** 2 * noise
        return x.clamp(0, 1)

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.noise, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.noise, device=self.device)

    def field(self, n: int, channels: int, cells: int, size: int) -> Tensor:
        """A smooth random field (n, channels, size, size) of unit deviation, about `cells` waves across."""
        small = self.normal(n, channels, cells + 2, cells + 2)
        return F.interpolate(small, (size, size), mode="bicubic")


def warp(x: Tensor, flow: Tensor) -> Tensor:
    """x (B, C, H, W) read at each place plus flow (B, 2, H, W), in units of half the picture."""
    line = torch.linspace(-1, 1, x.shape[-1], device=x.device)
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"))[None] + flow
    return F.grid_sample(x, grid.permute(0, 2, 3, 1), padding_mode="reflection", align_corners=True)


def swap_palette(x: Tensor, other: Tensor) -> Tensor:
    """x (B, 3, H, W) with the colour mean and covariance of `other` (Cholesky transport)."""

    def stats(y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        y = y.flatten(2)
        mean = y.mean(2, keepdim=True)
        cov = (y - mean) @ (y - mean).transpose(1, 2) / y.shape[2] + 1e-3 * torch.eye(3, device=y.device)
        return y, mean, torch.linalg.cholesky(cov)

    y, mean, chol = stats(x)
    _, other_mean, other_chol = stats(other)
    return (other_chol @ torch.linalg.solve_triangular(chol, y - mean, upper=False) + other_mean).view_as(x)


# --- canvases -------------------------------------------------------------------------------------------------


def painting_loss(now: dict[str, Tensor], target: dict[str, Tensor], weight: Tensor) -> Tensor:
    """The relative style loss plus `weight` times the relative content loss of each of k canvases: (k,).

    now: the activations of the canvases. target: those of their k contents and then their k styles.
    """
    total, k = 0.0, len(weight)
    for name in STYLE_LAYERS:
        mine, theirs = gram_matrix(now[name]), gram_matrix(target[name][k:])
        norm = theirs.square().sum((1, 2)).clamp_min(1e-12)
        total = total + (mine - theirs).square().sum((1, 2)) / norm / len(STYLE_LAYERS)
    for name in CONTENT_LAYERS:
        content = target[name][:k]
        norm = content.square().sum((1, 2, 3)).clamp_min(1e-12)
        total = total + weight * (now[name] - content).square().sum((1, 2, 3)) / norm / len(CONTENT_LAYERS)
    return total


@dataclasses.dataclass
class Canvases:
    """Pictures that the student is painting: canvas, style, content (N, 3, side, side), and Adam's state of each."""

    canvas: Tensor
    style: Tensor
    content: Tensor
    first: Tensor
    second: Tensor
    age: Tensor
    life: Tensor
    rate: Tensor
    content_weight: Tensor

    @staticmethod
    def make(n: int, source: Source) -> Canvases:
        pictures = torch.zeros(n, 3, source.side, source.side, device=source.device)
        new = Canvases(*(pictures.clone() for _ in range(5)), *(torch.zeros(n, device=source.device) for _ in range(4)))
        new.renew(torch.arange(n), source)
        new.life.mul_(source.rand(n)).add_(2)  # so that they do not all end together
        return new

    def renew(self, index: Tensor, source: Source) -> None:
        """Put a new content, style and starting canvas at these indices."""
        n = len(index)
        self.style[index], self.content[index] = source.batch(n), source.batch(n)
        start = self.content[index].clone()
        noisy = source.rand(n, 1, 1, 1) < 0.25
        noise = source.uniform(*start.shape)
        self.canvas[index] = torch.where(noisy, 0.3 * start + 0.7 * noise, start)
        self.first[index], self.second[index], self.age[index] = 0.0, 0.0, 0.0
        self.life[index] = source.rand(n, low=20, high=100)
        self.rate[index] = 0.006 * 8 ** source.rand(n)
        self.content_weight[index] = 0.003 * 50 ** source.rand(n)

    def step(self, index: Tensor, gradient: Tensor) -> None:
        """One step of Adam on these canvases."""
        self.age[index] += 1
        t = self.age[index].view(-1, 1, 1, 1)
        self.first[index] = first = self.first[index].lerp(gradient, 0.1)
        self.second[index] = second = self.second[index].lerp(gradient.square(), 0.02)
        move = (first / (1 - 0.9**t)) / ((second / (1 - 0.98**t)).sqrt() + 1e-12)
        self.canvas[index] = (self.canvas[index] - self.rate[index].view(-1, 1, 1, 1) * move).clamp(0, 1)


# --- training -------------------------------------------------------------------------------------------------


class Muon(torch.optim.Optimizer):
    """Momentum whose every step turns all directions of a kernel equally (Jordan et al. 2024).

    torch.optim.Muon takes matrices only, and works in bfloat16, which CPUs without it do slowly.
    """

    def __init__(self, parameters: list[Tensor], lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                turn = orthogonal(p.grad.lerp(momentum, group["momentum"]).flatten(1)).view_as(p)
                size = 0.2 * max(p.shape[0], p[0].numel()) ** 0.5  # as long as a step of AdamW
                p.mul_(1 - group["lr"] * group["weight_decay"]).add_(turn, alpha=-group["lr"] * size)


def orthogonal(matrix: Tensor, iterations: int = 5) -> Tensor:
    """Roughly U·Vᵀ of the singular value decomposition U·S·Vᵀ, by the quintic Newton-Schulz iteration (same source)."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / x.norm().clamp_min(1e-20)
    for _ in range(iterations):
        a = x @ x.T
        x = 3.4445 * x + (2.0315 * a @ a - 4.775 * a) @ x
    return x if wide else x.T


class Trainer:
    """The student, what it is trained with, and everything that a checkpoint has to hold."""

    def __init__(self, args: argparse.Namespace, pictures: list[Tensor], n_styles: int = 0) -> None:
        self.args = args
        torch.manual_seed(args.seed)
        self.device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.source = Source(pictures, args.seed, args.crop, args.style_share, n_styles, self.device)
        photos = Source(pictures[: len(pictures) - n_styles], args.seed, args.crop)
        self.photographs = photos.crops(64)  # over which the layers of the finished student are scaled
        self.teacher = load_teacher(args.teacher).to(self.device)
        self.feature = FEATURE[self.teacher.name]
        if args.start:
            student = channels_last(load_backbone("mini", "avg", args.start, "cpu").requires_grad_())
        else:
            student = build_student(args.widths)
        self.student = student.to(self.device)
        self.mine, self.theirs = [*MATCH, *self.feature], [*MATCH, *self.feature.values()]
        self.unit: dict[str, Tensor] = {}  # what the teacher's layers are divided by to have the student's size
        self.adapters, self.chosen, self.scale = self.calibrate(args.calibration)
        kernels = [module.weight for module in convolutions(self.student)]
        rest = [p for p in self.student.parameters() if p.ndim == 1] + list(self.adapters.parameters())
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(kernels, args.rate, WEIGHT_DECAY),
            torch.optim.AdamW(rest, weight_decay=0.0, betas=(0.9, 0.98)),
        ]
        self.average = {k: v.detach().clone().float() for k, v in self.student.state_dict().items()}
        self.canvases = Canvases.make(args.canvases, self.source)
        self.settled = bool(args.start)
        self.done, self.seconds = 0, 0.0

    def autocast(self) -> torch.autocast:
        enabled = self.args.bf16 and has_fast_bfloat16(self.device.type)
        return torch.autocast(self.device.type, torch.bfloat16, enabled=enabled)

    @torch.no_grad()
    def calibrate(self, batches: int) -> tuple[nn.ModuleDict, dict[str, Tensor], dict[str, Tensor]]:
        """The adapters (1 × 1 convolutions, by least squares), the teacher's channel for each of a tap's, the errors' scale.

        A new student is given the teacher's strongest channels; a finished one has its own: those that are most alike.
        """
        sums: dict[str, list[Tensor]] = {}
        self.student.train(not self.args.start)
        for _ in range(batches):
            image = self.source.batch(16)
            with self.autocast():
                mine = extract_features(self.student, image, self.mine)
                theirs = extract_features(self.teacher, image, self.theirs)
            for name in self.mine:
                x = mine[name].permute(0, 2, 3, 1).flatten(0, 2).float()
                x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
                y = theirs[self.feature.get(name, name)].permute(0, 2, 3, 1).flatten(0, 2).float()
                new = [x.T @ x, x.T @ y, y.square().sum(0), torch.tensor(float(len(x)))]
                sums[name] = [a + b for a, b in zip(sums[name], new, strict=True)] if name in sums else new
        adapters, chosen, scale = nn.ModuleDict(), {}, {}
        for name, (xx, xy, yy, n) in sums.items():
            power = yy / n
            if name in MATCH:
                width = len(xx) - 1
                if width > len(yy):
                    raise SystemExit(f"The student's {name} has {width} channels, the teacher's {len(yy)}: narrow it.")
                if self.args.start:
                    # By correlation; without the means taken out, any two busy channels are alike.
                    covariance = xy[:-1] / n - torch.outer(xx[:-1, -1], xy[-1]) / n**2
                    deviation = (power - (xy[-1] / n).square()).clamp_min(1e-12).sqrt()
                    own = (xx.diagonal()[:-1] / n - (xx[:-1, -1] / n).square()).clamp_min(1e-12).sqrt()
                    chosen[name] = channels = in_order(covariance / torch.outer(own, deviation))
                    products = xy[torch.arange(width), channels]
                    self.unit[name] = yy[channels].sum() / products.sum()
                else:
                    chosen[name] = channels = power.argsort(descending=True)[:width].sort().values
                    self.unit[name] = power[channels].mean().clamp_min(1e-8).sqrt()
                power = power[channels] / self.unit[name].square()
            else:
                ridge = 1e-3 * xx.diagonal().mean() * torch.eye(len(xx), device=xx.device)
                solution = torch.linalg.solve(xx + ridge, xy).T
                adapters[name] = layer = nn.Conv2d(solution.shape[1] - 1, solution.shape[0], 1)
                layer.weight.copy_(solution[:, :-1, None, None])
                layer.bias.copy_(solution[:, -1])
            # Half shrunk to the layer's mean, so that silent channels do not rule.
            scale[name] = (0.5 * power + 0.5 * power.mean()).clamp_min(1e-8).to(self.device)
        return adapters.to(self.device, memory_format=torch.channels_last), chosen, scale

    def progress(self) -> float:
        """From 0 to 1; by the clock if a time is set, else by steps."""
        if self.args.minutes:
            return min(1.0, self.seconds / 60 / self.args.minutes)
        return min(1.0, self.done / self.args.steps)

    def settle(self) -> None:
        """Go on from the averaged student, with batch norms at rest (what will be delivered has none)."""
        self.student.load_state_dict(self.average)
        self.settled = True

    def train_step(self) -> dict[str, Tensor]:
        """One batch: fresh crops and some canvases; paints those on as well."""
        args, began = self.args, time.perf_counter()
        warmup = min(1.0, (self.done + 1) / WARMUP)
        rate = args.rate * warmup * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.progress())))
        for optimizer, share in zip(self.optimizers, (1, 1 / 3), strict=True):  # Muon, AdamW
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        k = args.paint
        index = torch.randperm(args.canvases, generator=self.source.g)[:k]
        # Canvases too: batch norm's running statistics have to be those of all that the student is shown.
        images = torch.cat([self.source.batch(args.batch - k), self.canvases.canvas[index]])
        if self.progress() >= args.freeze and not self.settled:
            self.settle()
        self.student.train(not self.settled)
        with self.autocast():
            with torch.no_grad():
                theirs = extract_features(self.teacher, images, self.theirs)
            mine = extract_features(self.student, images, self.mine)
        losses = self.losses(mine, theirs)
        loss = sum(args.weights[name] * value for name, value in losses.items())
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if k:
            self.paint(index)
        for optimizer in self.optimizers:
            optimizer.step()
        self.done += 1
        keep = min(args.average, self.done / (self.done + 10))
        for key, value in self.student.state_dict().items():
            if value.is_floating_point():
                self.average[key].lerp_(value.float(), 1 - keep)
            else:
                self.average[key] = value.clone()
        self.seconds += time.perf_counter() - began
        return {name: value.detach() for name, value in (losses | {"loss": loss}).items()}

    def paint(self, index: Tensor) -> None:
        """Paint these canvases on by one step of the student's own loss, and replace those that are finished."""
        painter = self.student.eval()
        aims = torch.cat([self.canvases.content[index], self.canvases.style[index]])
        moving = self.canvases.canvas[index].requires_grad_()
        with self.autocast():
            with torch.no_grad():
                target = extract_features(painter, aims, MATCH)
            now = extract_features(painter, moving, MATCH)
        weight = self.canvases.content_weight[index]
        painting = painting_loss(now, target, weight)
        (gradient,) = torch.autograd.grad(painting.sum(), moving)
        self.canvases.step(index, gradient.float())
        over = index[(self.canvases.age[index] >= self.canvases.life[index]).cpu()]
        if len(over):
            self.canvases.renew(over, self.source)

    def losses(self, mine: dict[str, Tensor], theirs: dict[str, Tensor]) -> dict[str, Tensor]:
        """match and feature: mean squared errors, relative to each teacher channel's scale; gram: relative, per picture."""
        match = feature = gram_error = 0.0
        for name, channels in self.chosen.items():
            target = theirs[name][:, channels].float() / self.unit[name]
            error = (mine[name].float() - target).square().mean((0, 2, 3))
            match = match + (error / self.scale[name]).mean() / len(self.chosen)
            now, then = gram_matrix(mine[name].float()), gram_matrix(target)
            distance = (now - then).norm(dim=(1, 2)) / then.norm(dim=(1, 2)).clamp_min(1e-6)
            gram_error = gram_error + distance.mean() / len(self.chosen)
        for name, adapter in self.adapters.items():
            # A quarter of the places of the finer grids is enough, and half the time of a step.
            step = 2 if mine[name].shape[-1] >= 32 else 1
            i, j = (int(v) for v in torch.randint(step, (2,), generator=self.source.g))
            with self.autocast():
                mapped = adapter(mine[name][:, :, i::step, j::step])
            target = theirs[self.feature[name]][:, :, i::step, j::step]
            error = (mapped - target).float().square().mean((0, 2, 3))
            feature = feature + (error / self.scale[name]).mean() / len(self.adapters)
        return {"match": match, "gram": gram_error, "feature": feature}

    def state(self) -> dict[str, object]:
        return {
            "student": self.student.state_dict(),
            "adapters": self.adapters.state_dict(),
            "chosen": self.chosen,
            "unit": self.unit,
            "scale": self.scale,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "average": self.average,
            "canvases": dataclasses.asdict(self.canvases),
            "generators": [self.source.g.get_state(), self.source.noise.get_state()],
            "settled": self.settled,
            "done": self.done,
            "seconds": self.seconds,
        }

    def load(self, state: dict) -> None:
        self.student.load_state_dict(state["student"])
        self.adapters.load_state_dict(state["adapters"])
        for name in ("chosen", "unit", "scale", "average"):
            setattr(self, name, {k: v.to(self.device) for k, v in state[name].items()})
        for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        self.canvases = Canvases(**{name: value.to(self.device) for name, value in state["canvases"].items()})
        for generator, held in zip((self.source.g, self.source.noise), state["generators"], strict=True):
            generator.set_state(held)
        self.settled, self.done, self.seconds = state["settled"], state["done"], state["seconds"]

    def finished(self) -> Backbone:
        """The averaged student, batch norms folded, layers scaled to a mean activation of one; float32, on the CPU."""
        student = copy.deepcopy(self.student).cpu()
        student.load_state_dict(self.average)
        student = fold_batch_norm(student)
        rescale(student, self.photographs)
        return student


def save_weights(student: Backbone, path: Path) -> None:
    """float16 safetensors, keys `features.N.weight` and `features.N.bias`, as a torchvision VGG names them."""
    from safetensors.torch import save_file

    layers = nn.Sequential(*list(student)[1:])
    state = {f"features.{k}": v.half().contiguous() for k, v in layers.state_dict().items()}
    save_file(state, path, metadata={"padding": student.conv1_1.padding_mode})


def save_card(trainer: Trainer, path: Path, curve: list[dict[str, float]]) -> None:
    """A first model card beside the file: the facts of this run; the measures of tools/mini/judge.py go in by hand."""
    args, convs = trainer.args, convolutions(trainer.student)
    start = args.start.name if args.start else "random weights"
    hidden = {"photos", "out", "teacher", "styles", "start", "widths"}  # said otherwise, or paths
    options = {k: v for k, v in vars(args).items() if k not in hidden}
    lines = [
        "# Mini backbone: one training run",
        "",
        f"- Widths of the convolutions: {[conv.out_channels for conv in convs]}; padding: {convs[0].padding_mode}; "
        f"file: {path.stat().st_size:,} bytes.",
        f"- Teacher: {Path(args.teacher).name}. Start: {start}. Pictures: {len(trainer.source.sizes)}.",
        f"- Steps: {trainer.done} of {args.batch} crops, {trainer.seconds / 60:.0f} minutes on {trainer.device.type}.",
        f"- Options: `{json.dumps(options, default=str)}`",
    ]
    if curve:
        lines += ["", "| " + " | ".join(curve[-1]) + " |", "| --- " * len(curve[-1]) + "|"]
    for row in curve[:: max(1, len(curve) // 12)]:
        lines.append("| " + " | ".join(f"{v:.4g}" for v in row.values()) + " |")
    path.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="Train the mini backbone.", allow_abbrev=False)
    p.add_argument("photos", type=Path, help="folder of photographs")
    p.add_argument("--teacher", required=True, help="a VGG-16 weights file, or vgg16 or vgg19 (downloaded), or random")
    p.add_argument("--out", type=Path, required=True, help="where the weights go; checkpoint and curve lie beside it")
    p.add_argument("--start", type=Path, help="a finished file to go on from, in place of random weights")
    p.add_argument("--crop", type=int, default=160, help="side of the crops in pixels, a multiple of 16")
    p.add_argument("--styles", type=Path, help="folder of style pictures, mixed in at --style-share")
    p.add_argument("--style-share", type=float, default=0.05)
    p.add_argument("--hold-out", nargs="*", default=[], metavar="PATTERN", help="file names not to train on")
    p.add_argument("--widths", type=int, nargs=16, default=WIDTHS, help="of the convolutions of a new student")
    p.add_argument("--steps", type=int, default=4000)
    p.add_argument("--minutes", type=float, default=0, help="plan by the clock instead of by steps")
    p.add_argument("--batch", type=int, default=12)
    p.add_argument("--canvases", type=int, default=32, help="pictures that the student is painting")
    p.add_argument("--paint", type=int, default=4, help="how many of them are in each batch")
    p.add_argument("--rate", type=float, default=1e-2)
    p.add_argument("--freeze", type=float, default=0.45, help="share of the run after which batch norms rest")
    p.add_argument("--average", type=float, default=0.997, help="decay of the running average of the weights")
    p.add_argument("--calibration", type=int, default=8, help="batches that the adapters are first fitted on")
    p.add_argument("--weights", type=json.loads, default={}, help='JSON, for instance {"gram": 0.5}')
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--device")
    p.add_argument("--no-bf16", dest="bf16", action="store_false")
    p.add_argument("--save-every", type=int, default=200)
    p.add_argument("--stop-after", type=int, default=0, help="end this part of the run after so many steps")
    p.add_argument("--print-every", type=int, default=20)
    return p


def main(argv: list[str] | None = None) -> Trainer:
    args = parser().parse_args(argv)
    args.weights = WEIGHTS | args.weights
    pictures = load_pictures(args.photos, args.hold_out)
    styles = load_pictures(args.styles, args.hold_out, side=384) if args.styles else []
    trainer = Trainer(args, pictures + styles, len(styles))
    checkpoint, curve_file = args.out.with_suffix(".ckpt"), args.out.with_suffix(".jsonl")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        trainer.load(torch.load(checkpoint, map_location="cpu", weights_only=True))
        print(f"resumed at step {trainer.done}", flush=True)
    recent: dict[str, Tensor] = {}
    count, stop = 0, trainer.done + args.stop_after if args.stop_after else math.inf
    while trainer.done < stop and trainer.progress() < 1:
        for key, value in trainer.train_step().items():
            recent[key] = recent[key] + value if key in recent else value
        count += 1
        if trainer.done % args.print_every == 0:
            row = {"step": trainer.done, "minutes": round(trainer.seconds / 60, 2)}
            row |= {k: round(float(v) / count, 4) for k, v in recent.items()}
            with curve_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
            recent, count = {}, 0
        if trainer.done % args.save_every == 0:
            save_checkpoint(trainer, checkpoint)
    save_checkpoint(trainer, checkpoint)
    rows = [json.loads(line) for line in curve_file.open(encoding="utf-8")] if curve_file.exists() else []
    save_card(trainer, args.out, rows)
    return trainer


def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """The checkpoint, and the weights as they would be delivered now; written aside first, so a crash harms neither."""
    aside = path.with_suffix(".tmp")
    torch.save(trainer.state(), aside)
    aside.replace(path)
    out = trainer.args.out
    save_weights(trainer.finished(), out.with_suffix(".part"))
    out.with_suffix(".part").replace(out)


if __name__ == "__main__":
    main()
