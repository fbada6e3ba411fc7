#!/usr/bin/env python3
"""Measure the loop against the usual kinds, as ratios in one process, and write docs/benchmark.md.

    python tools/bench.py [--rounds 15] [--sizes 256 512] [--races] [--vgg16 FILE] [--output docs/benchmark.md]

What is compared is measured by turns (half a second of each, then again), so that whatever else the machine does hits all
alike; reported are medians and the ratios of medians. `--races` (half an hour) also runs each kind of loop until it has the
same loss; `--vgg16` names the real weights of a VGG-16 to race with, too. The single evaluations of VGG-19 are with random
weights: the speed does not depend on the values.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from usual_loops import frozen_loop, tutorial_loop

from nsthelpers import Settings, StyleTransferLoss, load_backbone, load_image, stylize, stylize_steps
from nsthelpers.backbones import Backbone
from nsthelpers.engine.network import LeanConv2d, choose_dtype, lean_gram_matrix, prepare
from nsthelpers.images import default_device, resize
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, gram_matrix
from nsthelpers.transfer import minimise

ROOT = Path(__file__).resolve().parent.parent
TAPS = [*CONTENT_LAYERS, *STYLE_LAYERS]
DEFAULTS = vars(Settings())
WEIGHTS = {name: DEFAULTS[name] for name in ("content_weight", "style_weight", "tv_weight")}
PAIRS = [
    ("coffee", "wheat_field"),
    ("astronaut", "stained_glass"),
    ("chelsea", "marbling"),
    ("rocket", "great_wave"),
    ("tuebingen", "starry_night"),
]
# What runs in auto precision in the race: the optimiser and the scales.
FAST_PARTS = {
    "auto precision": ("lbfgs", 1),
    "auto precision, pyramid": ("lbfgs", "auto"),
}
TURN = 0.5  # seconds
AS_IT_IS = "as it is"
BY_HAND = "\n## Other runs"  # what follows this heading in the page was written by hand and is kept
# (what, wanted at 256 px, wanted at 512 px): what this project set itself, for two cores with native bfloat16.
WANTED = {
    "VGG-19 float32 against the frozen loop": (1.1, 1.2),
    "VGG-19 auto precision against the frozen loop": (2.0, 2.2),
    "VGG-19 auto precision against the tutorial's kind": (3.0, 3.2),
    "share of the convolution limit, float32": (0.85, 0.80),
    "share of the convolution limit, auto precision": (0.80, 0.80),
    "mini against VGG-19, both float32": (8.0, 8.5),
}


def ours(
    network: Backbone, content: Tensor, style: Tensor, gram: Callable[[Tensor], Tensor] = lean_gram_matrix
) -> Callable[[Tensor], Tensor]:
    """Return a function that evaluates our loss and its gradient once, as `stylize` does."""
    loss = StyleTransferLoss(network, content, style, gram=gram, **WEIGHTS)

    def evaluate(image: Tensor) -> Tensor:
        image.grad = None
        total = loss(image)["total"]
        total.backward()
        return total.detach()

    return evaluate


def synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def convolution_limit(backbone: Backbone, content: Tensor, dtype: torch.dtype) -> Callable[[Tensor], None]:
    """Return a function that does nothing but the convolutions of one evaluation, forward and backward."""
    network = prepare(backbone, TAPS, dtype)
    jobs, current = [], content
    with torch.no_grad():
        for name, layer in network.named_children():
            if name.startswith("conv"):
                jobs.append((layer, torch.randn_like(current)))
            current = layer(current)

    def run(_: Tensor) -> None:
        for layer, maps in jobs:
            out = layer(maps)
            torch.ops.aten.convolution_backward(
                out, maps, layer.weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, False, False]
            )
            del out

    return run


def by_turns(jobs: dict[str, Callable[[Tensor], object]], image: Tensor, rounds: int) -> dict[str, float]:
    """Return the median seconds of each job, called in turn; the first round only warms up.

    A turn lasts for `TURN` seconds or one call, whichever is longer: in a run, an evaluation follows one of its own kind,
    and a short one that follows a long one of another network would pay for what that did to caches and memory.
    """
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        for name, job in jobs.items():
            spent = 0.0
            while spent < TURN:
                synchronise()
                began = time.perf_counter()
                job(image)
                synchronise()
                took = time.perf_counter() - began
                spent += took
                if number:
                    seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}


def evaluations(size: int, rounds: int) -> dict[str, float]:
    """Measure single evaluations at one size; return seconds by name."""
    device = default_device()
    content = resize(load_image("astronaut", device=device), (size, size))
    style = resize(load_image("starry_night", device=device), (size, size))
    vgg, mini = load_backbone("vgg19", weights="random", device=device), load_backbone("mini", device=device)
    fast = choose_dtype("auto", device)
    jobs = {
        "tutorial": tutorial_loop(vgg, content, style, CONTENT_LAYERS, STYLE_LAYERS),
        "frozen": frozen_loop(vgg, content, style, CONTENT_LAYERS, STYLE_LAYERS),
        "vgg19 float32": ours(prepare(vgg, TAPS), content, style),
        "vgg19 auto": ours(prepare(vgg, TAPS, fast), content, style),
        "mini float32": ours(prepare(mini, TAPS), content, style),
        "mini auto": ours(prepare(mini, TAPS, fast), content, style),
        "limit float32": convolution_limit(vgg, content, torch.float32),
        "limit auto": convolution_limit(vgg, content, fast),
    }
    return by_turns(jobs, content.clone().requires_grad_(True), rounds)


class SlicedPool(nn.Module):
    """Average pooling as a sum of four strided slices: tried in place of PyTorch's own."""

    def forward(self, maps: Tensor) -> Tensor:
        rows, columns = (side // 2 * 2 for side in maps.shape[2:])
        corners = [maps[:, :, y:rows:2, x:columns:2] for y in (0, 1) for x in (0, 1)]
        return (corners[0] + corners[1] + corners[2] + corners[3]) / 4


def variants(content: Tensor, style: Tensor) -> dict[str, Callable[[], Callable[[Tensor], object]]]:
    """Return makers of evaluations of mini's loss: as `stylize` has them, and with one part of the engine changed."""
    mini, dtype = load_backbone("mini", device=content.device), choose_dtype("auto", content.device)

    def changed(*replacements: Callable[[nn.Module], nn.Module]) -> Backbone:
        network = prepare(mini, TAPS, dtype)
        for (name, layer), replacement in itertools.product(list(network.named_children()), replacements):
            setattr(network, name, replacement(layer))
        return network

    def by_autograd(layer: nn.Module) -> nn.Module:
        if not isinstance(layer, LeanConv2d):
            return layer
        new = nn.Conv2d(layer.in_channels, layer.out_channels, 3, padding=1, padding_mode="replicate", device="meta")
        new.weight, new.bias = layer.weight, layer.bias
        return new

    def rows_first(layer: nn.Module) -> nn.Module:
        if hasattr(layer, "memory_format"):
            layer.memory_format = torch.contiguous_format
        return layer.to(memory_format=torch.contiguous_format)

    def a_step() -> Callable[[Tensor], object]:
        loss = StyleTransferLoss(prepare(mini, TAPS, dtype), content, style, gram=lean_gram_matrix, **WEIGHTS)
        steps = minimise(loss, content, 10**6)
        return lambda _: next(steps)

    return {
        AS_IT_IS: lambda: ours(changed(), content, style),
        "convolutions by autograd, not `LeanConv2d`": lambda: ours(changed(by_autograd), content, style),
        "`gram_matrix`, not `lean_gram_matrix`": lambda: ours(changed(), content, style, gram_matrix),
        "both of these": lambda: ours(changed(by_autograd), content, style, gram_matrix),
        "ReLUs never in place": lambda: ours(
            changed(lambda layer: nn.ReLU() if isinstance(layer, nn.ReLU) else layer), content, style
        ),
        "rows first, not channels (with `gram_matrix`)": lambda: ours(changed(rows_first), content, style, gram_matrix),
        "average pooling as a sum of slices": lambda: ours(
            changed(lambda layer: SlicedPool() if isinstance(layer, nn.AvgPool2d) else layer), content, style
        ),
        "a whole step of `minimise`, L-BFGS included": a_step,
    }


def what_each_part_gains(sizes: Sequence[int], rounds: int) -> list[str]:
    """Return a table of the times, and on Linux of the memory, of the variants of mini's evaluation."""
    device, seconds = default_device(), {}
    for size in sizes:
        content, style = (
            resize(load_image(name, device=device), (size, size)) for name in ("astronaut", "starry_night")
        )
        jobs = {name: make() for name, make in variants(content, style).items()}
        seconds[size] = by_turns(jobs, content.clone().requires_grad_(True), rounds)
    largest, linux = max(sizes), device.type == "cpu" and sys.platform == "linux"
    memory = {name: working_memory(name, largest) for name in (list(seconds[largest])[:-1] if linux else [])}
    lines = ["| evaluation of mini | " + " | ".join(f"time at {size} px" for size in sizes) + " | memory |"]
    lines.append("| --- |" + " --- |" * (len(sizes) + 1))
    for name in seconds[largest]:
        times = " | ".join(f"{seconds[size][name] / seconds[size][AS_IT_IS]:.2f}" for size in sizes)
        lines.append(f"| {name} | {times} | " + (f"{memory[name] / memory[AS_IT_IS]:.2f} |" if name in memory else "|"))
    return lines


def time_to_loss(pair: tuple[str, str], size: int, steps: int, backbone: Backbone) -> dict[str, float]:
    """Race to the loss that the frozen loop with torch's L-BFGS (its whole history) has within `steps` evaluations.

    All are scored by the same float32 loss of the displayable picture; the time of scoring is not counted.
    """
    # Sides that are multiples of 16: elsewhere ours continues the picture as in a mirror, which is another loss.
    pictures = [load_image(name, size) for name in pair]
    content, style = (resize(image, tuple(round(side / 16) * 16 for side in image.shape[2:])) for image in pictures)
    judge = StyleTransferLoss(backbone, content, style, **WEIGHTS)

    def score(image: Tensor) -> float:
        with torch.no_grad():
            return judge(resize(image.clamp(0, 1), tuple(content.shape[2:])))["total"].item()

    def timed(records: Iterator[tuple[Tensor, float]]) -> Iterator[tuple[float, Tensor, float]]:
        spent = 0.0
        while True:
            began = time.perf_counter()
            record = next(records, None)
            spent += time.perf_counter() - began
            if record is None:
                return
            yield spent, *record

    def seconds_until(goal: float, records: Iterator[tuple[Tensor, float]]) -> float:
        # A record's own loss, in low precision, is some thousandths off: only one near the goal needs the exact one.
        reached = (spent for spent, image, own in timed(records) if own <= 1.05 * goal and score(image) <= goal)
        return next(reached, float("inf"))

    def usual() -> Iterator[tuple[Tensor, float]]:
        evaluate = frozen_loop(backbone, content, style, CONTENT_LAYERS, STYLE_LAYERS, relative=WEIGHTS)
        image = content.clone().requires_grad_(True)
        optimizer = torch.optim.LBFGS([image], max_iter=1, history_size=100)
        for _ in range(steps):
            with torch.no_grad():
                image.clamp_(0, 1)  # between steps, as ours does: notebook 07 measures that it is the best way
            before = image.detach().clone()
            loss = optimizer.step(lambda: evaluate(image))
            yield before, loss.item()

    def fast(optimizer: str, scales: int | str) -> Iterator[tuple[Tensor, float]]:
        options = {"backbone": backbone, "size": None, "steps": 2 * steps, "optimizer": optimizer, "scales": scales}
        for record in stylize_steps(content, style, **options, **WEIGHTS):
            yield record.image, record.losses["total"]

    spent, best, _ = min(timed(usual()), key=lambda record: record[2])
    race = {"goal": score(best), "frozen loop": spent}
    return race | {name: seconds_until(race["goal"], fast(*parts)) for name, parts in FAST_PARTS.items()}


def final_loss_ratio(size: int, steps: int, backbone: Backbone) -> float:
    """Return the final loss in auto precision over that in float32, after the same steps, both scored in float32."""
    content, style = load_image("chelsea", size), load_image("starry_night", size)
    judge, finals = StyleTransferLoss(backbone, content, style, **WEIGHTS), []
    for precision in ("auto", "float32"):
        *_, last = stylize_steps(
            content, style, backbone=backbone, size=None, steps=steps, precision=precision, scales=1, **WEIGHTS
        )
        with torch.no_grad():
            finals.append(judge(last.image)["total"].item())
    return finals[0] / finals[1]


def working_memory(kind: str, size: int) -> float:
    """Return the megabytes that a loss, its targets and two evaluations add to a fresh process, at the peak.

    The median of five processes: the peak depends on where the allocator finds room.
    """
    command = [sys.executable, __file__, "--memory-of", kind, "--sizes", str(size)]
    outputs = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(5))
    return statistics.median(json.loads(output) for output in outputs)


def measure_memory(kind: str, size: int) -> float:
    backbone = load_backbone("vgg19", weights="random", device="cpu")
    makers = {
        "frozen": lambda c, s: frozen_loop(backbone, c, s, CONTENT_LAYERS, STYLE_LAYERS),
        "tutorial": lambda c, s: tutorial_loop(backbone, c, s, CONTENT_LAYERS, STYLE_LAYERS),
        "float32": lambda c, s: ours(prepare(backbone, TAPS), c, s),
        "auto": lambda c, s: ours(prepare(backbone, TAPS, choose_dtype("auto", c.device)), c, s),
    }
    if kind not in makers:  # one of the variants, with mini
        makers[kind] = lambda c, s: variants(c, s)[kind]()

    def run(side: int) -> None:
        image = torch.rand(1, 3, side, side)
        evaluate = makers[kind](image, image)
        image = image.clone().requires_grad_(True)
        for _ in range(2):
            evaluate(image)

    def megabytes(field: str) -> float:
        return int(re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024

    run(32)  # loads all code
    gc.collect()
    before = megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    run(size)
    return megabytes("VmHWM") - before


def headline(size: int = 512) -> tuple[float, float]:
    """Return the seconds of `stylize` at its defaults, and of the usual frozen loop with VGG-19 for the same picture.

    The latter is the median of three evaluations after one that warms up, times the steps: whoever waits for all of them
    waits for a quarter of an hour.
    """
    pair = ("tuebingen", "starry_night")
    result = stylize(*pair, size=size, progress=False)
    content, style = (load_image(name, size) for name in pair)
    vgg = load_backbone("vgg19", weights="random", device=content.device)
    jobs = {"frozen": frozen_loop(vgg, content, style, CONTENT_LAYERS, STYLE_LAYERS)}
    seconds = by_turns(jobs, content.clone().requires_grad_(True), rounds=3)["frozen"]
    return result.seconds, seconds * result.evaluations


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def report(options: argparse.Namespace) -> str:
    """Measure everything and return it as Markdown."""
    sizes = options.sizes
    mini = load_backbone("mini")
    single = {size: evaluations(size, options.rounds) for size in sizes}
    ours_takes, usual_takes = headline()
    ratios: dict[str, list[float]] = {name: [] for name in WANTED}
    for size in sizes:
        s = single[size]
        for name, value in zip(
            WANTED,
            (
                s["frozen"] / s["vgg19 float32"],
                s["frozen"] / s["vgg19 auto"],
                s["tutorial"] / s["vgg19 auto"],
                s["limit float32"] / s["vgg19 float32"],
                s["limit auto"] / s["vgg19 auto"],
                s["vgg19 float32"] / s["mini float32"],
            ),
        ):
            ratios[name].append(value)
    device = default_device()
    dtype = str(choose_dtype("auto", device)).removeprefix("torch.")
    where = torch.cuda.get_device_name() if device.type == "cuda" else processor()
    lines = [
        "# Benchmark",
        "",
        f"Made by `make bench`: {where}, {torch.get_num_threads()} threads, PyTorch {torch.__version__.split('+')[0]}, "
        f"torchvision {torchvision.__version__.split('+')[0]}, Python {platform.python_version()}. "
        f"Auto precision chose {dtype}. VGG-19 with random weights (the speed does not depend on the values).",
        "Layers, weights and pooling are the defaults of `stylize`. An evaluation is a loss and its gradient, of square",
        "pictures; what is compared took turns in one process. Medians of all evaluations",
        f"in {options.rounds} turns, half a second or longer each.",
        "The convolution limit is the time of the convolutions of one evaluation alone, forward and backward, on this",
        "machine: the faster they are (AMX), the more weighs all the rest, which is bound by memory.",
        *(
            ["This machine has no native bfloat16: auto precision is float32, so no row of it can be as wanted."]
            if dtype == "float32"
            else []
        ),
        "",
        f"**Tübingen as a Starry Night at 512 pixels, {DEFAULTS['steps']} evaluations, all defaults: {ours_takes:.0f} s.",
        f"The usual frozen loop with VGG-19 needs {usual_takes:.0f} s for as many,",
        f"{usual_takes / ours_takes:.1f} times as long (wanted: 18).**",
        "",
        "## Ratios",
        "",
        "| ratio | " + " | ".join(f"{size} px" for size in sizes) + " | wanted |",
        "| --- |" + " --- |" * (len(sizes) + 1),
    ]
    for name, values in ratios.items():
        wanted = " / ".join(f"≥ {value}" for value in WANTED[name])
        lines.append(f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + f" | {wanted} |")
    runners = {"mini": (mini, 100, PAIRS)}
    if options.vgg16:  # minutes for each: half the evaluations
        runners["VGG-16"] = (load_backbone("vgg16", weights=options.vgg16), 50, PAIRS)
    races = {
        (name, size): [time_to_loss(pair, size, steps, backbone) for pair in pairs]
        for name, (backbone, steps, pairs) in (runners.items() if options.races else ())
        for size in sizes
    }
    for name, who in [(name, who) for name in runners for who in FAST_PARTS if races]:
        ratios_of = [[race["frozen loop"] / race[who] for race in races[name, size]] for size in sizes]
        medians = (statistics.median(values) for values in ratios_of)
        shown = " | ".join(f"{value:.2f}" if value else "not reached" for value in medians)
        lines.append(f"| time to the same loss, {name}, {who} | {shown} | ≥ 2.4 / ≥ 3.2 |")
    for name, (backbone, steps, _) in runners.items():
        if dtype != "float32":
            finals = " | ".join(f"{final_loss_ratio(size, steps, backbone):.3f}" for size in sizes)
            lines.append(
                f"| final loss, auto precision over float32, {steps} evaluations, {name} | {finals} | ≤ 1.05 |"
            )
    lines += ["", "## Seconds for one evaluation", "", "| loop | " + " | ".join(f"{size} px" for size in sizes) + " |"]
    lines.append("| --- |" + " --- |" * len(sizes))
    for name in single[sizes[0]]:
        lines.append(f"| {name} | " + " | ".join(f"{single[size][name]:.3f}" for size in sizes) + " |")
    if device.type == "cpu" and sys.platform == "linux":
        largest = max(sizes)
        memory = {kind: working_memory(kind, largest) for kind in ("frozen", "tutorial", "float32", "auto")}
        lines += ["", f"## Working memory at {largest} px, VGG-19", "", "| loop | MB | over the frozen loop | wanted |"]
        lines.append("| --- | --- | --- | --- |")
        for kind, megabytes in memory.items():
            wanted = "≤ 0.45" if kind == "auto" else ""
            lines.append(f"| {kind} | {megabytes:.0f} | {megabytes / max(1, memory['frozen']):.2f} | {wanted} |")
    lines += [
        "",
        "## What each part gains",
        "",
        "One part of the engine changed, over the loop as it is; above 1 the part is worth keeping, below 1 the change is.",
        f"Memory is the working memory at {max(sizes)} px. `LeanConv2d` and `lean_gram_matrix` have a backward pass of",
        "their own.",
        "",
        *what_each_part_gains(sizes, options.rounds),
    ]
    if races:
        lines += [
            "",
            "## The race",
            "",
            "Seconds until the loss that the frozen loop reaches with L-BFGS (history 100, pixels cut to 0 … 1 between",
            "steps), of the displayable picture, scored in float32 with the same network; ours has up to twice as many",
            "evaluations.",
            "The frozen loop has 100 evaluations with mini, 50 with VGG-16. Sizes are those of the longer side; the ratios",
            "above are medians over the pairs. Chance plays a part: rounding alone makes two runs of a pair drift apart.",
            "",
            "| network, size, pair | loss | frozen loop | " + " | ".join(FAST_PARTS) + " |",
            "| --- | --- | --- |" + " --- |" * len(FAST_PARTS),
        ]
    for (name, size), of_pairs in races.items():
        for (content, style), race in zip(PAIRS, of_pairs):
            seconds = " | ".join(
                f"{race[who]:.1f} s" if race[who] < float("inf") else "not reached"
                for who in ("frozen loop", *FAST_PARTS)
            )
            lines.append(f"| {name}, {size} px, {content}, {style} | {race['goal']:.4f} | {seconds} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--races", action="store_true")
    parser.add_argument("--vgg16", metavar="FILE")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmark.md")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(json.dumps(measure_memory(options.memory_of, options.sizes[0])))
        return
    text = report(options)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    if options.output.exists():
        _, heading, rest = options.output.read_text(encoding="utf-8").partition(BY_HAND)
        text += heading + rest
    options.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
