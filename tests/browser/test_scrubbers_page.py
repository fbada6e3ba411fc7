"""The scrubbers in real pages: exported HTML without a kernel, and JupyterLab, before and after its cells have run."""

import re

import nbformat
import pytest

GREYS = (0.0, 0.25, 0.5, 0.75, 1.0)
CELL = """
import torch
from nsthelpers import before_after, grid_scrubber, scrubber

def grey(value):
    return torch.full((1, 3, 160, 240), value)
"""
SHOW = {
    "scrubber": "scrubber({f'grey {v}': grey(v) for v in (0.0, 0.25, 0.5, 0.75, 1.0)}, 'Steps', alt='a grey')",
    "pair": "before_after(grey(0.0), grey(1.0), 'Pair', alt='a grey')",
    "grid": "grid_scrubber({(r, c): grey(r + c) for r in (0.0, 0.5) for c in (0.0, 0.25)}, 'row', 'column', 'Grid')",
}


def made():
    """The three scrubbers that the cells show."""
    names = {}
    exec(CELL, names)
    return [eval(code, names) for code in SHOW.values()]


def output(shown):
    data = {"text/html": shown.html, "text/plain": repr(shown)}
    return nbformat.v4.new_output("execute_result", data, execution_count=1)


def brightness(picture, left=0.0, right=1.0):
    """Mean grey of a part of a picture, in [0, 1]."""
    part = picture.convert("L").crop((int(left * picture.width), 0, int(right * picture.width), picture.height))
    return sum(value * count for value, count in enumerate(part.histogram())) / (255 * part.width * part.height)


def try_all(page, move_slider, look):
    """Move everything that three scrubbers in a page have, and compare what is seen with the greys that they hold."""
    steps, pair, grid = (page.locator("figure.nst-scrubber").nth(n) for n in range(3))
    for figure in (steps, pair, grid):
        figure.locator("input").first.wait_for()
        assert figure.get_by_text("Run this cell").count() == 0

    # One slider: keyboard
    stage, slider = steps.locator(".nst-stage"), steps.get_by_role("slider")
    assert brightness(look(stage)) == pytest.approx(0, abs=0.02)
    for value in GREYS[1:]:
        move_slider(slider)
        assert brightness(look(stage)) == pytest.approx(value, abs=0.02)
        assert slider.get_attribute("aria-valuetext") == f"grey {value}"
        assert steps.locator("img").get_attribute("alt") == f"a grey, grey {value}"
        assert steps.get_by_text(f"grey {value}").is_visible()
    move_slider(slider, "Home")
    assert brightness(look(stage)) == pytest.approx(0, abs=0.02)

    # The pair: keyboard, then the mouse on the picture itself
    stage, divider = pair.locator(".nst-stage"), pair.get_by_role("slider")
    assert brightness(look(stage), 0, 0.4) < 0.05 and brightness(look(stage), 0.6, 1) > 0.95
    move_slider(divider, "End")
    assert brightness(look(stage), 0, 0.9) < 0.05
    move_slider(divider, "Home")
    assert brightness(look(stage), 0.1, 1) > 0.95
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 30, steps=10)
    page.mouse.up()
    assert brightness(look(stage), 0, 0.7) < 0.05 and brightness(look(stage), 0.8, 1) > 0.95
    assert divider.input_value() == "75"
    page.mouse.move(box["x"] + 5, box["y"] + 20)  # not pressed any more
    assert divider.input_value() == "75"

    # Two sliders
    stage, (rows, columns) = grid.locator(".nst-stage"), (grid.get_by_role("slider").nth(n) for n in (0, 1))
    assert rows.get_attribute("aria-label") == "row" and columns.get_attribute("aria-label") == "column"
    for move, value in ((columns, 0.25), (rows, 0.75)):
        move_slider(move)
        assert brightness(look(stage)) == pytest.approx(value, abs=0.02)
    assert grid.get_by_text("row: 0.5").is_visible() and grid.get_by_text("column: 0.25").is_visible()

    # None has disturbed another
    assert brightness(look(steps.locator(".nst-stage"))) == pytest.approx(0, abs=0.02)
    assert not page.problems


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_exported_html_without_a_kernel(theme, tmp_path, new_page, move_slider, look):
    from nbconvert import HTMLExporter

    cells = [nbformat.v4.new_code_cell("", outputs=[output(shown)], execution_count=1) for shown in made()]
    # nbconvert's own pages load these three from elsewhere; without them, anything asked for would be ours.
    nothing = "data:text/javascript,"
    exporter = HTMLExporter(theme=theme, require_js_url=nothing, mathjax_url=nothing, mermaid_js_url=nothing)
    file = tmp_path / "page.html"
    file.write_text(exporter.from_notebook_node(nbformat.v4.new_notebook(cells=cells))[0], encoding="utf-8")
    page = new_page()
    page.goto(file.as_uri())
    try_all(page, move_slider, look)
    page.close()


def test_the_same_scrubber_twice_on_a_page(new_page, move_slider, look):
    page, shown = new_page(), made()[0]
    page.set_content(shown.html + shown.html)
    first, second = (page.locator("figure.nst-scrubber").nth(n) for n in (0, 1))
    assert first.get_by_role("slider").count() == second.get_by_role("slider").count() == 1
    move_slider(second.get_by_role("slider"), "End")
    assert brightness(look(first.locator(".nst-stage"))) < 0.02
    assert brightness(look(second.locator(".nst-stage"))) > 0.98
    page.close()


def test_without_scripts_a_picture_and_a_sentence_are_left(browser, look):
    page = browser.new_context(java_script_enabled=False).new_page()
    # As sanitisers leave it: no script, no style, no attributes but the picture's.
    bare = [re.sub(r'<(style|script)>.*?</\1>|(style|class)="[^"]*"', "", shown.html, flags=re.S) for shown in made()]
    page.set_content("".join(bare))
    assert page.locator("img").count() == 1 + 2 + 1 and page.locator("input").count() == 0
    assert page.get_by_text("grey 0.0. Run this cell to move through all 5 pictures.").is_visible()
    assert [round(brightness(look(page.locator("img").nth(n)))) for n in range(4)] == [0, 0, 1, 0]
    page.context.close()


def test_in_jupyterlab(lab, open_notebook, run_all, move_slider, look):
    name = lab.write("scrubbers.ipynb", CELL, *SHOW.values())
    page = open_notebook(name)
    cells = run_all(page)
    assert [output["output_type"] for cell in cells for output in cell["outputs"]] == ["execute_result"] * 3
    try_all(page, move_slider, look)
    # The arrow keys have stayed with the sliders: the notebook did not walk on to another cell.
    rows = page.get_by_role("slider").nth(2)
    rows.focus()
    chosen = page.locator(".jp-Notebook .jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index")
    rows.press("ArrowUp")
    rows.press("ArrowDown")
    assert page.locator(".jp-mod-active.jp-Cell").get_attribute("data-windowed-list-index") == chosen
    assert rows.evaluate("element => element === document.activeElement")


def test_in_jupyterlab_before_the_notebook_is_trusted(lab, open_notebook, look):
    name = lab.write("untrusted.ipynb", "1", outputs=[output(made()[0])])
    page = open_notebook(name)
    page.get_by_text("grey 0.0. Run this cell to move through all 5 pictures.").wait_for()
    shown = page.locator(".jp-OutputArea figure img, .jp-OutputArea img")
    assert shown.count() == 1 and brightness(look(shown)) < 0.05 and page.locator("input[type=range]").count() == 0
