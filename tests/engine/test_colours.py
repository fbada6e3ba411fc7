import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from nsthelpers import keep_colours, load_image, luminance, match_colours
from nsthelpers.engine.colours import prepare_colours


def image(*pixels):
    """An image of one row from (R, G, B) triples."""
    return torch.tensor(pixels, dtype=torch.float32).T.reshape(1, 3, 1, len(pixels))


pixels = st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 3), min_size=1, max_size=5).map(lambda p: image(*p))


@given(pixels, pixels)
@example(image((0, 0, 0.5)), image((0, 0, 1.5e-6)))
def test_luminance_is_the_results_and_the_chrominance_a_share_of_the_contents(result, content):
    found, resized = keep_colours(result, content), torch.nn.functional.interpolate(content, result.shape[2:])
    assert 0 <= found.min() and found.max() <= 1
    assert torch.allclose(luminance(found), luminance(result), atol=1e-5)
    if content.shape == result.shape:
        chroma, wanted = found - luminance(found), resized - luminance(resized)
        share = (chroma * wanted).sum(1) / wanted.square().sum(1).clamp_min(1e-12)
        # What is too much is measured as colour: of a millionth of colour, rounding may be a large share.
        too_much = (share - 1).clamp_min(0) * wanted.abs().amax(1)
        assert too_much.max() <= 1e-5 and torch.allclose(chroma, share[:, None] * wanted, atol=1e-4)


@given(pixels)
def test_a_picture_with_its_own_colours_is_itself(content):
    assert torch.allclose(keep_colours(content, content), content, atol=1e-5)


def test_chrominance_is_untouched_where_there_is_room():
    found = keep_colours(image((0.5, 0.5, 0.5)), image((0.6, 0.4, 0.5)))
    light = 0.299 * 0.6 + 0.587 * 0.4 + 0.114 * 0.5
    assert torch.allclose(found, image((0.6, 0.4, 0.5)) - light + 0.5)


def test_black_and_white_stay_black_and_white():
    found = keep_colours(image((0, 0, 0), (1, 1, 1)), image((1, 0, 0), (0, 0, 1)))
    assert torch.allclose(found, image((0, 0, 0), (1, 1, 1)))


def test_grey_photograph_gives_the_luminance():
    painted = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    found = keep_colours(painted, torch.full((1, 3, 4, 5), 0.7))
    assert torch.allclose(found, luminance(painted).expand(1, 3, 4, 5), atol=1e-5)


def test_content_of_another_size_is_resized():
    assert keep_colours(torch.rand(1, 3, 4, 6), torch.rand(1, 3, 8, 12)).shape == (1, 3, 4, 6)


def test_bad_images_are_named():
    with pytest.raises(ValueError, match="content has the shape"):
        keep_colours(torch.rand(1, 3, 4, 6), torch.rand(3, 4, 6))


# Matching the painting's colours


def colours(picture):
    """The mean and the covariance of a picture's colours, by NumPy."""
    values = picture[0].flatten(1).double().numpy()
    return np.concatenate([values.mean(axis=1, keepdims=True), np.cov(values, bias=True)], axis=1)


def pale(name):
    """A picture whose colours lie so near the middle that nothing is clipped."""
    return 0.5 + 0.5 * (load_image(name, 64, "cpu") - 0.5)


def test_the_matched_style_has_the_contents_mean_and_covariance():
    matched = match_colours(pale("starry_night"), pale("chelsea"))
    np.testing.assert_allclose(colours(matched), colours(pale("chelsea")), atol=1e-6)
    assert np.abs(colours(pale("starry_night")) - colours(pale("chelsea"))).max() > 0.01


def test_a_style_matched_to_itself_or_to_its_shuffled_pixels_stays():
    style = pale("the_scream")
    shuffled = style.flatten(2)[..., torch.randperm(style[0, 0].numel())].view(style.shape)
    assert torch.allclose(match_colours(style, style), style, atol=1e-5)
    assert torch.allclose(match_colours(style, shuffled), style, atol=1e-5)


def test_the_change_is_symmetric_so_that_hues_are_not_turned():
    """Of all A with A Σ_style Aᵀ = Σ_content, for Σ_style = 1 the symmetric one is nearest to the identity."""
    noise = 0.5 + 0.05 * torch.randn(1, 3, 200, 200, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    content = pale("great_wave").double()
    goal = torch.cov(content[0].flatten(1), correction=0)
    change, *_ = torch.linalg.lstsq(
        (noise - noise.mean((2, 3), keepdim=True))[0].flatten(1).T,
        (match_colours(noise, content) - content.mean((2, 3), keepdim=True))[0].flatten(1).T,
    )
    assert (
        change - change.T
    ).abs().max() < 0.02 * change.abs().max()  # the noise's covariance is nearly a multiple of 1
    cholesky = torch.linalg.cholesky(goal) / 0.05
    assert (cholesky - cholesky.T).abs().max() > 0.2 * cholesky.abs().max()  # another root that fits is not


def test_a_grey_style_and_a_flat_one_give_no_noise():
    grey = luminance(pale("starry_night")).expand(-1, 3, -1, -1)
    flat = torch.full((1, 3, 8, 8), 0.3)
    for style in (grey, flat):
        assert match_colours(style, pale("chelsea")).isfinite().all()
    assert torch.allclose(match_colours(flat, pale("chelsea"))[0, :, 0, 0], pale("chelsea").mean((2, 3))[0], atol=1e-6)


def test_the_greys_of_luminance_have_the_contents_mean_and_deviation():
    content, (style,) = prepare_colours("luminance", pale("chelsea"), [pale("composition_vii")])
    for picture in (content, style):
        assert torch.equal(picture[:, :1].expand(-1, 3, -1, -1), picture)
    assert abs(style.mean() - content.mean()) < 1e-5 and abs(style.std() - content.std()) < 1e-3
    assert torch.equal(content[:, :1], luminance(pale("chelsea")))


@pytest.mark.parametrize("wrong", ["lab", 1.5, "Luminance", []])
def test_other_ways_are_refused(wrong):
    with pytest.raises(ValueError, match="keep_colours is .*use 'luminance', 'match' or False"):
        prepare_colours(wrong, pale("chelsea"), [])
