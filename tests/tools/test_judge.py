"""The judge of tools/mini: its distances in closed form, and its commands, with random weights on tiny pictures."""

import json
import sys
from pathlib import Path

import pytest
import torch

import nsthelpers
from nsthelpers import load_backbone, load_image

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "mini"))
import judge

TINY = ["--judge", "random", "--pairs", "chelsea,marbling", "--size", "32", "--steps", "2", "--scales", "1"]


@pytest.fixture(scope="module")
def vgg():
    return load_backbone("vgg16", "max", "random", "cpu")


@pytest.fixture(scope="module")
def pictures():
    return load_image("chelsea", 64, "cpu"), load_image("de_stijl", 48, "cpu")


def test_the_unchanged_photograph_has_style_one_and_content_zero(vgg, pictures):
    content, style = pictures
    assert judge.distances(vgg, content, content, style) == {"style": 1.0, "content": 0.0}


def test_the_painting_itself_has_style_zero(vgg, pictures):
    content, style = pictures[0][..., :32, :48], pictures[1][..., :32, :48]
    found = judge.distances(vgg, style, content, style)
    assert found["style"] == 0 and found["content"] > 0


def test_distances_against_the_formula(vgg, pictures):
    """All layers from torchvision's own forward pass, the sums in float64."""
    content, style = pictures
    out = (0.5 * content + 0.2).clamp(0, 1)
    places = {"relu1_1": 1, "relu2_1": 6, "relu3_1": 11, "relu4_1": 18, "relu4_2": 20, "relu5_1": 25}

    def features(image):
        found, x = {}, vgg.normalize(image)
        for number, module in enumerate(list(vgg)[1:]):
            x = module(x)
            found[number] = x.flatten(2)[0].double()
        return {name: found[number] for name, number in places.items()}

    f, p, s = (features(image) for image in (out, content, style))

    def from_style(mine):
        total = 0.0
        for name in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"):
            g, a = (maps[name] @ maps[name].T / maps[name].shape[1] for maps in (mine, s))
            total += float((g - a).square().sum().sqrt() / a.square().sum().sqrt())
        return total / 5

    found = judge.distances(vgg, out, content, style)
    assert found["style"] == pytest.approx(from_style(f) / from_style(p), rel=1e-4)
    moved = (f["relu4_2"] - p["relu4_2"]).square().sum() / p["relu4_2"].square().sum()
    assert found["content"] == pytest.approx(float(moved), rel=1e-4)


def test_what_cannot_be_judged_is_refused(vgg, pictures):
    content, style = pictures
    with pytest.raises(ValueError, match="64 × 43.*size"):
        judge.distances(vgg, content[..., :32], content, style)
    with pytest.raises(ValueError, match="two different pictures"):
        judge.distances(vgg, style, style, style)


def test_networks_by_their_names(tmp_path):
    def first(network, pooling="avg", file="random"):
        name, backbone = judge.load_network(network, pooling, file)
        return name, backbone.name, backbone.pooling, backbone.conv1_1.weight.flatten()[0].item()

    bundled = load_backbone("mini", device="cpu").conv1_1.weight.flatten()[0].item()
    mini = Path(nsthelpers.__file__).parent / "weights" / "mini.safetensors"
    assert first("mini") == ("mini", "mini", "avg", bundled)
    assert first(f"old={mini}", "max") == ("old", "mini", "max", bundled)
    assert first("vgg16")[:3] == ("vgg16", "vgg16", "avg")
    assert first("vgg19=random")[:2] == ("vgg19", "vgg19")
    seeds = [first(name) for name in ("random", "random=1", "random=2", "random=2")]
    assert [seed[0] for seed in seeds[:3]] == ["random", "random=1", "random=2"]
    assert len(set(seeds)) == 3 and bundled not in {seed[3] for seed in seeds}
    own = load_backbone("mini", weights="random", device="cpu").conv1_1.weight.flatten()[0].item()
    assert seeds[0][3] == own


def test_the_judge_pools_as_it_was_trained_whatever_the_painters_do():
    for pooling in ("max", "avg"):
        args = judge.parser().parse_args(["measure", *TINY, "--networks", "vgg16", "--pooling", pooling])
        bench = judge.Bench(args)
        assert (bench.judge.pooling, bench.networks["vgg16"].pooling) == ("max", pooling)


def test_pairs_and_settings_are_those_of_the_course():
    assert len(set(judge.ALL_PAIRS)) == 25 and len(judge.WALL) == 6
    assert judge.DEFAULTS["pooling"] == nsthelpers.Settings().pooling
    args = judge.parser().parse_args(["measure", "--content-weight", "1", "--style-layers", '{"relu2_1": 2}'])
    assert (args.content_weight, args.style_layers) == (1.0, {"relu2_1": 2}) and "tv_weight" not in args


def test_measure_writes_results_and_never_repeats(tmp_path, monkeypatch, capsys):
    out, folder = tmp_path / "new" / "r.json", tmp_path / "pictures"
    networks = ["--networks", "mini", "random", "vgg16"]
    command = ["measure", *TINY, "--out", str(out)]
    judge.main([*command, "--networks", "mini"])
    judge.main([*command, *networks, "--pictures", str(folder)])
    table = capsys.readouterr().out.split("| --- | --- | --- |\n")[-1]
    rows = json.loads(out.read_text()).values()
    assert [row["network"] for row in rows] == ["mini", "random", "vgg16"] and table.count("\n") == 3
    for row, line in zip(rows, table.splitlines()):
        style, content = (row["distances"][name] for name in ("style", "content"))
        assert 0 < style < 2 and content > 0
        assert line == f"| {row['network']} | {style:.3f} | {content:.3f} |"
    # mini had been measured without its picture, and was painted again for it.
    assert sorted(p.name.split("_")[2] for p in folder.iterdir()) == ["mini", "random", "vgg16"]
    assert {tuple(load_image(p).shape[2:]) for p in folder.iterdir()} == {(21, 32)}

    monkeypatch.setattr(nsthelpers, "stylize", lambda *_, **__: pytest.fail("painted again"))
    judge.main([*command, *networks, "--pictures", str(folder)])
    assert capsys.readouterr().out.endswith(table)
    for changed in (["--tv-weight", "0.7"], ["--pooling", "avg" if judge.DEFAULTS["pooling"] == "max" else "max"]):
        with pytest.raises(pytest.fail.Exception, match="painted again"):
            judge.main([*command, "--networks", "mini", *changed])


def test_a_results_row_belongs_to_its_judge_its_weights_and_its_pictures(tmp_path, monkeypatch, capsys):
    """The same names, but another file behind one of them: measured anew."""
    painted = []
    real = nsthelpers.stylize
    monkeypatch.setattr(nsthelpers, "stylize", lambda *a, **k: painted.append(a) or real(*a, **k))
    cat, files = tmp_path / "cat.png", [tmp_path / "judge.pth", tmp_path / "mini.pth"]

    def put(number, shift):
        backbone = load_backbone(("vgg16", "mini")[number], weights="random", device="cpu")
        named = [(f"features.{n}", backbone.get_submodule(layer)) for n, layer in enumerate(backbone.layer_names)]
        state = {
            f"{name}.{part}": value + shift for name, module in named for part, value in module.state_dict().items()
        }
        torch.save(state, files[number])

    def run():
        judge.picture.cache_clear()
        pair = ["--pairs", f"{cat},marbling", "--size", "32", "--steps", "1", "--scales", "1"]
        network = ["--judge", str(files[0]), "--networks", f"mine={files[1]}", "--out", str(tmp_path / "r.json")]
        judge.main(["measure", *pair, *network])
        return len(painted)

    nsthelpers.save_image(load_image("chelsea", 32), cat)
    put(0, 0), put(1, 0)
    assert (run(), run()) == (1, 1)
    put(0, 0.001)
    assert run() == 2
    put(1, 0.001)
    assert run() == 3
    nsthelpers.save_image(load_image("coffee", 32), cat)
    assert (run(), run()) == (4, 4)


def test_an_interrupted_run_is_no_result(tmp_path, monkeypatch):
    out = tmp_path / "r.json"
    half = nsthelpers.Result(torch.zeros(1, 3, 21, 32), stopped="interrupted")
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="chelsea_marbling interrupted"):
        patch.setattr(nsthelpers, "stylize", lambda *_, **__: half)
        judge.main(["measure", *TINY, "--networks", "mini", "--out", str(out)])
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--networks", "minni"], "There is no network 'minni'"),
        (["--networks", "mini", "mini"], "same name"),
        (["--networks", "random=x"], "seed of 'random=x'"),
        (["--networks", "v4=nowhere.safetensors"], "nowhere.safetensors"),
        (["--networks", "mini", "--pooling", "sum"], "pooling is 'sum'"),
        (["--networks", "mini", "--steps", "many"], "steps is 'many'"),
        (["--networks", "mini", "--pairs", "chelsea,no_such_painting"], "no_such_painting"),
    ],
)
def test_bad_input_is_said_in_one_sentence(options, message, monkeypatch):
    with pytest.raises(SystemExit) as caught:
        judge.main(["measure", *TINY, *options])
    assert message in str(caught.value) and str(caught.value).count("\n") == 0


def test_bad_options_and_files(tmp_path, capsys):
    with pytest.raises(SystemExit):
        judge.main(["measure", "--pairs", "chelsea"])
    assert "write CONTENT,STYLE" in capsys.readouterr().err
    for text in ("[1]", "{", '{"a": 1}'):
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(SystemExit, match="no results file"):
            judge.main(["measure", *TINY, "--networks", "mini", "--out", str(tmp_path / "r.json")])
        assert (tmp_path / "r.json").read_text() == text
    with pytest.raises(SystemExit, match="not a picture format"):
        judge.main(["curve", *TINY, "--networks", "mini", "--figure", "curve.doc"])
    with pytest.raises(SystemExit, match="--pictures"):
        judge.main(["sheet", *TINY, "--networks", "mini"])


def test_a_curve_shares_its_middle_with_measure(tmp_path, capsys):
    out, figure = tmp_path / "r.json", tmp_path / "curve.png"
    judge.main(["measure", *TINY, "--networks", "mini", "--out", str(out)])
    judge.main(["curve", *TINY, "--networks", "mini", "--out", str(out), "--figure", str(figure)])
    rows = list(json.loads(out.read_text()).values())
    assert sorted(row["settings"]["style_weight"] for row in rows) == [0.1, 0.3, 1, 3, 10]
    lines = [line for line in capsys.readouterr().out.splitlines() if "style_weight" in line]
    assert lines[2].endswith("style {style:.3f} content {content:.3f}".format(**rows[0]["distances"]))
    assert load_image(figure).std() > 0.05
    more = ["--vary", "content_weight", "--values", "0.5"]
    judge.main(["curve", *TINY, *more, "--networks", "mini", "--out", str(out), "--figure", str(figure)])
    assert list(json.loads(out.read_text()).values())[-1]["settings"]["content_weight"] == 0.5


def test_a_sheet_shows_the_kept_pictures(tmp_path, monkeypatch):
    figure = tmp_path / "sheet.png"
    command = ["sheet", *TINY, "--networks", "mini", "--cell", "32", "--figure", str(figure)]
    command += ["--out", str(tmp_path / "r.json"), "--pictures", str(tmp_path / "kept")]
    judge.main(command)
    (kept,) = (tmp_path / "kept").iterdir()
    page = load_image(figure, device="cpu")
    assert page.shape[2:] == (24 + 21 + 4, 3 * 36)
    # The cells are as large as the pictures: they are there pixel by pixel.
    assert torch.equal(page[..., 24:45, :32], load_image("chelsea", 32, "cpu").mul(255).round() / 255)
    assert torch.equal(page[..., 24:45, 72:104], load_image(kept, device="cpu"))
    figure.unlink()
    monkeypatch.setattr(nsthelpers, "stylize", lambda *_, **__: pytest.fail("painted again"))
    judge.main(command)
    assert figure.exists()


def test_depth_and_speed_run(tmp_path, capsys):
    figure = tmp_path / "depth.png"
    judge.main(["depth", *TINY, "--networks", "mini", "--cell", "40", "--figure", str(figure)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == [f"relu{n}_1" for n in range(1, 6)]
    assert load_image(figure).shape[3] == 5 * 44
    judge.main(["speed", "--networks", "mini", "--sizes", "32", "--seconds", "0.05"])
    vgg19, mini = (line.split() for line in capsys.readouterr().out.splitlines())
    assert (vgg19[2], vgg19[5], mini[2]) == ("vgg19", "1.0", "mini") and float(mini[3]) < float(vgg19[3])


def test_psnr_of_a_known_error():
    assert judge.psnr(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.1)) == pytest.approx(20, abs=1e-4)
