import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import plots


@pytest.fixture(autouse=True)
def figures():
    """Draw without a display, and leave no figure open."""
    plt.switch_backend("agg")
    yield
    plt.close("all")


def axes():
    return plt.gcf().axes


def test_pictures_stand_under_their_names_in_their_colours():
    red = torch.zeros(1, 3, 4, 6)
    red[:, 0] = 1
    plots.show_images({"red": red, "grey map": torch.eye(5)}, "two pictures")
    assert [axis.get_title() for axis in axes()] == ["red", "grey map"] and plt.gcf().get_suptitle() == "two pictures"
    assert np.asarray(axes()[0].images[0].get_array())[0, 0].tolist() == [255, 0, 0]
    assert np.asarray(axes()[1].images[0].get_array()).shape == (5, 5)


def test_grid_has_as_many_axes_as_pictures():
    plots.show_images([torch.rand(1, 3, 4, 4) for _ in range(5)], columns=3)
    assert len(axes()) == 5
    with pytest.raises(ValueError, match="images is empty"):
        plots.show_images([])


def test_strongest_channels_come_first():
    maps = torch.stack([torch.full((3, 3), value) for value in (0.1, 0.9, 0.5)])[None] + torch.rand(1, 3, 3, 3) / 100
    plots.show_features(maps, "three channels", count=2)
    assert [axis.get_title() for axis in axes()] == ["channel 1", "channel 2"]


def test_gram_matrices_share_one_scale():
    plots.show_gram({"a": torch.eye(3), "b": 4 * torch.eye(3)[None]})
    assert [axis.images[0].get_clim() for axis in axes()[:2]] == [(0, 4), (0, 4)]
    assert axes()[0].get_xlabel() == "channel j"


def test_only_the_first_channels_of_a_large_gram_matrix():
    plots.show_gram(torch.rand(1, 64, 64), count=8)
    assert axes()[0].images[0].get_array().shape == (8, 8)


def test_loss_curves():
    history = [{"step": n, "seconds": n / 2, "total": 1 / n, "content": 0.0, "style": 2 / n} for n in (1, 2, 3)]
    plots.plot_losses(history)
    assert [line.get_label() for line in axes()[0].lines] == ["total", "style"]  # content is 0: not on this scale
    plt.close("all")
    plots.plot_losses({"slow": history, "fast": history}, x="seconds")
    (axis,) = axes()
    assert axis.get_xlabel() == "seconds" and axis.get_yscale() == "log"
    assert [line.get_label() for line in axis.lines] == ["slow", "fast"]
    assert axis.lines[0].get_xdata().tolist() == [0.5, 1.0, 1.5]
    assert axis.lines[0].get_linestyle() != axis.lines[1].get_linestyle()  # colour alone tells nothing apart


def test_jpeg_bytes_are_the_picture():
    image = torch.linspace(0, 1, 32).expand(1, 3, 16, 32)
    found = np.asarray(Image.open(io.BytesIO(plots.jpeg_bytes(image, quality=95))), float) / 255
    assert np.abs(found - image[0].permute(1, 2, 0).numpy()).max() < 0.05


def test_setup_outside_of_a_notebook_does_no_harm():
    plots.setup_notebook()
    assert plt.rcParams["figure.dpi"] == 96
