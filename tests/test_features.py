import pytest
import torch

from nsthelpers import extract_features, load_backbone


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
