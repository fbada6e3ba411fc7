"""Each figure of the room is near its reference by perceptual hash (Zauner 2010), which ignores fonts and noise.

After a change that is meant, look at the figure, then write the new hash: `python tests/show/test_figures_look.py`.
"""

import io

import imagehash
import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from nsthelpers import load_image, show

DISTANCE = 40  # of 256 bits, at most; two figures of different kinds are some 120 apart
HISTORY = [
    {"step": n, "seconds": n / 10, "size": 64, "content": 0.1 / n, "style": 1 / n, "tv": 0.01, "total": 1.1 / n}
    for n in range(1, 31)
]
FIGURES = {
    "pictures": lambda: show.pictures({"a cat": load_image("chelsea", 128), "a cup": load_image("coffee", 128)}, "two"),
    "loss_curves": lambda: show.loss_curves(HISTORY),
    "progress_figure": lambda: show.progress_figure(load_image("chelsea", 128), HISTORY, "a run"),
    "vgg": lambda: show.vgg("mini", "relu3_1"),
    "activations": lambda: show.activations("chelsea", layer="relu2_1"),
    "receptive_field": lambda: show.receptive_field("chelsea", layer="relu3_1"),
    "gram_entry": lambda: show.gram_entry("starry_night"),
    "trade_off": lambda: show.trade_off({"mini": {1: (0.1, 0.9), 0.1: (0.3, 0.4), 0.01: (0.6, 0.2)}}, "a curve"),
    "descent_paths": lambda: show.descent_paths(
        lambda place: place[0] ** 2 + 9 * place[1] ** 2, {"down": torch.tensor([[2.0, 1.0], [1.0, -0.5], [0.0, 0.0]])}
    ),
}
REFERENCES = {
    "pictures": "ecb9b66fc930c91093974929b36e5894b6e5669763694cb6b4c96b328c6dc9c4",
    "loss_curves": "d60416a3fffe67d3624060f1b07ddc1eee0f2716b381d0a248e1a450b71ed38f",
    "progress_figure": "9c731df3e39eea0ce19ce1c804cee27f1c330c1915c31ce1d86f8d27f492f0d8",
    "vgg": "ac73830ec1246b1eaa782ed89de14ba3c326f0545089d6a9d667d5a7d0f1d2bb",
    "activations": "9b99e642935339bd646d1a9ae6269135d54829295a965ab4a56eb55a1b99ee64",
    "receptive_field": "dbb6e441a4491faeb7174bb2c404884fa558357748a66b3e4888b45e371fb771",
    "gram_entry": "fefab55dc5213eeb91051a7ec0154a7b9915ca3566b3e2339915c52566aac42a",
    "trade_off": "805b9c447ffb4fee66c058e4a6103a28e2df2fc3a227dbe9a4c49222c97f84ab",
    "descent_paths": "845fd9ba76ee15bf2c004178764a1d92e66479fd8e714f0720d878e42e1b2b87",
}


def looks_like(name):
    """Return the perceptual hash of a figure as it is drawn."""
    plt.switch_backend("agg")
    plt.close("all")
    figure = FIGURES[name]() or plt.gcf()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=60)
    plt.close("all")
    return imagehash.phash(Image.open(buffer).convert("RGB"), hash_size=16)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_near_its_reference(name):
    found = looks_like(name)
    assert found - imagehash.hex_to_hash(REFERENCES[name]) <= DISTANCE, f"{name} looks different: {found}"


def test_the_references_tell_the_figures_apart():
    hashes = [imagehash.hex_to_hash(text) for text in REFERENCES.values()]
    assert min(a - b for n, a in enumerate(hashes) for b in hashes[:n]) > 2 * DISTANCE


if __name__ == "__main__":
    for name in FIGURES:
        print(f'    "{name}": "{looks_like(name)}",')
