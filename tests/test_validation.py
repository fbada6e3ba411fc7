"""Every public argument out of range, of the wrong type, NaN, infinite, empty: one sentence that names it."""

import inspect
import math
import re
import sys
from pathlib import Path

import pytest
import torch

import nsthelpers
from nsthelpers import load_backbone, load_image

sys.path.insert(0, str(Path(__file__).parent))
from corpus import record

NAN, INF = math.nan, math.inf
IMAGE = torch.full((1, 3, 40, 56), 0.5)
MAPS, GRAM = torch.ones(1, 2, 4, 5), torch.ones(1, 2, 2)
BACKBONE = load_backbone("mini", device="cpu")

WEIGHT = [-1, NAN, INF, -INF, "1", None, [1], True, 1j]
COUNT = [0, -1, 2.5, "5", None, NAN, INF, True, [5]]
LAYERS = [[], {}, "", ["relu9_9"], ["relu4_2", "conv9"], [None], [4], 4, None, [["relu4_2"]], {"relu1_1": -1}]
LAYERS += [{"relu1_1": NAN}, {"relu1_1": INF}, {"relu1_1": 0}, {"relu1_1": "1"}, {"relu1_1": None}]
PICTURE = [
    None,
    5,
    "no such picture",
    b"",
    b"noise",
    [],
    IMAGE[0],
    IMAGE * NAN,
    IMAGE.byte(),
    IMAGE[..., :0],
    IMAGE * 255,
]
TENSOR = [None, 5, "chelsea", IMAGE[0], IMAGE * NAN, IMAGE.byte(), IMAGE[..., :0]]
WORD = ["", "no such word", 5, None, ["max"]]
DEVICE = ["", "no such device", "cuda:99", 5.5, ["cpu"]]
CHOICES = {
    "content": PICTURE,
    "style": [*PICTURE, ["starry_night", 5], ["starry_night", None]],
    "backbone": ["", "vgg17", "VGG19", 5, None, torch.nn.ReLU(), ["mini"]],
    "weights": ["", "missing.safetensors", 5, ["random"], "."],
    "size": [0, -1, 2.5, "256", NAN, INF, True, [64], 16385, 8],
    "steps": COUNT,
    "content_weight": WEIGHT,
    "style_weight": WEIGHT,
    "tv_weight": WEIGHT,
    "content_layers": [value for value in LAYERS if not (isinstance(value, dict) and value)],
    "style_layers": LAYERS,
    "style_blend": [[], [1, 2], [-1], [0], [NAN], ["1"], 5, "1"],
    "style_scale": [0, -1, 0.05, 5, NAN, INF, "1", None, True],
    "masks": [
        [],
        5,
        "mask.png",
        IMAGE,
        [IMAGE, IMAGE],
        [None],
        [5],
        [IMAGE * 0],
        [IMAGE[..., :28]],
        ["no such picture"],
    ],
    "keep_colours": ["", "no such word", 5, ["match"], "lab"],
    "optimizer": [*WORD, "newton", "Adam"],
    "learning_rate": [0, -1, NAN, INF, "0.1", [1], True],
    "init": [*WORD, IMAGE * NAN, IMAGE * 255, IMAGE.byte()],
    "pooling": [*WORD, "mean"],
    "seed": [2.5, "0", None, NAN, [0], True, 2**70],
    "precision": [*WORD, "half", torch.float32],
    "scales": [0, -1, 7, 2.5, "2", "all", None, NAN, True],
    "device": DEVICE,
    "callback": [5, "print"],
    "progress": [],  # anything is true or false
    "checkpoint": [5, "", ["a"], "missing/a.checkpoint", "."],
}


def stylize(**options):
    given = {"content": IMAGE, "style": IMAGE, "size": None, "steps": 1, "progress": False, "device": "cpu"} | options
    if "size" in options or "init" in options:
        given["scales"] = 1
    return nsthelpers.stylize(given.pop("content"), given.pop("style"), **given)


def steps(**options):
    given = {"content": IMAGE, "style": IMAGE, "size": None, "steps": 1, "device": "cpu"} | options
    return list(nsthelpers.stylize_steps(given.pop("content"), given.pop("style"), **given))


def rebuild(**options):
    given = {"backbone": BACKBONE, "image": IMAGE, "steps": 1, "progress": False} | options
    if not {"content_layer", "style_layers"} & options.keys():
        given["content_layer"] = "relu1_1"
    return nsthelpers.reconstruct(**given)


def combined(**options):
    return nsthelpers.StyleTransferLoss(**{"backbone": BACKBONE, "content": IMAGE, "style": IMAGE} | options)


def minimise(**options):
    given = {"loss": lambda image: {"total": image.square().sum()}, "start": IMAGE, "steps": 1}
    return list(nsthelpers.minimise(**given | options))


def with_defaults(function, **defaults):
    return lambda **options: function(**defaults | options)


REBUILD = {"backbone": ["mini", None, torch.nn.ReLU()], "image": PICTURE, "content_layer": ["", "relu9", 5]}
REBUILD |= {name: CHOICES[name] for name in ("steps", "tv_weight", "optimizer", "learning_rate", "init", "seed")}
REBUILD |= {"style_layers": [value for value in LAYERS if value is not None], "callback": [5], "progress": []}
LOSS = {
    name: CHOICES[name]
    for name in ("content_weight", "style_weight", "tv_weight", "style_blend", "content_layers", "style_layers")
}
LOSS |= {"content": TENSOR[1:], "style": [*TENSOR[1:], [], [IMAGE, 5]], "backbone": ["mini", None, torch.nn.ReLU()]}
LOSS |= {"gram": [], "masks": [[], 5, IMAGE, [None], [IMAGE], [IMAGE[:, :1] * NAN], [IMAGE[:, :1] * 0], [MAPS]]}
COLOURS = [None, 5, "chelsea", IMAGE[0], IMAGE * NAN, IMAGE.byte(), IMAGE[..., :0]]
FUNCTIONS = {
    "luminance": (nsthelpers.luminance, {"image": [None, 5, "chelsea", IMAGE[0], IMAGE.byte(), IMAGE[..., :0]]}),
    "match_colours": (
        with_defaults(nsthelpers.match_colours, style=IMAGE, content=IMAGE),
        {"style": COLOURS, "content": COLOURS},
    ),
    "keep_colours": (
        with_defaults(nsthelpers.keep_colours, result=IMAGE, content=IMAGE),
        {"result": COLOURS, "content": COLOURS},
    ),
    "stylize": (stylize, CHOICES),
    "stylize_steps": (
        steps,
        {name: CHOICES[name] for name in CHOICES if name not in ("callback", "progress", "checkpoint")},
    ),
    "reconstruct": (rebuild, REBUILD),
    "StyleTransferLoss": (combined, LOSS),
    "minimise": (
        minimise,
        {"loss": [None, 5], "start": TENSOR, "state": []}  # a state comes from a Progress
        | {name: CHOICES[name] for name in ("steps", "optimizer", "learning_rate")},
    ),
    "load_image": (
        with_defaults(nsthelpers.load_image, source=IMAGE, device="cpu"),
        {"source": PICTURE, "size": CHOICES["size"][:-1], "device": DEVICE},
    ),
    "resize": (
        with_defaults(nsthelpers.resize, image=IMAGE, shape=(4, 4)),
        {
            "image": [None, 5, "chelsea", IMAGE[0], IMAGE.byte(), IMAGE[..., :0]],
            "shape": [None, 5, (4,), (0, 4), (4, -1), (2.5, 4), ("4", 4), (4, 4, 4), (NAN, 4)],
        },
    ),
    "to_pil": (nsthelpers.to_pil, {"image": [None, 5, IMAGE * NAN, IMAGE.byte(), IMAGE[..., :0], IMAGE[0, 0]]}),
    "save_image": (
        with_defaults(nsthelpers.save_image, image=IMAGE, path="a.png"),
        {"image": [None, 5, "chelsea", IMAGE * NAN], "path": ["", "a", "a.docx", "missing/a.png", 5, None, "a\0.png"]},
    ),
    "save_with_settings": (
        with_defaults(nsthelpers.save_with_settings, image=IMAGE, path="a.png", settings={}),
        {"image": [None, 5, "chelsea", IMAGE * NAN], "path": ["", "a", "a.bmp", "missing/a.png", 5, None, "a\0.png"]}
        | {"settings": [None, 5, "size"], "description": []},
    ),
    "load_settings": (
        nsthelpers.load_settings,
        {"source": [None, 5, "", ".", "missing.png", b"", b"noise", "a\0.png"]},
    ),
    "list_images": (nsthelpers.list_images, {"kind": ["", "photo", 5, ["style"]]}),
    "load_backbone": (
        with_defaults(nsthelpers.load_backbone, device="cpu"),
        {"name": CHOICES["backbone"], "pooling": CHOICES["pooling"], "weights": CHOICES["weights"], "device": DEVICE}
        | {"seed": CHOICES["seed"]},
    ),
    "layer_table": (nsthelpers.layer_table, {"backbone": ["mini", None, torch.nn.ReLU()]}),
    "extract_features": (
        with_defaults(nsthelpers.extract_features, backbone=BACKBONE, image=IMAGE, layers=["relu1_1"]),
        {
            "backbone": ["mini", None, torch.nn.ReLU()],
            "image": [None, 5, "chelsea", IMAGE[0], IMAGE.byte(), IMAGE[..., :0], IMAGE[:, :1]],
            "layers": [value for value in LAYERS if not (isinstance(value, dict) and value)],
        },
    ),
    "receptive_field": (
        with_defaults(nsthelpers.receptive_field, backbone=BACKBONE, layer="relu1_2", images=IMAGE),
        {
            "backbone": ["mini", None, torch.nn.ReLU()],
            "layer": ["", "relu9", 5, None],
            "position": [5, (1,), (1, 2, 3), (-1, 0), (40, 0), (0.5, 0), ("0", 0), (NAN, 0), "ab", (True, 0)],
            "images": [5, [], [5], "no such picture", IMAGE[0], IMAGE * NAN, IMAGE.byte(), [IMAGE, IMAGE[..., 1:]]],
        },
    ),
    "gram_matrix": (nsthelpers.gram_matrix, {"features": [None, 5, MAPS[0], MAPS.int(), MAPS[..., :0]]}),
    "content_loss": (
        with_defaults(nsthelpers.content_loss, features=MAPS, target=MAPS),
        {"features": [None, 5, MAPS[0]], "target": [None, 5, MAPS[..., 1:]]},
    ),
    "style_loss": (
        with_defaults(nsthelpers.style_loss, features=MAPS, target_gram=GRAM),
        {"features": [None, 5, MAPS[0]], "target_gram": [None, 5, GRAM[..., 1:], MAPS]},
    ),
    "total_variation_loss": (nsthelpers.total_variation_loss, {"image": [None, 5, IMAGE[0], IMAGE.byte()]}),
}
CASES = [
    (function, argument, value)
    for function, (_, arguments) in FUNCTIONS.items()
    for argument, values in arguments.items()
    for value in values
]


def named(value):
    return "tensor" if isinstance(value, torch.Tensor) else re.sub(r"\W+", "-", repr(value))[:24]


@pytest.mark.parametrize(
    ("function", "argument", "value"), CASES, ids=["-".join([f, a, named(v)]) for f, a, v in CASES]
)
def test_one_sentence(function, argument, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, FileNotFoundError, PermissionError)) as caught:
        FUNCTIONS[function][0](**{argument: value})
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence[-1] in ".?" and len(sentence) < 500, sentence
    assert sentence[0].isupper() or argument in sentence or sentence.startswith("'"), sentence
    assert list(tmp_path.iterdir()) == []


def test_no_public_argument_was_forgotten():
    """Every function that works with images and losses is in the table, with every argument."""
    listed = {"Progress", "Result", "Settings", "paintings"}  # these take nothing from the user, or check nothing
    for name in vars(nsthelpers):
        thing = getattr(nsthelpers, name)
        if name not in nsthelpers.__all__ or name in listed or not callable(thing):
            continue
        if thing.__module__.startswith("nsthelpers.show"):
            continue  # tested in its own room
        wanted = {p.name for p in inspect.signature(thing).parameters.values() if p.kind is not p.VAR_KEYWORD}
        if name == "stylize_steps":
            wanted.remove("checkpoint")  # not a path, but a Checkpoint
        assert wanted == set(FUNCTIONS[name][1]), name
    record(
        "bad settings", f"{len(CASES)} values of {sum(len(a) for _, a in FUNCTIONS.values())} arguments", "one sentence"
    )


def test_the_nearest_layer_and_picture_are_named():
    with pytest.raises(ValueError, match="relu4_2"):
        stylize(content_layers=["relu42"])
    with pytest.raises(ValueError, match="relu4_1"):
        stylize(style_layers=["ReLU4_1"])
    with pytest.raises(FileNotFoundError, match="did you mean 'chelsea'"):
        load_image("Chelsea.png")
    with pytest.raises(FileNotFoundError, match=r"list_images\(\) shows"):
        load_image("missing.jpg")
    with pytest.raises(ValueError, match="did you mean 'vgg19'"):
        load_backbone("vgg-19")


@pytest.mark.parametrize(("height", "width"), [(15, 200), (4, 64), (8, 8)])
def test_a_picture_that_is_too_small_says_the_size_that_works(height, width):
    picture = torch.full((1, 3, height, width), 0.5)
    with pytest.raises(ValueError, match="needs at least 16 pixels") as caught:
        stylize(content=picture, style=picture)
    size = int(re.search(r"size=(\d+)", str(caught.value))[1])
    assert stylize(content=picture, style=picture, size=size).image.shape[-1] == size
    with pytest.raises(ValueError, match="needs at least 16 pixels"):
        stylize(content=picture, style=picture, size=size * 15 // 16 - 1)


def test_pictures_of_very_different_sizes():
    small, large = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 900)
    for content, style in ((small, large), (large, small)):
        assert stylize(content=content, style=style, size=None).image.shape == content.shape
