"""The site in a browser: formulas, scrubbers, folded solutions, the dark, the keyboard; and no request to another host."""

import importlib.util
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import publish

BUILDS = all(importlib.util.find_spec(name) for name in ("myst_nb", "sphinx_book_theme")) and shutil.which("npm")
pytestmark = pytest.mark.skipif(not BUILDS, reason="the docs extra, or npm, is not installed")
NOTEBOOK = "01_images_as_tensors"
# All that can show which element has the focus, its own and its neighbours'.
LOOKS = """element => [element, element.parentElement].flatMap(each => [null, "::before", "::after"].map(part => {
    const style = getComputedStyle(each, part);
    return [style.outlineStyle == "none" ? "" : style.outline, style.boxShadow, style.textDecorationLine];
})).join()"""


class Quiet(SimpleHTTPRequestHandler):
    """A server that writes no log."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site(chromium, tmp_path_factory):
    """The address of a site of one notebook and one page."""
    target, notebook = tmp_path_factory.mktemp("site") / "site", publish.notebooks()[NOTEBOOK]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "notebooks", lambda: {NOTEBOOK: notebook})
        patch.setattr(publish, "PAGES", ("failures",))
        publish.site(target)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=target)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page(site, new_page):
    page = new_page()
    page.goto(f"{site}/notebooks/{NOTEBOOK}.html")
    return page


def test_formulas_pictures_and_scrubbers_work_without_a_kernel(page, move_slider, look):
    page.locator(".bd-article mjx-container").first.wait_for()
    assert page.locator(".bd-article .math").count() == page.locator(".bd-article mjx-container").count() > 10
    pictures = page.locator(".bd-article img:not(.nst-scrubber img)")
    assert pictures.count() >= 6
    assert pictures.evaluate_all("all => all.every(image => image.complete && image.naturalWidth > 0)")
    scrubber = page.locator("figure.nst-scrubber").first
    before = look(scrubber.locator(".nst-stage"))
    move_slider(scrubber.get_by_role("slider").first, "End")
    move_slider(scrubber.get_by_role("slider").first, "ArrowLeft", times=2)
    assert look(scrubber.locator(".nst-stage")) != before
    assert not page.problems


def test_a_solution_is_folded_until_it_is_asked_for(page):
    solution = page.locator("details", has=page.locator("summary", has_text="Solution")).last
    code = solution.locator("pre").first
    assert not code.is_visible()
    solution.locator("summary").last.click()
    assert code.is_visible()


def test_in_the_dark_no_figure_stands_in_a_white_box(page):
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme == 'dark'")
    boxes = page.locator(".cell_output img, .cell_output .text_html").evaluate_all(
        "all => all.map(each => getComputedStyle(each)).map(style => [style.backgroundColor, style.padding])"
    )
    page.emulate_media(color_scheme="light")
    assert len(boxes) >= 6 and {tuple(box) for box in boxes} == {("rgba(0, 0, 0, 0)", "0px")}


@pytest.mark.parametrize("width", [1280, 390])
def test_whatever_has_the_focus_shows_it(site, page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/failures.html")
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    names = []
    while len(names) < 60:
        page.keyboard.press("Tab")
        element = page.evaluate_handle("document.activeElement").as_element()
        name = element.evaluate("element => element === document.body ? '' : element.outerHTML.slice(0, 150)")
        if not name or name in names:
            break
        names.append(name)
        focused = element.evaluate(LOOKS)
        element.evaluate("element => element.blur()")
        assert element.evaluate(LOOKS) != focused, name
        element.evaluate("element => element.focus({preventScroll: true})")
    assert 5 <= len(names) < 60
    assert page.evaluate("document.documentElement.scrollWidth") <= width
