"""Weights files: damaged, foreign, or with code in them."""

import pickle
import struct
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nsthelpers import load_backbone
from nsthelpers.files import weights

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import record

MINI = weights.find_weights("mini", None)


def test_weights_that_are_not_weights(tmp_path):
    """Damaged in many ways, and files that would run code: each refused, and the code not run."""
    state, path = load_file(MINI), tmp_path / "weights.safetensors"
    good = MINI.read_bytes()
    first = next(key for key in state if key.endswith("0.weight"))

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harm was done",))

    damaged = {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "a header of 2⁶³ bytes": struct.pack("<Q", 2**63) + good[8:],
        "a header that is no JSON": struct.pack("<Q", 100) + b"{" * 100,
        "a pickle with code": pickle.dumps(Evil()),
    }
    tensors = {
        "NaN": state | {first: state[first] * float("nan")},
        "a number for a tensor": state | {first: torch.tensor(1.0)},
        "another shape": state | {first: state[first][:, :2]},
        "a missing key": {key: value for key, value in state.items() if key != first},
        "nothing": {"a": torch.ones(1)},
    }
    for name, data in damaged.items():
        for ending in (".safetensors", ".pth"):
            (tmp_path / f"a{ending}").write_bytes(data)
            refused(tmp_path / f"a{ending}", name)
    for name, values in tensors.items():
        save_file({key: value.contiguous() for key, value in values.items()}, path)
        refused(path, name)
        torch.save(values, tmp_path / "a.pth")
        refused(tmp_path / "a.pth", name)
    for name, values in {"code": {"a": Evil()}, "a module": torch.nn.ReLU(), "a list": [1], "text": {"a": "b"}}.items():
        torch.save(values, tmp_path / "a.pth")
        refused(tmp_path / "a.pth", name)
    save_file(state, path, {"padding": "none such"})
    refused(path, "an unknown padding")
    assert not (tmp_path / "harm was done").exists()
    count = 2 * (len(damaged) + len(tensors)) + 5
    record(
        "weights files", f"{count} damaged, foreign or with code in them", "each refused with one sentence, no code run"
    )


def refused(path, name):
    with pytest.raises(ValueError, match="weights") as caught:
        load_backbone("mini", weights=path, device="cpu")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500, name


def test_weights_of_another_network_say_which_key_differs(tmp_path):
    with pytest.raises(
        ValueError, match=r"'features\.0\.weight' has the shape \(\d+, 3, 3, 3\), expected \(64, 3, 3, 3\)"
    ):
        load_backbone("vgg19", weights=MINI)
