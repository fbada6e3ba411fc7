import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from nsthelpers import keep_colours
from nsthelpers.show.colours import luminance


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
