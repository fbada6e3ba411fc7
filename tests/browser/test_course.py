"""Notebooks of the course, opened in JupyterLab and run with Run All."""

from pathlib import Path

import pytest

NUMBERS = ("08", "03", "00")  # the longest first; every notebook runs once more without a browser (nbval)
FOLDER = Path(__file__).parent.parent.parent / "notebooks"
COURSE = [path.name for number in NUMBERS for path in FOLDER.glob(f"{number}_*.ipynb")]


@pytest.fixture(scope="module")
def running(open_notebook, start):
    """Return the page of a notebook that runs, with the next one already started: two kernels keep two cores busy."""
    pages = {}

    def page_of(name):
        place = COURSE.index(name)
        for near in COURSE[place : place + 2]:
            if near not in pages:
                pages[near] = open_notebook(near)
                start(pages[near])
        return pages[name]

    return page_of


@pytest.mark.parametrize("name", COURSE)
def test_runs_from_top_to_bottom(name, lab, running, finish, screenshot):
    page = running(name)
    cells = finish(page, seconds=500)  # two slow cores need about 300 for 08 and 03, side by side
    for cell in cells:
        errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
        assert not errors or "raises-exception" in cell["metadata"].get("tags", []), errors[0]["traceback"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    pictures = page.locator(".jp-OutputArea-output img")
    assert pictures.count() >= 6
    assert pictures.evaluate_all("all => all.every(image => image.complete && image.naturalWidth > 0)")
    assert not page.problems
    pictures.first.scroll_into_view_if_needed()
    screenshot(page, f"notebook_{name[:2]}")
    page.close()
    lab.ask(f"kernels/{lab.kernel(name)['id']}", "DELETE")  # its memory is wanted by the next one
