"""AdaIN: the statistics that it puts in, and the painter that ships with the package."""

import pytest
import torch

from nsthelpers import StyleTransferLoss, load_image
from nsthelpers.beyond.adain import AnyStyle, adain
from nsthelpers.beyond.statistics import channel_statistics


def maps(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def painter():
    return AnyStyle(device="cpu")


def test_the_result_has_the_styles_statistics():
    content, style = maps(0, 2, 5, 4, 7), 3 * maps(1, 2, 5, 6, 3) - 1
    assert torch.allclose(channel_statistics(adain(content, style)), channel_statistics(style))


def test_its_own_style_changes_nothing():
    content = maps(2, 2, 4, 5, 6)
    assert torch.allclose(adain(content, content), content)


def test_twice_is_once_and_the_arrangement_stays():
    content, style = maps(3, 1, 4, 5, 6), maps(4, 1, 4, 8, 8)
    once = adain(content, style)
    assert torch.allclose(adain(once, style), once)
    assert torch.equal(once.flatten(2).argsort(2), content.flatten(2).argsort(2))


def test_one_style_serves_a_batch():
    content, style = maps(5, 3, 4, 5, 6), maps(6, 1, 4, 8, 8)
    assert torch.allclose(adain(content, style)[2:], adain(content[2:], style))


def test_a_flat_channel_stays_finite():
    assert torch.equal(adain(torch.ones(1, 1, 2, 2), torch.tensor([[[[4.0, 6.0]]]])), torch.full((1, 1, 2, 2), 5.0))


@pytest.mark.parametrize("size", [(33, 46), (64, 40)])
def test_pictures_keep_their_size_and_range(painter, size):
    content = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    painted = painter(content, load_image("the_scream", 50, "cpu"))
    assert painted.shape == content.shape
    assert 0 <= painted.min() and painted.max() <= 1


def test_strength_leads_from_the_photograph_to_the_style(painter):
    content, style = load_image("chelsea", 128, "cpu"), load_image("the_scream", 128, "cpu")
    loss = StyleTransferLoss(painter.backbone, content, style)
    terms = [loss(painter(content, style, strength)) for strength in (0.0, 0.5, 1.0)]
    contents, styles = ([float(term[name]) for term in terms] for name in ("content", "style"))
    assert contents == sorted(contents) and styles == sorted(styles, reverse=True)
    assert styles[2] < 0.5 * float(loss(content)["style"])


def test_each_painting_leaves_its_own_mark(painter):
    """Of four paintings, which none of the training's pictures was, the own one is nearest to each result."""
    content = load_image("tuebingen", 160, "cpu")
    names = ["great_wave", "the_scream", "composition_vii", "starry_night"]
    styles = {name: load_image(name, 160, "cpu") for name in names}
    losses = {name: StyleTransferLoss(painter.backbone, style=style) for name, style in styles.items()}
    for name, style in styles.items():
        painted = painter(content, style)
        distances = {other: float(loss(painted)["style"]) for other, loss in losses.items()}
        assert min(distances, key=distances.get) == name


def test_ones_own_mix_is_used(painter):
    content, style = load_image("chelsea", 64, "cpu"), load_image("the_scream", 64, "cpu")
    rebuilt = painter(content, style, mix=lambda maps, _: maps)
    assert torch.equal(rebuilt, painter(content, style, strength=0.0))


def test_a_mix_without_a_guard_against_silent_channels_paints_as_adain_does(painter):
    def unguarded(content, style):
        deviation, mean = torch.std_mean(content, (2, 3), correction=0, keepdim=True)
        style_deviation, style_mean = torch.std_mean(style, (2, 3), correction=0, keepdim=True)
        return style_deviation * (content - mean) / deviation + style_mean

    flat, style = torch.zeros(1, 3, 64, 64), load_image("the_scream", 64, "cpu")
    assert painter(flat, style, mix=unguarded).isfinite().all()
    content = load_image("tuebingen", 96, "cpu")
    assert torch.allclose(painter(content, style, mix=unguarded), painter(content, style), atol=1e-3)


def test_clear_errors(painter):
    with pytest.raises(ValueError, match="style has the shape"):
        adain(torch.rand(1, 3, 4, 4), torch.rand(1, 4, 4, 4))
    with pytest.raises(ValueError, match="pixels"):
        painter(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 64, 64))
    with pytest.raises(ValueError, match="style has the shape"):
        painter(torch.rand(1, 3, 32, 32), torch.rand(3, 64, 64))
