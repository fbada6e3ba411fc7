import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nsthelpers import (
    StyleTransferLoss,
    content_loss,
    extract_features,
    gram_matrix,
    load_backbone,
    style_loss,
    total_variation_loss,
)
from nsthelpers.losses import whole_cells

shapes = st.tuples(*(st.integers(1, n) for n in (2, 4, 5, 6)))


def features(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Closed forms


def test_gram_of_ones_and_of_one_hot_channels():
    assert torch.equal(gram_matrix(torch.ones(2, 3, 4, 5)), torch.ones(2, 3, 3))
    maps = torch.zeros(1, 2, 2, 3)
    maps[0, 0, 0, 0], maps[0, 1, 1, 2] = 3, 2
    assert torch.allclose(gram_matrix(maps), torch.tensor([[[9 / 6, 0], [0, 4 / 6]]]))


@pytest.mark.parametrize(("height", "width"), [(2, 2), (5, 4), (7, 9)])
def test_total_variation_of_a_checkerboard_is_two(height, width):
    board = (torch.arange(height)[:, None] + torch.arange(width)) % 2
    assert total_variation_loss(board.float().expand(1, 3, -1, -1)) == 2


def test_total_variation_of_flat_ramps_and_threads():
    assert total_variation_loss(torch.full((1, 3, 4, 4), 0.3)) == 0
    ramp = torch.arange(5.0).expand(1, 1, 4, 5)
    assert total_variation_loss(ramp) == 1 and total_variation_loss(ramp.transpose(2, 3)) == 1
    assert total_variation_loss(torch.ones(1, 3, 1, 1)) == 0
    assert total_variation_loss(torch.tensor([[[[0.0, 1.0, 3.0]]]])) == 2.5


def test_content_and_style_loss_of_known_tensors():
    ones = torch.ones(1, 3, 4, 5)
    assert content_loss(ones, -ones) == 0.5 * 4 * 60 and content_loss(ones, ones) == 0
    assert style_loss(ones, torch.zeros(1, 3, 3)) == 9 / 36 and style_loss(ones, gram_matrix(ones)) == 0


# Against plain loops in float64


@settings(max_examples=25, deadline=None)
@given(shapes)
def test_gram_against_loops(shape):
    maps = features(shape)
    batch, channels, height, width = shape
    expected = torch.zeros(batch, channels, channels, dtype=torch.float64)
    for b in range(batch):
        for i in range(channels):
            for j in range(channels):
                for y in range(height):
                    for x in range(width):
                        expected[b, i, j] += maps[b, i, y, x] * maps[b, j, y, x] / (height * width)
    assert torch.allclose(gram_matrix(maps), expected, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(shapes)
def test_style_loss_is_equation_four_of_the_paper(shape):
    generated, painting = features(shape, 1)[:1], features(shape, 2)[:1]
    _, channels, height, width = shape
    positions, total = height * width, 0.0
    first, second = generated[0].reshape(channels, -1), painting[0].reshape(channels, -1)
    for i in range(channels):
        for j in range(channels):
            g = sum(float(first[i, p] * first[j, p]) for p in range(positions))
            a = sum(float(second[i, p] * second[j, p]) for p in range(positions))
            total += (g - a) ** 2 / (4 * channels**2 * positions**2)
    assert float(style_loss(generated, gram_matrix(painting))) == pytest.approx(total, rel=1e-10, abs=1e-14)


@settings(max_examples=25, deadline=None)
@given(shapes)
def test_total_variation_against_loops(shape):
    image = features(shape)
    batch, channels, height, width = shape
    rows = [(image[b, c, y + 1, x] - image[b, c, y, x]) ** 2 for b in range(batch) for c in range(channels)
            for y in range(height - 1) for x in range(width)]  # fmt: skip
    columns = [(image[b, c, y, x + 1] - image[b, c, y, x]) ** 2 for b in range(batch) for c in range(channels)
               for y in range(height) for x in range(width - 1)]  # fmt: skip
    expected = sum(float(sum(part)) / len(part) for part in (rows, columns) if part)
    assert float(total_variation_loss(image)) == pytest.approx(expected, abs=1e-12)


# Properties


def test_gram_does_not_know_where():
    maps = features((2, 6, 7, 5))
    shuffled = maps.flatten(2)[..., torch.randperm(35)].reshape(maps.shape)
    assert torch.allclose(gram_matrix(shuffled), gram_matrix(maps), atol=1e-12)
    # ... but it knows which channels go together: shuffling one channel alone changes it.
    apart = maps.clone()
    apart[:, 0] = apart[:, 0].flatten(1)[:, torch.randperm(35)].reshape(2, 7, 5)
    assert not torch.allclose(gram_matrix(apart), gram_matrix(maps), atol=1e-3)


def test_gram_is_symmetric_positive_and_quadratic():
    maps = features((1, 8, 4, 3))
    gram = gram_matrix(maps)
    assert torch.allclose(gram, gram.mT) and torch.linalg.eigvalsh(gram).min() > -1e-10
    assert torch.allclose(gram_matrix(3 * maps), 9 * gram)
    assert torch.allclose(gram_matrix(maps.repeat(1, 1, 2, 3)), gram)  # tiling a picture leaves its statistics


@pytest.mark.parametrize("channels_last", [False, True])
def test_memory_layout_does_not_matter(channels_last):
    maps = features((2, 4, 5, 6))
    if channels_last:
        maps = maps.contiguous(memory_format=torch.channels_last)
    assert torch.allclose(gram_matrix(maps), gram_matrix(features((2, 4, 5, 6))))


def test_gradients_by_finite_differences():
    target, other = features((1, 3, 4, 3), 1), features((1, 3, 4, 3), 2)
    maps = features((1, 3, 4, 3)).requires_grad_(True)
    assert torch.autograd.gradcheck(gram_matrix, maps)
    assert torch.autograd.gradcheck(lambda f: content_loss(f, target), maps)
    assert torch.autograd.gradcheck(lambda f: style_loss(f, gram_matrix(other)), maps)
    assert torch.autograd.gradcheck(total_variation_loss, maps)  # random values: no neighbours are equal


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"\(B, C, H, W\)"):
        gram_matrix(torch.ones(3, 4, 5))
    with pytest.raises(ValueError, match="must be equal"):
        content_loss(torch.ones(1, 3, 4, 5), torch.ones(1, 3, 4, 4))
    with pytest.raises(ValueError, match="must be equal"):
        style_loss(torch.ones(1, 3, 4, 5), torch.ones(1, 2, 2))
    with pytest.raises(ValueError, match=r"\(B, C, H, W\)"):
        total_variation_loss(torch.ones(3, 4))


# The combined loss


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


@pytest.fixture(scope="module")
def pictures():
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 3, side, 40, generator=generator) for side in (32, 48, 32)]


def test_combined_loss_is_the_sum_of_relative_terms(backbone, pictures):
    content, style, image = pictures
    weights = {"relu1_1": 1.0, "relu2_1": 3.0}
    loss = StyleTransferLoss(backbone, content, style, ["conv2_2", "relu3_1"], weights, 0.5, 2.0, 0.25)
    terms = loss(image)

    def relative(value, target):
        return float((value - target).square().sum() / target.square().sum())

    maps = {
        name: {k: extract_features(backbone, picture, k)[k] for k in ("conv2_2", "relu3_1", "relu1_1", "relu2_1")}
        for name, picture in zip("csi", pictures)
    }
    expected_content = sum(relative(maps["i"][k], maps["c"][k]) for k in ("conv2_2", "relu3_1")) / 2
    expected_style = (
        sum(weight * relative(gram_matrix(maps["i"][k]), gram_matrix(maps["s"][k])) for k, weight in weights.items())
        / 4
    )
    assert terms["content"].item() == pytest.approx(expected_content, rel=1e-4)
    assert terms["style"].item() == pytest.approx(expected_style, rel=1e-4)
    assert terms["tv"].item() == pytest.approx(total_variation_loss(image).item(), rel=1e-6)
    total = 0.5 * expected_content + 2 * expected_style + 0.25 * terms["tv"].item()
    assert terms["total"].item() == pytest.approx(total, rel=1e-4)


def test_a_perfect_match_costs_nothing(backbone, pictures):
    terms = StyleTransferLoss(backbone, pictures[0], pictures[0])(pictures[0])
    assert terms["content"] == 0 and terms["style"] == 0


def test_one_side_only_and_several_styles(backbone, pictures):
    assert "style" not in StyleTransferLoss(backbone, content=pictures[0])(pictures[2])
    assert "content" not in StyleTransferLoss(backbone, style=pictures[1])(pictures[2])
    one, twice, both = (
        StyleTransferLoss(backbone, style=styles)(pictures[2])["style"]
        for styles in (pictures[1], [pictures[1], pictures[1]], [pictures[0], pictures[1]])
    )
    assert torch.allclose(one, twice) and not torch.allclose(one, both)


def test_targets_have_no_graph_and_the_image_has(backbone, pictures):
    image = pictures[2].clone().requires_grad_(True)
    loss = StyleTransferLoss(backbone, pictures[0], pictures[1])
    assert not any(t.requires_grad for t in loss.buffers())
    loss(image)["total"].backward()
    assert torch.isfinite(image.grad).all() and image.grad.abs().sum() > 0


def test_a_black_content_does_not_divide_by_zero(backbone):
    silent = load_backbone("mini", weights="random", device="cpu")
    for parameter in silent.parameters():
        parameter.zero_()
    black = torch.zeros(1, 3, 32, 32)
    assert torch.isfinite(StyleTransferLoss(silent, black, black)(torch.rand(1, 3, 32, 32))["total"])


@pytest.mark.parametrize(
    "arguments",
    [{"content_weight": -1}, {"style_weight": float("nan")}, {"tv_weight": float("inf")}, {"style_weight": "1e6"},
     {"style_layers": []}, {"style_layers": {"relu1_1": -1}}, {"style_layers": {"relu1_1": 0}}],
)  # fmt: skip
def test_bad_weights(backbone, pictures, arguments):
    with pytest.raises(ValueError, match="weight|style_layers"):
        StyleTransferLoss(backbone, pictures[0], pictures[1], **arguments)


def test_without_pictures_only_total_variation_is_left(backbone):
    checkerboard = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).expand(1, 3, 2, 2)
    terms = StyleTransferLoss(backbone, tv_weight=3.0)(checkerboard)
    assert set(terms) == {"tv", "total"} and terms["tv"] == 2 and terms["total"] == 6


@pytest.mark.parametrize("term", ["content", "style"])
def test_no_row_or_column_is_left_out_by_the_poolings(backbone, term):
    """37 × 43 pixels are two cells of 16 and a rest, which the deepest layer alone would not see."""
    image = torch.rand(1, 3, 37, 43, generator=torch.Generator().manual_seed(0))
    target = {"content": image.flip(3)} if term == "content" else {"style": image.flip(3)}
    loss = StyleTransferLoss(backbone, content_layers=["relu5_1"], style_layers=["relu5_1"], **target)
    pixels = image.clone().requires_grad_(True)
    loss(pixels)[term].backward()
    seen = pixels.grad.abs().sum((0, 1))
    assert seen[-5:].sum(1).min() > 0 and seen[:, -11:].sum(0).min() > 0
    whole = torch.rand(1, 3, 32, 48)
    assert whole_cells(whole, loss.cell) is whole and whole_cells(image, loss.cell).shape == (1, 3, 48, 48)
    assert torch.equal(whole_cells(image, loss.cell)[:, :, :37, :43], image)


def test_gram_of_half_precision_does_not_overflow():
    """The sum over 300 × 300 ones is beyond float16's largest number, 65504, and far beyond what bfloat16 can count."""
    for dtype in (torch.float16, torch.bfloat16):
        for maps in (
            torch.ones(1, 2, 300, 300, dtype=dtype),
            torch.ones(1, 300, 300, 2, dtype=dtype).permute(0, 3, 1, 2),
        ):
            gram = gram_matrix(maps)
            assert gram.dtype == torch.float32 and torch.equal(gram, torch.ones(1, 2, 2))


def test_gram_of_maps_that_lie_channels_last_copies_nothing():
    maps = features((1, 4, 5, 6)).contiguous(memory_format=torch.channels_last).requires_grad_(True)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor.data_ptr()), lambda tensor: tensor):
        gram_matrix(maps)
    assert maps.data_ptr() in kept and set(kept) <= {maps.data_ptr()}


def test_all_weights_0_are_refused(backbone, pictures):
    nothing = {"content_weight": 0, "style_weight": 0.0, "tv_weight": 0}
    with pytest.raises(ValueError, match="are all 0; give at least one of them above 0"):
        StyleTransferLoss(backbone, *pictures[:2], **nothing)
    for name in nothing:
        terms = StyleTransferLoss(backbone, *pictures[:2], **nothing | {name: 2})(pictures[2])
        assert terms["total"] == 2 * terms[name.removesuffix("_weight")]


def test_pictures_of_another_size_and_batches_are_refused(backbone, pictures):
    content, style, _ = pictures
    loss = StyleTransferLoss(backbone, content, style)
    for other in (style, torch.rand(2, 3, 32, 40), torch.rand(1, 1, 32, 40), content[..., 1:]):
        with pytest.raises(ValueError, match=r"expects \(1, 3, 32, 40\): resize it"):
            loss(other)
    texture = StyleTransferLoss(backbone, style=style)
    assert texture(content)["style"] > 0 and texture(style)["style"] < 1e-6  # any size will do
    with pytest.raises(ValueError, match=r"\(1, 3, height, width\)"):
        texture(torch.rand(2, 3, 32, 40))
    for wrong in ({"content": torch.rand(2, 3, 32, 40)}, {"style": torch.rand(2, 3, 32, 40)}):
        with pytest.raises(ValueError, match=r"an image is \(1, 3, height, width\)"):
            StyleTransferLoss(backbone, **wrong)


def test_numpys_numbers_are_weights(backbone, pictures):
    content, style, image = pictures
    plain = StyleTransferLoss(backbone, content, style, style_layers={"relu1_1": 1, "relu2_1": 0.5}, tv_weight=2)(image)
    layers = {"relu1_1": np.int64(1), "relu2_1": np.float32(0.5)}
    theirs = StyleTransferLoss(backbone, content, style, style_layers=layers, tv_weight=np.float32(2))(image)
    assert {name: float(term) for name, term in theirs.items()} == {name: float(term) for name, term in plain.items()}


def test_built_under_any_mode_the_loss_has_a_gradient(backbone, pictures, default_dtype):
    content, style, image = pictures
    expected = StyleTransferLoss(backbone, content, style, tv_weight=0.1)(image)
    for mode in (torch.inference_mode(), torch.no_grad(), default_dtype(torch.float64)):
        with mode:
            own = [picture.clone() for picture in (content, style)]  # inference tensors, in the first case
            loss = StyleTransferLoss(backbone, *own, tv_weight=0.1)
        pixels = image.clone().requires_grad_(True)
        terms = loss(pixels)
        terms["total"].backward()
        assert all(torch.equal(term, expected[name]) for name, term in terms.items())
        assert pixels.grad.isfinite().all() and pixels.grad.abs().sum() > 0


# Masks: guided Gram matrices


def half(height=32, width=48, kept=16):
    """A mask that is 1 in the leftmost `kept` columns."""
    mask = torch.zeros(1, 1, height, width)
    mask[..., :kept] = 1
    return mask


def noise_pictures(count, height=32, width=48):
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 3, height, width, generator=generator) for _ in range(count)]


def test_a_guided_gram_matrix_is_the_mean_over_its_region():
    """With a hard mask at the finest layer, the Gram matrix of the kept columns alone, by plain loops in float64."""
    network = load_backbone("mini", device="cpu")
    image, style = noise_pictures(2)
    loss = StyleTransferLoss(network, style=style, style_layers=["relu1_1"], masks=[half()])
    maps, target = (extract_features(network, each, "relu1_1")["relu1_1"].double()[0] for each in (image, style))
    grams = []
    for kept in (maps[:, :, :16], target):
        channels, positions = kept.shape[0], kept[0].numel()
        rows = [kept[c].flatten() for c in range(channels)]
        grams.append([[float(rows[i] @ rows[j]) / positions for j in range(channels)] for i in range(channels)])
    found, wanted = np.array(grams)
    expected = ((found - wanted) ** 2).sum() / (wanted**2).sum()
    assert float(loss(image)["style"]) == pytest.approx(expected, rel=1e-4)


def test_masks_of_ones_change_nothing_and_shares_are_those_of_regions():
    network = load_backbone("mini", device="cpu")
    image, *styles = noise_pictures(3)
    whole = [torch.ones(1, 1, 32, 48)] * 2
    alone = [float(StyleTransferLoss(network, image, style)(image)["style"]) for style in styles]
    both = StyleTransferLoss(network, image, styles, masks=whole, style_blend=(3, 1))(image)["style"]
    assert float(both) == pytest.approx((3 * alone[0] + alone[1]) / 4, rel=1e-5)
    softer = StyleTransferLoss(network, image, styles, masks=[0.3 * mask for mask in whole])(image)["style"]
    assert float(softer) == pytest.approx(sum(alone) / 2, rel=1e-5)  # only where a mask differs from itself counts


def test_outside_of_its_mask_a_style_moves_no_pixel():
    network = load_backbone("mini", device="cpu")
    image, style = noise_pictures(2, 32, 64)
    image.requires_grad_(True)
    StyleTransferLoss(network, style=style, style_layers=["relu1_1"], masks=[half(32, 64)])(image)["style"].backward()
    moved = image.grad.abs().sum(dim=(0, 1, 2)) > 0
    assert moved[:17].all() and not moved[17:].any()  # the kernel of 3 × 3 looks one pixel over the border


def test_each_region_finds_its_own_style():
    """The content that is one style on the left and the other on the right is nearer to them so than exchanged."""
    network = load_backbone("mini", device="cpu")
    light, dark = noise_pictures(2)
    dark = dark**4
    image = torch.where(half() == 1, light, dark)
    options = {"style_layers": ["relu1_1", "relu2_1"], "masks": [half(), 1 - half()]}
    right = StyleTransferLoss(network, style=[light, dark], **options)(image)["style"]
    exchanged = StyleTransferLoss(network, style=[dark, light], **options)(image)["style"]
    assert 5 * right < exchanged


def test_masks_go_along_with_the_loss_and_any_gram_takes_them():
    network = load_backbone("mini", device="cpu")
    image, *styles = noise_pictures(3)
    means = StyleTransferLoss(network, image, styles, masks=[half(), 1 - half()], gram=lambda maps: maps.mean((2, 3)))
    assert means(image)["style"].ndim == 0
    assert means.double().masks.dtype == torch.float64


@pytest.mark.parametrize(
    ("masks", "sentence"),
    [
        ([half()], "list of 2, one mask for each style"),
        (half(), "list of 2"),
        ([half(), half(16)], r"masks\[1\] has 48 × 16 pixels and the content 48 × 32"),
        ([half(), 0 * half()], r"masks\[1\] needs values from 0 to 1, and not all 0"),
        ([255 * half(), half()], r"masks\[0\] needs values from 0 to 1"),
        ([half().expand(-1, 3, -1, -1), half()], r"masks\[0\]"),
        ([half(), None], r"masks\[1\]"),
    ],
)
def test_bad_masks_are_named(masks, sentence):
    image, *styles = noise_pictures(3)
    with pytest.raises(ValueError, match=sentence):
        StyleTransferLoss(load_backbone("mini", device="cpu"), image, styles, masks=masks)


def test_too_narrow_says_which_picture():
    network, wide, narrow = load_backbone("mini", device="cpu"), torch.rand(1, 3, 48, 48), torch.rand(1, 3, 48, 2)
    with pytest.raises(ValueError, match="^The content is 2 × 48 pixels"):
        StyleTransferLoss(network, narrow, wide)
    with pytest.raises(ValueError, match="^The style is 2 × 48 pixels"):
        StyleTransferLoss(network, wide, narrow)
