"""The feed-forward network: shapes, what is trained, its loss, and the one that ships with the package."""

import pytest
import torch

from nsthelpers import StyleTransferLoss, load_backbone, load_image
from nsthelpers.beyond.adain import AnyStyle
from nsthelpers.beyond.feedforward import FeedForward, PerceptualLoss, load_feedforward


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


@pytest.fixture(scope="module")
def painting():
    return load_image("starry_night", 96, "cpu")


@pytest.mark.parametrize("shape", [(1, 3, 16, 16), (2, 3, 33, 46), (1, 3, 39, 21)])
def test_the_size_is_kept_and_the_range(painting, shape):
    painted = FeedForward(painting)(torch.rand(shape))
    assert painted.shape == shape
    assert 0 <= painted.min() and painted.max() <= 1


def test_untrained_and_without_grain_it_paints_as_the_generalist_does(painting):
    photo, network = load_image("chelsea", 128, "cpu"), FeedForward(painting).eval()
    generalist = AnyStyle("cpu")(photo, painting)
    assert (network(photo) - generalist).abs().mean() > 0.02
    for strength in network.grain.values():
        strength.data.zero_()
    assert (network(photo) - generalist).abs().mean() < 0.005  # not 0: the norms guard silent channels in another way


def test_grain_is_new_in_training_and_the_same_afterwards(painting):
    network, flat = FeedForward(painting), torch.full((1, 3, 64, 64), 0.5)
    assert not torch.equal(network(flat), network(flat))
    network.eval()
    before = torch.get_rng_state()
    assert torch.equal(network(flat), network(flat))
    assert torch.equal(torch.get_rng_state(), before)
    assert network(flat).std(dim=(2, 3)).min() > 0.01  # something stands in a flat sky


def test_mini_is_borrowed_and_not_trained(painting):
    network = FeedForward(painting)
    network(torch.rand(1, 3, 32, 32)).mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.frozen[0].parameters())
    assert {name.split(".")[0] for name in network.state_dict()} == {"decoder", "norms", "grain"}


def test_pictures_of_a_batch_do_not_know_each_other(painting):
    network, photos = FeedForward(painting).eval(), torch.rand(3, 3, 32, 36)
    assert torch.allclose(network(photos)[1:2], network(photos[1:2]), atol=1e-5)


def test_the_loss_is_that_of_the_loop(backbone):
    style, photos = load_image("starry_night", 96, "cpu")[..., :64, :80], torch.rand(2, 3, 64, 80)
    painted = torch.rand(2, 3, 64, 80)
    terms = PerceptualLoss(backbone, style, content_weight=0.1, tv_weight=0.01)(painted, photos)
    each = []
    for one, photo in zip(painted.split(1), photos.split(1)):
        loop = StyleTransferLoss(backbone, photo, style, content_weight=0.1, tv_weight=0.01)
        each.append(loop(one))
    for name, value in terms.items():
        assert float(value) == pytest.approx(sum(float(e[name]) for e in each) / 2, rel=0.02)


def test_training_makes_the_loss_smaller(backbone, painting):
    network, photo = FeedForward(painting), load_image("pagoda", 96, "cpu")
    loss = PerceptualLoss(backbone, painting)
    optimiser, losses = torch.optim.Adam(network.parameters(), 3e-4), []
    for _ in range(15):
        optimiser.zero_grad()
        losses.append(loss(network(photo), photo)["total"])
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < losses[0]


def test_the_bundled_network_paints_what_it_has_not_seen(backbone):
    network, style = load_feedforward("cpu"), load_image("starry_night", 256, "cpu")
    for name in ("tuebingen", "chelsea"):
        photo = load_image(name, 256, "cpu")
        loss = StyleTransferLoss(backbone, photo, style)
        before, after = loss(photo), loss(network(photo))
        assert after["style"] < 0.4 * before["style"]
        assert after["content"] < 1


def test_clear_errors(painting):
    with pytest.raises(ValueError, match="pixels"):
        FeedForward(painting)(torch.rand(1, 3, 8, 32))
    with pytest.raises(ValueError, match="images has the shape"):
        FeedForward(painting)(torch.rand(1, 1, 32, 32))
    with pytest.raises(ValueError, match="painting has the shape"):
        FeedForward(torch.rand(3, 32, 32))
