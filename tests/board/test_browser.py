"""The board in JupyterLab, Notebook 7 and Voila, in a real browser, drawn on with real mouse and touch events."""

import io
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from contextlib import contextmanager

import nbformat
import numpy as np
import pytest
from PIL import Image

from mnist_nb.paths import NOTEBOOKS, ROOT
from mnist_nb.pictures import scenes
from mnist_nb.strokes import hands

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the board is not tested in a browser"),
]
sync_api = pytest.importorskip("playwright.sync_api")
TOKEN = "board-test"
KERNEL = "Python 3 (ipykernel)"
FRAME = 16  # ms; a browser tells of one move a frame and drops the others
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FAILING_BOARD = """\
from mnist_nb import DigitBoard


class Failing:
    def read(self, drawing):
        raise RuntimeError("the model is lost")


DigitBoard(Failing())"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_setting(folder, plugin, **values):
    file = folder / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


@contextmanager
def served(folder, port, probe, *command, **environment):
    """Run a server in a folder until it answers at `probe`; gives its address."""
    address = f"http://127.0.0.1:{port}"
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, stdout=log, stderr=log, env={**os.environ, **environment}
        )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(address + probe).close()
                break
            except OSError:
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    """A Jupyter server on loopback, with JupyterLab and Notebook 7, and copies of what it serves; its address."""
    folder = tmp_path_factory.mktemp("jupyter")
    shutil.copy(NOTEBOOKS / "07_application.ipynb", folder)
    cells = [nbformat.v4.new_code_cell(FAILING_BOARD)]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "failing.ipynb")
    settings = folder / "settings"
    write_setting(settings, "notebook-extension/tracker", windowingMode="none")  # Keeps every cell in the page.
    write_setting(settings, "apputils-extension/notification", fetchNews="false")
    port = free_port()
    with served(
        folder, port, f"/api/status?token={TOKEN}", "jupyter", "lab", "--no-browser", "--allow-root",
        f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        JUPYTER_CONFIG_DIR=str(settings), JUPYTERLAB_SETTINGS_DIR=str(settings),
    ) as address:  # fmt: skip
        yield address


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    """Voila on loopback, as `make app` starts it, with a copy of the notebook; its address."""
    folder = tmp_path_factory.mktemp("voila")
    shutil.copy(NOTEBOOKS / "07_application.ipynb", folder)
    port = free_port()
    with served(
        folder, port, "/voila/static/favicon.ico", "voila", "07_application.ipynb", "--no-browser",
        "--Voila.ip=127.0.0.1", f"--port={port}",
    ) as address:  # fmt: skip
        yield address


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def new_page(browser, **options):
    page = browser.new_page(**{"viewport": {"width": 1280, "height": 1000}, **options})
    page.set_default_timeout(60_000)
    page.add_locator_handler(page.locator(".jp-Dialog").first, agree, no_wait_after=True)  # Another may follow.
    return page


def agree(dialog):
    """Do as JupyterLab proposes in a dialog, which it lays over the page when something takes long; say what it was.

    On a busy machine it asks for a kernel before it knows which it prefers, and proposes none; or it tells that a
    connection was slow.
    """
    try:
        print("JupyterLab's dialog:", dialog.inner_text(timeout=5_000).replace("\n", " | "))
        if (kernels := dialog.locator("select")).count():
            kernels.select_option(label=KERNEL, timeout=5_000)
        dialog.locator(".jp-mod-accept").last.click(timeout=5_000)
    except sync_api.TimeoutError:
        pass  # It went by itself; if it is still there, or another is, this is called again.


def run_all(page):
    """Run all cells in JupyterLab or Notebook 7, until the board is there.

    A kernel that says it is idle before its connection stands drops what it is sent first: ask again then.
    """
    for _ in range(3):
        page.get_by_text("| Idle").or_(page.locator("[data-status='idle']")).first.wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        try:
            page.locator(".mnist-board canvas").first.wait_for(timeout=25_000)
            return
        except sync_api.TimeoutError:
            continue
    raise AssertionError("the board did not appear in the notebook")


def board_of(page):
    board = page.locator(".mnist-board").first
    board.locator("canvas").wait_for()
    return board


def ran(browser, address):
    """Return a page of JupyterLab or Notebook 7 in which notebook 7 has run to its end."""
    page = new_page(browser)
    page.goto(address)
    run_all(page)
    page.get_by_text("wall time").wait_for()
    return page


@pytest.fixture(scope="module")
def lab_page(jupyter, browser):
    page = ran(browser, f"{jupyter}/lab/tree/07_application.ipynb?token={TOKEN}&reset")
    yield page
    page.close()


@pytest.fixture(scope="module")
def notebook_page(jupyter, browser):
    page = ran(browser, f"{jupyter}/notebooks/07_application.ipynb?token={TOKEN}")
    yield page
    page.close()


@pytest.fixture(scope="module")
def voila_page(voila, browser):
    page = new_page(browser, viewport={"width": 390, "height": 844}, has_touch=True)  # A phone's.
    page.goto(voila)
    yield page
    page.close()


@pytest.fixture
def board(lab_page):
    """The board in JupyterLab, empty."""
    board = board_of(lab_page)
    board.scroll_into_view_if_needed()
    clear(board)
    return board


def clear(board):
    board.get_by_role("button", name="Clear").click()
    board.get_by_text("Draw a digit").wait_for()


def places(board, strokes):
    """Return strokes in px of the board's canvas as places on the page, the canvas scrolled into view."""
    canvas = board.locator("canvas")
    canvas.scroll_into_view_if_needed()
    place = canvas.bounding_box()
    scale = place["width"] / int(canvas.get_attribute("width"))
    return [np.asarray(stroke) * scale + (place["x"], place["y"]) for stroke in strokes]


def draw(page, board, strokes):
    for stroke in places(board, strokes):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point)
            page.wait_for_timeout(FRAME)
        page.mouse.up()


def draw_with_finger(page, board, strokes):
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        touch_points = [{"x": float(x), "y": float(y)} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch_points})

    for stroke in places(board, strokes):
        send("touchStart", stroke[0])
        for point in stroke[1:]:
            send("touchMove", point)
            page.wait_for_timeout(FRAME)
        send("touchEnd")
    touch.detach()


INK = """canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let white = 0;
    for (let i = 0; i < data.length; i += 4) white += data[i] > 250 && data[i + 1] > 250 && data[i + 2] > 250;
    return white / (data.length / 4);
}"""


def ink_in(board):
    """Return the share of the canvas's pixels that are white."""
    return board.locator("canvas").evaluate(INK)


def wait_for_ink(page, share):
    """Wait until about so large a share of the canvas's pixels is white, however long the machine takes to draw."""
    assert share > 0.005
    near = f"share => Math.abs(({INK})(document.querySelector('.mnist-board canvas')) - share) < 0.1 * share"
    page.wait_for_function(near, arg=share, polling=100, timeout=60_000)


def save_from_the_canvas(page, board):
    """Press Ctrl+S on the canvas until the notebook is saved: what the board shows late makes it unsaved again."""
    unsaved = page.locator(".jp-mod-dirty")
    for _ in range(12):
        board.locator("canvas").focus()
        page.keyboard.press("Control+s")
        try:
            unsaved.wait_for(state="detached", timeout=5_000)
            return
        except sync_api.TimeoutError:
            continue
    raise AssertionError("Ctrl+S on the canvas does not save the notebook")


def wait_until_still(page, board):
    """Wait until the board has stayed where it is for a second: style sheets that load late move everything about."""
    places = []
    while len(places) < 5 or len(set(places[-5:])) > 1:
        places.append(str(board.bounding_box()))
        page.wait_for_timeout(250)


def keep(page, name, **options):
    """Save a picture of the page for the README when MNIST_NB_PICTURES names a folder."""
    if folder := os.environ.get("MNIST_NB_PICTURES"):
        page.wait_for_timeout(500)  # The last reading may still be on its way.
        if (board := page.locator(".mnist-board").first).is_visible():
            board.evaluate("board => board.scrollIntoView({block: 'center'})")
        page.screenshot(path=os.path.join(folder, name), **options)


def number(digits):
    return hands.side_by_side(digits, left=40, top=80, height=140)


@pytest.mark.parametrize("front_end", ["lab_page", "notebook_page", "voila_page"])
def test_a_number_is_drawn_undone_corrected_and_cleared(front_end, request):
    page = request.getfixturevalue(front_end)
    board = board_of(page)
    board.get_by_text("Reads 4072").wait_for()  # Drawn by the notebook.
    clear(board)
    draw(page, board, number("953"))
    board.get_by_text("Reads 953").wait_for()
    keep(page, f"board-in-{front_end}.png".replace("-in-lab_page", ""))
    board.get_by_role("button", name="Undo").click()
    board.get_by_text("Reads 95", exact=True).wait_for()
    board.get_by_role("button", name="Redo").click()
    board.get_by_text("Reads 953").wait_for()
    board.get_by_label("Wrong? Type the right digit").fill("8")
    board.get_by_text("Reads 958").wait_for()
    board.locator("canvas").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("7")
    board.get_by_text("Reads 978").wait_for()
    page.keyboard.press("e")
    board.get_by_text("Reads 98").wait_for()
    page.keyboard.press("n")
    board.get_by_text("Draw a digit").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_finger_draws_in_voila(voila_page):
    board = board_of(voila_page)
    clear(board)
    draw_with_finger(voila_page, board, number("47"))
    board.get_by_text("Reads 47").wait_for()
    keep(voila_page, "board-phone.png")


def test_a_finger_draws_in_jupyterlab(board, lab_page):
    draw_with_finger(lab_page, board, number("204"))
    board.get_by_text("Reads 204").wait_for()


def test_a_stroke_ends_where_the_mouse_leaves_the_canvas(board, lab_page):
    draw(lab_page, board, [[(300, 60), (300, 200), (300, -40), (340, -40), (340, 60), (340, 200)]])
    board.get_by_text(re.compile(r"^\s*Reads 1\??\s*$")).wait_for()


def test_what_the_board_shows_can_be_read_and_reached_by_keyboard(board, lab_page):
    draw(lab_page, board, number("3"))
    board.get_by_role("img", name="Probabilities.").wait_for()
    assert board.get_by_alt_text("What the model sees").count() == 1
    for name in ("Undo", "Redo", "Erase", "Clear", "Pen", "Save", "Load", "Replay", "PNG"):
        assert "key" in board.get_by_role("button", name=name).get_attribute("title")
    board.locator("canvas").focus()
    assert board.locator("canvas").evaluate("canvas => getComputedStyle(canvas).outlineStyle") == "solid"
    lab_page.keyboard.press("Tab")  # The canvas lets go of the keyboard.
    lab_page.wait_for_function("document.activeElement.textContent.includes('Save')")


DROPPED = """async (canvas, data) => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "photo.png", {type: "image/png"}));
    const send = kind => canvas.dispatchEvent(
        new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
    return [send("dragover"), send("drop")];
}"""


@pytest.mark.parametrize("front_end", ["lab_page", "voila_page"])
def test_a_picture_is_dropped_onto_the_board(front_end, request):
    page = request.getfixturevalue(front_end)
    board = board_of(page)
    clear(board)
    rng = np.random.default_rng(3)
    inks = [scenes.ink_of_drawing(hands.drawing_of(digit), 90) for digit in (6, 1, 5)]
    photograph = scenes.photographed(scenes.laid_out([inks], rng, (300, 500))[0], rng)
    file = io.BytesIO()
    Image.fromarray(photograph).save(file, "png")
    data = b64encode(file.getvalue()).decode()
    # What is dropped belongs to the board: the browser is kept from showing it in place of the page.
    assert board.locator("canvas").evaluate(DROPPED, data) == [False, False]
    board.get_by_text("Traced 3 digits").wait_for()
    board.get_by_text("Reads 615").wait_for()
    clear(board)


def test_a_replay_ends_with_the_same_drawing(board, lab_page):
    draw(lab_page, board, number("6"))
    board.get_by_text("Reads 6").wait_for()
    before = ink_in(board)
    board.locator("canvas").evaluate(f"""canvas => {{
        const ink = {INK};
        const look = () => {{ canvas.least = Math.min(canvas.least ?? 1, ink(canvas)); requestAnimationFrame(look); }};
        look();
    }}""")
    board.get_by_role("button", name="Replay").click()
    lab_page.wait_for_function("least => document.querySelector('.mnist-board canvas').least < least", arg=before / 2)
    wait_for_ink(lab_page, before)


def test_the_board_is_redrawn_when_the_page_is_loaded_again(board, lab_page):
    draw(lab_page, board, number("58"))
    board.get_by_text("Reads 58").wait_for()
    before = ink_in(board)
    for name in ("Pen", "Undo", "Redo", "Pen", "Replay", "Pen"):  # The last one painted on is not the first.
        board.get_by_role("button", name=name).click()
    board.get_by_text("Pen: medium").wait_for()
    wait_for_ink(lab_page, before)
    save_from_the_canvas(lab_page, board)
    lab_page.reload()
    board = board_of(lab_page)
    board.get_by_text("Reads 58").wait_for()
    wait_for_ink(lab_page, before)
    clear(board)
    draw(lab_page, board, number("2"))
    board.get_by_text("Reads 2").wait_for()


def test_a_second_window_shows_the_same_ink(board, lab_page, browser):
    draw(lab_page, board, number("36"))
    board.get_by_text("Reads 36").wait_for()
    before = ink_in(board)
    board.get_by_role("button", name="Replay").click()
    wait_for_ink(lab_page, before)
    save_from_the_canvas(lab_page, board)
    second = new_page(browser)
    second.goto(f"{lab_page.url.partition('?')[0]}?token={TOKEN}")
    other = board_of(second)
    other.get_by_text("Reads 36").wait_for()
    wait_for_ink(second, before)
    draw(second, other, [np.array([(560.0, 80.0), (560.0, 220.0)])])
    board.get_by_text("Reads 361").wait_for()
    second.close()


def test_only_the_first_button_draws_and_the_wheel_scrolls_the_page(board, lab_page):
    (place,) = places(board, [[(100, 60), (100, 200)]])
    for button in ("right", "middle"):
        lab_page.mouse.move(*place[0])
        lab_page.mouse.down(button=button)
        lab_page.mouse.move(*place[1])
        lab_page.mouse.up(button=button)
    lab_page.keyboard.press("Escape")  # The menu that the right button opened.
    top = board.bounding_box()["y"]
    lab_page.mouse.move(*place[0])
    lab_page.mouse.wheel(0, -200)
    lab_page.wait_for_function(
        "top => document.querySelector('.mnist-board').getBoundingClientRect().y > top + 50", arg=top
    )
    board.get_by_text("Draw a digit").wait_for()
    assert ink_in(board) == 0
    draw(lab_page, board, number("1"))
    board.get_by_text("Reads 1").wait_for()


def test_a_stroke_belongs_to_the_finger_that_began_it_and_a_stylus_goes_first(board, lab_page):
    touch = lab_page.context.new_cdp_session(lab_page)

    def send(kind, **fingers):
        points = [
            dict(zip("xy", map(float, places(board, [[place]])[0][0]), strict=True), id=int(name[1:]))
            for name, place in fingers.items()
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        lab_page.wait_for_timeout(2 * FRAME)

    send("touchStart", f1=(100, 60))
    send("touchMove", f1=(100, 140))
    send("touchStart", f1=(100, 140), f2=(480, 260))
    send("touchMove", f1=(100, 200), f2=(470, 250))
    send("touchEnd", f2=(470, 250))
    send("touchMove", f2=(300, 100))
    send("touchEnd")
    board.get_by_text(re.compile(r"^\s*Reads 1\s*$")).wait_for()
    clear(board)
    send("touchStart", f1=(500, 280))  # A palm, before the stylus.
    down, up = ({"x": float(x), "y": float(y)} for x, y in places(board, [[(200, 60), (200, 200)]])[0])
    pen = {"button": "left", "pointerType": "pen", "clickCount": 1}
    touch.send("Input.dispatchMouseEvent", {"type": "mousePressed", "buttons": 1, **down, **pen})
    for share in np.linspace(0, 1, 8):
        place = {"x": down["x"], "y": down["y"] + share * (up["y"] - down["y"])}
        touch.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "buttons": 1, **place, **pen})
        lab_page.wait_for_timeout(FRAME)
    touch.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "buttons": 0, **up, **pen})
    send("touchMove", f1=(400, 100))
    send("touchEnd")
    board.get_by_text(re.compile(r"^\s*Reads 1\s*$")).wait_for()
    touch.detach()


def test_from_pen_up_to_label(board, lab_page):
    """Print how long the page waits for a label; `pytest tests/test_browser.py -k pen_up -s` shows it."""
    milliseconds = []
    for _ in range(20):
        clear(board)
        milliseconds.append(
            board.locator("canvas").evaluate(
                """canvas => new Promise(resolve => {
                    const board = canvas.closest(".mnist-board"), place = canvas.getBoundingClientRect();
                    const send = (kind, y) => canvas.dispatchEvent(new MouseEvent(kind, {
                        bubbles: true, clientX: place.left + place.width / 2, clientY: place.top + place.height * y}));
                    let begun;
                    new MutationObserver((_, observer) => {
                        if (!board.textContent.includes("Reads 1")) return;
                        observer.disconnect();
                        resolve(performance.now() - begun);
                    }).observe(board, {childList: true, subtree: true, characterData: true});
                    send("mousedown", 0.3);
                    begun = performance.now();
                    send("mouseup", 0.8);
                })"""
            )
        )
    print(f"from pen-up to label: median {statistics.median(milliseconds):.0f} ms of {len(milliseconds)}")
    assert len(milliseconds) == 20 and min(milliseconds) > 0


def test_a_failing_recogniser_says_so_and_the_board_lives(jupyter, browser):
    page = new_page(browser)
    page.goto(f"{jupyter}/lab/tree/failing.ipynb?token={TOKEN}&reset")
    run_all(page)
    board = board_of(page)
    draw(page, board, number("1"))
    board.get_by_text("The board cannot read this: the model is lost").wait_for()
    assert ink_in(board) > 0
    clear(board)
    page.close()


def test_the_board_in_the_dark_theme(board, lab_page):
    def choose(theme):
        lab_page.get_by_role("menuitem", name="Settings", exact=True).click()
        lab_page.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
        lab_page.locator(".lm-Menu-itemLabel", has_text=theme).first.click()
        light = str("Dark" not in theme).lower()
        lab_page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        wait_until_still(lab_page, board)

    choose("JupyterLab Dark")
    draw(lab_page, board, number("935"))
    board.get_by_text("Reads 935").wait_for()
    text = board.locator(".mnist-board-number").evaluate("element => getComputedStyle(element).color")
    assert min(map(int, text.removeprefix("rgba(").removeprefix("rgb(").rstrip(")").split(",")[:3])) > 128
    keep(lab_page, "board-dark.png")
    choose("JupyterLab Light")


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
