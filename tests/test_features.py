import numpy as np
import pytest
import torch

from nsthelpers import extract_features, features, layer_table, load_backbone, receptive_field


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
    with pytest.raises(ValueError, match=r"no layer 'conv4_5' in mini; similar: conv4_"):
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
    together = receptive_field(backbone, "relu4_1", images=list(images.split(1)))
    assert 0.2 * together.size < together.effective_size < 0.8 * together.size
    alone = [receptive_field(backbone, "relu4_1", images=image).effective for image in images.split(1)]
    assert not any(torch.equal(together.effective, each) for each in alone)


def test_effective_size_counts_pixels():
    weights = torch.zeros(9, 9)
    weights[2:5, 2:5] = 0.1
    weights[0, 0] = 0.004  # less than 4.55 % of the largest
    field = features.ReceptiveField("x", (0, 0), 0, 0, 9, 9, 9, 1, weights)
    assert field.effective_size == 3


def test_bad_positions_and_pictures_of_receptive_fields(backbone):
    with pytest.raises(ValueError, match=r"position is \(2, 0\); the map of relu4_1 has 2 rows and 3 columns"):
        receptive_field(backbone, "relu4_1", (2, 0), torch.rand(1, 3, 16, 24))
    with pytest.raises(ValueError, match="similar: "):
        receptive_field(backbone, "relu9_1")
    with pytest.raises(ValueError, match="2 different sizes"):
        receptive_field(backbone, "relu1_1", images=[torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 9)])


def test_layers_come_as_they_are_computed(backbone):
    """Whoever measures a layer before asking for the next one has its gradient before that of the layer above it."""
    order, image = [], torch.rand(1, 3, 32, 32, requires_grad=True)
    total = 0
    for name, maps in backbone.walk(image, ["relu2_1", "relu1_1"]):
        maps.register_hook(lambda _, name=name: order.append(f"maps of {name}"))
        double = 2 * maps
        double.register_hook(lambda _, name=name: order.append(f"measure of {name}"))
        total = total + double.square().mean()
    total.backward()
    assert order == ["measure of relu2_1", "maps of relu2_1", "measure of relu1_1", "maps of relu1_1"]


def test_receptive_field_under_any_mode(backbone, default_dtype):
    image = torch.rand(1, 3, 32, 32)
    expected = receptive_field(backbone, "relu2_1", images=image)
    for mode in (torch.inference_mode(), torch.no_grad(), default_dtype(torch.float64)):
        with mode:
            found = receptive_field(backbone, "relu2_1", images=image.clone())
        assert torch.equal(found.effective, expected.effective) and found.effective.dtype == torch.float32


def test_numpys_numbers_are_positions(backbone):
    image = torch.rand(1, 3, 32, 32)
    found = receptive_field(backbone, "relu2_1", (np.int64(3), np.int32(5)), image)
    assert torch.equal(found.effective, receptive_field(backbone, "relu2_1", (3, 5), image).effective)
