"""Train the feed-forward network of notebook 11 for one painting (Johnson, Alahi and Fei-Fei 2016).

    python tools/beyond/train_feedforward.py PHOTOS starry_night --minutes 60 --out feedforward.safetensors

The weights that are saved every few minutes, kernels as bytes and the rest as float16, are running averages over the steps.
A run goes on from its checkpoint (.ckpt, beside the weights).
"""

from __future__ import annotations

import argparse
import copy
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from nsthelpers import load_backbone, load_image
from nsthelpers.beyond.feedforward import FeedForward, PerceptualLoss
from nsthelpers.images import choose_device

sys.path.insert(0, str(Path(__file__).parents[1] / "mini"))
from train import Muon, Source, load_pictures, load_teacher


def in_bytes(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights whose kernels (C, c, h, w) are whole numbers from -127 to 127, each with a "NAME.scale" (C, 1, 1, 1)."""
    packed = dict(weights)
    for name, kernels in weights.items():
        if kernels.ndim == 4:
            scale = (kernels.float().abs().amax((1, 2, 3), keepdim=True) / 127).clamp_min(1e-6).half()
            packed[name] = (kernels.float() / scale.float()).round().clamp(-127, 127).to(torch.int8)
            packed[f"{name}.scale"] = scale
    return packed


class Run:
    """A network in training: its optimisers, the running average of its weights, checkpoints; the clock plans the rate.

    Muon trains the kernels between hidden layers, Adam all that has to do with colours, biases and norms.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        out: Path,
        minutes: float,
        rate: float,
        metadata: dict[str, str],
        share: float = 1.0,
        pack: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] = dict,
    ) -> None:
        """`share`: how much of the way from the weights that `network` has now to the trained ones is saved, by `pack`."""
        self.network, self.out, self.minutes, self.rate, self.metadata = network, out, minutes, rate, metadata
        self.average, self.begin, self.share = copy.deepcopy(network), copy.deepcopy(network.state_dict()), share
        self.pack = pack
        inner = [p for p in network.parameters() if p.ndim == 4 and 3 not in p.shape[:2]]
        outer = [p for p in network.parameters() if not any(p is q for q in inner)]
        self.optimizers = [Muon(inner, rate, 1e-3), torch.optim.Adam(outer, rate, betas=(0.9, 0.99))]
        self.done, self.seconds, self.saved = 0, 0.0, 0.0
        self.checkpoint = out.with_suffix(".ckpt")
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, weights_only=True)
            network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(held)
            self.done, self.seconds = state["done"], state["seconds"]

    def going(self) -> bool:
        return self.seconds < 60 * self.minutes

    def step(self, loss: torch.Tensor, began: float) -> None:
        """One step down the slope of `loss`; `began` is when the work for it began."""
        part = min(1.0, self.seconds / 60 / self.minutes)
        rate = self.rate * min(1, (self.done + 1) / 30) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * part)))
        self.network.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer, share in zip(self.optimizers, (1, 1 / 3)):
            optimizer.param_groups[0]["lr"] = share * rate
            optimizer.step()
        self.done += 1
        keep = min(0.995, self.done / (self.done + 10))
        for mean, now in zip(self.average.parameters(), self.network.parameters()):
            mean.data.lerp_(now.data, 1 - keep)
        self.seconds += time.monotonic() - began
        if self.seconds - self.saved > 150 or not self.going():
            self.save()

    def save(self) -> None:
        """The checkpoint and the weights, each written aside first."""
        self.saved = self.seconds
        state = {"network": self.network.state_dict(), "average": self.average.state_dict()}
        state |= {"optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}
        state |= {"done": self.done, "seconds": self.seconds}
        torch.save(state, self.checkpoint.with_suffix(".tmp"))
        self.checkpoint.with_suffix(".tmp").replace(self.checkpoint)
        trained = self.average.state_dict()
        weights = {name: torch.lerp(value, trained[name], self.share) for name, value in self.begin.items()}
        weights = {name: value.half().cpu().contiguous() for name, value in weights.items()}
        save_file(self.pack(weights), self.out.with_suffix(".part"), metadata=self.metadata)
        self.out.with_suffix(".part").replace(self.out)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the feed-forward network for one painting.")
    parser.add_argument("photos", type=Path, help="folder of photographs")
    parser.add_argument("style", help="the painting: a name, or a file")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--style-size", type=int, default=448, help="longer side of the painting in pixels")
    parser.add_argument("--crop", type=int, default=240, help="side of the crops in pixels, a multiple of 16")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--content-weight", type=float, default=0.05)
    parser.add_argument("--tv-weight", type=float, default=0.01)
    parser.add_argument("--share", type=float, default=1.0, help="of the way from the first weights that is saved")
    parser.add_argument("--vgg16", help="weights file of the VGG-16 that measures the loss; without it mini does")
    parser.add_argument("--device")
    args = parser.parse_args(argv)
    device = choose_device(args.device)
    source = Source(load_pictures(args.photos, []), 0, args.crop, device=device)
    painting = load_image(args.style, args.style_size, device)
    network = FeedForward(painting).to(device, memory_format=torch.channels_last)
    run = Run(network, args.out, args.minutes, args.rate, {"style": args.style}, args.share, in_bytes)
    source.g.manual_seed(run.done)
    judge = load_teacher(args.vgg16).to(device) if args.vgg16 else load_backbone("mini", device=device)
    loss = PerceptualLoss(judge, painting, args.content_weight, args.tv_weight)
    while run.going():
        began = time.monotonic()
        photographs = source.crops(args.batch)
        terms = loss(network(photographs), photographs)
        run.step(terms["total"], began)
        if run.done % 20 == 0:
            said = "  ".join(f"{name} {float(value.detach()):.4f}" for name, value in terms.items())
            print(f"step {run.done}  {run.seconds / 60:.1f} min  {said}", flush=True)


if __name__ == "__main__":
    main()
