"""JupyterLab in a real browser: a server on loopback, Chromium driven by Playwright, and no way out to the network.

    pytest tests/browser                  these tests (all others: pytest -m "not browser")
    pytest tests/browser --screenshots    the same, and writes docs/screenshots/

They are skipped where Chromium or Chrome is not installed.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
FLAGS += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # offline: only loopback has an address
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # All cells in the page, not only those in view.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write docs/screenshots/ while testing in the browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Add to the report of a failed test what its pages say."""
    report = yield
    if report.failed and "new_page" in getattr(item, "funcargs", {}):
        for page in item.funcargs["new_page"].pages:
            if not page.is_closed():
                wrong = page.locator(".jp-RenderedText[data-mime-type*=err]").all_inner_texts()
                prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
                report.sections.append(
                    (page.url.partition("?")[0], "\n".join([" ".join(prompts), *wrong, *page.problems]))
                )
    return report


class Lab:
    """A running JupyterLab: its address, its folder with the notebooks, and what its REST interface says."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder, self.token, self.address = folder, secrets.token_hex(16), f"http://127.0.0.1:{port}"
        settings = folder.parent / "settings"
        for name, values in SETTINGS.items():
            file = settings / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": folder,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": self.token,
            "LabApp.user_settings_dir": settings,
            "LabApp.expose_app_in_browser": True,  # `finish` reads the notebook's model in the page
            "LabApp.workspaces_dir": folder.parent / "workspaces",
        }
        # Nothing of the user's own Jupyter is read or written.
        own = {f"JUPYTER_{kind}_DIR": str(folder.parent / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        own |= {"IPYTHONDIR": str(folder.parent / "ipython"), "NSTHELPERS_OFFLINE": "1"}
        # Two kernels run at a time: with two threads each, they would wait for each other ten times as long as they work.
        own |= {"OMP_NUM_THREADS": "1"}
        own["NSTHELPERS_PROGRESS"] = str(folder.parent / "progress.json")
        self.log = folder.parent / "log.txt"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())],
            env=os.environ | own,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ask(self, path: str, method: str = "GET") -> Any:
        """Return what the REST interface answers."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.address}/api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")

    def wait_until_up(self) -> None:
        def up() -> bool:
            assert self.process.poll() is None, f"JupyterLab did not start:\n{self.log.read_text()[-2000:]}"
            try:
                return "started" in self.ask("status")
            except (urllib.error.URLError, OSError):
                return False

        wait(up, 120, "JupyterLab")

    def kernel(self, name: str) -> dict[str, Any]:
        """Return the state of the kernel of a notebook: "execution_state", "connections" …; empty if it has none."""
        found = [session["kernel"] for session in self.ask("sessions") if session["path"] == name]
        return found[0] if found else {}

    def wait_until_idle(self, name: str, seconds: float) -> None:
        """Wait until the kernel of a notebook is idle and has its page connected, twice in a row."""
        calm = 0

        def idle() -> bool:
            nonlocal calm
            kernel = self.kernel(name)
            calm = calm + 1 if kernel.get("execution_state") == "idle" and kernel["connections"] > 0 else 0
            return calm >= 2

        wait(idle, seconds, f"the kernel of {name}", every=0.3)

    def write(self, name: str, *cells: str, outputs: list[Any] | None = None) -> str:
        """Write a small notebook of code cells; `outputs` are stored as the last cell's."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook.cells[-1].outputs = outputs or []
        nbformat.write(notebook, self.folder / name)
        return name

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def outside(addresses: list[str]) -> list[str]:
    """Return the addresses that are neither on loopback nor in the page itself (data:, blob:)."""
    return [address for address in addresses if urllib.parse.urlsplit(address).hostname not in (None, "127.0.0.1")]


def wait(done: Callable[[], Any], seconds: float, what: str, every: float = 0.1) -> Any:
    """Call `done` until it returns something true; fail after some seconds."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(every)
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; its absence skips the test."""
    pytest.importorskip("playwright", reason="Playwright is not installed: pip install -e '.[browser]'")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium or Chrome found; the README says how to install one")
    return found


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab in a copy of the course's notebooks."""
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    folder.mkdir()
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, folder)
    shutil.copytree(ROOT / "data", folder.parent / "data")
    server = Lab(folder)
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


# Of module scope: while Playwright runs, the thread has a running event loop, which other tests would stumble over.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def requests_made() -> Iterator[list[str]]:
    """The addresses that the pages of a module ask for, those of web sockets too: none may lie outside."""
    addresses: list[str] = []
    yield addresses
    assert addresses and not outside(addresses)


@pytest.fixture(scope="module")
def new_page(browser: Any, requests_made: list[str]) -> Callable[[], Any]:
    """Make a page whose requests are recorded; an uncaught error of a script is kept in `page.problems`."""

    def make() -> Any:
        page = browser.new_page(viewport={"width": 1280, "height": 1300})
        page.problems = []
        page.on("request", lambda request: requests_made.append(request.url))
        page.on("websocket", lambda socket: requests_made.append(socket.url))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.set_default_timeout(30_000)
        make.pages.append(page)
        return page

    make.pages = []
    return make


@pytest.fixture(scope="module")
def open_notebook(lab: Lab, new_page: Callable[[], Any]) -> Iterator[Callable[[str], Any]]:
    """Open a notebook in a page of its own and wait for its kernel, which ends with the module."""
    opened = []

    def open_it(name: str) -> Any:
        page = new_page()
        page.notebook = name
        opened.append(page)
        # A workspace for each notebook, so that pages do not restore one another's tabs.
        page.goto(f"{lab.address}/lab/workspaces/{Path(name).stem}/tree/{name}?token={lab.token}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        lab.wait_until_idle(name, 60)
        return page

    yield open_it
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def start() -> Callable[[Any], None]:
    """Choose Run All Cells in the menu of a page."""

    def start_it(page: Any) -> None:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    return start_it


@pytest.fixture(scope="module")
def finish(lab: Lab) -> Callable[..., list[Any]]:
    """Wait until every cell has run and return the code cells with their outputs; an error ends the wait."""

    def finish_it(page: Any, seconds: float = 120) -> list[Any]:
        def ran() -> Any:
            lab.wait_until_idle(page.notebook, seconds)
            notebook = page.evaluate("() => jupyterapp.shell.currentWidget.content.model.toJSON()")
            cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"]]
            failed = any(output["output_type"] == "error" for cell in cells for output in cell["outputs"])
            return cells if failed or all(cell["execution_count"] for cell in cells) else None

        return wait(ran, seconds, f"all cells of {page.notebook}", every=0.5)

    return finish_it


@pytest.fixture(scope="module")
def run_all(start: Callable, finish: Callable) -> Callable[..., list[Any]]:
    """Run all cells of a page, wait, and return the code cells with their outputs."""

    def run_them(page: Any, seconds: float = 120) -> list[Any]:
        start(page)
        return finish(page, seconds)

    return run_them


@pytest.fixture(scope="session")
def move_slider() -> Callable[..., None]:
    """Move a slider with the keyboard: one of ipywidgets (the element that holds its handle) or a native one."""

    def move(slider: Any, key: str = "ArrowRight", times: int = 1) -> None:
        handle = slider.locator(".noUi-handle")
        target = handle.first if handle.count() else slider
        target.focus()
        for _ in range(times):
            target.press(key)

    return move


@pytest.fixture(scope="session")
def look() -> Callable[[Any], Image.Image]:
    """Return what an element looks like now."""

    def look_at(element: Any) -> Image.Image:
        return Image.open(io.BytesIO(element.screenshot())).convert("RGB")

    return look_at


@pytest.fixture(scope="session")
def screenshot(request: pytest.FixtureRequest) -> Callable[[Any, str], None]:
    """With --screenshots, keep a picture of an element (or page) for the documentation, of at most 200 kB."""
    wanted = request.config.getoption("--screenshots", default=False)

    def keep(element: Any, name: str) -> None:
        if not wanted:
            return
        from nsthelpers import save_image

        folder = ROOT / "docs" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.open(io.BytesIO(element.screenshot())).convert("RGB")
        while save_image(picture, folder / f"{name}.jpg", quality=85).stat().st_size > 200_000:
            picture = picture.resize((int(0.9 * picture.width), int(0.9 * picture.height)), Image.Resampling.LANCZOS)

    return keep
