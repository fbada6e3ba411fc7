import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from nsthelpers import backbones, extract_features, layer_table, load_backbone
from nsthelpers.backbones import IMAGENET_MEAN, IMAGENET_STD
from nsthelpers.files import downloads, weights

NARROW = [2, 2, "M", 3, 3, "M", 4, 4, 4, 4, "M", 5, 5, 5, 5, "M", 6, 6, 6, 6, "M"]


@pytest.fixture
def narrow(tmp_path):
    """A tiny VGG of mini's kind, as torchvision numbers it, and its weights in a file."""
    torch.manual_seed(1)
    layers = make_layers(NARROW)
    path = tmp_path / "narrow.safetensors"
    save_file({f"features.{key}": value for key, value in layers.state_dict().items()}, path)
    return layers.eval(), path


def by_hand(layers, image, stop):
    """Run torchvision's numbered layers one by one on the normalised image, up to and including number `stop`."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    activation = (image - mean) / std
    for layer in layers[: stop + 1]:
        activation = layer(activation.clone())
    return activation


def test_names_are_those_of_the_papers():
    names = load_backbone("vgg19", weights="random", device="cpu").layer_names
    convs = [f"conv{block}_{depth}" for block, count in enumerate([2, 2, 4, 4, 4], 1) for depth in range(1, count + 1)]
    assert [name for name in names if name.startswith("conv")] == convs
    assert names[:6] == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1"] and names[-1] == "pool5"
    assert load_backbone("mini", device="cpu").layer_names == names
    assert len(load_backbone("vgg16", weights="random", device="cpu").layer_names) == 31


@pytest.mark.parametrize(
    ("name", "number"), [("conv1_1", 0), ("relu1_2", 3), ("pool1", 4), ("conv4_2", 21), ("relu4_2", 22), ("pool5", 36)]
)
def test_named_layers_are_torchvisions_numbered_ones(narrow, name, number):
    layers, path = narrow
    image = torch.rand(1, 3, 40, 33)
    found = extract_features(load_backbone("mini", "max", weights=path, device="cpu"), image, name)[name]
    # The tensor before the ReLU must really be the one before it: an in-place ReLU would break conv layers.
    assert torch.allclose(found, by_hand(layers, image, number), atol=1e-5)


def test_average_pooling(narrow):
    layers, path = narrow
    averaged = nn.Sequential(*(nn.AvgPool2d(2) if isinstance(m, nn.MaxPool2d) else m for m in layers))
    image = torch.rand(1, 3, 32, 32)
    backbone = load_backbone("mini", pooling="avg", weights=path, device="cpu")
    assert torch.allclose(extract_features(backbone, image, "pool3")["pool3"], by_hand(averaged, image, 18), atol=1e-5)


def test_padding_is_read_from_the_file(narrow, tmp_path):
    layers, path = narrow
    padded = tmp_path / "padded.safetensors"
    save_file(load_file(path), padded, metadata={"padding": "replicate"})
    layers[0].padding_mode = "replicate"
    layers[0]._reversed_padding_repeated_twice = [1, 1, 1, 1]
    image = torch.rand(1, 3, 8, 8)
    backbone = load_backbone("mini", weights=padded, device="cpu")
    assert torch.allclose(extract_features(backbone, image, "conv1_1")["conv1_1"], by_hand(layers, image, 0), atol=1e-5)


def test_frozen_and_in_evaluation_mode():
    backbone = load_backbone("mini", device="cpu")
    assert not backbone.training and not any(p.requires_grad for p in backbone.parameters())
    assert all(p.dtype == torch.float32 for p in backbone.parameters())


def test_random_weights_are_seeded_and_leave_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = (load_backbone("mini", weights="random", device="cpu") for _ in range(2))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(first.conv3_2.weight, second.conv3_2.weight)
    assert not torch.equal(first.conv3_2.weight, load_backbone("mini", device="cpu").conv3_2.weight)
    assert first.conv3_2.weight.shape == load_backbone("mini", device="cpu").conv3_2.weight.shape


def test_layer_table():
    rows = {row.name: row for row in layer_table(load_backbone("vgg19", weights="random", device="cpu"))}
    # Known by hand: 3 + 2 = 5 pixels for the second 3 × 3, one more for a 2 × 2 pooling, and so on.
    assert [rows[n].receptive_field for n in ("conv1_1", "conv1_2", "pool1", "conv2_1")] == [3, 5, 6, 10]
    assert rows["conv5_1"].stride == 16 and rows["pool5"].stride == 32 and rows["relu4_2"].channels == 512
    assert rows["conv1_1"].parameters == 3 * 64 * 9 + 64 and rows["relu1_1"].parameters == 0
    assert sum(row.parameters for row in rows.values()) == 20_024_384  # of VGG-19 without its classifier
    table = layer_table(load_backbone("mini", device="cpu"))
    assert "receptive field" in repr(table) and "<td>conv1_1</td>" in table._repr_html_()


@pytest.mark.parametrize("name", ["conv2_1", "pool2", "relu3_1"])
def test_receptive_field_is_where_the_gradient_reaches(name):
    backbone = load_backbone("mini", weights="random", pooling="avg", device="cpu")
    row = next(row for row in layer_table(backbone) if row.name == name)
    image = torch.rand(1, 3, 80, 80, requires_grad=True)
    maps = extract_features(backbone, image, name)[name]
    # The sum over channels of squares: no single dead ReLU can hide a pixel.
    maps[0, :, maps.shape[2] // 2, maps.shape[3] // 2].square().sum().backward()
    touched = image.grad.abs().sum(dim=(0, 1)) > 0
    height, width = touched.any(1).sum(), touched.any(0).sum()
    assert height == width == row.receptive_field


def test_bad_arguments():
    with pytest.raises(ValueError, match="no backbone 'vgg17'"):
        load_backbone("vgg17")
    with pytest.raises(ValueError, match="pooling is 'mean'"):
        load_backbone("mini", pooling="mean")
    with pytest.raises(FileNotFoundError, match="no weights file"):
        load_backbone("mini", weights="missing.safetensors")


def test_weights_of_another_network(narrow, tmp_path):
    _, path = narrow
    with pytest.raises(
        ValueError, match=r"features\.0\.weight' has the shape \(2, 3, 3, 3\), expected \(64, 3, 3, 3\)"
    ):
        load_backbone("vgg19", weights=path)
    state = load_file(path)
    del state["features.34.bias"]
    save_file(state, tmp_path / "cut.safetensors")
    with pytest.raises(ValueError, match=r"features\.34\.bias' is missing"):
        load_backbone("mini", weights=tmp_path / "cut.safetensors")
    save_file({"a": torch.ones(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="0 convolutions; mini has 16"):
        load_backbone("mini", weights=tmp_path / "other.safetensors")


def test_damaged_and_unsafe_files(tmp_path):
    (tmp_path / "noise.safetensors").write_bytes(b"noise" * 100)
    (tmp_path / "noise.pth").write_bytes(b"noise" * 100)
    torch.save({"x": threading.Thread}, tmp_path / "code.pth")
    for name in ("noise.safetensors", "noise.pth", "code.pth"):
        with pytest.raises(ValueError, match=f"Cannot read the weights '{name}'"):
            load_backbone("mini", weights=tmp_path / name)


@pytest.mark.parametrize("old_format", [False, True])
def test_a_torchvision_state_dict_from_a_file_or_the_environment(narrow, tmp_path, monkeypatch, old_format):
    layers, _ = narrow
    monkeypatch.setitem(cfgs, "E", NARROW)
    state = {f"features.{key}": value for key, value in layers.state_dict().items()}
    path = tmp_path / "vgg19.pth"
    torch.save(state | {"classifier.0.weight": torch.zeros(2, 2)}, path, _use_new_zipfile_serialization=not old_format)
    monkeypatch.setenv("NSTHELPERS_VGG19", str(path))
    for backbone in (load_backbone("vgg19", device="cpu"), load_backbone("vgg19", weights=path, device="cpu")):
        assert torch.equal(backbone.conv5_4.weight, layers[34].weight)


def test_download_from_loopback_and_its_failures(narrow, tmp_path, monkeypatch):
    import hashlib

    layers, _ = narrow
    path = tmp_path / "made.pth"
    torch.save({f"features.{key}": value for key, value in layers.state_dict().items()}, path)
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(Handler.answer)

        def log_message(self, *_):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{http.server_port}/vgg19-{digest[:8]}.pth"
    monkeypatch.setitem(cfgs, "E", NARROW)
    monkeypatch.delenv("NSTHELPERS_VGG19", raising=False)
    monkeypatch.delenv("NSTHELPERS_OFFLINE", raising=False)
    monkeypatch.setitem(weights.VGG_FILES, "vgg19", (url, digest, len(body)))
    monkeypatch.setattr(downloads, "SCHEMES", ("http://127.0.0.1:",))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    try:
        for answer in (body[:-100], b"<html></html>"):
            Handler.answer = answer
            with pytest.raises(ConnectionError, match="NSTHELPERS_VGG19.*'mini'"):
                load_backbone("vgg19", device="cpu")
            assert not list((tmp_path / "hub" / "checkpoints").iterdir())
        monkeypatch.setenv("NSTHELPERS_OFFLINE", "1")
        with pytest.raises(ConnectionError, match="NSTHELPERS_OFFLINE is set"):
            load_backbone("vgg19", device="cpu")
        monkeypatch.delenv("NSTHELPERS_OFFLINE")
        Handler.answer = body
        assert torch.equal(load_backbone("vgg19", device="cpu").conv1_1.weight, layers[0].weight)
    finally:
        http.shutdown()
        http.server_close()
    # A second time no server is needed; and the package data file is what 'mini' reads.
    assert torch.equal(load_backbone("vgg19", device="cpu").conv1_1.weight, layers[0].weight)
    assert weights.find_weights("mini", None).stat().st_size <= 3_500_000


def test_the_control_differs_in_nothing_but_the_weights(tmp_path, monkeypatch):
    """The padding of the bundled file holds for the random network of the same name, too."""
    padded = tmp_path / "padded.safetensors"
    save_file(load_file(weights.find_weights("mini", None)), padded, metadata={"padding": "reflect"})
    monkeypatch.setattr(backbones, "find_weights", lambda name, given: padded)
    control = load_backbone("mini", weights="random", device="cpu")
    assert {layer.padding_mode for layer in control if isinstance(layer, nn.Conv2d)} == {"reflect"}
    assert load_backbone("vgg16", weights="random", device="cpu").conv1_1.padding_mode == "zeros"


def test_a_tensor_is_no_layer_name():
    with pytest.raises(ValueError, match="^layers is a tensor; give at least one layer by its name"):
        backbones.check_layers(torch.rand(1, 3, 8, 8), "layers")


# First and last values of conv1_1, and the sum of the absolute weights of conv5_3, as the network was before the package
# was rebuilt. No digest: the last bit of PyTorch's normal numbers depends on the processor.
RANDOM = {
    ("mini", 0): ([0.05696183443069458, -0.06755812466144562, 0.07380510866641998], 4893.341933777616),
    ("mini", 7): ([-0.2921449840068817, 0.033345550298690796, -0.034978266805410385], 4912.565040062733),
    ("vgg16", 0): ([-0.0404154509305954, 0.011010786518454552, 0.04645615071058273], 39227.44804744133),
}


@pytest.mark.parametrize(("name", "seed"), RANDOM)
def test_a_seed_gives_the_network_that_it_always_gave(name, seed):
    backbone = load_backbone(name, weights="random", device="cpu", seed=seed)
    first, total = RANDOM[name, seed]
    assert backbone.conv1_1.weight.flatten()[:3].tolist() == pytest.approx(first, rel=1e-5)
    assert backbone.conv5_3.weight.double().abs().sum().item() == pytest.approx(total, rel=1e-6)
    assert not backbone.conv5_3.bias.any()


def test_eight_threads_get_one_network_and_draw_nothing_from_the_callers_numbers():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: load_backbone("mini", weights="random", device="cpu", seed=n % 2), range(16)))
    assert torch.equal(torch.get_rng_state(), state)
    expected = [load_backbone("mini", weights="random", device="cpu", seed=seed).state_dict() for seed in (0, 1)]
    assert not torch.equal(expected[0]["conv1_1.weight"], expected[1]["conv1_1.weight"])
    for number, backbone in enumerate(made):
        state = backbone.state_dict()
        assert all(torch.equal(state[key], value) for key, value in expected[number % 2].items())


@pytest.mark.parametrize("weights", [None, "random"])
def test_loaded_under_any_mode_a_network_can_be_used_everywhere(weights, default_dtype):
    expected = load_backbone("mini", weights=weights, device="cpu").state_dict()
    for mode in (torch.inference_mode(), torch.no_grad(), default_dtype(torch.float64)):
        with mode:
            backbone = load_backbone("mini", weights=weights, device="cpu")
        assert all(torch.equal(value, expected[key]) for key, value in backbone.state_dict().items())
        assert {value.dtype for value in backbone.state_dict().values()} == {torch.float32}
        image = torch.rand(1, 3, 16, 16, requires_grad=True)
        extract_features(backbone, image, "relu2_1")["relu2_1"].sum().backward()
        assert image.grad.abs().sum() > 0


def test_a_backbone_tells_its_device_and_shows_itself_and_its_parts():
    backbone = load_backbone("mini", device="cpu")
    assert backbone.device == torch.device("cpu") and repr(backbone) == "Backbone('mini', pooling='avg', 37 layers)"
    assert repr(backbone[:5]) == "Backbone('a part', pooling='unknown', 4 layers)"
    assert [name for name, _ in backbone.walk(torch.zeros(1, 3, 8, 8), [])] == []
