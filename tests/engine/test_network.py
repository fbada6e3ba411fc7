"""The copy of the network that is made for the loop."""

import copy
import math

import pytest
import torch

from nsthelpers import StyleTransferLoss, extract_features, gram_matrix, layer_table, load_backbone, load_image, stylize
from nsthelpers.engine import network
from nsthelpers.engine.network import LeanConv2d, choose_dtype, has_fast_bfloat16, prepare
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS

TAPS = [*STYLE_LAYERS, *CONTENT_LAYERS]


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


@pytest.fixture(scope="module")
def pictures():
    return load_image("chelsea", 96, "cpu"), load_image("starry_night", 96, "cpu")


def gradient(loss, image):
    image = image.clone().requires_grad_(True)
    total = loss(image)["total"]
    total.backward()
    return total.item(), image.grad


def test_prepared_network_gives_the_same_activations(backbone, pictures):
    layers = ["conv1_2", "relu1_2", "pool2", "conv4_2", "relu4_2"]
    expected = extract_features(backbone, pictures[0], layers)
    found = extract_features(prepare(backbone, layers), pictures[0], layers)
    for name in layers:
        assert torch.allclose(found[name], expected[name], atol=1e-4, rtol=1e-4), name
    assert (found["conv4_2"] < 0).any()  # a ReLU in place would have cut it


def test_preparing_leaves_the_original_alone(backbone, pictures):
    before = copy.deepcopy(backbone.state_dict())
    prepared = prepare(backbone, ["relu2_1"], torch.bfloat16)
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())
    assert prepared.layer_names[-1] == "relu2_1" and prepared.conv1_1.weight.dtype == torch.bfloat16
    assert extract_features(backbone, pictures[0], "relu1_1")["relu1_1"].dtype == torch.float32


def test_nothing_made_for_the_loop_moves_the_random_numbers_on(backbone):
    """A probe or a copy that draws would give a resumed run, or the caller's next line, other random numbers."""
    before = torch.get_rng_state()
    prepare(backbone, ["relu2_1"])
    has_fast_bfloat16("cpu")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 2)])
def test_lean_convolution_repeats_the_border_and_keeps_nothing(shape):
    layer = torch.nn.Conv2d(2, 3, 3, padding=1, padding_mode="replicate", dtype=torch.float64).requires_grad_(False)
    lean, maps = LeanConv2d(layer), torch.rand(2, 2, *shape, dtype=torch.float64, requires_grad=True)
    assert torch.equal(lean(maps), layer(maps))
    assert torch.autograd.gradcheck(lean, maps)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor.shape), lambda tensor: tensor):
        lean(maps)
    assert kept == [layer.weight.transpose(0, 1).shape]


def test_the_prepared_network_can_be_shown_and_prepared_again(backbone):
    prepared = prepare(backbone, TAPS)
    assert layer_table(prepared) == layer_table(backbone)[: len(layer_table(prepared))]
    again = prepare(prepared, ["relu2_1"], torch.bfloat16)
    assert again.conv2_1.weight.dtype == again.conv2_1.turned.dtype == torch.bfloat16


def test_the_loop_uses_it_for_mini_and_not_for_vgg19(backbone):
    assert isinstance(prepare(backbone, ["relu2_1"]).conv2_1, LeanConv2d)
    vgg = load_backbone("vgg19", weights="random", device="cpu")
    assert not isinstance(prepare(vgg, ["relu2_1"]).conv2_1, LeanConv2d)


@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_checkpointing_changes_neither_gram_matrices_nor_gradients(pictures, pooling):
    backbone = load_backbone("mini", pooling=pooling, device="cpu")
    plain, lean = (prepare(backbone, TAPS, frugal=on) for on in (False, True))
    image = pictures[0].clone().requires_grad_(True)
    for name in STYLE_LAYERS:
        first, second = (gram_matrix(extract_features(network, image, TAPS)[name]) for network in (plain, lean))
        assert torch.allclose(first, second, rtol=1e-4)
    losses = [StyleTransferLoss(network, *pictures, tv_weight=0.1) for network in (plain, lean)]
    noise = torch.rand(pictures[0].shape)
    (total, expected), (other, found) = (gradient(loss, noise) for loss in losses)
    assert total == pytest.approx(other, rel=1e-5) and torch.allclose(found, expected, atol=1e-5 * expected.abs().max())


def test_bfloat16_is_close_and_losses_are_float32(backbone, pictures):
    noise = torch.rand(pictures[0].shape)
    exact, rounded = (
        StyleTransferLoss(prepare(backbone, TAPS, dtype), *pictures) for dtype in (torch.float32, torch.bfloat16)
    )
    assert all(term.dtype == torch.float32 for term in rounded(noise).values())
    assert all(gram.dtype == torch.float32 for gram in rounded.style_targets.buffers())
    (total, expected), (other, found) = gradient(exact, noise), gradient(rounded, noise)
    assert other == pytest.approx(total, rel=0.03) and found.dtype == torch.float32
    assert torch.cosine_similarity(expected.flatten(), found.flatten(), dim=0) > 0.98


def test_precisions(monkeypatch):
    cpu = torch.device("cpu")
    for fast, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(network, "has_fast_bfloat16", lambda _, fast=fast: fast)
        assert choose_dtype("auto", cpu) == dtype
    assert choose_dtype("bfloat16", cpu) == torch.bfloat16
    with pytest.raises(ValueError, match="precision is 'half'"):
        choose_dtype("half", cpu)


def test_the_probe_answers_for_every_device():
    assert isinstance(has_fast_bfloat16("cpu"), bool) and has_fast_bfloat16("mps") is False


def test_the_end_in_bfloat16_is_as_good_as_in_float32(pictures, backbone):
    weights = {"content_weight": 0.1, "tv_weight": 0.3}
    runs = [
        stylize(
            *pictures, size=None, steps=60, scales=1, precision=precision, backbone=backbone, progress=False, **weights
        )
        for precision in ("float32", "bfloat16")
    ]
    judge = StyleTransferLoss(backbone, *pictures, **weights)
    exact, rounded = (judge(run.image)["total"].item() for run in runs)
    assert rounded < 1.1 * exact


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_fast_parts_off_is_the_loop_of_notebook_07(backbone, pictures, optimizer, monkeypatch):
    """The loop that a learner writes in fifteen lines paints the same picture as `stylize` in float32 on one scale."""
    monkeypatch.setattr("nsthelpers.transfer.LEAP", math.inf)  # theirs takes no leaps back
    content, style = pictures
    weights = {"content_weight": 0.1, "style_weight": 1.0, "tv_weight": 0.3}
    loss = StyleTransferLoss(backbone, content, style, **weights)
    image = content.clone().requires_grad_(True)
    if optimizer == "adam":
        stepper = torch.optim.Adam([image], lr=0.03)
    else:
        stepper = torch.optim.LBFGS([image], max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)

    def closure():
        stepper.zero_grad()
        total = loss(image)["total"]
        total.backward()
        return total

    totals, painted = [], []
    for _ in range(8):  # further on, differences in rounding have grown
        with torch.no_grad():
            image.clamp_(0, 1)
        painted.append(image.detach().clone())
        totals.append(stepper.step(closure).item())
    off = {"optimizer": optimizer, "precision": "float32", "scales": 1, "progress": False}
    result = stylize(content, style, size=None, steps=8, backbone=backbone, **weights, **off)
    assert [row["total"] for row in result.history] == pytest.approx(totals, rel=2e-3)
    best = painted[totals.index(min(totals))]
    # On average nearer than one of the 255 steps of a file, where the painting is more than five away from the photograph.
    assert (result.image - best).abs().mean() < 1 / 255 and (best - content).abs().mean() > 5 / 255


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [
        ({}, False),
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx2": True, "amx_bf16": False}, False),
    ],
)
def test_the_processor_is_asked_and_not_timed(monkeypatch, capabilities, fast):
    """One machine always gives one picture, whatever else it does."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert has_fast_bfloat16("cpu") is fast
    assert choose_dtype("auto", torch.device("cpu")) == (torch.bfloat16 if fast else torch.float32)
    assert has_fast_bfloat16("mps") is False
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert has_fast_bfloat16("cpu") is False  # a PyTorch that cannot say it


def test_the_whole_loss_moves_and_changes_its_precision(backbone, pictures):
    """Targets and norms are buffers: in float64, the loss is the one that is built in float64."""
    loss = StyleTransferLoss(copy.deepcopy(backbone), *pictures, tv_weight=0.1)
    single = loss(torch.rand(pictures[0].shape, generator=torch.Generator().manual_seed(0)))
    loss = loss.double()
    assert {buffer.dtype for buffer in loss.buffers()} == {torch.float64}
    assert set(dict(loss.named_buffers())) >= {"content_targets.relu4_2", *(f"style_targets.{n}" for n in STYLE_LAYERS)}
    loss.backbone.normalize.dtype = torch.float64
    double = loss(torch.rand(pictures[0].shape, generator=torch.Generator().manual_seed(0)).double())
    assert {term.dtype for term in double.values()} == {torch.float64}
    for name, term in single.items():
        assert float(double[name]) == pytest.approx(float(term), rel=1e-4), name
    moved = loss.to("meta")
    assert {buffer.device.type for buffer in moved.buffers()} == {"meta"}
