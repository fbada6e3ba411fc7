import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nsthelpers import exciting_patches, extract_features, features, gram_matrix, layer_table, load_backbone
from nsthelpers.features import (
    coactivation,
    largest_entry,
    order_by_similarity,
    receptive_field,
    small_picture,
    strongest_channels,
)


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


def test_order_shapes_and_duplicates(backbone):
    maps = extract_features(backbone, torch.rand(2, 3, 48, 32), ["relu3_1", "conv1_1", "relu3_1"])
    assert list(maps) == ["relu3_1", "conv1_1"]
    assert maps["relu3_1"].shape[0] == 2 and maps["relu3_1"].shape[2:] == (12, 8)


def test_agrees_with_a_forward_hook(backbone):
    image, caught = torch.rand(1, 3, 40, 56), {}
    handle = backbone.conv4_2.register_forward_hook(lambda _, __, output: caught.update(conv4_2=output.clone()))
    backbone(image)
    handle.remove()
    maps = extract_features(backbone, image, ["conv4_2", "relu4_2"])
    assert torch.equal(maps["conv4_2"], caught["conv4_2"])
    assert torch.equal(maps["relu4_2"], caught["conv4_2"].relu()) and (maps["conv4_2"] < 0).any()


def test_nothing_behind_the_deepest_layer_is_computed(backbone):
    ran = []
    handles = [
        module.register_forward_hook(lambda *_: ran.append(1)) for module in (backbone.conv2_2, backbone.conv1_2)
    ]
    extract_features(backbone, torch.rand(1, 3, 16, 16), "relu2_1")
    for handle in handles:
        handle.remove()
    assert len(ran) == 1


def test_gradient_reaches_the_image(backbone):
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    extract_features(backbone, image, "relu2_1")["relu2_1"].sum().backward()
    assert image.grad.abs().sum() > 0


def test_bad_layers_and_images(backbone):
    with pytest.raises(ValueError, match=r"no layer 'conv4_5' in mini; near it are conv4_"):
        extract_features(backbone, torch.rand(1, 3, 16, 16), "conv4_5")
    with pytest.raises(ValueError, match="layers is empty"):
        extract_features(backbone, torch.rand(1, 3, 16, 16), [])
    with pytest.raises(ValueError, match=r"12 × 40 pixels; the layer relu5_1 needs at least 16 pixels"):
        extract_features(backbone, torch.rand(1, 3, 40, 12), "relu5_1")
    with pytest.raises(ValueError, match="has the shape"):
        extract_features(backbone, torch.rand(3, 40, 40), "relu1_1")
    assert extract_features(backbone, torch.rand(1, 3, 16, 16), "relu5_1")["relu5_1"].shape[2:] == (1, 1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def smooth():
    """Random weights and average pooling: every path from a pixel to a value counts, none is cut off by a maximum."""
    return load_backbone("mini", pooling="avg", weights="random", device="cpu")


def by_hand(layer, index):
    """The box along one side from the list of kernels, strides and paddings, going forward as a textbook does."""
    size, jump, start = 1, 1, 0.0  # of a pixel: it sees itself, and its middle is 0
    for block, depth in enumerate([2, 2, 4, 4, 4], start=1):
        for kernel, stride, padding, name in [
            *((3, 1, 1, f"conv{block}_{n}") for n in range(1, depth + 1)),
            (2, 2, 0, f"pool{block}"),
        ]:
            size, start = size + (kernel - 1) * jump, start + ((kernel - 1) / 2 - padding) * jump
            jump *= stride
            if name == layer.replace("relu", "conv"):
                middle = start + index * jump
                return middle - (size - 1) / 2, middle + (size - 1) / 2 + 1, size, jump
    raise AssertionError(layer)


@pytest.mark.parametrize(
    "layer, size", [("conv1_1", 3), ("relu1_2", 5), ("pool1", 6), ("relu2_1", 10), ("relu3_1", 24)]
)
def test_sizes_of_receptive_fields_worked_out_on_paper(backbone, layer, size):
    assert receptive_field(backbone, layer, images=torch.rand(1, 3, 64, 64)).size == size


def test_boxes_agree_with_the_list_of_kernels_and_strides(backbone):
    image = torch.rand(1, 3, 40, 72)
    for row in layer_table(backbone):
        position = (40 // row.stride - 1, 72 // row.stride // 2)
        field = receptive_field(backbone, row.name, position, image)
        rows, columns = (by_hand(row.name, index) for index in position)
        assert (field.top, field.bottom, field.size, field.stride) == rows
        assert (field.left, field.right, field.size, field.stride) == columns
        assert field.position == position and field.effective.shape == (40, 72)


@pytest.mark.parametrize("layer", ["relu1_2", "conv2_1", "pool2", "conv3_3"])
def test_no_pixel_outside_the_box_has_influence_and_its_edges_have(smooth, layer):
    image = torch.rand(1, 3, 56, 72, dtype=torch.float32)
    field = receptive_field(smooth, layer, images=image)
    outside = torch.ones(56, 72, dtype=torch.bool)
    outside[field.top : field.bottom, field.left : field.right] = False

    def values(picture):
        return extract_features(smooth, picture, layer)[layer][..., field.position[0], field.position[1]]

    assert torch.allclose(values(image), values(torch.where(outside, torch.rand_like(image), image)), atol=1e-6)
    for row, column in [(field.top, field.left), (field.bottom - 1, field.right - 1)]:
        changed = image.clone()
        changed[..., row, column] += 1.0
        assert (values(changed) - values(image)).abs().max() > 1e-7
    assert (field.effective[outside] == 0).all()


def test_effective_field_of_one_convolution_is_its_kernels(backbone, monkeypatch):
    monkeypatch.setattr(features, "GRADIENTS", 2000)  # the estimate of the mean over the channels becomes the mean
    field = receptive_field(backbone, "conv1_1", images=torch.rand(1, 3, 9, 9))
    kernels = backbone.conv1_1.weight / backbone.normalize.std
    expected = kernels.square().mean(dim=(0, 1)).sqrt()
    found = field.effective[field.top : field.bottom, field.left : field.right]
    assert torch.allclose(found, expected / expected.sum(), rtol=0.08)
    assert float(field.effective.sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "layer, position", [("relu3_2", (0, 0)), ("relu3_2", (5, 7)), ("pool3", (8, 10)), ("relu4_1", (3, 4))]
)
def test_computing_only_the_box_changes_nothing(smooth, layer, position):
    image = torch.rand(1, 3, 75, 91)  # no multiple of any stride
    whole = features._root_mean_square_gradient(smooth, layer, image.clone().requires_grad_(True), position)
    whole /= whole.sum()
    found = receptive_field(smooth, layer, position, image).effective
    # A value that is 0 but for rounding passes a ReLU in one of the two and not in the other.
    assert (found - whole).norm() < 1e-2 * whole.norm()


def test_effective_field_is_smaller_than_the_box_and_averages_over_pictures(backbone):
    images = torch.rand(3, 3, 96, 96)
    fields = [receptive_field(backbone, "relu4_1", images=picture) for picture in (images, list(images.split(1)))]
    assert torch.equal(fields[0].effective, fields[1].effective)
    assert 0.2 * fields[0].size < fields[0].effective_size < 0.8 * fields[0].size
    assert not torch.equal(fields[0].effective, receptive_field(backbone, "relu4_1", images=images[:1]).effective)


def test_effective_size_counts_pixels():
    weights = torch.zeros(9, 9)
    weights[2:5, 2:5] = 0.1
    weights[0, 0] = 0.004  # less than 4.55 % of the largest
    field = features.ReceptiveField("x", (0, 0), 0, 0, 9, 9, 9, 1, weights)
    assert field.effective_size == 3


def test_bad_positions_and_pictures_of_receptive_fields(backbone):
    with pytest.raises(ValueError, match=r"position is \(2, 0\); the map of relu4_1 has 2 rows and 3 columns"):
        receptive_field(backbone, "relu4_1", (2, 0), torch.rand(1, 3, 16, 24))
    with pytest.raises(ValueError, match="near it are"):
        receptive_field(backbone, "relu9_1")
    with pytest.raises(ValueError, match="2 different sizes"):
        receptive_field(backbone, "relu1_1", images=[torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 9)])


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
    monkeypatch.setattr(features, "list_images", lambda *_: ["chelsea", "coffee"])
    monkeypatch.setattr(features, "PICTURE_SIZE", 64)
    other = load_backbone("mini", device="cpu")
    first = exciting_patches(other, "relu2_1", 0)
    monkeypatch.setattr(features, "extract_features", None)  # would fail if it were asked again
    assert {patch.picture for patch in first} == {"chelsea", "coffee"}
    assert len(exciting_patches(other, "relu4_1", 5, count=1)) == 1


@pytest.mark.parametrize("how", ["in place", "behind autograd's back"])
def test_bundled_pictures_are_searched_again_when_weights_have_changed(monkeypatch, how):
    monkeypatch.setattr(features, "list_images", lambda *_: ["chelsea"])
    monkeypatch.setattr(features, "PICTURE_SIZE", 64)
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
    for wrong in ("median", [], [3], [0, -1]):
        with pytest.raises(ValueError, match="sort|channel"):
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
    for shape in ((2, 3), (2, 3, 3)):
        with pytest.raises(ValueError, match="gram has the shape"):
            order_by_similarity(torch.zeros(shape))


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
    with pytest.raises(ValueError, match="one picture"):
        coactivation(maps[0], 0, 1)


def test_layers_are_measured_on_the_way(backbone):
    """The gradient comes to relu2_1 before the measure of relu1_1 is asked for its own: nothing waits in memory."""
    order, image = [], torch.rand(1, 3, 32, 32, requires_grad=True)

    def measure(name, maps):
        maps.register_hook(lambda _: order.append(f"maps of {name}"))
        double = 2 * maps
        double.register_hook(lambda _: order.append(f"measure of {name}"))
        return double.square().mean()

    measured = features.measure_features(backbone, image, ["relu2_1", "relu1_1"], measure)
    assert list(measured) == ["relu2_1", "relu1_1"]
    sum(measured.values()).backward()
    assert order == ["measure of relu2_1", "maps of relu2_1", "measure of relu1_1", "maps of relu1_1"]
