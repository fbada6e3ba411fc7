"""The mechanism of the checks: cards, tries and hints, hostile answers, predictions, progress."""

from __future__ import annotations

import inspect
import json
import math
import os
import random
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from nsthelpers import content_loss, gram_matrix, style_loss, total_variation_loss
from nsthelpers.checks import (
    CheckFailed,
    Exercise,
    convolutions_and_features,
    gram_matrices,
    losses_and_weights,
    optimisation_loop,
    start_here,
    what_layers_remember,
)
from nsthelpers.checks.machinery import book, sandbox
from nsthelpers.checks.machinery.card import card_for
from nsthelpers.checks.machinery.compare import difference, show
from nsthelpers.checks.machinery.exercise import Mistake
from nsthelpers.checks.machinery.judge import judge

GRAM = gram_matrices.gram


def right_gram(features):
    flat = features.flatten(1)
    return flat @ flat.T / flat.shape[1]


def card(answer, exercise=GRAM, tries=1):
    return card_for(judge(exercise, answer), tries)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(book, "SESSION", {})
    monkeypatch.delenv("NSTHELPERS_STRICT", raising=False)
    monkeypatch.setenv("NSTHELPERS_PROGRESS", "off")


@pytest.fixture
def short_limit(monkeypatch):
    monkeypatch.setattr(sandbox, "TIME_LIMIT", 0.3)


def test_the_learners_own_answer_is_used_as_long_as_the_last_try_was_right(monkeypatch):
    monkeypatch.setattr(book, "ANSWERS", {})
    assert GRAM.mine is None
    GRAM(right_gram)
    assert GRAM.mine is right_gram and losses_and_weights.total_variation.mine is None
    for other in (lambda features: None, lambda features: features.flatten(1) @ features.flatten(1).T):
        GRAM(right_gram)
        GRAM(other)
        assert GRAM.mine is None


# The references agree with the package.


def test_references_are_the_functions_of_the_package():
    torch.manual_seed(0)
    features, other = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 4, 5)
    target = gram_matrix(other)
    assert torch.allclose(GRAM.reference(features[0]), gram_matrix(features)[0])
    assert torch.allclose(losses_and_weights.style_loss.reference(features, target), style_loss(features, target))
    assert torch.allclose(losses_and_weights.total_variation.reference(features), total_variation_loss(features))
    assert torch.allclose(what_layers_remember.content_loss.reference(features, other), content_loss(features, other))


# Unsolved stubs.


def stub_none(features):
    """(C, H, W) -> (C, C)."""
    # Your turn.
    return None


def stub_ellipsis(features): ...


def stub_pass(features):
    pass


def stub_not_implemented(features):
    raise NotImplementedError("your turn")


def stub_blank(features):
    return ___ @ features  # noqa: F821


def stub_half(features):
    channels, height, width = features.shape
    result = ...
    return result


def stub_ellipsis_inside(features):
    flat = ...
    return flat @ flat


@pytest.mark.parametrize(
    "stub",
    [None, ..., stub_none, stub_ellipsis, stub_pass, stub_not_implemented, stub_blank, stub_half, stub_ellipsis_inside],
    ids=lambda stub: getattr(stub, "__name__", str(stub)),
)
def test_unsolved_stubs_are_not_yet(stub):
    verdict = judge(GRAM, stub)
    assert verdict.status == "open"
    text = repr(card_for(verdict, 0))
    assert "not yet" in text and GRAM.task in text


def test_a_stub_of_several_results_is_not_yet():
    stub = judge(optimisation_loop.adam_step, lambda gradient, mean, square, step, rate: (None, None, None))
    assert stub.status == "open"


def test_pytorchs_own_notimplementederror_is_no_stub():
    verdict = judge(GRAM, lambda f: f ^ 2)
    assert (verdict.status, verdict.diagnosis) == ("wrong", "power")


# Functions that give None.


def stub_scaffold(features):
    """(C, H, W) -> (C, C)."""
    result = None  # your turn
    return result


def only_a_product(a, b, amount):
    (1 - amount) * a + amount * b


def changes_in_place(a, b, amount):
    a *= 1


def helper_returns(a, b, amount):
    def faded(picture):
        return picture * amount

    mixed = a - faded(a) + faded(b)  # noqa: F841


def half_written(a, b, amount):
    height, width = a.shape[-2:]
    return None


def toy(name, reference, *inputs):
    """An exercise for these tests alone, without known mistakes."""
    return Exercise("start_here", name, "A toy.", reference, lambda seed: inputs, "Solved.", (), ())


SIZES = toy(
    "sizes", lambda size, levels: [max(1, size // 2**k) for k in reversed(range(levels))], (512, 3), (64, 1), (5, 4)
)
PRINT = toy(
    "print_size",
    lambda width, height, dpi: (width / dpi * 2.54, height / dpi * 2.54),
    *((2048, 1536, 300), (300, 600, 150), (1000, 1000, 72), (1, 4000, 254)),
)
FIT = toy("fit", lambda w, h, n: (round(w * n / max(w, h)), round(h * n / max(w, h))), (400, 300, 200), (300, 400, 256))
SETTINGS = toy(
    "settings",
    lambda text, defaults: {name: json.loads(text).get(name, value) for name, value in defaults.items()},
    *((json.dumps(given), {"size": 256, "steps": 120}) for given in ({"size": 512}, {}, {"steps": 0})),
)


def reverses(size, levels):
    return [max(1, size // 2**k) for k in range(levels)].reverse()


def updates(text, defaults):
    """Defaults and text.

    return: the settings
    """
    new = dict(defaults)
    with torch.no_grad():
        return new.update(json.loads(text))


def one_way_only(size, levels):
    if levels > 5:
        return [max(1, size // 2**k) for k in range(levels)][::-1]


IN_PLACE = "None. `.backward()`, `.sort()`, `.update()` and the like change something in place and return None."
FORGOTTEN = "Your function calculates something, but ends without `return`."


@pytest.mark.parametrize(
    ("exercise", "answer", "sentence"),
    [
        (SIZES, reverses, IN_PLACE),
        (SIZES, lambda size, levels: [size, 1].reverse(), IN_PLACE),
        (SETTINGS, updates, IN_PLACE),
        (start_here.blend, half_written, IN_PLACE),
        (start_here.blend, only_a_product, FORGOTTEN),
        (start_here.blend, changes_in_place, FORGOTTEN),
        (start_here.blend, helper_returns, FORGOTTEN),
        (SIZES, one_way_only, "on one of the ways through your function?"),
    ],
    ids=range(8),
)
def test_a_function_that_works_and_gives_none_is_told_why(exercise, answer, sentence):
    verdict = judge(exercise, answer)
    assert verdict.status == "wrong" and sentence in verdict.sentence


def test_a_stub_without_source_or_as_a_lambda_is_not_yet():
    space = {}
    exec("def gram(f):\n    return None", space)
    for stub in (space["gram"], lambda f: None, lambda *f: None, stub_scaffold):
        assert judge(GRAM, stub).status == "open"


# Tries and hints.


def test_hints_come_after_the_second_and_the_third_try_and_not_for_stubs():
    def wrong(features):
        return features.flatten(1).T @ features.flatten(1)

    texts = [repr(GRAM(wrong))]
    GRAM(stub_none)
    texts += [repr(GRAM(wrong)), repr(GRAM(wrong))]
    assert ["hint" in text for text in texts] == [False, True, True]
    assert [text.count("hint ") for text in texts] == [0, 1, 2]
    assert "hint 1           C × C" in texts[1], "the hint for a wrong shape comes first"
    assert "try 3" in texts[2]
    assert repr(GRAM(right_gram)).startswith("✓ gram: right, on all 6 inputs")


def test_a_card_tells_input_shapes_numbers_and_diagnosis():
    text = repr(card(lambda f: f.flatten(1).T @ f.flatten(1)))
    assert "on input 1 of 6  features: shape (3, 4, 6), from" in text
    assert "shape (3, 3)" in text and "shape (24, 24)" in text
    assert "You summed over channels instead of positions" in text


def test_html_is_escaped_has_no_outside_resources_and_says_the_same():
    def shouting(features):
        raise ValueError("<script>alert('x')</script> & \"quotes\"")

    shown = card(shouting)
    page = shown._repr_html_()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"https?:|src=|href=|<link|<style|@import|url\(", page)
    for _, text, _ in shown.rows:
        for word in re.findall(r"[A-Za-z]{5,}", text):
            assert word in page
    assert "not right yet" in page, "readable without colour"


def test_texts_are_the_same_every_time():
    def wrong(features):
        raise RuntimeError(f"object at {hex(id(features))} failed: {features}")

    assert repr(card(wrong)) == repr(card(wrong))
    assert "0x" not in repr(card(wrong)).replace("0x…", "")
    program = (
        "from nsthelpers.checks import Exercise, gram_matrices as c, start_here as s, optimisation_loop as o\n"
        "for e in [*vars(c).values(), *vars(s).values(), *vars(o).values()]:\n"
        "    if isinstance(e, Exercise):\n"
        "        for m in e.mistakes: x = e(m.answer); print(x, x._repr_html_())\n"
    )
    runs = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": seed}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        runs.append(done.stdout)
    assert runs[0] == runs[1] and len(runs[0]) > 10_000


# Numbers and parts of results.


def rows(text):
    """What a card's text says, by label."""
    return dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in text.splitlines()[1:] if "  " in line.strip())


def test_numbers_that_differ_never_look_alike():
    text = rows(repr(card(lambda w, h, d: (round(w / d * 2.54, 2), round(h / d * 2.54, 2)), PRINT)))
    assert (text["expected[1]"], text["came out[1]"]) == ("13.0048", "13")
    text = rows(repr(card(lambda w, h, n: (w * n / max(w, h), h * n / max(w, h)), FIT)))
    assert (text["expected[0]"], text["came out[0]"]) == ("200", "200.0")
    assert show(0.1 + 0.2) == "0.3" and show(200.0) == "200", "four digits elsewhere"
    for value, other in [(1.0, 1.0000004), (35.2778, 35.28), (2.0, 2.0005), (torch.tensor(2.0), torch.tensor(2.0005))]:
        finding = difference(other, value, 1e-9)
        assert show(finding.got) != show(finding.expected)


def test_a_nearly_right_number_is_no_factor_and_no_picture_is_read_into_numbers():
    verdict = judge(PRINT, lambda w, h, d: (w / d * 2.54, math.floor(h / d * 254) / 100))
    assert verdict.status == "wrong" and not verdict.sentence
    for factor in (2.54, 1.0003, 17.0):
        wrong = judge(PRINT, lambda w, h, d: (w / d * 2.54 * factor, h / d * 2.54 * factor))  # noqa: B023
        assert "H·W" not in wrong.sentence and " C " not in wrong.sentence and " B " not in wrong.sentence


def test_a_relation_of_one_entry_speaks_of_that_entry():
    verdict = judge(PRINT, lambda w, h, d: (w / d * 2.54, h / d))
    assert verdict.sentence.startswith("Entry [1]: every number is 0.3937 times what is expected")
    means = replace(GRAM, reference=lambda f: {"mean": f.mean().item()}, mistakes=(), needs_gradient=False)
    named = judge(means, lambda f: {"mean": 17 * f.mean().item()})
    assert re.match(r"Entry \['\w+'\]: every number is 17 times", named.sentence)
    assert judge(GRAM, lambda f: right_gram(f) * 3.7).sentence.startswith("Every number is 3.7 times")


def test_advice_about_tensors_only_where_tensors_are_expected():
    texts = [
        judge(PRINT, lambda w, h, d: w / d).sentence,
        judge(SETTINGS, lambda text, defaults: list(defaults)).sentence,
        judge(SETTINGS, lambda text, defaults: np.ones((2, 2))).sentence,
    ]
    assert texts[0] == "This is a plain number (float). A tuple of 2 is expected."
    assert texts[1] == "This is a list. A dictionary is expected."
    assert texts[2] == "This is a NumPy array. A dictionary is expected."
    assert "`torch.stack`" in judge(GRAM, lambda f: list(right_gram(f))).sentence
    assert "`torch.stack`" not in judge(GRAM, lambda f: right_gram(f).tolist()).sentence
    assert "without `.item()`" in judge(GRAM, lambda f: right_gram(f).sum().item()).sentence
    assert "Stay in torch" in judge(GRAM, numpy_gram).sentence


def updates_defaults(text, defaults):
    defaults.update(json.loads(text))
    return defaults


def shares_in_place(grams):
    means = {name: gram.square_().mean().item() for name, gram in grams.items()}
    return {name: mean / sum(means.values()) for name, mean in means.items()}


def test_a_changed_argument_is_told_on_its_own_input_and_with_the_remedy_for_its_kind():
    verdict = judge(SETTINGS, updates_defaults)
    assert (verdict.diagnosis, verdict.number) == ("changed input", 1)
    assert verdict.sentence.endswith("Work on a copy: `dict(defaults)`.")
    layers = judge(convolutions_and_features.receptive_field, lambda layers: (
        convolutions_and_features.receptive_field.reference(layers), layers.clear()
    )[0])  # fmt: skip
    assert layers.sentence.endswith("Work on a copy: `list(layers)`.")
    grams = judge(losses_and_weights.layer_shares, shares_in_place)
    assert grams.sentence.endswith("Work on a copy: `dict(grams)`, and on a `.clone()` of a tensor in it.")
    tensor = judge(start_here.blend, lambda a, b, amount: a.mul_(1 - amount).add_(amount * b))
    assert tensor.sentence.endswith("Work on a new tensor or a `.clone()`, and leave nothing behind.")


def test_a_float_for_a_whole_number_is_told_without_a_wrong_remedy():
    verdict = judge(convolutions_and_features.receptive_field, lambda layers: float(
        convolutions_and_features.receptive_field.reference(layers)
    ))  # fmt: skip
    assert verdict.sentence == "A whole number (int) is expected; this is a float."


# Exceptions.


def test_an_exception_shows_the_learners_line_and_none_of_ours():
    def gram(features):
        flat = features.flatten(1)
        return flat @ flat  # the mistake

    text = repr(card(gram))
    assert "`return flat @ flat  # the mistake`" in text and "`gram`, line" in text
    assert "nsthelpers" not in text and "judge" not in text and "site-packages" not in text


def test_the_line_is_the_learners_even_if_a_helper_or_a_library_raised():
    def helper(x):
        return torch.nn.functional.conv2d(x, x)

    def gram(features):
        return helper(features.flatten(1))

    assert "`helper`, line" in repr(card(gram))
    assert "conv2d(x, x)" in repr(card(gram))


def test_code_without_a_source_file_works_too():
    space = {}
    exec("def gram(f):\n    return f.nothing", space)
    assert judge(GRAM, space["gram"]).diagnosis == "type"


# What learners hand over.


class Callable:
    def __call__(self, features):
        return right_gram(features)


class Layer(torch.nn.Module):
    def forward(self, features):
        return right_gram(features)


@pytest.mark.parametrize(
    "answer", [right_gram, lambda f: right_gram(f), Callable(), Callable().__call__, Layer(), torch.no_grad]
)
def test_every_kind_of_callable_is_tried(answer):
    if answer is torch.no_grad:
        assert judge(GRAM, answer).status == "wrong"
    else:
        assert judge(GRAM, answer).status == "solved"


def generator(features):
    yield right_gram(features)


async def coroutine(features):
    return right_gram(features)


class Gram:
    def __init__(self, features):
        self.features = features


def forgetful(features):
    result = right_gram(features)
    result * 1


def numpy_gram(features):
    flat = features.numpy().reshape(len(features), -1)
    return flat @ flat.T / flat.shape[1]


def float64_gram(features):
    return right_gram(features.double())


def global_switch(features):
    torch.set_grad_enabled(False)
    return right_gram(features)


def counter(features, seen=[]):  # noqa: B006
    seen.append(1)
    return right_gram(features) + (0 if len(seen) <= 6 else 1)


@pytest.mark.parametrize(
    ("answer", "diagnosis"),
    [
        (torch.ones(3, 3), "not a function"),
        ([1, 2], "not a function"),
        (lambda: 1, "arguments"),
        (lambda a, b: a, "arguments"),
        (generator, "generator"),
        (coroutine, "coroutine"),
        (Gram, "type"),
        (lambda f: right_gram, "function"),
        (lambda f: f.flatten, "function"),
        (forgetful, "no return"),
        (numpy_gram, "numpy"),
        (float64_gram, "dtype"),
        (lambda f: right_gram(f).tolist(), "list"),
        (lambda f: (right_gram(f), 1), "list"),
        (lambda f: right_gram(f).sum().item(), "number"),
        (lambda f: "gram", "type"),
        (lambda f: {"gram": right_gram(f)}, "type"),
        (lambda f: right_gram(f).to("meta"), "device"),
        (lambda f: right_gram(f).cuda() if not torch.cuda.is_available() else right_gram(f).to("meta"), "device"),
        (lambda f: right_gram(f)[None], "extra axis"),
        (lambda f: right_gram(f) * 3.7, "constant factor"),
        (lambda f: right_gram(f) + 0.25, "constant offset"),
        (lambda f: -right_gram(f), "wrong sign"),
        (lambda f: right_gram(f).to(torch.complex64), "dtype"),
        (lambda f: right_gram(f).to_sparse(), None),
        (lambda f: right_gram(f).add_(f.mul_(0).sum()), "changed input"),
        (global_switch, "detached"),
        (lambda f: right_gram(f).detach(), "detached"),
        (lambda f: right_gram(f.detach() * 2 - f), "gradient"),
        (counter, "not repeatable"),
        (lambda f: right_gram(f) + torch.rand(()), "not repeatable"),
        (lambda f: exit(len(f)), "error"),
        (lambda f: sys.exit(f"bye {f}"), "error"),
        (lambda f: [].pop(len(f)), "error"),
        (lambda f: (_ for _ in ()).throw(GeneratorExit(f)), "error"),
        (lambda f: torch.empty(len(f) * 10**7, 10**7, dtype=torch.float64), "memory"),
        (lambda f: torch.zeros(1).expand(10**6, 10**6, 10**4), "shape"),
        (lambda f: torch.zeros(0), "shape"),
        (lambda f: right_gram(f) / 0, "nan"),
    ],
    ids=range(39),
)
def test_strange_answers_are_told_apart(answer, diagnosis):
    verdict = judge(GRAM, answer)
    assert torch.is_grad_enabled()
    text = repr(card_for(verdict, 3)) + card_for(verdict, 3)._repr_html_()
    assert "0x7" not in text and len(text) < 20_000
    if diagnosis is None:
        assert verdict.status in ("solved", "wrong")
    else:
        assert verdict.status == "wrong"
        assert verdict.diagnosis == diagnosis or diagnosis == "shape" and verdict.finding.kind == "shape"


class Evil:
    __hash__ = None

    def __eq__(self, other):
        raise ValueError("no comparison")

    def __repr__(self):
        raise ValueError("no text")


def inside_itself():
    endless = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize("notebook", book.NOTEBOOKS)
def test_no_result_breaks_a_check(notebook):
    strange = [
        *(float("nan"), 10**400, 1j, b"x", "a" * 10**6, Evil(), [Evil()], inside_itself(), iter([1]), torch, int, True),
        *(
            torch.empty(3, device="meta"),
            torch.eye(3).to_sparse(),
            torch.tensor(1j),
            torch.zeros(0),
            torch.ones(3, 3).bool(),
        ),
        *(
            np.array([None, 1], dtype=object),
            np.array("a"),
            {"relu1_1": torch.ones(2)},
            {},
            [],
            torch.nn.Parameter(torch.ones(())),
        ),
    ]
    for exercise in book.exercises(notebook).values():
        for value in strange:
            answer = {1: lambda a: value, 2: lambda a, b: value, 3: lambda a, b, c: value}.get(  # noqa: B023
                count := len([p for p in inspect.signature(exercise.reference).parameters.values() if p.kind == 1]),
                (lambda a, b, c, d: value) if count == 4 else (lambda a, b, c, d, e: value),  # noqa: B023
            )
            verdict = judge(exercise, answer)
            shown = card_for(verdict, 3)
            assert verdict.status == "wrong" and len(repr(shown) + shown._repr_html_()) < 30_000


def recursive(features):
    return recursive(features)


PICTURES = [(torch.linspace(0.1, 1, h * w).reshape(1, 1, h, w).repeat(n, 1, 1, 1),) for n, h, w in (
    (1, 3, 3), (1, 4, 4), (1, 3, 5), (2, 6, 2))]  # fmt: skip
BRIGHTER = toy("brighter", lambda image: image**0.5, *PICTURES)


def test_what_the_right_inputs_have_in_common_is_told():
    def only_square(image):
        return image**0.5 if image[0, 0].numel() == len(image[0, 0]) ** 2 else image.exp() + 0.01

    def only_one_picture(image):
        return image**0.5 if len(image) == 1 else image[:1] ** 0.5 / 0

    def stops_at_a_batch(image):
        return image.view(1, 1, *image.shape[2:]) ** 0.5

    assert "right on 2 of 4 inputs, and wrong where `image` is not square" in judge(BRIGHTER, only_square).sentence
    assert "`image` holds more than one picture" in judge(BRIGHTER, stops_at_a_batch).sentence
    assert "number of elements" in judge(BRIGHTER, stops_at_a_batch).sentence
    assert judge(BRIGHTER, only_one_picture).status == "wrong"


photo = PICTURES[0][0]


def test_facts_of_the_code_are_told():
    def outer(image):
        return photo**0.5

    assert "never uses its argument `image`. It reads `photo` from outside" in judge(BRIGHTER, outer).sentence
    assert "overwrite `image`" in judge(BRIGHTER, overwrites).sentence
    assert judge(BRIGHTER, lambda image: torch.full_like(image, 0.25)).diagnosis == "always the same"

    def cubed(n):
        return n ^ 3

    assert "`n ** 3` is meant" in judge(toy("cube", lambda n: n**3, (2,), (5,), (7,)), cubed).sentence
    swapped = toy("ratio", lambda a, b: a / b, (1.0, 2.0), (3.0, 5.0), (4.0, 3.0))
    assert judge(swapped, lambda a, b: b / a).sentence.startswith("You have exchanged `a` and `b`")


def overwrites(image):
    image = torch.ones(1)
    return image * 2


def test_a_known_mistake_keeps_its_name_where_one_input_raises_or_is_guarded():
    def stops(features):
        if len(features) == 1:
            raise ValueError("one channel only")
        return features.flatten(1) @ features.flatten(1).T

    def guarded(features):
        return right_gram(features) if len(features) == 1 else features.flatten(1) @ features.flatten(1).T

    assert judge(GRAM, stops).diagnosis == judge(GRAM, guarded).diagnosis == "not divided"
    assert "On input 5 it stops: ValueError: one channel only" in judge(GRAM, stops).sentence


def test_a_known_mistake_that_raises_matches_its_own_exception_only():
    def another(terms, weights):
        raise RuntimeError("something else")

    def mine(terms, weights):
        return sum(weights[name] * terms[name] for name in terms)

    keyed = Mistake("keyed", mine, "You take the names of `terms`.")
    exercise = replace(start_here.weighted_sum, mistakes=(keyed,))
    assert judge(exercise, mine).diagnosis == "keyed"
    assert judge(exercise, another).diagnosis != "keyed"


def test_two_faults_at_once_are_both_told():
    verdict = judge(GRAM, lambda f: 3 * (f.flatten(1) @ f.flatten(1).T))
    assert "H·W" in verdict.sentence and "3" in verdict.sentence


def test_errors_say_what_they_met():
    shares = losses_and_weights.layer_shares
    missing = judge(shares, lambda grams: {"relu3_1": grams["relu3_1"].sum().item()})
    assert "has no 'relu3_1' here, only 'relu1_1', 'relu2_1'; the names differ" in missing.sentence
    assert "Did you mean `features`?" in judge(GRAM, lambda features: feature).sentence  # noqa: F821
    assert "between a list and a float" in judge(toy("less", lambda a: [x - 1.5 for x in a], ([1.0],), ([2.0],), ([3.0],)),
                                                 lambda a: a - 1.5).sentence  # fmt: skip
    text = judge(toy("read", json.loads, ("[1]",), ("[2]",), ("[3]",)), lambda s: json.load(open(s)))
    assert "this is the text itself, not a file's name" in text.sentence
    narrow = judge(GRAM, lambda features: features + features.flatten(1))
    assert "Left and right do not fit" in narrow.sentence and "`features` of the shape (3, 4, 6)" in narrow.sentence
    assert "where" in repr(card(lambda features: features.flatten(1) @ features.flatten(1)))


def test_only_the_suspects_in_the_code_are_named_where_the_gradient_is_cut():
    sentence = judge(GRAM, lambda f: right_gram(f).detach()).sentence
    assert "`.detach()` in your code cuts" in sentence and "numpy" not in sentence


def test_endless_recursion_is_recognised():
    assert judge(GRAM, recursive).diagnosis == "recursion"


def test_a_hook_left_on_a_network_is_recognised():
    from nsthelpers.checks import inside_vgg

    def extract(network, image, wanted):
        kept = {}
        for name in wanted:
            layer = network.get_submodule(name)
            layer.register_forward_hook(lambda module, given, output, name=name: kept.update({name: output.clone()}))
        network(image)
        return kept

    assert judge(inside_vgg.extract, extract).diagnosis == "changed input"


def test_requires_grad_left_on_is_only_remarked():
    def gradient_step(image, loss_function, learning_rate):
        image.requires_grad_()
        (gradient,) = torch.autograd.grad(loss_function(image), image)
        return (image - learning_rate * gradient).detach()

    verdict = judge(optimisation_loop.gradient_step, gradient_step)
    assert verdict.status == "solved" and "requires_grad" in verdict.remark


def test_a_loop_is_remarked_or_refused():
    def gram(features):
        flat = features.flatten(1)
        return torch.stack([torch.stack([(a * b).mean() for b in flat]) for a in flat])

    verdict = judge(GRAM, gram)
    assert verdict.status == "solved" and "Python loop" in verdict.remark
    assert judge(GRAM, right_gram).remark == ""


def test_what_a_learner_prints_is_shown_in_the_card_and_not_elsewhere(capsys):
    def gram(features):
        print("my shape", tuple(features.shape))
        print("x" * 10_000_000)
        for line in range(1000):
            print(line)
        return features

    text = repr(card(gram))
    assert "my shape (3, 4, 6)" in text and "…" in text and len(text) < 3000
    assert capsys.readouterr() == ("", "")


def test_global_state_is_put_back():
    def rude(features):
        torch.manual_seed(1), random.seed(1), np.random.seed(1)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        sys.stdout = None
        return right_gram(features)

    torch.manual_seed(5), random.seed(5), np.random.seed(5)
    wanted = torch.rand(1).item(), random.random(), np.random.rand()
    torch.manual_seed(5), random.seed(5), np.random.seed(5)
    output = sys.stdout
    judge(GRAM, rude)
    assert (torch.rand(1).item(), random.random(), np.random.rand()) == wanted
    assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled() and sys.stdout is output


def test_the_random_state_of_a_gpu_is_left_alone(monkeypatch):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    assert judge(GRAM, right_gram).status == "solved" and seeds == []
    torch.manual_seed(3)  # what the checks must not call
    assert seeds == [3]


def test_checks_work_whatever_a_learner_has_set_before():
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    try:
        assert judge(GRAM, right_gram).status == "solved"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


def test_the_count_of_wrong_numbers_is_of_the_input_that_is_shown():
    def answer(features):
        gram = right_gram(features).clone()
        gram[0, -1] = gram[0, -1].exp() + 1
        gram[-1, 0] = 7 + gram[0, 0]
        return gram

    verdict = judge(GRAM, answer)
    expected = GRAM.reference(*GRAM.make_inputs(7)[verdict.number - 1])
    assert f"of {expected.numel()} numbers are wrong" in verdict.sentence
    assert verdict.number > 1  # the smallest input is not the first


# Endless loops.


def spins(features):
    while True:
        pass


def swallows(features):
    while True:
        try:
            features.sum()
        except:  # noqa: E722
            pass


def sleeps(features):
    time.sleep(60)


def blocks(features):
    threading.Event().wait()


@pytest.mark.parametrize("answer", [spins, swallows, sleeps, blocks])
def test_endless_answers_end(answer, short_limit):
    start = time.monotonic()
    verdict = judge(GRAM, answer)
    assert verdict.diagnosis == "endless" and time.monotonic() - start < 5
    assert "did not come back" in repr(card_for(verdict, 1))


@pytest.mark.parametrize("answer", [sleeps, blocks])
def test_endless_answers_are_left_alone_in_other_threads(answer, short_limit):
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(judge(GRAM, answer)))
    thread.start()
    thread.join(20)
    assert verdicts and verdicts[0].diagnosis == "endless"


def test_checks_in_another_thread_solve_and_name_as_well():
    verdicts = []

    def work():
        verdicts.extend([judge(GRAM, right_gram), judge(GRAM, lambda f: right_gram(f) * f[0].numel())])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert [v.status for v in verdicts] == ["solved", "wrong"] and verdicts[1].diagnosis == "not divided"


def test_an_alarm_of_somebody_else_survives():
    import signal

    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        judge(GRAM, right_gram)
        time.sleep(0.7)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung


def test_interrupting_the_kernel_is_not_swallowed():
    def interrupted(features):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(GRAM, interrupted)


# Strict mode, report, progress.


def test_strict_mode_raises_for_wrong_and_open_answers_only(monkeypatch):
    monkeypatch.setenv("NSTHELPERS_STRICT", "1")
    GRAM(right_gram)
    with pytest.raises(CheckFailed, match="summed over channels"):
        GRAM(lambda f: f.flatten(1).T @ f.flatten(1))
    with pytest.raises(CheckFailed, match="not yet"):
        GRAM(stub_none)
    monkeypatch.setenv("NSTHELPERS_STRICT", "0")
    GRAM(stub_none)


def test_report_is_json_of_the_notebook():
    GRAM(lambda f: f)
    GRAM(right_gram)
    report = json.loads(gram_matrices.report())
    assert report["notebook"] == "gram_matrices"
    assert list(report["exercises"]) == ["gram", "style_distance", "texture_loss", "shuffle_pixels"]
    assert report["exercises"]["gram"] == {"tries": 1, "status": "solved", "diagnosis": ""}
    assert report["exercises"]["texture_loss"]["status"] == "unseen"


def test_progress_is_kept_in_a_small_file_and_never_lost_again(monkeypatch, tmp_path):
    file = tmp_path / "deep" / "progress.json"
    monkeypatch.setenv("NSTHELPERS_PROGRESS", str(file))
    start_here.weighted_sum(start_here.weighted_sum.reference)
    start_here.weighted_sum(lambda terms, weights: 0.0)
    GRAM(stub_none)
    kept = json.loads(file.read_text())
    assert kept["start_here"]["exercises"]["weighted_sum"]["status"] == "solved"
    assert "gram_matrices" not in kept
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]
    monkeypatch.setattr(book, "SESSION", {})
    text = repr(gram_matrices.progress())
    assert "00 start_here" in text and "●○○  1 of 3 exercises" in text and "Your progress: 1 of" in text


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"a": 1}', '{"a": {"b": {"c": 1}}}', "\x00\xff", "null"])
def test_a_broken_progress_file_is_tolerated_and_kept_aside(monkeypatch, tmp_path, content):
    file = tmp_path / "progress.json"
    file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("NSTHELPERS_PROGRESS", str(file))
    repr(start_here.progress())
    start_here.weighted_sum(start_here.weighted_sum.reference)
    assert json.loads(file.read_text())["start_here"]
    if content:
        assert (tmp_path / "progress.json.unreadable").read_text(encoding="utf-8") == content


def test_progress_may_be_impossible_to_write(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "progress.json", tmp_path):
        monkeypatch.setenv("NSTHELPERS_PROGRESS", str(place))
        assert "right" in repr(start_here.weighted_sum(start_here.weighted_sum.reference))
        repr(start_here.progress())


def test_nothing_is_written_under_pytest_in_ci_or_when_off(monkeypatch):
    monkeypatch.setenv("NSTHELPERS_PROGRESS", "off")
    assert book.progress_file() is None
    monkeypatch.delenv("NSTHELPERS_PROGRESS")
    monkeypatch.setenv("PYTEST_VERSION", "9")
    assert book.progress_file() is None
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.setenv("CI", "true")
    assert book.progress_file() is None
    monkeypatch.delenv("CI")
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert str(book.progress_file()).replace("\\", "/") == "/somewhere/nsthelpers/progress.json"


def test_in_colab_progress_lives_in_the_mounted_drive_or_the_card_says_that_it_ends(monkeypatch, tmp_path):
    for name in ("CI", "PYTEST_VERSION", "NSTHELPERS_PROGRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(book, "DRIVE", tmp_path / "nst-course")
    monkeypatch.setitem(sys.modules, "google.colab", object())
    start_here.weighted_sum(start_here.weighted_sum.reference)
    assert (tmp_path / "nsthelpers" / "progress.json").exists() and "until Colab ends" in repr(start_here.progress())
    (tmp_path / "nst-course").mkdir()
    start_here.weighted_sum(start_here.weighted_sum.reference)
    kept = json.loads((tmp_path / "nst-course" / "progress.json").read_text())
    assert kept["start_here"]["exercises"]["weighted_sum"]["status"] == "solved"
    assert "until Colab ends" not in repr(start_here.progress())


# Predictions.

QUESTION = "What do shuffled pixels do to the Gram matrix?"
OPTIONS = ["nothing", "they change it"]


def test_a_prediction_is_asked_noted_and_scored():
    asked = repr(gram_matrices.predict(QUESTION, options=OPTIONS))
    assert "a)" in asked and "they change it" in asked and "add `answer=...`" in asked
    assert repr(gram_matrices.score("nothing")).startswith("○")
    noted = repr(gram_matrices.predict(QUESTION, answer="b", options=OPTIONS))
    assert "they change it (noted" in noted and "✓" not in noted and "✗" not in noted
    assert "you said  they change it" in repr(gram_matrices.score("nothing", because="sums have no order"))
    gram_matrices.predict(QUESTION, "nothing", OPTIONS)
    scored = repr(gram_matrices.score("nothing", because="sums have no order"))
    assert scored.startswith("✓") and "sums have no order" in scored
    assert json.loads(gram_matrices.report())["predictions"][QUESTION] == {"answer": "nothing", "right": True}
    assert "1 of 1 predictions" in repr(gram_matrices.progress())


@pytest.mark.parametrize(
    ("said", "truth", "agrees"),
    [
        (12, 12.5, True),
        ("12", 12, True),
        (10, 12, False),
        ("Nothing ", "nothing", True),
        (True, True, True),
        (0, 0, True),
    ],
)
def test_predictions_of_numbers_and_words(said, truth, agrees):
    start_here.predict("How many?", answer=said)
    assert repr(start_here.score(truth)).startswith("✓") == agrees


def test_options_that_are_numbers_must_be_met_exactly():
    start_here.predict("How many of ten?", answer="9", options=["9", "10"])
    assert repr(start_here.score("10")).startswith("✗")
    start_here.predict("How many of ten?", answer=10, options=[9, 10])
    assert repr(start_here.score("10")).startswith("✓")


def test_a_score_without_a_prediction_breaks_nothing():
    assert "it is" in repr(book.Book("x.start_here").score(3))


def test_buttons_record_a_prediction():
    widgets = pytest.importorskip("ipywidgets")
    asked = start_here.predict(QUESTION, options=OPTIONS, widget=True)
    assert isinstance(asked.widget, widgets.RadioButtons) and asked.widget.value is None
    asked.widget.value = "nothing"
    assert repr(start_here.score("nothing")).startswith("✓")
    asked = start_here.predict("How many pixels?", widget=True)
    asked.widget.value = "12"
    assert repr(start_here.score(12)).startswith("✓")
    assert asked._repr_html_().startswith("<div")
    assert not hasattr(start_here.predict("Plain?"), "_ipython_display_")


def test_importing_the_checks_is_light():
    program = (
        "import sys; import nsthelpers; before = set(sys.modules)\n"
        "import nsthelpers.checks; from nsthelpers.checks import NOTEBOOKS; import importlib\n"
        "[importlib.import_module('nsthelpers.checks.' + n) for n in NOTEBOOKS]\n"
        "late = set(sys.modules) - before\n"
        "print([n for n in ('matplotlib', 'ipywidgets', 'IPython') if n in late])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
