"""The page in a real browser: that it reads as Python does, and what a hand can do on it."""

import os
import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain

import numpy as np
import pytest

from mnist_nb import Recognizer, load_drawings, save_drawings, strokes, web
from mnist_nb.board.history import Stroke
from mnist_nb.board.readings import read_rows
from mnist_nb.strokes import hands
from mnist_nb.web.page import WORDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the page is not tested in a browser"),
]
sync_api = pytest.importorskip("playwright.sync_api")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SAME = 1e-5  # of a probability
FRAME = 16  # ms


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Open a page at an address and wait until it reads; what it asks for and complains of is in its `asked`."""
    pages = []

    def open_page(address, ready=True, **options):
        page = browser.new_page(**{"viewport": {"width": 1000, "height": 900}, **options})
        pages.append(page)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.asked.append(message.text))
        page.on("pageerror", lambda error: page.asked.append(str(error)))
        page.goto(address)
        if ready:
            page.wait_for_function("window.reader")
        return page

    yield open_page
    for page in pages:
        page.close()


def plain(drawing):
    return [np.asarray(stroke).tolist() for stroke in drawing]


def number(digits, left=40, gap=0.6):
    return hands.side_by_side(digits, left=left, top=80, height=140, gap=gap)


def on_page(page, drawing):
    """Return strokes in px of the canvas as places on the page."""
    place = page.locator("#canvas").bounding_box()
    corner = np.array([place["x"], place["y"]])
    return [np.asarray(stroke) + corner for stroke in drawing]


def draw(page, drawing):
    for stroke in on_page(page, drawing):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def touching(page):
    """Return a function that sends touches, {id of a finger: its place on the page}."""
    session = page.context.new_cdp_session(page)

    def send(kind, fingers):
        points = [{"x": float(x), "y": float(y), "id": finger} for finger, (x, y) in fingers.items()]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(FRAME)

    return send


def draw_with_finger(page, drawing):
    send = touching(page)
    for stroke in on_page(page, drawing):
        send("touchStart", {1: stroke[0]})
        for point in stroke[1:]:
            send("touchMove", {1: point})
        send("touchEnd", {})


def reads(page, text):
    page.wait_for_function("text => document.getElementById('number').textContent === text", arg=text, timeout=5_000)


def downloaded(page, button, folder):
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def keep(page, name, **options):
    """Save a picture of the page for the README when MNIST_NB_PICTURES names a folder."""
    if folder := os.environ.get("MNIST_NB_PICTURES"):
        page.wait_for_timeout(200)
        page.screenshot(path=os.path.join(folder, name), **options)


# That it reads as Python does.


def test_images_are_equal_in_every_pixel_and_probabilities_are_kerass(shipped, opened, drawings):
    recognizer, file = shipped
    page = opened(file.as_uri())
    theirs = page.evaluate("drawings => drawings.map(reader.image)", [plain(drawing) for drawing in drawings])
    images = strokes.images_of(drawings)
    differ = np.flatnonzero((np.array(theirs).reshape(images.shape) != images).any((1, 2)))
    assert differ.tolist() == []
    shares = page.evaluate("images => images.map(reader.probabilities)", images.reshape(len(images), -1).tolist())
    assert np.abs(np.array(shares) - recognizer.probabilities(images)).max() < SAME


def test_groups_rows_and_readings_are_equal(shipped, opened, boards):
    recognizer, file = shipped
    page = opened(file.as_uri())
    asked = [plain(board) for board in boards]
    groups = page.evaluate("boards => boards.map(reader.group)", asked)
    assert [index for index, board in enumerate(boards) if strokes.group_strokes(board) != groups[index]] == []
    count = 0
    for board, theirs in zip(boards, page.evaluate("boards => boards.map(reader.read)", asked), strict=True):
        drawn = [Stroke(stroke) for stroke in board]
        ours, _ = read_rows(recognizer, drawn)
        told = [[reading["strokes"] for reading in row] for row in theirs]
        assert told == [[[drawn.index(each) for each in reading.strokes] for reading in row] for row in ours]
        for reading, other in zip(chain(*ours), chain(*theirs), strict=True):
            assert np.abs(reading.probabilities - other["probabilities"]).max() < SAME
            assert np.array_equal(reading.box, other["box"])
            best, second = np.sort(reading.probabilities)[:-3:-1]
            assert reading.digit == other["digit"] or best - second < SAME
            assert reading.unsure == other["unsure"] or abs(reading.confidence - recognizer.unsure_below) < SAME
            count += 1
    assert count > 1_000


@pytest.mark.parametrize("name", ["document_cnn", "scaled_document_cnn", "digit_cnn", "lenet5", "mlp", "deep_cnn"])
def test_every_layer_of_the_projects_networks_is_computed_as_keras_does(name, opened, drawings, tmp_path):
    import keras

    from mnist_nb.learning.networks import NETWORKS

    keras.utils.set_random_seed(22)
    model = NETWORKS[name](0.3)
    rng = np.random.default_rng(22)
    for weights in model.weights:  # Averages and offsets as after training.
        if len(weights.shape) == 1:
            weights.assign(rng.uniform(0.5, 1.5, weights.shape))
    recognizer = Recognizer(keras.Sequential([model]))
    web.write_page(recognizer, tmp_path / "board.html")
    page = opened((tmp_path / "board.html").as_uri())
    images = strokes.images_of(drawings[:100])
    shares = page.evaluate("images => images.map(reader.probabilities)", images.reshape(100, -1).tolist())
    assert np.abs(np.array(shares) - recognizer.probabilities(images)).max() < SAME


def test_what_is_no_drawing_is_refused_in_a_sentence(best, opened):
    page = opened(best[1].as_uri())
    for wrong in ("null", "[]", "[[]]", "[[[1]]]", "[[[1, NaN]]]", "['ab']"):
        with pytest.raises(sync_api.Error, match=r"(?:stroke 1|drawing) .*list|the drawing is empty"):
            page.evaluate(f"() => reader.image({wrong})")
    assert page.evaluate("[reader.group([]), reader.read([])]") == [[], []]


# What a hand can do on it.


def test_a_number_is_drawn_by_mouse_undone_chosen_corrected_and_saved(best, opened, tmp_path):
    page = opened(best[1].as_uri())
    draw(page, number("953"))
    reads(page, "Reads 953")
    keep(page, "page.png")
    page.get_by_role("button", name="Undo").click()
    reads(page, "Reads 95")
    page.keyboard.press("r")
    reads(page, "Reads 953")
    page.get_by_label("Wrong? Type the right digit").fill("8")
    reads(page, "Reads 958")
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("7")
    reads(page, "Reads 978")
    page.get_by_role("button", name="Choose Nine").click()
    page.get_by_role("button", name="Correct it to 4").click()
    reads(page, "Reads 478")
    page.keyboard.press("Control+z")  # It undoes strokes, not corrections.
    reads(page, "Reads 47")
    page.keyboard.press("Control+y")
    saved = load_drawings(downloaded(page, "Save", tmp_path))
    assert saved.labels.tolist() == [4, 7, 8] and set(saved.writers) == {"me"}
    for drawing, digit in zip(saved.strokes, "953", strict=True):
        assert Recognizer.load().read(drawing).argmax() == int(digit)
    page.get_by_role("button", name="Erase").click()
    reads(page, "Reads 47")
    page.keyboard.press("n")
    reads(page, WORDS["EMPTY"])
    assert page.asked == [best[1].as_uri()]


def test_a_number_is_drawn_by_finger_on_a_phone_and_its_file_comes_back(best, opened, tmp_path):
    page = opened(best[1].as_uri(), **PHONE)
    draw_with_finger(page, number("47", left=30))
    reads(page, "Reads 47")
    keep(page, "page-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#canvas").evaluate("canvas => canvas.width / canvas.clientWidth") == pytest.approx(2, 0.01)
    page.get_by_label("Wrong? Type the right digit").fill("1")
    reads(page, "Reads 41")
    path = downloaded(page, "Save", tmp_path)
    assert load_drawings(path).labels.tolist() == [4, 1]
    page.get_by_role("button", name="Clear").click()
    draw_with_finger(page, number("6", left=30))
    reads(page, "Reads 6")
    assert load_drawings(downloaded(page, "Save", tmp_path)).labels.tolist() == [4, 1, 6]
    page.reload()
    page.wait_for_function("window.reader")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load").click()
    chooser.value.set_files(path)
    page.get_by_text("Drawing 3 of 3, labelled 6, by me.").wait_for()
    page.get_by_label("Drawing", exact=True).fill("2")
    page.keyboard.press("Enter")
    page.get_by_text("Drawing 2 of 3, labelled 1, by me.").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("Took it out of drawings.npz, which now holds 2.").wait_for()
    page.get_by_role("button", name="Clear").click()
    assert load_drawings(downloaded(page, "Save", tmp_path)).labels.tolist() == [4, 6]


def test_files_of_python_are_taken_and_given_back(best, opened, tmp_path, drawings):
    page, path = opened(best[1].as_uri()), tmp_path / "drawings.npz"
    some = [drawing for drawing in drawings[:40] if np.isfinite(np.concatenate(drawing)).all()]
    save_drawings(path, some[:20], [index % 10 for index in range(20)], writer="Zo\u00eb \U0001f58a")
    save_drawings(path, some[20:], [index % 10 for index in range(len(some) - 20)])
    before = load_drawings(path)
    draw(page, number("6"))
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved 1 digit; drawings.npz now holds 1.").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("There is nothing new to save.").wait_for()
    page.locator("#file").set_input_files(path)
    page.get_by_text(f"of {len(some)}, labelled").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Save").click()  # The digit from before is not in this file.
    page.get_by_text(f"drawings.npz now holds {len(some) + 1}.").wait_for()
    page.locator("#file").set_input_files(path)
    page.get_by_text(f"of {len(some)}, labelled").wait_for()
    page.get_by_role("button", name="Remove").click()
    after = load_drawings(downloaded(page, "Save", tmp_path))
    assert sorted(after.writers) == sorted(before.writers)
    assert len(after) == len(before) and all(map(strokes.file.same_strokes, after.strokes[:-1], before.strokes[:-1]))


@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 4000, b"no zip at all"])
def test_a_file_that_is_none_is_refused_and_the_board_stays(best, opened, tmp_path, content):
    page, path = opened(f"{best[1].as_uri()}#36"), tmp_path / "odd.npz"
    reads(page, "Reads 36")
    path.write_bytes(content)
    page.locator("#file").set_input_files(path)
    page.get_by_text("odd.npz: not a file of strokes, or a damaged one").wait_for()
    reads(page, "Reads 36")
    np.savez(path, label=np.array([1]))
    page.locator("#file").set_input_files(path)
    page.get_by_text("odd.npz: not a file of strokes: it has no writer and no n_strokes").wait_for()


def test_only_the_finger_that_began_draws_and_a_stylus_goes_first(best, opened):
    page = opened(best[1].as_uri(), **PHONE)
    send = touching(page)
    above, below, aside = on_page(page, [[(100, 60), (100, 200), (250, 280)]])[0]
    send("touchStart", {1: above})
    send("touchStart", {1: above, 2: aside})
    send("touchMove", {1: below, 2: above})
    send("touchEnd", {})
    page.wait_for_function("/^Reads 1\\??$/.test(document.getElementById('number').textContent)")
    page.get_by_role("button", name="Clear").click()
    send("touchStart", {1: aside})  # A palm, before the stylus.
    pen = "(kind, [x, y]) => new PointerEvent(kind, {pointerId: 77, pointerType: 'pen', clientX: x, clientY: y, ..."
    events = [("pointerdown", above), ("pointermove", below), ("pointerup", below)]
    for kind, place in events:
        page.evaluate(
            f"([kind, place]) => document.getElementById('canvas').dispatchEvent(({pen}"
            "{button: kind === 'pointermove' ? -1 : 0, bubbles: true}})) (kind, place))",
            [kind, place.tolist()],
        )
    page.wait_for_function("/^Reads 1\\??$/.test(document.getElementById('number').textContent)")
    send("touchEnd", {})


def test_it_follows_the_dark_theme_and_shows_where_the_focus_is(best, opened):
    page = opened(best[1].as_uri(), color_scheme="dark")
    draw(page, number("482"))
    draw(page, [np.array([(580.0, 90), (620, 130), (585, 160), (640, 200), (600, 90), (655, 150)])])
    page.locator("#number .unsure").wait_for()
    keep(page, "page-dark.png")
    dark = "element => getComputedStyle(element).backgroundColor.match(/[0-9]+/g).every(part => part < 64)"
    assert page.locator("body").evaluate(dark)
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_what_it_reads_is_spoken_and_every_control_has_a_name(best, opened):
    page = opened(best[1].as_uri())
    draw(page, number("58"))
    page.get_by_role("status").filter(has_text=re.compile("reading: Five .*, Eight ")).wait_for()
    assert "Five" in page.locator("#canvas").get_attribute("aria-label")
    names = page.locator("button:visible, input:visible").evaluate_all(
        "all => all.map(each => each.ariaLabel || each.textContent || each.labels?.[0]?.textContent)"
    )
    assert len(names) > 20 and all(names)
    assert page.locator("#latency").inner_text().startswith("reading: p50")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_replay_moves_only_for_those_who_like_motion(best, opened, motion):
    page = opened(f"{best[1].as_uri()}#8", reduced_motion=motion)
    ink = """() => {
        const canvas = document.getElementById("canvas");
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 2 && value > 250).length;
    }"""
    whole = page.evaluate(ink)
    page.get_by_role("button", name="Replay").click()
    if motion == "reduce":
        page.get_by_text("Your system asks for no motion").wait_for()
    else:
        page.wait_for_function(f"whole => ({ink})() < 0.7 * whole", arg=whole, polling="raf")
    page.wait_for_function(f"whole => ({ink})() === whole", arg=whole)


# That it is whole, and alone.


@pytest.fixture
def served(tmp_path):
    """Serve a folder on this machine; gives its address and the folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()


def test_it_asks_for_nothing_and_keeps_nothing_also_in_a_sandboxed_frame(best, opened, served):
    address, folder = served
    shutil.copy(best[1], folder / "board.html")
    (folder / "frame.html").write_text('<link rel="icon" href="data:,"><iframe src="board.html#47" '
                                       'sandbox="allow-scripts" width="600" height="800"></iframe>')  # fmt: skip
    page = opened(f"{address}/board.html")
    draw(page, number("25"))
    reads(page, "Reads 25")
    assert page.asked == [f"{address}/board.html"]
    assert page.context.cookies() == [] and page.evaluate("localStorage.length + sessionStorage.length") == 0
    page = opened(f"{address}/frame.html", ready=False)
    page.frame_locator("iframe").get_by_text("Reads 47").wait_for()
    assert page.asked == [f"{address}/frame.html", f"{address}/board.html"]


def test_its_policy_lets_nothing_else_run_or_load(best, opened):
    page = opened(best[1].as_uri())
    page.evaluate("""() => {
        window.broken = [];
        document.addEventListener("securitypolicyviolation", event => broken.push(event.effectiveDirective));
        document.body.append(Object.assign(document.createElement("script"), {textContent: "window.ran = true"}));
        document.body.insertAdjacentHTML("beforeend", "<p style='color: red' onclick='window.ran = true'>x</p>");
        document.body.append(Object.assign(document.createElement("img"), {src: "https://example.org/a.png"}));
        fetch("https://example.org/").catch(() => 0);
    }""")
    page.wait_for_function("broken.length >= 4")
    assert {"script-src-elem", "style-src-attr", "img-src", "connect-src"} <= set(page.evaluate("broken"))
    assert page.evaluate("window.ran") is None


def test_a_damaged_page_says_so_and_does_not_read(best, opened, tmp_path):
    whole = best[1].read_text(encoding="utf-8")
    begin = whole.index('id="weights">') + 1_000
    letter = "A" if whole[begin] != "A" else "B"
    damaged = {
        "a letter of the weights": whole[:begin] + letter + whole[begin + 1 :],
        "weights cut short": whole[:begin] + whole[whole.index("</script>") :],
        "a letter of the script": whole.replace('"use strict";', '"use strict" ;'),
        "the end": whole[: len(whole) // 2],
    }
    for name, text in damaged.items():
        assert text != whole
        (tmp_path / "board.html").write_text(text, encoding="utf-8")
        page = opened((tmp_path / "board.html").as_uri(), ready=False)
        by_script = name in ("a letter of the weights", "weights cut short")
        page.get_by_text(WORDS["DAMAGED" if by_script else "SCRIPT"]).wait_for()
        assert page.locator("#page").count() == 0 or not page.locator("#page").is_visible()
        assert page.evaluate("window.reader") is None
