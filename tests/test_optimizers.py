"""L-BFGS with smooth steps, against the formulas written with whole matrices in float64."""

import math

import pytest
import torch

from nsthelpers import minimise
from nsthelpers.optimizers import FIRST, LARGEST, SmoothLBFGS, smooth

SHAPE = (1, 3, 4, 5)


def start(dtype=torch.float64, shape=SHAPE):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


def quartic(image):
    """Curved differently in every direction, and everywhere differently."""
    weights = torch.linspace(1, 30, image.numel(), dtype=image.dtype).view_as(image)
    return (weights * (image - 0.5).square()).sum() + (image - 0.3).pow(4).sum() + (image.sum() / 10 - 2).square()


def walk(loss, image, steps, **options):
    """Return the optimiser and what each step saw and did: (gradient, move, value of the loss)."""
    image = image.clone().requires_grad_(True)
    stepper, seen = SmoothLBFGS([image], **options), []
    for _ in range(steps):
        before = image.detach().clone()

        def closure():
            stepper.zero_grad()
            value = loss(image)
            value.backward()
            return value

        value = stepper.step(closure)
        seen.append((image.grad.clone(), image.detach() - before, value.item()))
    return stepper, seen


def matrix(exponent):
    """The smoothing as a matrix: what it makes of every unit vector."""
    units = torch.eye(math.prod(SHAPE), dtype=torch.float64)
    return torch.stack([smooth(unit.view(SHAPE), exponent).flatten() for unit in units])


@pytest.mark.parametrize(("history", "smooth_steps"), [(10, 0), (10, 4), (10, 60), (2, 60)])
def test_the_steps_are_those_of_the_formula(history, smooth_steps):
    """BFGS with whole matrices: H is renewed by every pair kept, beginning with the smoothing times a scale."""
    _, seen = walk(quartic, start(), 9, history_size=history, smooth_steps=smooth_steps)
    moves, changes = [], []
    identity = torch.eye(math.prod(SHAPE), dtype=torch.float64)
    for number, (gradient, move, _) in enumerate(seen):
        exponent = max(0.0, 1 - number / smooth_steps) if smooth_steps else 0.0
        inverse = matrix(exponent)
        if changes:
            inverse = inverse * (moves[-1] @ changes[-1]) / (changes[-1] @ inverse @ changes[-1])
        for s, y in zip(moves[-history:], changes[-history:]):
            left = identity - torch.outer(s, y) / (y @ s)
            inverse = left @ inverse @ left.T + torch.outer(s, s) / (y @ s)
        expected = -inverse @ gradient.flatten()
        length = expected.square().mean().sqrt()
        rate = min(1.5, LARGEST / length) if changes else FIRST / length
        assert torch.allclose(move.flatten(), rate * expected, rtol=1e-5, atol=1e-9), number
        if number + 1 < len(seen):
            moves.append(move.flatten())
            changes.append((seen[number + 1][0] - gradient).flatten())
            assert moves[-1] @ changes[-1] > 0  # so that every pair is kept


def test_a_move_without_curvature_is_not_remembered():
    stepper, _ = walk(lambda image: image.sum(), start(), 5)
    (state,) = stepper.state.values()
    assert state["steps"] == 5 and state["moves"] == state["changes"] == []


def test_a_change_of_the_gradient_that_is_only_rounding_is_not_remembered():
    generator = torch.Generator().manual_seed(3)

    def slope(image):
        return (image * (1 + 1e-3 * torch.randn(image.shape, generator=generator))).sum()

    stepper, seen = walk(slope, start(torch.float32, (1, 3, 128, 128)), 12)
    (state,) = stepper.state.values()
    assert state["moves"] == []
    assert all(move.square().mean().sqrt().item() == pytest.approx(0.02, rel=1e-3) for _, move, _ in seen)


@pytest.mark.parametrize("shape", [(8, 8), (7, 12), (5, 9), (1, 6), (1, 1)])
def test_smoothing_is_symmetric_and_positive(shape):
    first, second = start(shape=(1, 3, *shape)), torch.randn(1, 3, *shape, dtype=torch.float64)
    for exponent in (0.3, 1.0):
        one, other = (first * smooth(second, exponent)).sum(), (smooth(first, exponent) * second).sum()
        assert one.item() == pytest.approx(other.item(), rel=1e-5)
        assert (second * smooth(second, exponent)).sum() > 0
    assert smooth(first, 0.0) is first


@pytest.mark.parametrize(("rows", "columns"), [(1, 0), (0, 3), (2, 2), (0, 8), (0, 0)])
def test_a_wave_is_multiplied_by_its_formula(rows, columns):
    height, width = 12, 16
    y, x = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    wave = torch.cos(2 * math.pi * (rows * y + columns * x)).double().view(1, 1, height, width)
    frequency = max(math.hypot(rows / height, columns / width), 1 / 40)
    for exponent in (0.5, 1.0):
        assert torch.allclose(smooth(wave, exponent), wave * (2 * frequency) ** -exponent, atol=1e-5)


@pytest.mark.parametrize("scale", [2.0**-30, 2.0**20])
def test_the_way_does_not_depend_on_the_scale_of_the_loss(scale):
    plain, scaled = (walk(loss, start(), 12)[1] for loss in (quartic, lambda image: scale * quartic(image)))
    assert all(torch.equal(ours[1], theirs[1]) for ours, theirs in zip(plain, scaled))


def test_the_first_step_has_its_length_and_none_is_too_long():
    _, seen = walk(lambda image: (image - 5).square().sum(), start(), 60)  # the minimum is far away
    lengths = [move.square().mean().sqrt().item() for _, move, _ in seen]
    assert lengths[0] == pytest.approx(0.02) and max(lengths) == pytest.approx(0.1)


def test_at_the_minimum_nothing_moves():
    _, seen = walk(lambda image: (image - 0.5).square().sum(), torch.full(SHAPE, 0.5), 3)
    assert all(move.abs().max() == 0 for _, move, _ in seen)


def test_a_loss_that_is_steep_for_fine_waves_needs_fewer_evaluations():
    """The kind of loss that it is made for; and with the other sign, where it must not fail, the kind that it is not."""
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    target = (0.5 + 0.03 * smooth(noise, 1.5)).clamp(0, 1)  # a picture of clouds: mostly long waves

    def evaluations(optimizer, exponent):
        def loss(image):
            return {"total": ((image - target) * smooth(image - target, exponent)).sum()}

        records = minimise(loss, torch.full_like(target, 0.5), 200, optimizer)
        losses = [record.losses["total"] for record in records]
        return next(number for number, value in enumerate(losses) if value < 1e-3 * losses[0])

    assert evaluations("smooth_lbfgs", -2.0) < 0.5 * evaluations("lbfgs", -2.0)
    assert evaluations("smooth_lbfgs", 1.0) < 40
