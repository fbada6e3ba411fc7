"""Other statistics: closed forms, what they forget and what they do not."""

import pytest
import torch

from nsthelpers import StyleTransferLoss, gram_matrix, load_backbone, load_image, minimise
from nsthelpers.beyond.statistics import SlicedWasserstein, channel_statistics, polynomial_mmd, sorted_projections


def maps(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_channel_statistics_of_a_chessboard_and_of_a_flat_channel():
    board = torch.tensor([[1.0, 5.0, 1.0], [5.0, 1.0, 5.0]])
    both = torch.stack([board, torch.full_like(board, 2.0)])[None]
    assert torch.allclose(channel_statistics(both), torch.tensor([[[3.0, 2.0], [2.0, 0.0]]]), atol=1e-5)


def test_a_flat_channel_has_a_finite_gradient():
    flat = torch.ones(1, 2, 3, 3, requires_grad=True)
    channel_statistics(flat).sum().backward()
    assert torch.isfinite(flat.grad).all()


def test_mmd_is_the_squared_distance_of_gram_matrices():
    x, y = maps(0, 1, 5, 6, 7), 2 * maps(1, 1, 5, 4, 9) + 1
    gap = (gram_matrix(x) - gram_matrix(y)).square().sum()
    assert polynomial_mmd(x, y).item() == pytest.approx(gap.item(), rel=1e-12)
    assert polynomial_mmd(x, x).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("size", [(4, 6), (30, 41)])
def test_sliced_wasserstein_forgets_the_places_and_nothing_else_that_it_looks_at(size):
    measure, x = SlicedWasserstein(levels=16), maps(2, 1, 4, *size)
    order = torch.randperm(size[0] * size[1], generator=torch.Generator().manual_seed(0))
    shuffled = x.flatten(2)[..., order].view_as(x)
    assert torch.allclose(measure(shuffled), measure(x), atol=1e-12)
    assert not torch.allclose(measure(x + 0.1), measure(x))
    channels_apart = torch.stack([x[:, 0].flip(1), *x[:, 1:].unbind(1)], 1)  # same channels, other companions
    assert torch.allclose(channel_statistics(channels_apart), channel_statistics(x))
    assert not torch.allclose(measure(channels_apart), measure(x))


def test_sliced_wasserstein_sees_what_gram_matrices_do_not():
    steady, rare = torch.ones(1, 1, 1, 4), torch.tensor([[[[2.0, 0.0, 0.0, 0.0]]]])
    assert torch.equal(gram_matrix(steady), gram_matrix(rare))
    measure = SlicedWasserstein(levels=4)
    assert (measure(steady) - measure(rare)).abs().max() == 1


def test_lists_of_a_shifted_cloud_are_shifted_by_the_projection():
    x, shift = maps(3, 3, 4, 5), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    directions = torch.nn.functional.normalize(maps(4, 6, 3))
    moved = sorted_projections(x + shift[:, None, None], directions)
    assert torch.allclose(moved, sorted_projections(x, directions) + (directions @ shift)[:, None])


def test_pictures_of_several_sizes_have_comparable_lists():
    measure, x = SlicedWasserstein(directions=3, levels=8), maps(5, 2, 4, 5, 8)
    twice = torch.cat([x, x], dim=3)  # every value twice: the same distribution
    assert measure(x).shape == (2, 3, 8)
    assert torch.allclose(measure(x), measure(twice))


def test_the_seed_decides_the_directions():
    x = maps(6, 1, 4, 5, 5)
    assert torch.equal(SlicedWasserstein(seed=1)(x), SlicedWasserstein(seed=1)(x))
    assert not torch.equal(SlicedWasserstein(seed=1)(x), SlicedWasserstein(seed=2)(x))


@pytest.mark.parametrize("measure", [channel_statistics, SlicedWasserstein(levels=64)])
def test_the_loop_matches_every_statistic(measure):
    style = load_image("great_wave", 64, "cpu")
    loss = StyleTransferLoss(load_backbone("mini", device="cpu"), style=style, style_layers=["relu2_1"], gram=measure)
    noise = torch.rand(1, 3, 48, 56, generator=torch.Generator().manual_seed(0))
    first, *_, last = minimise(loss, noise, 12)
    assert last.losses["style"] < 0.2 * first.losses["style"]


def test_clear_errors():
    with pytest.raises(ValueError, match="features has the shape"):
        channel_statistics(torch.zeros(3, 4))
    with pytest.raises(ValueError, match="second has the shape"):
        polynomial_mmd(torch.zeros(1, 2, 3, 3), torch.zeros(1, 4, 3, 3))
    with pytest.raises(ValueError, match="levels is 0"):
        SlicedWasserstein(levels=0)
