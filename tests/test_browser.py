"""The board in JupyterLab, in a real browser, drawn on with real mouse events."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest

from mnist_nb import pen
from mnist_nb.paths import NOTEBOOKS, ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: the board is not tested in a browser"
)
TOKEN = "board-test"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_setting(folder, plugin, **values):
    file = folder / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab on loopback that serves copies of notebook 07; gives its address."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(NOTEBOOKS / "07_application.ipynb", folder)
    settings = folder / "settings"
    write_setting(settings, "notebook-extension/tracker", windowingMode="none")  # Keeps every cell in the page.
    write_setting(settings, "apputils-extension/notification", fetchNews="false")
    port = free_port()
    command = [
        sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}",
        "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(settings), "JUPYTERLAB_SETTINGS_DIR": str(settings)}
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{address}/api/status?token={TOKEN}") as answer:
                    json.load(answer)
                    break
            except OSError:
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(lab, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(f"{lab}/lab/tree/07_application.ipynb?token={TOKEN}&reset")
    page.wait_for_selector(".jp-NotebookPanel-notebook")
    yield page
    page.close()


def keep(page, name, **options):
    """Save a picture of the page for the README when MNIST_NB_PICTURES names a folder."""
    if folder := os.environ.get("MNIST_NB_PICTURES"):
        page.screenshot(path=os.path.join(folder, name), **options)


def draw(page, canvas, strokes):
    """Draw strokes given in px of the canvas with the mouse."""
    place = canvas.bounding_box()
    for stroke in strokes:
        points = np.add(stroke, [place["x"], place["y"]])
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def test_digits_drawn_with_the_mouse_are_named_in_jupyterlab(page):
    page.get_by_text("| Idle").wait_for()  # The kernel is there.
    page.click("text=Run >> nth=0")
    page.click("text=Run All Cells")
    canvas = page.locator(".jp-OutputArea-output canvas").first
    canvas.wait_for()
    page.wait_for_selector("text=Reads 4072")
    page.get_by_text("wall time").wait_for()
    canvas.scroll_into_view_if_needed()
    board = canvas.locator("xpath=ancestor::*[contains(@class, 'widget-vbox')][1]")
    board.locator("button", has_text="Clear").click()
    board.get_by_text("Draw a digit").wait_for()
    draw(page, canvas, pen.side_by_side("935", left=60, top=80, height=140))
    board.get_by_text("Reads 935").wait_for()
    keep(page, "board.png")
    canvas.click(position={"x": 5, "y": 5})
    page.keyboard.press("n")
    board.get_by_text("Draw a digit").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_the_report_opens_without_a_network_and_fits_the_screen(browser, scheme, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((ROOT / "reports" / "index.html").as_uri())
    assert (
        page.locator(".state.passed").count() == page.locator(".card").count() == len(list(NOTEBOOKS.glob("*.ipynb")))
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(page.locator(".card img").evaluate_all("images => images.map(image => image.naturalWidth > 0)"))
    if (scheme, width) == ("light", 1200):
        keep(page, "report.png")
    page.locator(".card h3 a").first.click()
    page.wait_for_load_state()
    assert all(url.startswith(("file:", "data:")) for url in asked)
    page.close()
