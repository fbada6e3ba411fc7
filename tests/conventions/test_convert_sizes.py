"""`convert` says "exact" only where it is; and nothing asks a device for float64, which Apple's MPS lacks."""

import re
from dataclasses import replace

import pytest
import torch
from torch.overrides import TorchFunctionMode

from nsthelpers import load_backbone, load_image, resize
from nsthelpers.conventions import ConventionLoss, convert, get_convention
from nsthelpers.engine.colours import match_colours
from nsthelpers.show.channels import coactivation, order_by_similarity

NET = load_backbone("mini", device="cpu")
PHOTO = resize(load_image("chelsea", 48, "cpu"), (32, 48))
LARGE, SMALL = load_image("starry_night", 96, "cpu"), resize(load_image("starry_night", 48, "cpu"), (32, 48))
IMAGE = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(3))


def style_ratio(first, second, style, layer):
    """How many times larger the gradient of the first one's style term is at some picture, by hand."""
    norms = []
    for name in (first, second):
        convention = get_convention(name)
        alone = replace(convention, content=None, tv=None, style=convention.style.unit(layer))
        pixels = IMAGE.clone().requires_grad_(True)
        ConventionLoss(alone, NET, PHOTO, style)(pixels)["total"].backward()
        norms.append(pixels.grad.norm().item())
    return norms[0] / norms[1]


def told(conversion):
    return float(re.search("style (.*?) : 1", conversion.detail)[1])


@pytest.mark.parametrize(("second", "how"), [("neural-style", "exact"), ("udacity", "measured")])
def test_exact_is_exact_for_a_style_of_any_size(second, how):
    """neural-style divides its Gram matrices as gatys-pytorch does, but for C: a factor, whatever the sizes. udacity takes
    the style at the content's size, and sums: with a style of another size no factor leads to it."""
    pictures = {"backbone": NET, "content": PHOTO, "layer": "relu2_1"}
    same = convert(1.0, "style", "gatys-pytorch", second, style=SMALL, **pictures)
    assert same.how == "exact"
    assert told(same) == pytest.approx(style_ratio("gatys-pytorch", second, SMALL, "relu2_1"), rel=1e-3)
    other = convert(1.0, "style", "gatys-pytorch", second, style=LARGE, image=IMAGE, **pictures)
    by_hand = style_ratio("gatys-pytorch", second, LARGE, "relu2_1")
    assert other.how == how
    assert (told(same) == pytest.approx(by_hand, rel=1e-3)) == (how == "exact")
    assert told(other) == pytest.approx(by_hand, rel=1e-3)


class NoFloat64OnTheDevice(TorchFunctionMode):
    """Lets a tensor become float64 only once `cpu` was called on it: what a device without float64 would let pass."""

    def __init__(self):
        super().__init__()
        self.moved, self.made = [], 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func is torch.Tensor.cpu:
            self.moved.append(result)
        wide = isinstance(result, torch.Tensor) and result.dtype == torch.float64
        if wide and isinstance(args[0] if args else None, torch.Tensor) and args[0].dtype != torch.float64:
            self.made += 1
            assert any(args[0] is each for each in self.moved), func
        return result


def test_float64_only_on_the_processor():
    maps = torch.rand(1, 3, 4, 5)
    with NoFloat64OnTheDevice() as mode:
        coactivation(maps, 0, 1)
        order_by_similarity(torch.ones(3, 3) + torch.eye(3))
        convert(1.0, "style", "keras", "nsthelpers", NET, PHOTO, LARGE)
        match_colours(LARGE.float(), PHOTO.float())
    assert mode.made >= 4


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_what_is_measured_does_not_depend_on_the_mode(mode):
    expected = convert(100.0, "style", "keras", "gatys-2016", NET, PHOTO, LARGE)
    with mode():
        assert convert(100.0, "style", "keras", "gatys-2016", NET, PHOTO.clone(), LARGE.clone()) == expected


def test_coactivation_is_where_its_maps_are():
    product, places = coactivation(torch.tensor([[[[3.0, 1.0]], [[2.0, 1.0]]]]), 0, 1)
    assert places.device == product.device and places.tolist() == [[True, False]]
