"""Measure the fast painters of notebook 11 against optimisation, with a real VGG-16 as the judge.

    python tools/beyond/measure.py --vgg16 vgg16.safetensors

For tuebingen, pagoda and chelsea in *The Starry Night* it prints the style and content distances of tools/mini/judge.py, as
a Markdown table, mean of the three, and the CPU time of one thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch
from torch import Tensor

from nsthelpers import load_backbone, load_image, stylize
from nsthelpers.beyond.adain import AnyStyle
from nsthelpers.beyond.feedforward import load_feedforward

sys.path.insert(0, str(Path(__file__).parents[1] / "mini"))
from judge import distances

PHOTOGRAPHS = ("tuebingen", "pagoda", "chelsea")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure the fast painters against optimisation.")
    parser.add_argument("--vgg16", required=True, help="weights file of a VGG-16")
    parser.add_argument("--size", type=int, default=256, help="longer side of photographs and painting in pixels")
    parser.add_argument("--style", default="starry_night", help="the painting")
    parser.add_argument("--steps", type=int, nargs="*", default=[15, 60, 200], help="evaluations of the optimisation")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    judge = load_backbone("vgg16", "max", args.vgg16, "cpu")
    painting = load_image(args.style, args.size, "cpu")
    any_style, night = AnyStyle("cpu"), load_feedforward("cpu")
    painters: dict[str, Callable[[Tensor], Tensor]] = {"photograph": lambda photo: photo}
    painters["AdaIN"] = lambda photo: any_style(photo, painting)
    painters["network for one painting"] = night
    for steps in args.steps:
        painters[f"optimisation, {steps} evaluations"] = lambda photo, steps=steps: (
            stylize(
                photo, painting, size=args.size, steps=steps, precision="float32", device="cpu", progress=False
            ).image
        )
    print("| | style | content | seconds |\n| --- | --- | --- | --- |")
    for name, paint in painters.items():
        rows, taken = [], []
        for photograph in PHOTOGRAPHS:
            photo = load_image(photograph, args.size, "cpu")
            paint(photo) if "network" in name or name == "AdaIN" else None  # the first call prepares
            began = time.process_time()
            painted = paint(photo)
            taken.append(time.process_time() - began)
            rows.append(distances(judge, painted, photo, painting))
        style, content = (mean(row[term] for row in rows) for term in ("style", "content"))
        print(f"| {name} | {style:.2f} | {content:.2f} | {mean(taken):.2g} |", flush=True)


if __name__ == "__main__":
    main()
