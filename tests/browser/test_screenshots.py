"""With --screenshots: pictures for the documentation of what takes too long to paint in a test."""

import pytest

CELLS = [
    "from nsthelpers import before_after, grid_scrubber, load_image, scrubber, studio, stylize",
    "movie = []\n"
    'result = stylize("tuebingen", "starry_night", size=320, steps=60, scales=1, callback=movie.append, progress=False)\n'
    'scrubber({f"step {record.step}": record.image for record in movie[::6]},\n'
    '         "From a photograph to a painting", alt="Houses above a river")',
    'before_after(load_image("tuebingen", 320), result.image, "The same houses", alt="Houses above a river")',
    'weights, sizes = ("0.01", "1.0"), (128, 256)\n'
    'grid_scrubber({(weight, size): stylize("astronaut", "the_scream", size=size, steps=30, scales=1, progress=False,\n'
    "                                       content_weight=float(weight)).image for weight in weights for size in sizes},\n"
    '              "content weight", "size", "What does which setting do?", alt="A portrait")',
    "studio()",
]
NAMES = {1: "scrubber", 2: "before_after", 3: "grid_scrubber", 4: "studio"}


@pytest.fixture(scope="session")
def asked_for(request):
    if not request.config.getoption("--screenshots", default=False):
        pytest.skip("asked for with --screenshots only")


def test_real_pictures(asked_for, lab, open_notebook, run_all, move_slider, screenshot):
    page = open_notebook(lab.write("pictures.ipynb", *CELLS))
    cells = run_all(page, seconds=300)
    assert [len(cell["outputs"]) for cell in cells] == [0, 1, 1, 1, 1], cells
    outputs = {place: page.locator(".jp-CodeCell").nth(place).locator(".jp-OutputArea") for place in NAMES}
    move_slider(outputs[1].get_by_role("slider"), times=4)
    move_slider(outputs[2].get_by_role("slider"), "ArrowLeft", times=8)
    move_slider(outputs[3].get_by_role("slider").last)
    outputs[4].get_by_role("button", name="Run").click()
    outputs[4].get_by_role("link", name="Download result 1").wait_for(timeout=300_000)
    page.mouse.move(0, 0)
    for place, name in NAMES.items():
        screenshot(outputs[place].locator("figure.nst-scrubber") if place < 4 else outputs[4], name)
