"""Which channels matter, what excites them, and which of them fire together."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nsthelpers import exciting_patches, extract_features, gram_matrix, load_backbone, receptive_field
from nsthelpers.show import channels
from nsthelpers.show.channels import coactivation, largest_entry, order_by_similarity, small_picture, strongest_channels


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def smooth():
    """Random weights and average pooling: every path from a pixel to a value counts, none is cut off by a maximum."""
    return load_backbone("mini", pooling="avg", weights="random", device="cpu")


@pytest.mark.parametrize("channel", [7, 12, 33, 60])
def test_patches_are_where_the_channel_is_largest(backbone, channel):
    images = [torch.rand(1, 3, 48, 64), torch.rand(1, 3, 40, 40) * 0.5, torch.rand(1, 3, 64, 32)]
    maps = [extract_features(backbone, image, "relu3_1")["relu3_1"][0, channel] for image in images]
    patches = exciting_patches(backbone, "relu3_1", channel, images)
    assert [patch.picture for patch in patches] == sorted(range(3), key=lambda n: -float(maps[n].max()))
    for picture, activation, position, image in patches:
        assert float(maps[picture][position]) == pytest.approx(float(maps[picture].max())) == pytest.approx(activation)
        field = receptive_field(backbone, "relu3_1", position, images[picture])
        assert image.shape == (1, 3, field.size, field.size)
        height, width = images[picture].shape[2:]
        top, left = min(max(0, field.top), height - field.size), min(max(0, field.left), width - field.size)
        assert torch.equal(image, images[picture][..., top : top + field.size, left : left + field.size])
    assert len(exciting_patches(backbone, "relu3_1", channel, images, count=2)) == 2


def test_patches_at_the_edge_are_moved_inwards_and_large_fields_cut(backbone):
    spot = torch.full((1, 3, 64, 64), 0.5)
    spot[..., :3, :3] = torch.rand(3, 3, 3)  # all that happens is in the corner
    for patch in exciting_patches(backbone, "relu2_2", 3, [spot]):
        assert patch.image.shape == (1, 3, 14, 14)
    assert exciting_patches(backbone, "relu5_1", 3, [torch.rand(1, 3, 40, 64)])[0].image.shape == (1, 3, 40, 40)


def test_silent_pictures_give_no_patch(smooth):
    silent = load_backbone("mini", weights="random", device="cpu")
    silent.conv2_1.bias.fill_(-1e6)
    assert exciting_patches(silent, "relu2_1", 0, [torch.rand(1, 3, 16, 16)]) == []
    too_high = silent.conv2_1.out_channels
    for wrong in ({"channel": too_high}, {"channel": -1}, {"channel": True}, {"channel": 0, "count": 0}):
        with pytest.raises(ValueError, match="channel|count"):
            exciting_patches(silent, "relu2_1", images=[], **wrong)


def test_bundled_pictures_are_searched_once(backbone, monkeypatch):
    monkeypatch.setattr(channels, "list_images", lambda *_: ["chelsea", "coffee"])
    monkeypatch.setattr(channels, "PICTURE_SIZE", 64)
    monkeypatch.setattr(channels, "_bundled_maxima", {})
    other = load_backbone("mini", device="cpu")
    first = exciting_patches(other, "relu2_1", 0)
    monkeypatch.setattr(channels, "extract_features", None)  # would fail if it were asked again
    assert {patch.picture for patch in first} == {"chelsea", "coffee"}
    assert len(exciting_patches(other, "relu4_1", 5, count=1)) == 1


@pytest.mark.parametrize("how", ["in place", "behind autograd's back"])
def test_bundled_pictures_are_searched_again_when_weights_have_changed(monkeypatch, how):
    monkeypatch.setattr(channels, "list_images", lambda *_: ["chelsea"])
    monkeypatch.setattr(channels, "PICTURE_SIZE", 64)
    monkeypatch.setattr(channels, "_bundled_maxima", {})
    other = load_backbone("mini", device="cpu")
    (before,) = exciting_patches(other, "relu1_1", 0)
    for tensor in (other.conv1_1.weight, other.conv1_1.bias):
        (tensor.data if how != "in place" else tensor.requires_grad_(False)).mul_(2)
    (after,) = exciting_patches(other, "relu1_1", 0)
    assert after.activation == pytest.approx(2 * before.activation)


def test_only_large_pictures_are_shrunk():
    assert small_picture(torch.rand(1, 3, 20, 256)).shape == (1, 3, 20, 256)
    assert small_picture(torch.rand(1, 3, 100, 512)).shape == (1, 3, 50, 256)


def test_channels_sorted_by_mean_variance_and_hand():
    maps = torch.stack([torch.tensor([5.0, 5.0]), torch.tensor([0.0, 8.0]), torch.tensor([4.0, 5.0])])[None, :, None]
    assert strongest_channels(maps) == [0, 2, 1]
    assert strongest_channels(maps, "variance", 2) == [1, 2]
    assert strongest_channels(maps, [2, 0, 2]) == [2, 0, 2]
    for wrong in ([3], [0, -1]):
        with pytest.raises(ValueError, match="There is no channel"):
            strongest_channels(maps, wrong)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 40), st.randoms(use_true_random=False))
def test_order_recovers_a_line_of_similar_channels(count, random):
    """Similarity that falls with distance (a Robinson matrix): the order is known exactly, up to its direction,
    however loud each channel is."""
    places = torch.arange(count, dtype=torch.float64)
    loudness = torch.tensor([10 ** random.uniform(-1, 1) for _ in range(count)], dtype=torch.float64)
    gram = torch.exp(-0.3 * (places - places[:, None]).abs()) * loudness * loudness[:, None]
    shuffled = torch.tensor(random.sample(range(count), count))
    found = shuffled[order_by_similarity(gram[shuffled][:, shuffled])].tolist()
    assert found in (list(range(count)), list(range(count))[::-1])


def test_groups_stand_together_whatever_their_loudness():
    groups = torch.tensor([0, 1, 0, 1, 1, 0, 0, 1])
    loudness = torch.tensor([1.0, 9.0, 2.0, 1.0, 5.0, 3.0, 7.0, 0.1])
    gram = ((groups == groups[:, None]).float() * 0.9 + 0.05 + 0.05 * torch.eye(8)) * loudness * loudness[:, None]
    ordered = groups[order_by_similarity(gram)].tolist()
    assert sum(a != b for a, b in zip(ordered, ordered[1:])) == 1


def test_order_has_every_channel_once_and_the_silent_last(backbone):
    gram = gram_matrix(extract_features(backbone, torch.rand(1, 3, 32, 32), "relu3_1")["relu3_1"])
    gram[0, [4, 9]] = gram[0, :, [4, 9]] = 0
    order, silent = order_by_similarity(gram).tolist(), (gram[0].diagonal() == 0).nonzero().flatten().tolist()
    assert sorted(order) == list(range(backbone.conv3_1.out_channels))
    assert order[-len(silent) :] == silent and {4, 9} <= set(silent)
    assert order_by_similarity(torch.zeros(3, 3)).tolist() == [0, 1, 2]
    assert order_by_similarity(torch.ones(1, 1)).tolist() == [0]


def test_largest_entry_is_off_the_diagonal():
    gram = torch.tensor([[9.0, 1.0, -3.0], [1.0, 9.0, 2.0], [-3.0, 2.0, 9.0]])
    assert largest_entry(gram) == largest_entry(gram[None]) == (1, 2)
    assert largest_entry(-torch.ones(2, 2)) == (0, 1)


def test_mean_of_the_product_is_the_entry_of_the_gram_matrix():
    maps = torch.randn(1, 5, 7, 9)
    for i, j in [(0, 3), (2, 2), (4, 1)]:
        product, places = coactivation(maps, i, j)
        assert float(product.mean()) == pytest.approx(float(gram_matrix(maps)[0, i, j]), abs=1e-6)
        positive = product.clamp_min(0)
        inside = positive[places].sum()
        # Half of the sum, and not without the smallest of them.
        assert inside >= 0.5 * positive.sum() > inside - positive[places].min()
        assert positive[places].min() >= positive[~places].max()
    assert not coactivation(torch.zeros(1, 2, 3, 3), 0, 1)[1].any()
    with pytest.raises(ValueError, match="no channel 5"):
        coactivation(maps, 0, 5)
