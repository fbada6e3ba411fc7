import asyncio
import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

import nsthelpers
from nsthelpers import load_backbone, load_image, show
from nsthelpers.features import receptive_field
from nsthelpers.losses import gram_matrix
from nsthelpers.show import figures, gram_explorer
from nsthelpers.show.channels import small_picture
from nsthelpers.show.explorers import explore_activations, explore_receptive_field
from nsthelpers.show.gram_explorer import _edited_loss, explore_gram


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Draw without a display and leave no figure open; look at small pictures, and at few of them."""
    plt.switch_backend("agg")
    monkeypatch.setattr("nsthelpers.show.channels.PICTURE_SIZE", 64)
    monkeypatch.setattr("nsthelpers.show.channels.list_images", lambda *_: ["chelsea", "starry_night"])
    monkeypatch.setattr("nsthelpers.show.channels._bundled_maxima", {})
    monkeypatch.setattr(gram_explorer, "TEXTURE_SIZE", 32)
    monkeypatch.setattr(gram_explorer, "TEXTURE_STEPS", 8)
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def mini():
    return load_backbone("mini", device="cpu")


def everything(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def controls(explorer):
    return {widget.description: widget for widget in everything(explorer) if getattr(widget, "description", "")}


def pictures(explorer):
    """The alt text and the pixels of every picture that an explorer shows, from top to bottom."""
    html = "".join(str(getattr(widget, "value", "")) for widget in everything(explorer))
    found = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^"]*)"', html)
    return [(alt, np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))), float)) for uri, alt in found]


def said(explorer):
    return [w.value for w in everything(explorer) if 'role="status"' in str(getattr(w, "value", ""))]


def changed(before, after):
    return before[1].shape != after[1].shape or np.abs(before[1] - after[1]).max() > 20


@pytest.mark.parametrize("explore", ["explore_activations", "explore_receptive_field", "explore_gram"])
def test_every_control_has_a_label_and_every_figure_a_text(explore, mini):
    explorer = getattr(nsthelpers, explore)(backbone=mini)
    kinds = ("Slider", "Dropdown", "Text", "ToggleButtons", "Button")
    for widget in everything(explorer):
        if type(widget).__name__.endswith(kinds):
            assert widget.description
    assert pictures(explorer) and all(len(alt) > 20 for alt, _ in pictures(explorer))
    assert not plt.get_fignums()  # nothing that a notebook would show a second time


def test_a_layer_moves_the_diagram_and_the_channels(mini):
    explorer = explore_activations("chelsea", mini)
    moved, (diagram, figure) = controls(explorer), pictures(explorer)
    moved["Layer"].value = "relu4_2"
    assert "pointer is at relu4_2" in pictures(explorer)[0][0] and changed(diagram, pictures(explorer)[0])
    assert "relu4_2 of chelsea, 24 of 128 channels" in pictures(explorer)[1][0] and changed(
        figure, pictures(explorer)[1]
    )
    assert [int(label) for label, _ in moved["Channel"].options] == [value for _, value in moved["Channel"].options]


def test_a_channel_is_chosen_and_shown_with_its_patches(mini):
    explorer = explore_activations("chelsea", mini)
    moved, before = controls(explorer), pictures(explorer)[1]
    number = moved["Channel"].options[5][1]
    moved["Channel"].value = number
    alt, _ = after = pictures(explorer)[1]
    assert f"channel {number} over the picture" in alt and "patches of" in alt and changed(before, after)


def test_channels_by_hand_and_a_bad_number(mini):
    explorer = explore_activations("chelsea", mini)
    moved = controls(explorer)
    assert moved["Channels"].layout.display == "none"
    moved["Order"].value = "by hand"
    assert moved["Channels"].layout.display is None
    moved["Channels"].value = "7, 3, 7 and 50"
    assert [value for _, value in moved["Channel"].options] == [7, 3, 50] and not said(explorer)
    moved["Channels"].value = "3, 400"
    (sentence,) = said(explorer)
    assert "There is no channel 400" in sentence
    moved["Channels"].value = "3"
    assert not said(explorer) and moved["Channel"].value == 3


def test_the_channel_of_largest_mean_is_large(mini):
    mean = figures.look_at("chelsea", mini).activations["relu3_1"][0].mean(dim=(1, 2))
    show.activations("chelsea", mini, "relu3_1")
    titles = [axis.get_title(loc="left") for axis in plt.gcf().axes]
    first = f"channel {int(mean.argmax())} over chelsea"
    assert titles[1:3] == [f"relu3_1 of chelsea: 24 of {len(mean)} channels", first]
    for wrong in ({"channel": len(mean)}, {"layer": "relu9_9"}):
        with pytest.raises(ValueError, match="channel|layer"):
            show.activations("chelsea", mini, **{"layer": "relu3_1"} | wrong)


def test_moving_the_position_moves_the_field(mini):
    explorer = explore_receptive_field("chelsea", mini)
    moved = controls(explorer)
    moved["Layer"].value = "relu3_1"
    before = pictures(explorer)[1]
    moved["Down, %"].value, moved["Across, %"].value = 0, 100
    after = pictures(explorer)[1]
    assert "row 0, column 15" in after[0] and "24 by 24 pixels, rows -10 to 14" in after[0] and changed(before, after)


def test_an_entry_is_taken_apart(mini):
    explorer = explore_gram("starry_night", mini)
    moved, before = controls(explorer), pictures(explorer)[0]
    order = [value for _, value in moved["Channel i"].options]
    assert sorted(order) == list(range(mini.conv2_1.out_channels))
    assert moved["Channel i"].value != moved["Channel j"].value
    moved["Channel i"].value = order[20]
    after = pictures(explorer)[0]
    assert f"Channels {order[20]} and" in after[0] and changed(before, after)
    moved["Layer"].value = "relu1_1"
    assert len(moved["Channel j"].options) == 16


def test_an_edited_entry_makes_a_texture_beside_the_unchanged_one(mini):
    explorer = explore_gram("starry_night", mini)
    moved = controls(explorer)
    entry = moved["Channel i"].value, moved["Channel j"].value
    moved["Entry ×"].value = 3.0  # no loop runs here, so all of it is done at once
    texts = re.findall(
        r"<figcaption[^>]*>(.*?): G\[(\d+), (\d+)\] = ([\d.e+-]+)</figcaption>", explorer.children[-1].value
    )
    assert [text[0] for text in texts] == ["the style", "texture of G", "texture with this entry × 3"]
    assert all((int(i), int(j)) == entry for _, i, j, _ in texts)
    assert float(texts[2][3]) > float(texts[1][3])
    assert moved["Stop"].disabled


def test_stop_ends_a_texture_and_leaves_its_picture(mini, monkeypatch):
    monkeypatch.setattr(gram_explorer, "TEXTURE_STEPS", 10_000)

    async def session():
        explorer = explore_gram("starry_night", mini)
        moved = controls(explorer)
        moved["Make the texture"].click()
        assert not moved["Stop"].disabled
        while len(pictures(explorer)) < 3:  # the figure, the style, and the texture
            await asyncio.sleep(0.01)
        moved["Stop"].click()
        (before,) = said(explorer)
        await asyncio.sleep(0.2)
        assert said(explorer) == [before] and moved["Stop"].disabled
        return pictures(explorer)

    assert len(asyncio.run(asyncio.wait_for(session(), 60))) == 3


def test_what_goes_wrong_on_the_way_is_said(mini, monkeypatch):
    def broken(*_):
        raise RuntimeError("no memory <left>")

    monkeypatch.setattr(gram_explorer, "_edited_loss", broken)

    async def session():
        explorer = explore_gram("starry_night", mini)
        controls(explorer)["Entry ×"].value = 2.0
        await asyncio.sleep(0.1)
        return said(explorer)[0]

    assert "no memory &lt;left&gt;" in asyncio.run(session())


def targets(mini, style, entry, times):
    return dict(_edited_loss(mini, style, "relu2_1", entry, times).style_targets.named_buffers())


def test_the_edited_matrix_differs_in_one_entry(mini):
    style = load_image("starry_night", 32, "cpu")
    plain, edited = (targets(mini, style, (3, 8), times) for times in (1.0, 2.5))
    difference = edited["relu2_1"][0] - plain["relu2_1"][0]
    channels = mini.conv2_1.out_channels
    expected = torch.zeros(channels, channels)
    expected[3, 8] = expected[8, 3] = 1.5 * plain["relu2_1"][0, 3, 8]
    assert torch.allclose(difference, expected, atol=1e-5) and expected[3, 8] > 0
    assert list(edited) == ["relu1_1", "relu2_1"]
    assert torch.equal(edited["relu1_1"], plain["relu1_1"])
    diagonal = targets(mini, style, (5, 5), 2.0)["relu2_1"][0, 5, 5]
    assert float(diagonal) == pytest.approx(2 * float(plain["relu2_1"][0, 5, 5]), rel=1e-5)


def test_names_of_files_are_escaped(mini, tmp_path):
    name = tmp_path / 'a"><b>$x$.png'
    Image.new("RGB", (48, 32), "red").save(name)
    explorer = explore_activations(name, mini)
    html = explorer.children[-1].value
    assert "<b>" not in html and "&lt;b&gt;$x$" in html


def test_the_diagram_marks_the_taps_by_letter_and_points_at_the_layer(mini):
    show.vgg(mini, "relu4_2")
    (axis,) = plt.gcf().axes
    texts = [text.get_text() for text in axis.texts]
    assert (
        texts.count("S") == 5
        and texts.count("C") == 1
        and [t for t in texts if t in mini.layer_names] == mini.layer_names
    )
    pointer = [line for line in axis.lines if line.get_marker() == "^"]
    assert [line.get_xdata()[0] for line in pointer] == [mini.layer_names.index("relu4_2")]
    with pytest.raises(ValueError, match="no layer 'relu9_9'"):
        show.vgg(mini, "relu9_9")


def test_twins_draw_what_the_explorers_draw(mini):
    explorer = explore_receptive_field("chelsea", mini)
    picture = small_picture("chelsea", "cpu")
    field = receptive_field(mini, "relu4_1", (2, 4), picture)
    drawn = figures.figure_bytes(
        figures.FIELD_HEIGHT, lambda figure: figures.draw_receptive_field(figure, picture, field)
    )
    assert base64.b64encode(drawn).decode() in explorer.children[-1].value
    show.receptive_field("chelsea", mini, "relu4_1", (2, 4))
    boxes = [patch for patch in plt.gcf().axes[1].patches if patch.get_width() == field.size]
    assert {patch.get_xy() for patch in boxes} == {(field.left, field.top)}


def test_grid_shows_each_channel_in_its_tile_on_its_own_scale():
    maps = torch.zeros(5, 8, 8)
    maps[1, :4], maps[3, :, 4:], maps[4] = 2.0, -3.0, torch.eye(8) * 100
    show.pictures({"a": maps[0]})  # any figure
    figures._draw_channels(plt.gcf().axes[0], maps, [1, 3, 4], 3)
    canvas = plt.gcf().axes[0].images[-1].get_array().filled(np.nan)
    tiles = [canvas[-112:, x : x + 112] for x in (0, 120, 240)]
    assert tiles[0][:56].min() == 1 and tiles[0][56:].max() == 0
    assert tiles[1][:, :56].min() == 1 and tiles[1][:, 56:].max() == 0  # 0 is the largest of a channel below it
    assert tiles[2].max() == 1 and tiles[2][0, -1] == 0


def test_overlay_and_spotlight_keep_picture_and_places():
    picture = torch.full((1, 3, 4, 4), 0.5)
    weights = torch.zeros(2, 2)
    weights[1, 1] = 1
    laid = figures._overlay(picture, weights)
    assert (
        np.allclose(laid[:2], 0.45) and laid[3, 3, 0] > 0.8 > 0.3 > laid[3, 3, 2]
    )  # yellow, the bright end of viridis
    assert np.allclose(figures._spotlight(picture, weights.bool())[3, 3], 0.5)
    assert np.allclose(figures._spotlight(picture, weights.bool())[0, 0], 0.15)
    assert figures._centre(weights) == (1.5, 1.5)


def test_gram_figure_marks_the_entry_in_the_order_of_the_heat_map(mini):
    show.gram_entry("starry_night", mini, "relu2_1", (3, 17))
    heat = plt.gcf().axes[0]
    look = figures.look_at("starry_night", mini)
    gram = gram_matrix(look.activations["relu2_1"])[0]
    (row,), (column,) = heat.get_yticks(), heat.get_xticks()
    assert heat.images[0].get_array()[int(row), int(column)] == pytest.approx(float(gram[3, 17].sqrt()), rel=1e-4)
    assert [label.get_text() for label in heat.get_yticklabels()] == ["i = 3"]
    assert any(f"{gram[3, 17]:.4g}" in text.get_text() for axis in plt.gcf().axes for text in axis.texts)
