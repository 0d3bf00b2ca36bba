"""Pictures are opened, and their digits found and read, whatever the paper, the light and the pen."""

import datetime
import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import mnist_nb
from mnist_nb.pictures import PictureError, contrast, frames, normal, opening, page, rules, scenes, tracing
from mnist_nb.strokes import hands
from mnist_nb.strokes.file import load_drawings
from mnist_nb.strokes.ink import centre_of_mass, longest_side, strokes_to_image
from mnist_nb.strokes.reading import Reading

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ROWS = ["3141592", "60718", "246809"]


@pytest.fixture(scope="module")
def recognizer():
    return mnist_nb.Recognizer.load()


def written(rows, rng, height=80, line=0.1):
    inks = [[scenes.ink_of_drawing(hands.drawing_of(int(digit)), height, line) for digit in row] for row in rows]
    return scenes.laid_out(inks, rng)


CAMERAS = {
    "plain": {},
    "light on dark": {"dark_paper": True},
    "shadow": {"light": True},
    "ruled": {"ruled": True},
    "squared, tilted": {"squared": True, "tilt": 3},
    "blurred and noisy": {"blur": 1.5, "noise": 7},
    "faint": {"ink": 0.3, "blur": 1, "noise": 4},
    "all at once": {"light": True, "ruled": True, "tilt": -3, "blur": 1.5, "noise": 6},
}


@pytest.mark.parametrize("name", CAMERAS)
def test_a_page_is_read_row_by_row(name, recognizer):
    rng = np.random.default_rng(7)
    ink, _ = written(ROWS, rng)
    found = mnist_nb.read_picture(scenes.photographed(ink, rng, scenes.Camera(**CAMERAS[name])), recognizer)
    sure = ["".join(str(each.digit) for each in row if not each.unsure) for row in found.rows]
    lines = [row for row in sure if row]
    assert lines[:3] == ROWS
    assert len("".join(lines[3:])) <= (name == "all at once")  # The corner of a shadow passes for a 1.


@pytest.mark.parametrize("line", [0.03, 0.1, 0.2])
@pytest.mark.parametrize("height", [24, 80, 240])
def test_size_of_digits_and_pen_do_not_matter(line, height, recognizer):
    rng = np.random.default_rng(3)
    ink, _ = written(["27", "35"], rng, height, line)
    assert mnist_nb.read_picture(scenes.photographed(ink, rng), recognizer).text == "27\n35"


def test_boxes_lie_around_the_ink(recognizer):
    rng = np.random.default_rng(1)
    ink, boxes = written(["406"], rng)
    found = mnist_nb.read_picture(scenes.photographed(ink, rng), recognizer)
    for reading, box in zip(found.readings, boxes[0], strict=True):
        np.testing.assert_allclose(reading.box, box, atol=10)
        assert reading.image.shape == (28, 28)
        assert reading.image.dtype == np.uint8


def test_rows_that_slope_stay_rows(recognizer):
    rng = np.random.default_rng(2)
    ink, _ = written(ROWS, rng, height=60)
    picture = scenes.photographed(ink, rng, scenes.Camera(tilt=7))
    assert mnist_nb.read_picture(picture, recognizer).text.split("\n") == ROWS


def test_digits_that_touch_are_divided(recognizer):
    two, five = (scenes.ink_of_drawing(hands.drawing_of(digit), 100) for digit in (2, 5))
    ink = np.zeros((300, 400))
    ink[100 : 100 + len(two), 100 : 100 + two.shape[1]] = two
    left = 100 + two.shape[1] - 14
    place = ink[100 : 100 + len(five), left : left + five.shape[1]]
    np.maximum(place, five, out=place)
    assert mnist_nb.read_picture(scenes.photographed(ink, np.random.default_rng(1)), recognizer).text == "25"


def gap(ink, middle, width):
    """Return ink (H, W) with a gap across its line, `width` px high, at a share of its height."""
    ink, row = ink.copy(), round(middle * len(ink))
    ink[row : row + width] = 0
    return ink


@pytest.mark.parametrize("digit", [3, 5, 6, 9])
def test_a_line_with_gaps_is_one_digit(digit, recognizer):
    broken = gap(gap(scenes.ink_of_drawing(hands.drawing_of(digit), 120), 0.3, 6), 0.7, 6)
    ink, _ = scenes.laid_out([[scenes.ink_of_drawing(hands.drawing_of(2), 110), broken]], np.random.default_rng(2))
    assert mnist_nb.read_picture(scenes.photographed(ink, np.random.default_rng(3)), recognizer).text == f"2{digit}"


def test_what_the_edge_of_the_picture_cuts_through_is_no_digit(recognizer):
    rng = np.random.default_rng(5)
    ink, _ = written(["3027"], rng)
    picture = scenes.photographed(ink, rng)
    picture[:, :14] = 40  # the table, left of the paper
    picture[700:, -9:] = 40
    assert mnist_nb.read_picture(picture, recognizer).text == "3027"


def test_a_marker_keeps_the_holes_of_an_8(recognizer):
    images = np.stack([normal.image_of(scenes.ink_of_drawing(hands.drawing_of(8), 120, line)) for line in (0.1, 0.22)])
    assert recognizer.probabilities(images).argmax(1).tolist() == [8, 8]


def test_a_word_that_would_run_into_the_next_is_the_digit_alone():
    def reading(digit, left, top=200):
        probabilities = np.full(10, 0.001, np.float32)
        probabilities[digit] = 0.991
        return Reading(np.zeros((28, 28), np.uint8), probabilities, (left, top, left + 60, top + 100))

    def words(*readings):
        return frames.captions([(each, each.box) for each in readings], 700, 400)

    close, far, below = reading(5, 180), reading(5, 300), reading(5, 180, 40)
    assert words(reading(1, 100), close) == ["1", "Five >99%"]
    assert words(close, reading(1, 100)) == ["Five >99%", "1"]
    assert words(reading(1, 100), far) == words(far, reading(1, 100))[::-1] == ["One >99%", "Five >99%"]
    assert words(reading(1, 100), below) == ["One >99%", "Five >99%"]
    assert words(*(reading(1, 50 * place) for place in range(13))) == ["1"] * 13


# Tracing.


def test_traced_strokes_are_where_the_ink_is_and_read_as_it(recognizer):
    drawings, _ = hands.pen_digits(120, 11)
    inks = [np.pad(scenes.ink_of_drawing(drawing, 110, 0.08), 3) for drawing in drawings]
    traced = [tracing.strokes_of(ink) for ink in inks]
    for ink, strokes in zip(inks, traced, strict=True):
        places = np.rint(np.concatenate(strokes)[:, ::-1] - 0.5).astype(int)
        assert (ink[tuple(places.T)] > 0.4).mean() > 0.97
    seen = recognizer.probabilities(np.stack([normal.image_of(ink) for ink in inks]))
    read = recognizer.probabilities(np.stack([strokes_to_image(strokes) for strokes in traced]))
    clear = seen.max(1) >= 0.9  # Made-up drawings hold some that may be either of two digits.
    assert clear.mean() > 0.5
    assert (seen.argmax(1) == read.argmax(1))[clear].mean() >= 0.95


def test_a_loop_is_traced_until_it_closes_and_a_straight_line_as_one_stroke():
    around = np.linspace(0, 2 * np.pi, 60)
    ring = scenes.ink_of_drawing([50 + 40 * np.stack([np.cos(around), np.sin(around)], 1)], 100)
    stroke = max(tracing.strokes_of(np.pad(ring, 3)), key=len)
    assert np.linalg.norm(stroke[0] - stroke[-1]) < 6
    line = scenes.ink_of_drawing([np.array([[0.0, 0.0], [30.0, 90.0]])], 100)
    assert len(tracing.strokes_of(np.pad(line, 3))) == 1


def test_a_picture_is_drawn_on_a_board_saved_and_taken_back(tmp_path, recognizer):
    rng = np.random.default_rng(7)
    ink, _ = written(["406", "27"], rng)
    board = mnist_nb.DigitBoard(recognizer, file=tmp_path / "mine.npz")
    board.draw(hands.drawing_of(3))
    board.load_picture(scenes.photographed(ink, rng, scenes.Camera(light=True)))
    assert board.text == "406\n27"
    assert "Traced 5 digits" in board.message
    board.choose(2)
    board.correct(8)
    assert board.save() == 5
    assert load_drawings(tmp_path / "mine.npz").labels.tolist() == [4, 0, 8, 2, 7]
    board.load_picture(np.full((300, 300), 255, np.uint8))
    assert "No digit was found" in board.message
    assert board.text == "408\n27"
    board.undo()
    assert board.text == "3"


def test_the_button_of_a_board_takes_a_file_and_says_what_is_wrong_with_another(recognizer):
    rng = np.random.default_rng(8)
    ink, _ = written(["27"], rng)
    board = mnist_nb.DigitBoard(recognizer)
    upload = board._controls.picture.upload
    for content, wanted in (
        (encoded(Image.fromarray(scenes.photographed(ink, rng))), "Traced"),
        (b"none", "no picture"),
    ):
        upload.value = ({"name": "a.png", "type": "image/png", "size": 1, "content": content, "last_modified": NOW},)
        assert wanted in board.message
        assert upload.value == ()
    assert board.text == "27"


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_even_picture_holds_nothing(value, recognizer):
    found = mnist_nb.read_picture(np.full((400, 500), value, np.uint8), recognizer)
    assert found.text == ""
    assert found.readings == []
    assert "nothing" in found._repr_mimebundle_()[1]["image/png"]["alt"]


BLANK = {
    "light": {"light": True, "noise": 8, "blur": 1},
    "ruled": {"light": True, "ruled": True, "noise": 8, "blur": 1},
    "squared": {"light": True, "squared": True, "noise": 5, "tilt": 3},
}


@pytest.mark.parametrize("name", BLANK)
def test_empty_paper_holds_no_digits(name, recognizer):
    picture = scenes.photographed(np.zeros((600, 800)), np.random.default_rng(4), scenes.Camera(**BLANK[name]))
    assert mnist_nb.read_picture(picture, recognizer).text == ""


@pytest.mark.parametrize(("ruled", "seed"), [(False, 2), (False, 23), (True, 1), (True, 11)])
def test_the_border_of_a_shadow_is_no_one(ruled, seed, recognizer):
    camera = scenes.Camera(light=True, ruled=ruled)
    picture = scenes.photographed(np.zeros((900, 1200)), np.random.default_rng([seed, ruled]), camera)
    assert mnist_nb.read_picture(picture, recognizer).text == ""


def cells(columns, high, wide, rng):
    """Return a picture of a row of cells that share their walls, and the digits in them."""
    picture = np.full((high + 200, columns * wide + 200), 240.0)
    digits = rng.integers(0, 10, columns)
    for column, digit in enumerate(digits):
        ink = scenes.ink_of_drawing(hands.drawing_of(int(digit)), 70)
        top, left = 100 + (high - len(ink)) // 2, 100 + column * wide + (wide - ink.shape[1]) // 2
        picture[top : top + len(ink), left : left + ink.shape[1]] *= 1 - 0.8 * ink
    for column in range(columns + 1):
        picture[100 : 100 + high, 100 + column * wide : 102 + column * wide] = 90
    for row in (100, 100 + high):
        picture[row : row + 2, 100 : 102 + columns * wide] = 90
    return Image.fromarray(picture.astype(np.uint8)), "".join(map(str, digits))


@pytest.mark.parametrize("tilt", [0, 2, -3])
@pytest.mark.parametrize("columns", [1, 4])
def test_the_box_around_a_digit_is_none(columns, tilt, recognizer):
    picture, text = cells(columns, 130, 120, np.random.default_rng(columns))
    picture = picture.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=240)
    assert mnist_nb.read_picture(picture, recognizer).text == text


@pytest.mark.parametrize("tilt", [0, 2, -3])
def test_walls_between_cells_are_no_ones(tilt, recognizer):
    picture, text = cells(9, 130, 120, np.random.default_rng(2))
    picture = picture.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=240)
    assert mnist_nb.read_picture(picture, recognizer).text == text


def test_straight_ones_stay_ones(recognizer):
    rng = np.random.default_rng(8)
    slants = rng.normal(0, 4, 8)
    inks = [scenes.ink_of_drawing([np.array([[slant, 0.0], [0.0, 60.0]])], 80, 0.05) for slant in slants]
    ink, _ = scenes.laid_out([inks], rng)
    assert mnist_nb.read_picture(scenes.photographed(ink, rng), recognizer).text == "1" * 8


@pytest.mark.parametrize("grain", [3, 8, 25])
def test_a_wall_holds_no_digits(grain, recognizer):
    rough = ndimage.gaussian_filter(np.random.default_rng(grain).normal(0, 1, (600, 800)), grain)
    picture = 128 + 90 * rough / np.abs(rough).max()
    assert mnist_nb.read_picture(picture.astype(np.uint8), recognizer).text == ""


def test_an_image_is_as_mnists_are():
    drawings, _ = hands.pen_digits(40, 3)
    images = np.stack([normal.image_of(scenes.ink_of_drawing(drawing, 120)) for drawing in drawings])
    assert set(longest_side(images)) <= {19, 20, 21, 22}
    assert (images.max((1, 2)) == 255).all()
    off = np.abs(centre_of_mass(images) - 14)
    assert np.quantile(off, 0.9) <= 0.75


def test_rules_are_taken_out_and_ink_stays():
    rng = np.random.default_rng(5)
    ink, _ = written(ROWS, rng)
    plain, ruled = (
        contrast.contrast_of(
            scenes.photographed(ink, np.random.default_rng(6), scenes.Camera(squared=squared, tilt=2)), light=False
        )
        for squared in (False, True)
    )
    cleared, count = rules.without_rules(ruled.ink, ruled.noise)
    assert count >= 30
    assert np.mean((cleared > 0.4) != (plain.ink > 0.4)) < 0.004
    untouched, none = rules.without_rules(plain.ink, plain.noise)
    assert none == 0
    assert untouched is plain.ink or (untouched == plain.ink).all()


# What is given.


def encoded(picture, kind="png", **how):
    data = io.BytesIO()
    picture.save(data, kind, **how)
    return data.getvalue()


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(8)
    ink, _ = written(["27"], rng, height=300)
    return Image.fromarray(scenes.photographed(ink, rng)[::2, ::2])


def forms_of(picture, folder):
    file = folder / "page.png"
    picture.save(file)
    values = np.asarray(picture)
    ink = Image.fromarray(255 - values)
    clear = Image.merge("RGBA", [Image.new("L", picture.size)] * 3 + [ink])
    sideways = encoded(picture.rotate(90, expand=True), "jpeg", quality=95, exif=_turned(6))
    return {
        "path": file, "text": str(file), "bytes": file.read_bytes(), "image": picture, "array": values,
        "float": values / 255, "channel": values[..., None], "rgb": np.stack([values] * 3, 2),
        "16 bits": values.astype(np.uint16) * 257, "bool": values > 128, "transparent": clear,
        "cmyk": encoded(picture.convert("CMYK"), "jpeg", quality=95), "palette": encoded(picture.convert("P"), "gif"),
        "tiff": encoded(picture, "tiff"), "webp": encoded(picture, "webp"), "bmp": encoded(picture, "bmp"),
        "exif": sideways,
    }  # fmt: skip


def _turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def test_every_form_of_a_picture_reads_the_same(picture, tmp_path, recognizer):
    read = {name: mnist_nb.read_picture(form, recognizer).text for name, form in forms_of(picture, tmp_path).items()}
    assert set(read.values()) == {"27"}, read


BAD = {
    "no file": ("no-such-file.png", "No such file"),
    "no picture": (b"these are no pixels", "no picture"),
    "nothing": (b"", "no picture"),
    "none": (None, "found NoneType"),
    "empty": (np.zeros((0, 5), np.uint8), "shape"),
    "one axis": (np.zeros(5, np.uint8), "shape"),
    "two channels": (np.zeros((5, 5, 2), np.uint8), "shape"),
    "text": (np.array([["a"]]), "numbers"),
    "infinite": (np.full((5, 5), np.inf), "finite"),
    "no pixels": (Image.new("L", (0, 7)), "no pixels"),
    "huge": (np.zeros((1, 60_000_000), np.uint8), "pixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_in_a_sentence(name, recognizer):
    given, wanted = BAD[name]
    with pytest.raises(PictureError, match=wanted) as told:
        mnist_nb.read_picture(given, recognizer)
    assert str(told.value).endswith(".")


def test_a_damaged_file_is_refused_or_read_as_far_as_it_goes(picture, recognizer):
    whole = encoded(picture, "jpeg")
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(PictureError):
            mnist_nb.read_picture(whole[: int(share * len(whole))], recognizer)


def test_an_image_of_pillows_whose_file_is_cut_is_refused(picture, recognizer):
    whole = encoded(picture, "png")
    with pytest.raises(PictureError, match="the image cannot be read"):
        mnist_nb.read_picture(Image.open(io.BytesIO(whole[: len(whole) // 2])), recognizer)


@pytest.mark.parametrize("mode", ["1", "La", "RGBa", "PA", "HSV", "YCbCr", "I;16", "F"])
def test_an_image_of_any_mode_is_read(mode, picture, recognizer):
    between = {"La": "LA", "PA": "LA", "RGBa": "RGBA", "HSV": "RGB"}.get(mode, "L")
    assert mnist_nb.read_picture(picture.convert(between).convert(mode), recognizer).text == "27"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch, recognizer):
    monkeypatch.setattr(opening, "LARGEST", 10_000)
    with pytest.raises(PictureError, match="pixels"):
        mnist_nb.read_picture(encoded(Image.new("L", (101, 100))), recognizer)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (28, 28), (3, 4000)])
def test_odd_shapes_end_in_a_page(shape, recognizer):
    values = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    assert isinstance(mnist_nb.read_picture(values, recognizer), page.Page)
