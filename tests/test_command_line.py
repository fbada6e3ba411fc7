"""The command line: whatever people type, and whatever happens during a run, the picture is saved and nothing is lost."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import nsthelpers
from nsthelpers import StyleTransferLoss, command_line, load_image, load_settings, stylize
from nsthelpers.command_line import main
from nsthelpers.conventions import stylize_like
from nsthelpers.engine.running import Bar, one_interrupt

SMALL = ["--size", "48", "--steps", "3", "--precision", "float32", "--device", "cpu"]
SKY = torch.cat([torch.ones(1, 3, 12, 48), torch.zeros(1, 3, 20, 48)], dim=2)
RUN = {"size": 48, "steps": 3, "precision": "float32", "device": "cpu", "progress": False}
PROGRAM = [sys.executable, "-m", "nsthelpers"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty current folder with nothing of the user's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pixels(path):
    return np.asarray(Image.open(path))


def as_saved(image):
    return np.asarray(nsthelpers.to_pil(image))


def error(capsys, *arguments, status=2):
    """Run the command line, which must refuse with one sentence, and return it."""
    assert main([*arguments]) == status
    sentence = capsys.readouterr().err
    assert sentence.startswith("nsthelpers: ") and sentence.count("\n") == 1 and sentence[-2] in ".!", sentence
    return sentence


def fail_at(monkeypatch, call, problem):
    """Let the loss raise `problem` at its `call`th evaluation."""
    original, calls = StyleTransferLoss.forward, []

    def forward(self, image):
        calls.append(1)
        if len(calls) == call:
            raise problem
        return original(self, image)

    monkeypatch.setattr(StyleTransferLoss, "forward", forward)


# Where the picture goes


def test_without_an_output_the_picture_is_called_by_content_and_style(here):
    assert main(["chelsea", "starry_night", *SMALL]) == 0
    assert os.listdir(here) == ["chelsea-starry_night.png"]
    assert (pixels("chelsea-starry_night.png") == as_saved(stylize("chelsea", "starry_night", **RUN).image)).all()


@pytest.mark.parametrize("folder", ["old", "new/", "new/deep/"])
def test_a_folder_as_output(here, folder):
    (here / "old").mkdir()
    assert main(["chelsea", "starry_night", "-o", folder, *SMALL]) == 0
    assert [path.name for path in Path(folder).iterdir()] == ["chelsea-starry_night.png"]


def test_an_output_without_an_ending_says_which_there_are(here, capsys):
    sentence = error(capsys, "chelsea", "starry_night", "-o", "out", *SMALL)
    assert "'out'" in sentence and ".png" in sentence and ".jpg" in sentence and os.listdir(here) == []


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--style-weight", "-1", "--style-weight is -1.0; give a number"),
        ("--optimizer", "sgd", "--learning-rate is None; give a number"),
        ("--style-layers", "foo", "no layer 'foo'"),
    ],
)
def test_a_bad_setting_is_named_as_it_is_typed_and_no_bar_stands_before_it(here, capsys, option, value, words):
    assert words in error(capsys, "chelsea", "starry_night", option, value, "--size", "48")


def test_a_file_that_is_missing(here, capsys):
    assert error(capsys, "missing.jpg", "starry_night").endswith(
        "called 'missing.jpg'; --list shows the bundled names.\n"
    )


def test_a_file_that_exists_is_replaced_only_when_asked(here, capsys):
    Path("a.png").write_bytes(b"mine")
    sentence = error(capsys, "chelsea", "starry_night", "-o", "a.png", *SMALL)
    assert "exists already" in sentence and "--overwrite" in sentence and Path("a.png").read_bytes() == b"mine"
    assert main(["chelsea", "starry_night", "-o", "a.png", "--overwrite", *SMALL]) == 0
    assert pixels("a.png").shape == (32, 48, 3)


@pytest.mark.parametrize("link", [None, "symlink", "hardlink"])
@pytest.mark.parametrize("option", ["content", "style", "--init", "--weights", "--checkpoint"])
def test_what_the_run_reads_is_never_overwritten(here, capsys, monkeypatch, option, link):
    monkeypatch.setattr(command_line, "stylize", lambda *_, **__: pytest.fail("a run was begun"))
    Image.new("RGB", (48, 32), "red").save("mine.png")
    if option == "--weights":
        Path("mine.png").write_bytes((Path(nsthelpers.__file__).parent / "weights/mini.safetensors").read_bytes())
    elif option == "--checkpoint":
        Path("mine.png").unlink()
        if link == "hardlink":
            pytest.skip("a checkpoint that does not exist yet has no second name")
    if link:
        getattr(os, {"symlink": "symlink", "hardlink": "link"}[link])("mine.png", "a.png")
    before = Path("mine.png").read_bytes() if Path("mine.png").exists() else None
    pictures = {"content": ["mine.png", "starry_night"], "style": ["chelsea", "mine.png"]}
    pictures = pictures.get(option, ["chelsea", "starry_night", option, "mine.png"])
    output = "a.png" if link else "mine.png"
    sentence = error(capsys, *pictures, "-o", output, "--overwrite", *SMALL)
    assert f"{output!r} is the same file as 'mine.png'" in sentence
    assert before is None or Path("mine.png").read_bytes() == before


def test_a_bundled_picture_is_never_overwritten(here, capsys):
    bundled = nsthelpers.images.data_folder() / "content" / "chelsea.jpg"
    assert "same file as 'chelsea'" in error(capsys, "chelsea", "starry_night", "-o", str(bundled), "--overwrite")


# What the command line takes


def test_several_styles_are_blended_in_their_shares(here):
    command = ["chelsea", "starry_night", "the_scream", "--style-blend", "2,1", *SMALL]
    assert main(command) == 0
    expected = stylize("chelsea", ["starry_night", "the_scream"], style_blend=(2, 1), **RUN)
    other = stylize("chelsea", ["starry_night", "the_scream"], **RUN)
    found = pixels("chelsea-starry_night-the_scream.png")
    assert (found == as_saved(expected.image)).all() and (found != as_saved(other.image)).any()


def test_a_blend_is_the_average_of_the_gram_matrices():
    """Closed form: the target is (2 A + 1 B) / 3, and a share of 0 leaves a style out."""
    net = nsthelpers.load_backbone("mini", device="cpu")
    first, second = (load_image(name, 48, "cpu") for name in ("starry_night", "the_scream"))
    targets = [
        dict(StyleTransferLoss(net, style=style, style_blend=blend).style_targets.named_buffers())
        for style, blend in (([first], None), ([second], None), ([first, second], (2, 1)), ([first, second], (0, 5)))
    ]
    for name, blended in targets[2].items():
        torch.testing.assert_close(blended, (2 * targets[0][name] + targets[1][name]) / 3)
        torch.testing.assert_close(targets[3][name], targets[1][name])


@pytest.mark.parametrize("blend", [(1,), (1, 2, 3), (0, 0), (1, -1), (1, float("nan")), "21", 5])
def test_shares_that_are_none_are_refused(blend):
    with pytest.raises(ValueError, match="style_blend is .* give 2 numbers"):
        stylize("chelsea", ["starry_night", "the_scream"], style_blend=blend, **RUN)


def test_weights_of_content_layers_are_those_of_their_mean():
    net, photo, image = (nsthelpers.load_backbone("mini", device="cpu"), *map(loaded, ("chelsea", "coffee")))
    alone = [StyleTransferLoss(net, photo, content_layers=[name])(image)["content"] for name in ("relu2_1", "relu4_2")]
    both = StyleTransferLoss(net, photo, content_layers={"relu2_1": 3, "relu4_2": 1})(image)["content"]
    torch.testing.assert_close(both, (3 * alone[0] + alone[1]) / 4)


def loaded(name):
    return nsthelpers.resize(load_image(name, 48, "cpu"), (32, 48))


def test_layers_with_and_without_weights(here):
    options = ["--style-layers", "relu1_1,relu3_1=2", "--content-layers", "relu2_1"]
    assert main(["chelsea", "starry_night", "-o", "a.png", *options, *SMALL]) == 0
    layers = {"style_layers": {"relu1_1": 1.0, "relu3_1": 2.0}, "content_layers": ["relu2_1"]}
    assert (pixels("a.png") == as_saved(stylize("chelsea", "starry_night", **layers, **RUN).image)).all()
    assert {name: load_settings("a.png")[name] for name in layers} == layers


def test_every_setting_is_an_option():
    """One list: what `stylize` takes and is not about the program has an option, of the same default."""
    options = {action.dest for action in command_line.build_parser()._actions}
    assert {name for name in command_line.FIELDS} <= options


def test_a_convention(here, capsys):
    command = ["chelsea", "starry_night", "-o", "a.png", "--convention", "keras", "--size", "48", "--steps", "3"]
    assert main([*command, "--device", "cpu"]) == 0
    expected = stylize_like("keras", "chelsea", "starry_night", size=48, steps=3, device="cpu", progress=False)
    assert (pixels("a.png") == as_saved(expected.image)).all()
    assert load_settings("a.png")["convention"] == "keras"
    capsys.readouterr()
    assert "--tv-weight cannot be used with --convention" in error(capsys, *command, "--overwrite", "--tv-weight", "1")
    two = error(capsys, "chelsea", "starry_night", "the_scream", "--convention", "keras")
    assert "style holds 2 pictures; the convention 'keras' takes one" in two


def test_the_dials_of_control_are_those_of_stylize(here):
    nsthelpers.save_image(SKY, "sky.png")
    nsthelpers.save_image(1 - SKY, "ground.png")
    given = ["--masks", "sky.png,ground.png", "--keep-colours", "luminance", "--style-scale", "0.8"]
    assert main(["chelsea", "starry_night", "the_scream", "-o", "a.png", *given, *SMALL]) == 0
    dials = {"masks": [SKY, 1 - SKY], "keep_colours": "luminance", "style_scale": 0.8}
    image = stylize("chelsea", ["starry_night", "the_scream"], **RUN, **dials).image
    assert (pixels("a.png") == as_saved(image)).all()
    assert load_settings("a.png")["masks"] == ["sky.png", "ground.png"]


@pytest.mark.parametrize("scale", [[], ["--style-scale", "0.8"]])
def test_each_picture_is_read_once(here, monkeypatch, scale):
    read, original = [], nsthelpers.images.read_picture
    monkeypatch.setattr(nsthelpers.images, "read_picture", lambda *a: read.append(a[0].stem) or original(*a))
    assert main(["chelsea", "starry_night", *scale, *SMALL]) == 0
    assert sorted(read) == ["chelsea", "starry_night"]


def test_a_mask_is_not_replaced(here, capsys):
    nsthelpers.save_image(SKY, "sky.png")
    command = ["chelsea", "starry_night", "--masks", "sky.png", "-o", "sky.png", "--overwrite", *SMALL]
    assert "is the same file as 'sky.png'" in error(capsys, *command)


def test_grey_stays_grey(here):
    for name in ("chelsea", "starry_night"):
        nsthelpers.to_pil(load_image(name, 64)).convert("L").save(f"{name}.png")
    command = ["chelsea.png", "starry_night.png", "-o", "a.png", "--size", "64", "--steps", "20", "--json"]
    tinted = stylize("chelsea.png", "starry_night.png", size=64, steps=20, progress=False).image
    assert (tinted.amax(1) - tinted.amin(1)).max() > 0.02  # or the test shows nothing
    assert main(command) == 0 and np.ptp(pixels("a.png"), axis=2).max() <= 1
    assert main(["chelsea.png", "starry_night", "-o", "b.png", *command[4:]]) == 0
    assert np.ptp(pixels("b.png"), axis=2).max() > 20  # a painting in colours gives its colours


def test_transparency_is_put_back(here, capsys):
    alpha = np.zeros((32, 48), np.uint8)
    alpha[:, 24:] = 255
    picture = nsthelpers.to_pil(loaded("chelsea"))
    picture.putalpha(Image.fromarray(alpha))
    picture.save("cut.png")
    assert main(["cut.png", "starry_night", "-o", "a.png", "--keep-alpha", *SMALL]) == 0
    assert pixels("a.png").shape == (32, 48, 4) and (pixels("a.png")[..., 3] == alpha).all()
    assert load_settings("a.png")["keep_alpha"] is True
    assert main(["--settings-from", "a.png", "-o", "again.png"]) == 0
    assert (pixels("again.png") == pixels("a.png")).all() and load_settings("again.png") == load_settings("a.png")
    assert main(["cut.png", "starry_night", "-o", "b.png", *SMALL]) == 0 and pixels("b.png").shape == (32, 48, 3)
    capsys.readouterr()
    assert "cannot hold transparency" in error(capsys, "cut.png", "starry_night", "-o", "a.jpg", "--keep-alpha", *SMALL)


def test_the_transparency_of_an_address_is_put_back(here, monkeypatch):
    picture = io.BytesIO()
    Image.new("RGBA", (48, 32), (200, 10, 10, 77)).save(picture, "PNG")
    for module in (command_line, nsthelpers.files.decoding):
        monkeypatch.setattr(module, "fetch_picture", lambda address: picture.getvalue())
    assert main(["https://example.org/a.png", "marbling", "-o", "a.png", "--keep-alpha", *SMALL]) == 0
    assert (pixels("a.png")[..., 3] == 77).all()


def test_no_photograph_of_a_folder_is_overwritten(here, capsys):
    Path("photos").mkdir()
    for name, colour in (("a", "red"), ("a-marbling", "blue")):
        Image.new("RGB", (48, 32), colour).save(f"photos/{name}.png")
    assert main(["photos/", "marbling", "-o", "photos/", "--overwrite", *SMALL]) == 1
    assert "is the same file as" in capsys.readouterr().err and (pixels("photos/a-marbling.png") == (0, 0, 255)).all()
    assert Path("photos/a-marbling-marbling.png").exists()


def test_pictures_that_need_another_program_are_not_passed_over(here, capsys):
    Path("photos").mkdir()
    Image.new("RGB", (48, 32), "red").save("photos/a.png")
    Path("photos/b.jxl").write_bytes(b"\xff\x0a" + bytes(40))
    assert main(["photos/", "marbling", "-o", "out/", *SMALL]) == 1 and Path("out/a-marbling.png").exists()
    assert "b.jxl" in capsys.readouterr().err


def test_a_webp_that_is_too_large_is_refused_before_the_run(here, capsys, monkeypatch):
    monkeypatch.setattr(command_line, "stylize", lambda *_, **__: pytest.fail("it ran"))
    Image.new("RGB", (16384, 16), "red").save("long.png")
    assert "at most 16383" in error(capsys, "long.png", "marbling", "-o", "l.webp", "--size", "none", "--device", "cpu")


def test_a_long_grey_photograph_does_not_enlarge_the_painting(here, monkeypatch):
    Image.new("L", (5120, 160), 99).save("long.png")
    Image.new("L", (400, 400), 50).save("square.png")
    seen = []
    monkeypatch.setattr(
        command_line, "stylize", lambda *_, **settings: seen.append(settings) or pytest.skip("it began")
    )
    with pytest.raises(pytest.skip.Exception):
        main(["long.png", "square.png", "-o", "a.png", "--size", "5120", "--device", "cpu"])
    assert seen[0]["size"] == 5120


def test_words_for_true_and_false_and_for_lists(here, capsys):
    for word, stored in (("False", False), ("true", True)):
        assert main(["chelsea", "marbling", "-o", f"{word}.png", "--keep-colours", word, *SMALL]) == 0
        assert load_settings(f"{word}.png")["keep_colours"] is stored
    for option, words in (("--style-layers", "list of names or name=weight"), ("--style-blend", "list of numbers")):
        with pytest.raises(SystemExit):
            main(["chelsea", "marbling", option, "relu1_1=abc"])
        assert f"invalid {words} value" in capsys.readouterr().err


def test_a_home_that_does_not_exist(here, capsys):
    assert "there is no such home folder" in error(capsys, "~nobody-of-this-name/a.jpg", "marbling", *SMALL)


def test_a_start_of_another_size_covers_the_content(here):
    """The result at 96 pixels has one row more than the content at 160: it is neither refused nor stretched."""
    Image.fromarray(np.tile(np.arange(96, dtype=np.uint8)[None, :, None], (65, 1, 3))).save("start.png")
    assert main(["chelsea", "starry_night", "-o", "a.png", "--init", "start.png", *SMALL]) == 0
    start = load_image("start.png", device="cpu")
    assert start.shape == (1, 3, 65, 96)
    expected = nsthelpers.transfer.starting_image(start, load_image("chelsea", 48, "cpu"), start)
    assert expected.shape == (1, 3, 32, 48)
    torch.testing.assert_close(expected[0, 0, 16, 1:-1] * 255, torch.arange(48.0)[1:-1] * 2 + 0.5, atol=0.6, rtol=0)
    assert (pixels("a.png") == as_saved(stylize("chelsea", "starry_night", init=start, **RUN).image)).all()
    assert load_settings("a.png")["init"] == "start.png"


def test_size_none(here):
    Image.new("RGB", (40, 33), "red").save("mine.png")
    assert main(["mine.png", "chelsea", "-o", "a.png", "--size", "none", "--steps", "2", "--json"]) == 0
    assert pixels("a.png").shape == (33, 40, 3) and load_settings("a.png")["size"] is None


def test_the_list_has_both_kinds_with_title_and_artist(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  starry_night     The Starry Night, Vincent van Gogh" in lines
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(nsthelpers.list_images())
    assert lines.index("photographs:") < lines.index("paintings:")


def test_the_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0 and capsys.readouterr().out == f"nsthelpers {nsthelpers.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["chelsea"], ["--style", "starry_night"]])
def test_a_picture_that_is_missing(here, capsys, arguments):
    assert error(capsys, *arguments).startswith("nsthelpers: Give a photograph")


def test_the_help_is_ascii(capsys):
    """Code pages such as cp437 lack most other letters."""
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert text.isascii() and all(f"--{name.replace('_', '-')} " in text for name in command_line.FIELDS)


# Settings


def test_settings_from_a_picture_run_it_again(here, capsys):
    options = ["--tv-weight", "0.2", "--keep-colours", "match", "--style-blend", "3,1"]
    options += ["--style-layers", "relu1_1=2,relu3_1"]
    assert main(["chelsea", "starry_night", "the_scream", "-o", "a.png", *options, *SMALL]) == 0
    assert main(["--settings-from", "a.png", "-o", "b.png"]) == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert main(["--settings-from", "a.png", "-o", "c.png", "--steps", "1"]) == 0  # what is given here wins
    assert load_settings("c.png") == load_settings("a.png") | {"steps": 1}
    assert main(["coffee", "--settings-from", "a.png", "-o", "d.png"]) == 0
    assert load_settings("d.png") == load_settings("a.png") | {"content": "coffee"}
    capsys.readouterr()
    assert "is the same file as 'a.png'" in error(capsys, "--settings-from", "a.png", "-o", "a.png")
    assert main(["--settings-from", "a.png", "-o", "a.png", "--overwrite"]) == 0


def test_settings_of_a_convention_run_again(here):
    assert main(["chelsea", "marbling", "-o", "a.png", "--convention", "keras", "--size", "48", "--steps", "2"]) == 0
    assert main(["--settings-from", "a.png", "-o", "b.png"]) == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_settings_that_cannot_be_run_again_say_so(here, capsys):
    start = torch.full((1, 3, 32, 48), 0.5)
    result = stylize("chelsea", "starry_night", init=start, **RUN)
    nsthelpers.save_with_settings(result.image, "a.png", result.settings)
    sentence = error(capsys, "--settings-from", "a.png", "-o", "b.png")
    assert "does not hold its init, tensor 1 × 3 × 32 × 48" in sentence and "give --init again" in sentence
    net = nsthelpers.load_backbone("mini", device="cpu")
    result = nsthelpers.reconstruct(net, loaded("chelsea"), content_layer="relu1_1", steps=1, progress=False)
    nsthelpers.save_with_settings(result.image, "c.png", result.settings)
    assert "was not made by stylize" in error(capsys, "--settings-from", "c.png", "-o", "b.png")


def test_no_folder_gets_into_the_settings(here):
    (here / "secret-home").mkdir()
    Image.new("RGB", (48, 32), "red").save("secret-home/me.png")
    assert main([str(here / "secret-home" / "me.png"), "starry_night", "-o", "a.png", *SMALL]) == 0
    assert load_settings("a.png")["content"] == "./me.png" and b"secret-home" not in Path("a.png").read_bytes()


# Several photographs


def photographs(here, *names):
    (here / "photos").mkdir()
    for name, bundled in zip(names, ("chelsea", "coffee", "rocket")):
        nsthelpers.to_pil(load_image(bundled, 48)).save(here / "photos" / name)


@pytest.mark.parametrize("way", ["folder", "pattern", "shell", "styles"])
def test_photographs_are_painted_in_turn(here, capsys, way):
    photographs(here, "b.png", "a.png")
    (here / "photos" / "notes.txt").write_text("no picture")
    listed = ["photos/a.png", "photos/b.png"]
    pictures = {
        "folder": ["photos", "starry_night"],
        "pattern": ["photos/*.png", "starry_night"],
        "shell": [*listed, "starry_night"],
        "styles": [*listed, "--style", "starry_night"],
    }[way]
    assert main([*pictures, "-o", "painted/", *SMALL]) == 0
    assert sorted(os.listdir("painted")) == ["a-starry_night.png", "b-starry_night.png"]
    for name in "ab":
        expected = as_saved(stylize(f"photos/{name}.png", "starry_night", **RUN).image)
        assert (pixels(f"painted/{name}-starry_night.png") == expected).all()
    shown = capsys.readouterr().err
    assert shown.endswith("Painted 2 of 2 photographs.\n")
    assert set(re.findall(r"step \d+/(\d+), \d+ s left", shown)) == {"6"}  # one bar over all


def test_the_bar_moves_on_where_a_photograph_was_left_out():
    bar = Bar(6, 0, True)
    bar.step = 3
    bar.update(1.0)
    assert bar.bar.n == 4
    bar.close()


def test_a_bad_photograph_is_left_out_and_named_at_the_end(here, capsys):
    photographs(here, "a.png", "c.png")
    (here / "photos" / "b.png").write_bytes(b"broken")
    assert main(["photos", "starry_night", "-o", "painted", "--json", *SMALL]) == 2
    assert "do not fit into one file; give a folder: -o painted/" in capsys.readouterr().err
    assert main(["photos", "starry_night", "-o", "painted/", "--json", *SMALL]) == 1
    out, err = capsys.readouterr()
    assert sorted(os.listdir("painted")) == ["a-starry_night.png", "c-starry_night.png"]
    assert "Painted 2 of 3 photographs.\nnsthelpers: photos/b.png: Cannot read 'photos/b.png'" in err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line.get("output") for line in lines] == ["painted/a-starry_night.png", None, "painted/c-starry_night.png"]
    assert lines[1]["content"] == "./b.png" and lines[1]["error"].startswith("Cannot read")


def test_an_error_of_all_is_said_once(here, capsys):
    photographs(here, "a.png", "b.png")
    assert main(["photos", "starry_night", "-o", "painted/", "--tv-weight", "-1", "--json", *SMALL]) == 1
    err = capsys.readouterr().err
    assert err.count("--tv-weight is -1.0") == 1 and "photos/a.png, photos/b.png: " in err


def test_photographs_of_one_name_get_a_picture_each(here):
    photographs(here, "a.png", "a.jpg")
    assert main(["photos", "starry_night", "-o", "painted/", "--overwrite", "--json", *SMALL]) == 0
    assert sorted(os.listdir("painted")) == ["a-starry_night-2.png", "a-starry_night.png"]


@pytest.mark.parametrize(
    "arguments",
    [["chelsea", "starry_night", "the_scream", "-o", "painted/"], ["chelsea", "coffee", "the_scream", "-o", "a.png"]],
)
def test_it_does_not_guess_which_pictures_are_paintings(here, capsys, arguments):
    assert "Which of the 3 pictures are paintings? Name each with --style" in error(capsys, *arguments, *SMALL)


def test_an_empty_folder_and_a_pattern_that_fits_nothing(here, capsys):
    (here / "photos").mkdir()
    for content in ("photos", "photos/*.jpg"):
        assert f"There are no pictures in {content!r}" in error(capsys, content, "starry_night")


def test_an_interrupt_ends_all_and_keeps_what_there_is(here, monkeypatch, capsys):
    photographs(here, "a.png", "b.png", "c.png")
    fail_at(monkeypatch, 5, KeyboardInterrupt())
    assert (
        main(["photos", "starry_night", "-o", "painted/", "--json", *SMALL]) == 0
    )  # not by a signal: nothing was seen
    monkeypatch.undo()
    os.chdir(here)
    original, calls = StyleTransferLoss.forward, []

    def forward(self, image):
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return original(self, image)

    monkeypatch.setattr(StyleTransferLoss, "forward", forward)
    assert main(["photos", "starry_night", "-o", "two/", "--json", *SMALL]) == 130
    assert sorted(os.listdir("two")) == ["a-starry_night.png", "b-starry_night.png"]
    assert "(interrupted)" in capsys.readouterr().err


# Whatever happens during a run


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "There is not enough memory"),
        (RuntimeError("shapes differ"), "RuntimeError: shapes differ"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_an_error_during_a_run_keeps_the_picture(here, capsys, monkeypatch, problem, sentence):
    expected = stylize("chelsea", "starry_night", callback=lambda record: record.step < 2, **RUN).image
    fail_at(monkeypatch, 3, problem)
    said = error(capsys, "chelsea", "starry_night", "-o", "a.png", "--json", *SMALL)
    assert sentence in said and "The picture after 2 steps is saved as 'a.png'" in said
    assert (pixels("a.png") == as_saved(expected)).all()


def test_an_interrupt_at_a_coarse_scale_says_how_large_the_picture_is(here, capsys, monkeypatch):
    fail_at(monkeypatch, 3, KeyboardInterrupt())
    command = ["chelsea", "starry_night", "-o", "a.png", "--scales", "2", "--size", "64", "--steps", "12"]
    assert main(command) == 130 and pixels("a.png").shape == (22, 32, 3)
    assert "It has 32 x 22 pixels, not 64 x 43" in capsys.readouterr().err


def test_an_interrupt_before_the_first_step(here, capsys, monkeypatch):
    fail_at(monkeypatch, 1, KeyboardInterrupt())
    sentence = error(capsys, "chelsea", "starry_night", "-o", "a.png", "--json", *SMALL, status=130)
    assert "interrupted before the first step; nothing was saved" in sentence and os.listdir(here) == []


def test_an_interrupt_while_the_picture_is_saved_does_not_lose_it(here, monkeypatch):
    original = command_line.save_picture

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(command_line, "save_picture", interrupted)
    assert main(["chelsea", "starry_night", "-o", "a.png", "--json", *SMALL]) == 0
    assert pixels("a.png").shape == (32, 48, 3) and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_only_the_first_interrupt_counts():
    with one_interrupt(signal.SIGTERM) as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)  # does nothing
        assert interrupts.seen


def start(here, *more):
    """Start a long run in another process, and return it once it paints."""
    command = [*PROGRAM, "chelsea", "starry_night", "-o", "a.png", "--size", "48", "--steps", "100000", "--scales", "1"]
    program = subprocess.Popen([*command, *more], cwd=here, stderr=subprocess.PIPE)
    heard = b""
    while not re.search(rb"[1-9]\d*/100000", heard):
        heard += os.read(program.stderr.fileno(), 4096)
    return program


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("numbers", [["SIGINT"], ["SIGTERM"], ["SIGHUP"], ["SIGINT", "SIGINT"], ["SIGTERM", "SIGINT"]])
def test_signals_end_the_run_with_the_picture_saved(here, numbers):
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and children inherit that
    program = start(here)
    try:
        for name in numbers:
            program.send_signal(getattr(signal, name))
            time.sleep(0.01)
        rest = program.communicate(timeout=60)[1]
    finally:
        program.kill()
        signal.signal(signal.SIGHUP, before)
    assert program.returncode == 130 and b"Traceback" not in rest and b"(interrupted)." in rest, rest
    assert pixels("a.png").shape == (32, 48, 3)


@pytest.mark.skipif(os.name == "nt", reason="nohup is of Unix")
def test_a_hangup_that_is_ignored_stays_ignored(here):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        program = start(here)
        program.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert program.poll() is None
        program.send_signal(signal.SIGTERM)
        assert program.communicate(timeout=60) and program.returncode == 130
    finally:
        signal.signal(signal.SIGHUP, before)
        program.kill()


@pytest.mark.parametrize("module", ["torch", "nsthelpers.command_line"])
def test_an_interrupt_during_the_imports_shows_one_line(here, module):
    """The module raises what Ctrl-C would raise while it is imported."""
    code = f"""
import runpy, sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
sys.argv = ["-m", "chelsea", "starry_night"]
runpy.run_module("nsthelpers", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "nsthelpers: interrupted; nothing was saved.\n")


# What is only shown


def shell(here, line, **environment):
    command = " ".join(PROGRAM) + " chelsea starry_night -o a.png --size 48 --steps 5 " + line
    environment = os.environ | environment
    return subprocess.run(["bash", "-c", command], cwd=here, capture_output=True, timeout=120, env=environment)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="for the shell of Linux")
@pytest.mark.parametrize(
    "line",
    [
        "2>&1 | head -c 10; exit ${PIPESTATUS[0]}",
        "2>&-",
        ">&- 2>&-",
        "--json >/dev/full",
        "--json | true",
        "2>/dev/full",
    ],
)
def test_what_is_shown_never_costs_the_picture(here, line):
    done = shell(here, line)
    assert done.returncode == 0 and b"Traceback" not in done.stderr and b"Exception" not in done.stderr, done.stderr
    assert pixels("a.png").shape == (32, 48, 3)


def test_without_stderr_nothing_is_shown_elsewhere(here, monkeypatch, capsys):
    """pythonw has none; print(file=None) would write to stdout."""
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["chelsea", "starry_night", "-o", "a.png", *SMALL]) == 0
    assert main(["chelsea", "no_such_picture", "-o", "b.png", *SMALL]) == 2
    assert capsys.readouterr().out == "" and os.listdir(here) == ["a.png"]


def test_with_json_there_is_nothing_else_on_stdout(here, capsys, monkeypatch):
    monkeypatch.setattr(command_line, "stylize", talking(stylize))
    assert main(["chelsea", "starry_night", "-o", "a.png", "--json", *SMALL]) == 0
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert out.count("\n") == 1 and record["evaluations"] == 3 and record["settings"]["content"] == "chelsea"
    assert record["output"] == "a.png" and len(record["losses"]) == 3 and "Downloading a thing (4 kB)" in err


def talking(function):
    """Return a function that first downloads something, which says so."""
    from nsthelpers.files import downloads

    def call(*arguments, **options):
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("NSTHELPERS_OFFLINE", raising=False)
            with pytest.raises(ConnectionError):
                downloads.download("ftp://nowhere.invalid/", Path("thing"), "0" * 64, 4096, "a thing", "never mind.")
        return function(*arguments, **options)

    return call


@pytest.mark.parametrize(
    ("page", "arguments"), [("cp437", ["--help"]), ("latin-1", ["--help"]), ("ascii", ["chelsea", "münchen.jpg"])]
)
def test_code_pages(here, page, arguments):
    environment = os.environ | {"PYTHONIOENCODING": page, "PYTHONUTF8": "0"}
    done = subprocess.run([*PROGRAM, *arguments], cwd=here, capture_output=True, timeout=60, env=environment)
    assert b"Traceback" not in done.stderr and done.returncode == (2 if "chelsea" in arguments else 0), done.stderr
    assert (b"usage: python -m nsthelpers" in done.stdout) == (arguments == ["--help"])


def test_a_warning_is_one_line(here, capsys, monkeypatch):
    original, calls = StyleTransferLoss.forward, []

    def breaking(self, image):
        calls.append(1)
        terms = original(self, image)
        return terms | {"total": terms["total"] * (float("nan") if len(calls) > 2 else 1)}

    monkeypatch.setattr(StyleTransferLoss, "forward", breaking)
    assert main(["chelsea", "starry_night", "-o", "a.png", "--json", *SMALL]) == 0
    err = capsys.readouterr().err
    assert err.startswith("nsthelpers: The loss stopped being a number") and err.count("\n") == 1


def test_the_studio_without_widgets_names_the_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.delitem(sys.modules, "nsthelpers.show.studio", raising=False)
    with pytest.raises(ImportError, match="^studio needs ipywidgets; install it: pip install ipywidgets$"):
        nsthelpers.studio()


def test_a_picture_that_cannot_be_saved_is_rescued(here, capsys, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(here))
    original = command_line.save_picture

    def full(picture, path, *more):
        if Path(path).parent == Path("."):
            raise OSError(28, "No space left on device")
        return original(picture, path, *more)

    monkeypatch.setattr(command_line, "save_picture", full)
    sentence = error(capsys, "chelsea", "starry_night", "-o", "a.png", "--json", *SMALL)
    rescued = sentence.split("the picture is in '")[1].split("'")[0]
    assert "No space left" in sentence and pixels(rescued).shape == (32, 48, 3)
    assert io.BytesIO(Path(rescued).read_bytes()).read(4) == b"\x89PNG"


def test_a_run_goes_on_from_its_checkpoint(here, capsys, monkeypatch):
    command = ["chelsea", "starry_night", "--json", *SMALL, "--steps", "12"]
    assert main([*command, "-o", "whole.png"]) == 0
    with monkeypatch.context() as patch:
        fail_at(patch, 4, KeyboardInterrupt())
        assert main([*command, "-o", "a.png", "--checkpoint", "run"]) == 130
    capsys.readouterr()
    assert "give --resume to continue" in error(capsys, *command, "-o", "b.png", "--checkpoint", "run")
    assert "add --checkpoint FILE" in error(capsys, *command, "-o", "b.png", "--resume")
    assert main([*command, "-o", "a.png", "--checkpoint", "run", "--resume"]) == 0  # replaces the unfinished picture
    assert (pixels("a.png") == pixels("whole.png")).all()
