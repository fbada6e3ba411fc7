"""Every convention against a plain re-implementation: written out one by one, in loops, from what the sources say."""

import inspect
import itertools
import math
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import nn

from nsthelpers import load_backbone, load_image, minimise, stylize
from nsthelpers.backbones import IMAGENET_MEAN, IMAGENET_STD
from nsthelpers.conventions import (
    CONVENTIONS,
    ConventionLoss,
    _gradient_norm,
    compare,
    convention_loss,
    convention_loss_module,
    convention_start,
    convert,
    get_convention,
    stylize_like,
)
from nsthelpers.conventions.parts import FeatureTerm, VariationTerm, exact_ratio
from nsthelpers.features import extract_features

NAMES = list(CONVENTIONS)
THEIRS = [name for name in NAMES if name != "nsthelpers"]
FIRST_OF_BLOCK = [f"relu{block}_1" for block in range(1, 6)]

# Plain loops


def numbers(features):
    """(1, C, H, W) -> a list of C lists of M floats."""
    return features[0].flatten(1).tolist()


def squares(one, other):
    return sum((x - y) ** 2 for a, b in zip(one, other) for x, y in zip(a, b))


def gram(rows, divisor):
    return [[sum(x * y for x, y in zip(a, b)) / divisor for b in rows] for a in rows]


def style_sum(generated, painting, divide):
    """Σ(G − A)², each Gram matrix divided by divide(C, M) of its own picture."""
    return squares(*(gram(rows, divide(len(rows), len(rows[0]))) for rows in (generated, painting)))


def by_position(c, m):
    return m


def by_element(c, m):
    return c * m


def undivided(c, m):
    return 1


def cells(rows):
    return len(rows) * len(rows[0])


# Each: (style layer loss without the overall weight, content loss without it), by hand. F, A, P are rows; P pixels.
STYLE = {
    "gatys-2016": lambda f, a, layer, p: style_sum(f, a, by_position) / (4 * len(f) ** 2) / 5,
    "gatys-pytorch": lambda f, a, layer, p: style_sum(f, a, by_position) / len(f) ** 2 / len(f) ** 2,
    "pytorch-tutorial": lambda f, a, layer, p: style_sum(f, a, by_element) / len(f) ** 2,
    "udacity": lambda f, a, layer, p: (
        {"relu1_1": 1, "relu2_1": 0.75}.get(layer, 0.2) * style_sum(f, a, undivided) / len(f) ** 2 / cells(f)
    ),
    "neural-style": lambda f, a, layer, p: style_sum(f, a, by_element) / len(f) ** 2,
    "gordicaleksa": lambda f, a, layer, p: style_sum(f, a, by_element) / 5,
    "tensorflow": lambda f, a, layer, p: style_sum(f, a, by_position) / len(f) ** 2 / 5,
    "keras": lambda f, a, layer, p: style_sum(f, a, undivided) / (4 * 3**2 * p**2) / 5,
    "d2l": lambda f, a, layer, p: style_sum(f, a, by_element) / len(f) ** 2,
    "cs231n": lambda f, a, layer, p: (
        {"relu1_1": 3e5, "relu2_2": 1e3, "relu3_1": 15, "relu3_2": 3}[layer] * style_sum(f, a, by_element)
    ),
    "nsthelpers": lambda f, a, layer, p: (
        style_sum(f, a, by_position) / sum(x * x for row in gram(a, len(a[0])) for x in row) / 5
    ),
}
STYLE_WEIGHT = {
    "gatys-2016": 1e3, "gatys-pytorch": 1e3, "pytorch-tutorial": 1e6, "udacity": 1e6, "neural-style": 1e2,
    "gordicaleksa": 3e4, "tensorflow": 1e-2, "keras": 1e-6, "d2l": 1e4, "cs231n": 1, "nsthelpers": 1,
}  # fmt: skip
STYLE_LAYERS = dict.fromkeys(NAMES, FIRST_OF_BLOCK) | {
    "pytorch-tutorial": ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"],
    "d2l": [*FIRST_OF_BLOCK[:4], "conv5_1"],
    "cs231n": ["relu1_1", "relu2_2", "relu3_1", "relu3_2"],
}
CONTENT_LAYER = dict.fromkeys(NAMES, "relu4_2") | {
    "pytorch-tutorial": "conv2_2", "tensorflow": "relu5_2", "keras": "relu5_2", "d2l": "relu4_4", "cs231n": "relu2_1",
}  # fmt: skip
CONTENT = {
    "gatys-2016": lambda f, p: squares(f, p) / 2,
    "gatys-pytorch": lambda f, p: squares(f, p) / cells(f),
    "pytorch-tutorial": lambda f, p: squares(f, p) / cells(f),
    "udacity": lambda f, p: squares(f, p) / cells(f),
    "neural-style": lambda f, p: 5 * squares(f, p) / cells(f),
    "gordicaleksa": lambda f, p: 1e5 * squares(f, p) / cells(f),
    "tensorflow": lambda f, p: 1e4 * squares(f, p) / cells(f),
    "keras": lambda f, p: 2.5e-8 * squares(f, p),
    "d2l": lambda f, p: squares(f, p) / cells(f),
    "cs231n": lambda f, p: 6e-2 * squares(f, p),
    "nsthelpers": lambda f, p: 0.0003 * squares(f, p) / sum(x * x for row in p for x in row),
}


def differences(plane):
    """All horizontal and all vertical differences of a list of rows."""
    height, width = len(plane), len(plane[0])
    across = [plane[y][x + 1] - plane[y][x] for y in range(height) for x in range(width - 1)]
    down = [plane[y + 1][x] - plane[y][x] for y in range(height - 1) for x in range(width)]
    return across, down


def inner(plane):
    """(dx, dy) of the pixels that have both a right and a lower neighbour."""
    return [
        (plane[y][x + 1] - plane[y][x], plane[y + 1][x] - plane[y][x])
        for y in range(len(plane) - 1)
        for x in range(len(plane[0]) - 1)
    ]


def mean(values):
    return sum(values) / len(values)


def variation(planes, exponent):
    return sum(abs(d) ** exponent for plane in planes for part in differences(plane) for d in part)


def mean_variation(planes, exponent=1):
    parts = [differences(plane) for plane in planes]
    return sum(mean([abs(d) ** exponent for part in parts for d in part[axis]]) for axis in (0, 1))


VARIATION = {
    "neural-style": lambda x: 1e-3 * sum(0.5 * (a * a + b * b) for p in scaled(x, 256) for a, b in inner(p)),
    "gordicaleksa": lambda x: variation(scaled(x, 255), 1),
    "tensorflow": lambda x: 30 * variation(scaled(x, 1), 1),
    "keras": lambda x: 1e-6 * sum((a * a + b * b) ** 1.25 for p in scaled(x, 255) for a, b in inner(p)),
    "d2l": lambda x: 10 * 0.5 * mean_variation(normalised(x)),
    "cs231n": lambda x: 2e-2 * variation(normalised(x), 2),
    "nsthelpers": lambda x: 0.01 * mean_variation(scaled(x, 1), 2),
}


def scaled(image, factor):
    return [[[factor * v for v in row] for row in plane] for plane in image[0].tolist()]


def normalised(image):
    return [
        [[(v - m) / s for v in row] for row in plane]
        for plane, m, s in zip(image[0].tolist(), IMAGENET_MEAN, IMAGENET_STD)
    ]


def features(channels, height, width, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, channels, height, width, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", NAMES)
def test_style_terms_against_loops(name):
    term = CONVENTIONS[name].style
    assert list(term.layers) == STYLE_LAYERS[name]
    shapes = [(3, 7, 5), (4, 3, 5), (5, 3, 3), (2, 1, 3), (7, 1, 1)]
    generated = {n: features(*shape, 1) for n, shape in zip(term.layers, shapes)}
    painted = {n: features(*shape, 2) for n, shape in zip(term.layers, shapes)}
    found = term.per_layer(generated, term.prepare(painted), pixels=143)
    for layer in term.layers:
        expected = STYLE_WEIGHT[name] * STYLE[name](numbers(generated[layer]), numbers(painted[layer]), layer, 143)
        assert found[layer].item() == pytest.approx(expected, rel=1e-6), layer


@pytest.mark.parametrize("name", [name for name in NAMES if not CONVENTIONS[name].same_size])
def test_style_pictures_of_another_size(name):
    term = CONVENTIONS[name].style
    layer = STYLE_LAYERS[name][0]
    generated, painted = (dict.fromkeys(term.layers, features(3, *s)) for s in ((7, 5, 1), (3, 11, 2)))
    expected = STYLE_WEIGHT[name] * STYLE[name](numbers(generated[layer]), numbers(painted[layer]), layer, 143)
    assert term.per_layer(generated, term.prepare(painted), 143)[layer].item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_content_terms_against_loops(name):
    term = CONVENTIONS[name].content
    assert list(term.layers) == [CONTENT_LAYER[name]]
    generated, photo = ({CONTENT_LAYER[name]: features(5, 7, 3, seed)} for seed in (1, 2))
    found = term.per_layer(generated, term.prepare(photo), 143)[CONTENT_LAYER[name]]
    expected = CONTENT[name](numbers(generated[CONTENT_LAYER[name]]), numbers(photo[CONTENT_LAYER[name]]))
    assert found.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_total_variation_against_loops(name):
    convention = CONVENTIONS[name]
    image = features(3, 7, 5, 3).sigmoid()
    assert (convention.tv is None) == (name not in VARIATION)
    if convention.tv is not None:
        found = convention.tv.value(image, convention.pixel_scale)
        assert found.item() == pytest.approx(VARIATION[name](image), rel=1e-6)


def test_total_variation_of_a_thread_and_a_point():
    thread = torch.tensor([[[[0.0, 1.0, 3.0]]]])
    assert VariationTerm(1.0).value(thread, [2.0]) == 6 and VariationTerm(1.0, mean=True).value(thread, [1.0]) == 1.5
    assert VariationTerm(1.0, joint=True).value(thread, [1.0]) == 0
    assert VariationTerm(1.0, mean=True).value(torch.ones(1, 1, 1, 1), [1.0]) == 0


# With a network


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


@pytest.fixture(scope="module")
def pictures():
    """Image and content of one size, style of another, float64."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(37, 45), (37, 45), (33, 52)]
    return [torch.rand(1, 3, *shape, generator=generator, dtype=torch.float64) for shape in shapes]


def double_backbone():
    backbone = load_backbone("mini", device="cpu").double()
    backbone.normalize.dtype = torch.float64
    return backbone


@pytest.fixture(scope="module")
def exact_backbone():
    return double_backbone()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_printed(exact_backbone, pictures, name):
    image, content, style = pictures
    convention = CONVENTIONS[name]
    printed = convention_loss(name, exact_backbone, *pictures)

    def looked_at(picture):
        layers = [CONTENT_LAYER[name], *STYLE_LAYERS[name]]
        if name == "gordicaleksa":  # the network without its normalisation, and 255 times the pixels
            mean_colour = torch.tensor(IMAGENET_MEAN, dtype=torch.float64).view(1, 3, 1, 1)
            maps, current = {}, 255 * (picture - mean_colour)
            for layer, module in list(exact_backbone.named_children())[1:]:
                maps[layer] = current = module(current)
            return {layer: maps[layer] for layer in layers}
        larger = {"gatys-pytorch": 255, "neural-style": 256, "tensorflow": 255, "keras": 255}.get(name)
        scale = larger * (0.229 + 0.224 + 0.225) / 3 if larger else 1
        return {k: scale * v for k, v in extract_features(exact_backbone, picture, layers).items()}

    if name in ("udacity", "keras"):
        style = torch.nn.functional.interpolate(style, (37, 45), mode="bicubic", antialias=True).clamp(0, 1)
    seen, photo, painting = (looked_at(picture) for picture in (image, content, style))
    tolerance = {"rel": 1e-6}
    total_style = 0.0
    # Loops over the large layers would take minutes; the terms themselves are tested with loops above.
    for layer, found in convention.style.per_layer(seen, convention.style.prepare(painting), 37 * 45).items():
        assert printed[f"style {layer}"] == pytest.approx(found.item(), **tolerance)
        total_style += found.item()
    content_layer = CONTENT_LAYER[name]
    expected = CONTENT[name](numbers(seen[content_layer]), numbers(photo[content_layer]))
    assert printed[f"content {content_layer}"] == pytest.approx(expected, **tolerance)
    assert printed["content"] == printed[f"content {content_layer}"]
    assert printed["style"] == pytest.approx(total_style, **tolerance)
    tv = VARIATION[name](image) if name in VARIATION else 0.0
    assert printed["tv"] == pytest.approx(tv, **tolerance)
    assert printed["total"] == pytest.approx(expected + total_style + tv, **tolerance)
    assert printed["printed"] == pytest.approx(
        expected + total_style + (tv if name != "neural-style" else 0), **tolerance
    )


def test_a_picture_of_its_own_costs_nothing_but_variation(backbone):
    cat = load_image("chelsea", 48, "cpu")
    for name in NAMES:
        losses = convention_loss(name, backbone, cat, cat, cat)
        assert losses["content"] == 0 and losses["style"] == 0 and losses["total"] == losses["tv"]


def test_in_place_relus_overwrite_what_comes_before_them():
    """Why Udacity's and D2L's conv layers are relu here: the loop that keeps layers of a VGG, with in-place ReLUs."""
    from torchvision.models.vgg import make_layers

    torch.manual_seed(0)
    layers = make_layers([2, 2, "M", 2])  # conv relu conv relu pool conv relu
    kept, current = {}, torch.randn(1, 3, 8, 8)
    for index in range(6):  # D2L stops at the last layer that it keeps, a convolution
        current = layers[index](current)
        kept[index] = current
    assert kept[0].min() >= 0 and kept[0] is kept[1]  # overwritten
    assert kept[5].min() < 0  # the last one has no ReLU behind it


@pytest.mark.parametrize("name", NAMES)
def test_minimise_runs_it(backbone, pictures, name):
    _, content, style = (picture.float() for picture in pictures)
    loss = convention_loss_module(name, backbone, content, style)
    start = convention_start(name, content)
    assert start.shape == content.shape and start.dtype == content.dtype and 0 <= start.min() and start.max() <= 1
    assert (start is not content) and torch.equal(start, convention_start(name, content))
    optimizer = "adam" if loss.convention.plan.optimizer == "adam" else "lbfgs"
    history = [record.losses for record in minimise(loss, start, 5, optimizer, loss.convention.learning_rate())]
    assert set(history[0]) == {"content", "style", "tv", "total"} and len(history) == 5
    assert history[0]["total"] == pytest.approx(sum(history[0][k] for k in ("content", "style", "tv")), rel=1e-5)
    if optimizer == "lbfgs":  # Adam's large rates leap to the edges of the cube first
        assert min(record["total"] for record in history[1:]) < history[0]["total"]


def test_targets_move_with_the_loss(pictures):
    image, content, style = (picture.float() for picture in pictures)
    loss = convention_loss_module("tensorflow", load_backbone("mini", device="cpu"), content, style)
    before = loss(image)["total"]
    targets = dict(loss.double().named_buffers(recurse=False))
    assert len(targets) == 6 and {target.dtype for target in targets.values()} == {torch.float64}
    assert loss(image.double())["total"].item() == pytest.approx(before.item(), rel=1e-4)


def test_a_batch_or_another_size_is_refused(pictures):
    image, content, style = (picture.float() for picture in pictures)
    network = load_backbone("mini", device="cpu")
    loss = convention_loss_module("keras", network, content, style)
    for wrong in (image.repeat(2, 1, 1, 1), image[..., :-16]):
        with pytest.raises(ValueError, match="image has the shape .* this loss expects"):
            loss(wrong)
    with pytest.raises(ValueError, match="content"):
        convention_loss_module("keras", network, content.repeat(2, 1, 1, 1), style)


@pytest.mark.parametrize("name", ["pytorch-tutorial", "tensorflow", "keras", "nsthelpers"])
def test_stylize_like_minimises_what_they_print(name, backbone):
    # So small a picture, and TensorFlow's large steps: with many other pairs its loss is lowest at the start.
    content, style = load_image("coffee", 64, "cpu"), load_image("marbling", 64, "cpu")
    result = stylize_like(name, content, style, backbone=backbone, size=None, steps=60, progress=False)
    printed = convention_loss(name, backbone, result.image, content, style)["total"]
    best = min(row["total"] for row in result.history)
    assert float(printed) == pytest.approx(best, rel=1e-3) and best < result.history[0]["total"]


def test_stylize_like_takes_names_and_says_what_it_did():
    seen = []
    result = stylize_like(
        "gatys-2016", "chelsea", "marbling", size=48, steps=3, seed=4, callback=seen.append, progress=False
    )
    assert result.image.shape == (1, 3, 32, 48) and [record.step for record in seen] == [1, 2, 3]
    assert result.settings == {
        "content": "chelsea", "style": "marbling", "convention": "gatys-2016", "backbone": "mini",
        "size": 48, "steps": 3, "seed": 4, "weights": None, "pooling": "avg", "device": None,
    }  # fmt: skip
    start = convention_start("gatys-2016", load_image("chelsea", 48), 4)
    assert torch.equal(seen[0].image, start.to(seen[0].image))
    other = stylize_like("gatys-2016", "chelsea", "marbling", size=48, steps=1, seed=5, progress=False)
    assert not torch.equal(other.image, start)  # the seed is that of the noise it starts from
    with pytest.raises(ValueError, match="no convention 'gatys'"):
        stylize_like("gatys", "chelsea", "marbling")
    with pytest.raises(ValueError, match="steps is 0"):
        stylize_like("keras", "chelsea", "marbling", size=48, steps=0)


def test_starts():
    content = load_image("chelsea", 32, "cpu")
    assert torch.equal(convention_start("keras", content), content)
    grey = convention_start("neural-style", content)
    assert (
        torch.allclose(grey.mean(dim=(2, 3)), torch.tensor([IMAGENET_MEAN]), atol=1e-5)
        and 0 < grey.std(dim=3).max() < 1e-4
    )
    assert convention_start("gatys-2016", content).std() > 0.1
    assert not torch.equal(convention_start("gatys-2016", content, 1), convention_start("gatys-2016", content, 2))


def test_our_own_convention_is_our_own_default():
    ours, defaults = CONVENTIONS["nsthelpers"], inspect.signature(stylize).parameters
    for kind in ("content", "style", "tv"):
        assert getattr(ours, kind).weight == defaults[f"{kind}_weight"].default
    assert tuple(ours.content.layers) == tuple(defaults["content_layers"].default)
    assert tuple(ours.style.layers) == tuple(defaults["style_layers"].default)
    assert (ours.plan.optimizer, ours.plan.steps) == (defaults["optimizer"].default, defaults["steps"].default)


def test_every_convention_says_where_it_was_read():
    for name in THEIRS:
        source = CONVENTIONS[name].source
        assert source.repository and (source.verified is True or source.note)
        assert source.verified is not True or (
            len(source.commit) == 40 and source.url.startswith("https://github.com/")
        )


# Scale laws


@pytest.mark.parametrize("s", [3.0, 0.01])
def test_feature_scale_laws(exact_backbone, pictures, s):
    for name in THEIRS:
        convention = CONVENTIONS[name]
        larger = replace(convention, feature_scale=s * convention.feature_scale)
        one, other = (convention_loss(c, exact_backbone, *pictures) for c in (convention, larger))
        assert other["content"] == pytest.approx(s**2 * one["content"], rel=1e-9)
        assert other["style"] == pytest.approx(s**4 * one["style"], rel=1e-9)
        assert other["tv"] == one["tv"]


@pytest.mark.parametrize(
    ("name", "power"), [("gordicaleksa", 1), ("d2l", 1), ("cs231n", 2), ("neural-style", 2), ("keras", 2.5)]
)
def test_pixel_scale_laws(name, power):
    image, term = torch.rand(1, 3, 5, 7, dtype=torch.float64), CONVENTIONS[name].tv
    assert term.value(image, [10.0] * 3).item() == pytest.approx(10**power * term.value(image, [1.0] * 3).item())


def test_a_network_without_biases_scales_with_its_input(pictures):
    """`raw` and `feature_scale` agree where that is exact: no biases, and one deviation for all channels."""
    plain = double_backbone()
    for name, parameter in plain.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
    plain.normalize.std.fill_(1.0)
    raw = replace(CONVENTIONS["gordicaleksa"], pixel_scale=tuple(100 / s for s in IMAGENET_STD))
    scaled_up = replace(raw, raw=False, feature_scale=100.0)
    one, other = (convention_loss(convention, plain, *pictures) for convention in (raw, scaled_up))
    assert one["content"] == pytest.approx(other["content"]) and one["style"] == pytest.approx(other["style"])


def test_learning_rates_in_our_pixels():
    """A step in their pixels and the converted step in ours end at the same picture."""
    target = torch.rand(1, 3, 4, 4, dtype=torch.float64)
    for name, optimizer in (("keras", torch.optim.SGD), ("gordicaleksa", torch.optim.Adam)):
        plan = replace(CONVENTIONS[name].plan, optimizer=optimizer.__name__.lower(), rate=10.0)
        convention, results = replace(CONVENTIONS[name], plan=plan), []
        for scale, rate in ((255.0, 10.0), (1.0, convention.learning_rate())):
            pixels = (scale * torch.full_like(target, 0.5)).requires_grad_(True)
            stepper = optimizer([pixels], lr=rate)
            ((pixels / scale - target) ** 2).sum().mul(1e3).backward()
            stepper.step()
            results.append(pixels.detach() / scale)
        assert torch.allclose(*results, atol=1e-6)


def test_learning_rates_over_time():
    assert CONVENTIONS["tensorflow"].learning_rate(999) == pytest.approx(0.02)
    assert CONVENTIONS["keras"].learning_rate(50) == pytest.approx(100 / 255**2 * 0.96**0.5)
    assert CONVENTIONS["d2l"].learning_rate(49) == pytest.approx(0.3 * 0.226)
    assert CONVENTIONS["d2l"].learning_rate(50) == pytest.approx(0.24 * 0.226)
    assert CONVENTIONS["cs231n"].learning_rate(179) == pytest.approx(3 * 0.226)
    assert CONVENTIONS["cs231n"].learning_rate(180) == pytest.approx(0.1 * 0.226)
    assert CONVENTIONS["gatys-pytorch"].learning_rate(7) == 1.0


# Resolution


def test_the_same_features_on_four_times_the_area():
    """Tiled features have the same statistics: our terms stay, Udacity's style and all undivided content grow with M."""
    generated, painted = features(3, 5, 7, 1), features(3, 5, 7, 2)
    ratios = {}
    for name, kind in itertools.product(NAMES, ("content", "style")):
        term = getattr(CONVENTIONS[name], kind)
        values = []
        for tiles in (1, 2):
            one, other = (dict.fromkeys(term.layers, f.repeat(1, 1, tiles, tiles)) for f in (generated, painted))
            values.append(sum(v.item() for v in term.per_layer(one, term.prepare(other), 143 * tiles**2).values()))
        ratios[name, kind] = values[1] / values[0]
    growing = {key for key, ratio in ratios.items() if ratio != pytest.approx(1)}
    assert growing == {("udacity", "style"), ("gatys-2016", "content"), ("keras", "content"), ("cs231n", "content")}
    assert all(ratios[key] == pytest.approx(4) for key in growing)


def test_the_same_picture_at_256_and_at_512_pixels(backbone):
    style = {}
    for size in (256, 512):
        content, painting = (load_image(name, size, "cpu") for name in ("chelsea", "starry_night"))
        for name in ("nsthelpers", "udacity"):
            style[name, size] = convention_loss(name, backbone, content, content, painting)["style"]
    assert style["nsthelpers", 512] == pytest.approx(style["nsthelpers", 256], rel=0.2)
    assert style["udacity", 512] == pytest.approx(4 * style["udacity", 256], rel=0.2)


# Conversion


@pytest.fixture(scope="module")
def scene():
    return [load_image(name, 48, "cpu") for name in ("chelsea", "starry_night")]


@pytest.mark.parametrize("of", ["style", "content", "tv"])
def test_there_and_back_is_the_identity(monkeypatch, backbone, scene, of):
    measure = cache(lambda name, kind: _gradient_norm(CONVENTIONS[name], kind, backbone, *scene, noise))
    noise = convention_start("gatys-2016", scene[0])

    def remembered(convention, kind, *_):
        return measure(convention.name, kind) / (
            getattr(CONVENTIONS[convention.name], kind).weight if kind == of else 1
        )

    monkeypatch.setattr("nsthelpers.conventions._gradient_norm", remembered)  # 55 pairs, but only 22 terms
    names = [name for name in NAMES if getattr(CONVENTIONS[name], of) is not None]
    for one, other in itertools.combinations(names, 2):
        there = convert(7.0, of, one, other, backbone, *scene)
        back = convert(there.weight, of, other, one, backbone, *scene)
        assert back.weight == pytest.approx(7.0, rel=1e-5) and there.how == back.how
        assert there.weight > 0 and math.isfinite(there.weight)


def test_to_itself_is_the_identity_and_exact():
    for name in NAMES:
        for of in ("style", "content"):
            conversion = convert(3.0, of, name, name)
            assert (conversion.weight, conversion.how) == (3.0, "exact")


def test_exact_conversions_agree_with_measured_ones(backbone, scene):
    """neural-style, Gatys' code: the same terms, but 256 for 255 and a content weight of 5 for 1."""
    exact = convert(100.0, "style", "neural-style", "gatys-pytorch")
    assert exact.how == "exact" and exact.weight == pytest.approx(100 * (256 / 255) ** 4 / (5 * (256 / 255) ** 2))
    assert "neural-style to gatys-pytorch" in exact.detail
    for one, other, of, layer in (
        ("neural-style", "gatys-pytorch", "style", None),
        ("tensorflow", "keras", "style", "relu3_1"),
        ("gatys-2016", "udacity", "style", "relu2_1"),
        ("gatys-pytorch", "neural-style", "content", "relu4_2"),
    ):
        conversion = convert(1.0, of, one, other, backbone, scene[0], scene[0].flip(3), layer=layer)
        norms = {}
        for name in (one, other):
            for kind in ("style", "content"):
                convention = CONVENTIONS[name]
                term = getattr(convention, kind)
                term = term.unit(layer) if kind == of else term
                alone = replace(convention, **{"style": None, "content": None, "tv": None, kind: term})
                image = convention_start("gatys-2016", scene[0], 5).requires_grad_(True)
                ConventionLoss(alone, backbone, scene[0], scene[0].flip(3))(image)["total"].backward()
                norms[name, kind] = image.grad.norm().item()
        against = "content" if of == "style" else "style"
        pulls = [norms[name, of] / norms[name, against] for name in (one, other)]
        assert conversion.how == "exact", (one, other)  # so it holds for every picture: here another start and style
        assert conversion.weight == pytest.approx(pulls[0] / pulls[1], rel=1e-3), (one, other)
    pairs = [("tensorflow", "keras"), ("gatys-2016", "udacity"), ("udacity", "gordicaleksa"), ("d2l", "nsthelpers")]
    pictures = (scene[0], scene[0].flip(3))
    kinds = [convert(1.0, "style", *pair, backbone, *pictures, layer="relu3_1").how for pair in pairs]
    assert kinds == ["exact", "exact", "measured", "measured"]


def test_exact_ratios_by_hand():
    layer = {"relu1_1": 1.0}
    e = (FeatureTerm(1.0, layer, "4C²", "M"), 1.0)
    four_e = (FeatureTerm(1.0, layer, "1", "CM"), 1.0)
    four_e_by_c2 = (FeatureTerm(1.0, layer, "C²", "CM"), 1.0)
    assert exact_ratio(four_e, e) == pytest.approx(4)
    assert exact_ratio(four_e, four_e_by_c2) is None  # C is not known ...
    assert exact_ratio(four_e, four_e_by_c2, {"relu1_1": (64, 100, 100)}) == 64**2  # ... but here
    assert exact_ratio((four_e[0], 3.0), four_e) == pytest.approx(3**4)
    assert exact_ratio((VariationTerm(2.0), [255.0] * 3), (VariationTerm(1.0), [1.0] * 3)) == 510
    assert exact_ratio((VariationTerm(1.0), [255.0] * 3), (VariationTerm(1.0, power=2.0), [1.0] * 3)) is None
    assert exact_ratio((VariationTerm(1.0), [1.0, 2.0, 3.0]), (VariationTerm(1.0), [1.0] * 3)) is None


def test_conversions_that_cannot_be(backbone, scene):
    with pytest.raises(ValueError, match="give backbone, content and style"):
        convert(1e6, "style", "pytorch-tutorial", "nsthelpers")
    with pytest.raises(ValueError, match="both conventions must have"):
        convert(1.0, "tv", "udacity", "nsthelpers")
    with pytest.raises(ValueError, match="both conventions must have"):
        convert(1.0, "smoothness")
    with pytest.raises(ValueError, match="has no gradient"):
        convert(1e6, "style", "pytorch-tutorial", "nsthelpers", backbone, *scene, image=scene[0])
    with pytest.raises(ValueError, match="There is no convention 'caffe'; use one of gatys-2016"):
        get_convention("caffe")


def test_compare_gives_the_hidden_weights(backbone, scene):
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    rows = compare(backbone, *scene)
    assert len(rows) == sum(len(CONVENTIONS[name].style.layers) for name in NAMES)
    by_name = {name: [row for row in rows if row.convention == name] for name in NAMES}
    for name in ("gatys-2016", "gordicaleksa", "tensorflow"):
        assert [row.relative for row in by_name[name]] == pytest.approx([1.0] * 5)
    for row, paper in zip(by_name["d2l"], by_name["gatys-2016"]):
        assert row.weight == pytest.approx(1e4 * 4 / row.channels**2)  # 4E / C²
        assert (row.positions, paper.weight) == (paper.positions, pytest.approx(1e3 / 5))
    for row in by_name["udacity"]:
        layer_weight = CONVENTIONS["udacity"].style.layers[row.layer]
        assert row.weight == pytest.approx(1e6 * layer_weight * 4 * row.positions / row.channels)  # 4E·M / C
    # Ours, for a picture: the weights say how the terms of that very picture are related to E.
    printed = convention_loss("nsthelpers", backbone, scene[0], *scene)
    paper = convention_loss("gatys-2016", backbone, scene[0], *scene)
    for row in by_name["nsthelpers"]:
        assert printed[f"style {row.layer}"] == pytest.approx(row.weight * paper[f"style {row.layer}"] / 200, rel=1e-3)
