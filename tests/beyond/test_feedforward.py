"""The feed-forward network: shapes, normalisation, its loss, and the one that ships with the package."""

import pytest
import torch

from nsthelpers import StyleTransferLoss, load_backbone, load_image
from nsthelpers.beyond.feedforward import FeedForward, PerceptualLoss, load_feedforward


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


@pytest.mark.parametrize("shape", [(1, 3, 20, 20), (2, 3, 33, 46), (1, 3, 39, 21)])
def test_the_size_is_kept_and_the_range(shape):
    torch.manual_seed(0)
    painted = FeedForward(width=4, blocks=1)(torch.rand(shape))
    assert painted.shape == shape
    assert 0 <= painted.min() and painted.max() <= 1


def test_an_untrained_network_returns_the_photograph():
    photo = torch.rand(1, 3, 30, 41) * 0.9 + 0.05
    assert torch.allclose(FeedForward(width=4, blocks=1)(photo), photo, atol=1e-5)


def test_contrast_and_brightness_of_a_photograph_do_not_matter_inside():
    """Instance normalisation: after the first layer, a x + b is x."""
    torch.manual_seed(0)
    network, photo = FeedForward(width=4, blocks=1), torch.rand(1, 3, 40, 44)
    first = network.layers[:3]
    assert torch.allclose(first(photo), first(0.5 * photo + 0.2), atol=2e-3)


def test_pictures_of_a_batch_do_not_know_each_other():
    torch.manual_seed(0)
    network, photos = FeedForward(width=4, blocks=2), torch.rand(3, 3, 32, 36)
    torch.nn.init.normal_(network.layers[-1].weight, std=0.1)
    assert torch.allclose(network(photos)[1:2], network(photos[1:2]), atol=1e-5)


def test_the_loss_is_that_of_the_loop(backbone):
    style, photos = load_image("starry_night", 96, "cpu"), torch.rand(2, 3, 64, 80)
    painted = torch.rand(2, 3, 64, 80)
    terms = PerceptualLoss(backbone, style, content_weight=0.1, tv_weight=0.01)(painted, photos)
    each = []
    for one, photo in zip(painted.split(1), photos.split(1)):
        loop = StyleTransferLoss(backbone, photo, style, content_weight=0.1, tv_weight=0.01)
        each.append(loop(one))
    for name, value in terms.items():
        assert float(value) == pytest.approx(sum(float(e[name]) for e in each) / 2, rel=0.02)


def test_training_makes_the_loss_smaller(backbone):
    torch.manual_seed(0)
    network, photo = FeedForward(width=4, blocks=1), load_image("pagoda", 64, "cpu")
    loss = PerceptualLoss(backbone, load_image("starry_night", 96, "cpu"))
    optimiser, losses = torch.optim.Adam(network.parameters(), 0.01), []
    for _ in range(15):
        optimiser.zero_grad()
        losses.append(loss(network(photo), photo)["total"])
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < 0.6 * losses[0]


def test_the_bundled_network_paints_what_it_has_not_seen(backbone):
    network, style = load_feedforward("cpu"), load_image("starry_night", 256, "cpu")
    for name in ("tuebingen", "chelsea"):
        photo = load_image(name, 256, "cpu")
        loss = StyleTransferLoss(backbone, photo, style)
        before, after = loss(photo), loss(network(photo))
        assert after["style"] < 0.2 * before["style"]
        assert after["content"] < 1


def test_clear_errors():
    with pytest.raises(ValueError, match="at least 20 pixels"):
        FeedForward(4, 1)(torch.rand(1, 3, 8, 32))
    with pytest.raises(ValueError, match="images has the shape"):
        FeedForward(4, 1)(torch.rand(1, 1, 32, 32))
    with pytest.raises(ValueError, match="width is 0"):
        FeedForward(0)
