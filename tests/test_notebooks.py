"""What stands in the committed notebooks, beside what nbval checks by running them."""

import base64
import io
import itertools
import json
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import build_notebooks  # noqa: E402

SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
NOTEBOOKS = {source.stem: ROOT / "notebooks" / f"{source.stem}.ipynb" for source in SOURCES}


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


@pytest.fixture
def notebook(name):
    return nbformat.read(NOTEBOOKS[name], as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def test_every_source_has_its_notebook_and_no_other_lies_there():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == set(NOTEBOOKS)


def test_source_and_notebook_agree(name, notebook):
    built = build_notebooks.build_cells(ROOT / "notebooks" / "source" / f"{name}.py", "learner")

    def essence(cells):
        return [(c.id, c.cell_type, c.source, c.metadata.get("tags", []), c.get("attachments")) for c in cells]

    assert essence(notebook.cells) == essence(built.cells), (
        "run `make notebooks` and commit source and notebook together"
    )


def test_ran_from_top_to_bottom_without_errors(notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error" or "raises-exception" in cell.metadata.get("tags", [])
            assert output.get("name") != "stderr", output.text


def test_stored_text_is_the_same_in_every_run(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            text = output.get("text", "") + "".join(map(str, output.get("data", {}).get("text/plain", "")))
            assert not re.search(r"0x[0-9a-f]{6,}|/home/|/root/|/tmp/|site-packages", text), text


def test_small_and_without_widget_state(name, notebook):
    assert NOTEBOOKS[name].stat().st_size < 2**20
    assert "widgets" not in notebook.metadata
    assert "application/vnd.jupyter.widget-view+json" not in NOTEBOOKS[name].read_text(encoding="utf-8")


def pictures(cell):
    for output in cell.get("outputs", []):
        for kind in ("image/jpeg", "image/png"):
            if kind in output.get("data", {}):
                yield output.output_type, Image.open(io.BytesIO(base64.b64decode(output.data[kind])))


def alternatives(notebook):
    """The alternative texts of the figures; a picture that is a cell's value has none."""
    outputs = [each for cell in code_cells(notebook) for each in cell.outputs if each.output_type == "display_data"]
    return [each.metadata.get("image/jpeg", {}).get("alt") for each in outputs if "image/jpeg" in each.data]


def test_figures_have_alternative_texts_of_their_own(notebook):
    found = alternatives(notebook)
    assert found and all(found), found
    assert len(set(found)) >= 0.8 * len(found), found


def test_figures_are_neither_blank_nor_cut_off(notebook):
    for number, cell in enumerate(notebook.cells):
        for kind, picture in pictures(cell):
            values = np.asarray(picture.convert("L"), float)
            assert values.std() > 8, f"the figure of cell {number} is blank"
            if kind == "display_data":  # matplotlib's; a picture shown as the value of a cell has no margin
                edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
                assert edge.min() > 200, f"the figure of cell {number} is cut off at its edge"


def test_prose_is_rebuilt_without_a_run_but_code_is_not(name, notebook):
    made = build_notebooks.build_cells(ROOT / "notebooks" / "source" / f"{name}.py", "learner")
    build_notebooks.keep_outputs(made, notebook)
    assert made == notebook
    code_cells(made)[-1].source += " "
    with pytest.raises(ValueError, match="A code cell has changed"):
        build_notebooks.keep_outputs(made, notebook)


def test_every_figure_is_followed_by_what_to_see(notebook):
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None]):
        if any(True for _ in pictures(cell)):
            following = after.source if after is not None else ""
            assert "**What to see.**" in following, f"after the figure of: {cell.source[:80]}"


def test_every_exercise_is_checked_and_has_hints_and_a_solution(notebook):
    exercises = 0
    for number, cell in enumerate(notebook.cells):
        if "exercise" in cell.metadata.get("tags", []):
            exercises += 1
            rest = itertools.takewhile(lambda after: after.cell_type == "markdown", notebook.cells[number + 1 :])
            prose = "".join(after.source for after in rest)
            assert re.search(r"^check\.\w+\(", cell.source, re.M), cell.source[:80]
            assert "<summary>Hint" in prose, cell.source[:80]
            assert prose.count("<summary><b>Solution</b></summary>") == 1, cell.source[:80]
    assert exercises >= 2


def test_links_between_notebooks_lead_somewhere(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((\d\d_\w+\.ipynb)\)", cell.source):
                assert target.removesuffix(".ipynb") in NOTEBOOKS, target


def test_photographs_are_credited_where_they_are_shown(notebook):
    text = "\n".join(cell.source for cell in notebook.cells)
    for facts in json.loads((ROOT / "data" / "pictures.json").read_text(encoding="utf-8")):
        if facts["licence"].startswith("CC BY") and facts["artist"] != "this course":
            if re.search(rf"\b{facts['name']}\b", text):
                assert facts["artist"] in text and facts["licence"] in text, facts["name"]


def test_no_function_is_written_twice():
    seen = {}
    for source in SOURCES:
        for body in re.findall(r"^def \w+\(.*?\n((?:[ ]+.*\n|\n)+)", source.read_text(encoding="utf-8"), re.M):
            essence = re.sub(r'""".*?"""|#.*|\s', "", body, flags=re.S)
            if len(essence) > 60:
                assert essence not in seen, f"{source.name} repeats a function of {seen[essence]}:\n{body}"
                seen[essence] = source.name


# The build


LESSON = """# %% [markdown]
# # A lesson
# ![dot](attachment:dot.png)
# %%
import matplotlib.pyplot as plt
from nsthelpers import show
show.setup_notebook()
plt.plot([1, 2]); plt.title("a line"); plt.show()
# %% tags=["exercise"]
# 1 min
def one():
    return None

print("checked", one())
check = print
check.__name__ and one()
# %% [markdown]
# <details><summary>Hint</summary>a number</details>
# %% tags=["solution"]
def one():
    return 1
# %% [markdown] tags=["solution"]
# Because it is one.
# %% [markdown] tags=["teacher"]
# Ask them.
"""


@pytest.fixture
def lesson(tmp_path):
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (2, 2)).save(tmp_path / "pictures" / "dot.png")
    path = tmp_path / "00_lesson.py"
    path.write_text(LESSON, encoding="utf-8")
    return path


def test_editions(lesson):
    learner, student, instructor = (
        build_notebooks.build_cells(lesson, edition) for edition in build_notebooks.EDITIONS
    )
    folded = learner.cells[-1].source
    assert folded.startswith("<details><summary>Hint") and folded.endswith("</details>")
    assert folded.count("<details><summary><b>Solution</b></summary>") == 1 and folded.count("</details>") == 2
    assert "return 1" in folded and "Because it is one." in folded
    text = json.dumps(student)
    assert "return 1" not in text and "Because" not in text and "Hint" in text and "Ask them" not in text
    stub = next(cell for cell in instructor.cells if cell.metadata.get("tags") == ["exercise"]).source
    assert "return 1" in stub and "return None" not in stub and "check.__name__" in stub and stub.startswith("# 1 min")
    assert instructor.cells[-1].source == "Ask them."
    assert learner.cells[0].attachments["dot.png"]["image/png"]


def test_two_builds_are_byte_identical_and_the_third_does_nothing(lesson, tmp_path):
    outputs = [tmp_path / "first.ipynb", tmp_path / "second.ipynb"]
    for output in outputs:
        assert "built" in build_notebooks.build(lesson, output=output)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    stored = nbformat.read(outputs[0], as_version=4)
    assert any(True for cell in stored.cells for _ in pictures(cell))
    assert alternatives(stored) == ["a line"]
    assert "nothing changed" in build_notebooks.build(lesson, output=outputs[0])
    lesson.write_text(LESSON.replace("A lesson", "Another"), encoding="utf-8")
    assert "built" in build_notebooks.build(lesson, output=outputs[0])


def test_a_warning_stops_the_build(lesson, tmp_path):
    lesson.write_text(LESSON + "# %%\nimport warnings\nwarnings.warn('old')\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="stderr"):
        build_notebooks.build(lesson, output=tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()
