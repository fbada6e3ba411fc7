import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import show
from nsthelpers.show.html import jpeg_bytes


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
    show.pictures({"red": red, "grey map": torch.eye(5)}, "two pictures")
    assert [axis.get_title() for axis in axes()] == ["red", "grey map"] and plt.gcf().get_suptitle() == "two pictures"
    assert np.asarray(axes()[0].images[0].get_array())[0, 0].tolist() == [255, 0, 0]
    assert np.asarray(axes()[1].images[0].get_array()).shape == (5, 5)


def test_grid_has_as_many_axes_as_pictures():
    show.pictures([torch.rand(1, 3, 4, 4) for _ in range(5)], columns=3)
    assert len(axes()) == 5
    with pytest.raises(ValueError, match="images is empty"):
        show.pictures([])


def test_captions_of_a_row_stand_at_one_height():
    show.pictures({"wide": torch.rand(1, 3, 4, 12), "high": torch.rand(1, 3, 12, 4)}, columns=2)
    plt.gcf().canvas.draw()
    tops = [axis.title.get_window_extent().y0 for axis in axes()]
    assert abs(tops[0] - tops[1]) < 1


def test_loss_curves():
    history = [{"step": n, "seconds": n / 2, "total": 1 / n, "content": 0.0, "style": 2 / n} for n in (1, 2, 3)]
    show.loss_curves(history)
    assert [line.get_label() for line in axes()[0].lines] == ["total", "style"]  # content is 0: not on this scale
    plt.close("all")
    show.loss_curves({"slow": history, "fast": history}, x="seconds")
    (axis,) = axes()
    assert axis.get_xlabel() == "seconds" and axis.get_yscale() == "log"
    assert [line.get_label() for line in axis.lines] == ["slow", "fast"]
    assert axis.lines[0].get_xdata().tolist() == [0.5, 1.0, 1.5]
    assert axis.lines[0].get_linestyle() != axis.lines[1].get_linestyle()  # colour alone tells nothing apart


def test_terms_of_one_run_are_told_apart_without_colour_and_a_larger_picture_is_marked():
    history = [
        {"step": n, "size": 16 if n > 2 else 8, "total": 1.0, "style": 1.0, "tv": 0.5, "new": 2.0} for n in (1, 2, 3)
    ]
    show.loss_curves(history)
    (axis,) = axes()
    curves = [line for line in axis.lines if line.get_label() in history[0]]
    assert [line.get_label() for line in curves] == ["total", "style", "tv", "new"]
    assert len({(line.get_color(), line.get_linestyle()) for line in curves}) == 4
    assert [text.get_text() for text in axis.texts] == [" 16 px"] and axis.texts[0].get_position()[0] == 3


def test_a_term_that_rises_from_nothing_does_not_squeeze_the_rest():
    history = [{"step": n, "total": 1.0, "content": 1e-12 if n < 3 else 0.5} for n in range(1, 31)]
    for rows, lowest in ((history, 0.5 / 1.1), (history[:10], 1e-12 / 1.1)):  # a short history is shown whole
        show.loss_curves(rows)
        assert axes()[0].get_ylim() == pytest.approx((lowest, 1.1))
        plt.close("all")


@pytest.mark.parametrize("lowest, number", [(1e-5, "0.001"), (0.2, "0.5"), (0.97, "0.96")])
def test_the_scale_has_numbers_and_they_are_no_formulae(lowest, number):
    show.loss_curves([{"step": n, "total": lowest ** (n / 5)} for n in range(6)])
    plt.gcf().canvas.draw()
    low, high = axes()[0].get_ylim()
    labels = [t.label1.get_text() for t in axes()[0].yaxis.get_major_ticks() if low <= t.get_loc() <= high]
    assert number in labels and len(labels) >= 2 and not any("$" in label for label in labels)


def test_trade_off_writes_the_strings_at_their_points_and_tells_curves_apart_without_colour():
    fade = {0: (0.2, 0.3), 1: (1.0, 0.1)}
    show.trade_off({"fader": {"weight 1": (0.0, 0.2), "weight 0": (0.1, 0.0)}, "cross-fade": fade}, "the bend")
    (axis,) = axes()
    assert [(text.get_text(), tuple(text.xy)) for text in axis.texts] == [
        ("weight 1", (0.0, 0.2)),
        ("weight 0", (0.1, 0.0)),
    ]
    assert len({(line.get_linestyle(), line.get_marker()) for line in axis.lines}) == 2
    assert all(text.get_ha() == "right" and text.get_va() == "top" for text in axis.texts)
    assert axis.lines[1].get_xydata().tolist() == [[0.2, 0.3], [1.0, 0.1]]
    assert axis.get_title() == "the bend" and axis.get_xlabel() == "relative content distance"


def test_static_figure_of_a_run_shows_the_picture_and_every_term():
    history = [{"step": n, "size": 8, "total": 2.0 / n, "style": 0.5, "content": 0.0} for n in (1, 2)]
    picture, curves = show.progress_figure(torch.full((1, 3, 6, 8), 0.5), history, "after 2 steps").axes
    assert (
        picture.get_title() == "after 2 steps" and np.asarray(picture.images[0].get_array())[0, 0].tolist() == [128] * 3
    )
    assert [line.get_label() for line in curves.lines] == ["total", "style"] and curves.get_yscale() == "log"


def test_jpeg_bytes_are_the_picture():
    image = torch.linspace(0, 1, 32).expand(1, 3, 16, 32)
    found = np.asarray(Image.open(io.BytesIO(jpeg_bytes(image, quality=95))), float) / 255
    assert np.abs(found - image[0].permute(1, 2, 0).numpy()).max() < 0.05


def test_setup_outside_of_a_notebook_does_no_harm():
    show.setup_notebook()
    assert plt.rcParams["figure.dpi"] == 96


def test_tables_of_numbers_share_a_scale_and_say_what_they_show():
    show.number_tables(
        {"a": torch.tensor([[0.0, 1.0]]), "b": torch.tensor([[2.0, 3.0]])}, ["row"], ["x", "y"], form=".1f"
    )
    left, right = plt.gcf().axes
    assert [text.get_text() for text in (*left.texts, *right.texts)] == ["0.0", "1.0", "2.0", "3.0"]
    assert left.images[0].get_clim() == right.images[0].get_clim() == (0, 3)
    assert [text.get_color() for text in (left.texts[0], right.texts[1])] == ["w", "k"]  # light on dark, dark on light
    with pytest.raises(ValueError, match=r"'a' is \(2, 2\); give \(1, 2\)"):
        show.number_tables({"a": torch.eye(2)}, ["row"], ["x", "y"])


def test_descent_paths_are_drawn_over_the_contours():
    ways = {"one": torch.tensor([[-2.0, 0.8], [-1.0, -0.5]]), "two": torch.tensor([[-2.0, 0.8], [0.0, 0.0]])}
    show.descent_paths(lambda point: point[0] ** 2 + 25 * point[1] ** 2, ways, "a valley")
    (axis,) = axes()
    assert [line.get_label() for line in axis.lines[:2]] == ["one", "two"] and axis.get_title() == "a valley"
    assert axis.lines[1].get_xydata().tolist() == ways["two"].tolist()
    assert axis.get_xlim()[0] <= -2 and axis.get_ylim()[1] >= 0.8 and axis.collections
