"""The shipped MNIST is the original, and every broken file is refused in a sentence."""

import numpy as np
import pytest

from mnist_nb import DataError, data, load_data
from mnist_nb.data import DOUBTFUL_TEST_LABELS, IDX_MD5, MNIST_PATH, hold_out, idx_md5


@pytest.fixture(scope="module")
def mnist():
    return load_data()


@pytest.fixture
def arrays(mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    return {"x_train": x_train[:50], "y_train": y_train[:50], "x_test": x_test[:20], "y_test": y_test[:20]}


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_shapes_types_and_digests(mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    assert (x_train.shape, y_train.shape) == ((60000, 28, 28), (60000,))
    assert (x_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert idx_md5(x_test) == "2646ac647ad5339dbf082846283269ea" == IDX_MD5["x_test"]


def test_the_doubtful_labels_differ_from_the_given_ones(mnist):
    _, (_, y_test) = mnist
    given = {947: 8, 1621: 0, 1901: 9, 2130: 4, 2462: 2, 2597: 5, 2654: 6, 3520: 6}
    given |= {3558: 5, 5937: 5, 6651: 0, 6783: 1, 8527: 4, 9679: 6, 9729: 5}
    assert {index: int(y_test[index]) for index in DOUBTFUL_TEST_LABELS} == given
    assert all(given[index] != suggested for index, suggested in DOUBTFUL_TEST_LABELS.items())


def test_the_shipped_file_loads_by_path_as_well(mnist):
    again = load_data(MNIST_PATH)
    assert np.array_equal(again[1][0], mnist[1][0])


def test_a_subset_loads_only_when_it_is_said_to_be_one(tmp_path, arrays):
    path = save(tmp_path / "subset.npz", **arrays)
    (x_train, _), (_, y_test) = load_data(path, original=False)
    assert x_train.shape == (50, 28, 28) and y_test.shape == (20,)
    with pytest.raises(DataError, match=r"subset\.npz: x_train is not MNIST's.*original=False"):
        load_data(path)


def test_one_altered_pixel_is_noticed(tmp_path, mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    x_test = x_test.copy()
    x_test[0, 0, 0] ^= 1
    path = save(tmp_path / "altered.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    with pytest.raises(DataError, match=r"altered\.npz: x_test is not MNIST's: expected MD5 2646.*found"):
        load_data(path)


def test_a_missing_file_is_named_with_a_remedy(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.npz: no such file.*Check the path"):
        load_data(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("kept", [0, 10, 1000, 1_000_000, -2000])
def test_a_truncated_file_is_refused(tmp_path, kept):
    path = tmp_path / "truncated.npz"
    path.write_bytes(MNIST_PATH.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"truncated\.npz: expected .* found a file that cannot be read"):
        load_data(path)


def test_a_file_with_a_flipped_byte_is_refused(tmp_path):
    content = bytearray(MNIST_PATH.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "flipped.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"flipped\.npz"):
        load_data(path)


def test_pickled_objects_are_never_loaded(tmp_path, arrays):
    arrays["y_test"] = np.array([object()] * 20)
    with pytest.raises(DataError, match=r"pickled\.npz: expected an .npz archive of plain arrays"):
        load_data(save(tmp_path / "pickled.npz", **arrays), original=False)


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        (
            "x_train",
            lambda x: x.reshape(-1, 784),
            r"x_train must be uint8 of shape \(N, 28, 28\), found uint8 \(50, 784\)",
        ),
        ("x_test", lambda x: x / 255, r"x_test must be uint8 .* found float64"),
        ("y_train", lambda y: y[:-1], r"y_train must be 50 integer labels, found uint8 \(49,\)"),
        ("y_test", lambda y: y + 10, r"y_test must hold labels 0 to 9, found 1\d to 1\d"),
    ],
)
def test_wrong_shapes_and_labels_are_named(tmp_path, arrays, key, change, message):
    arrays[key] = change(arrays[key])
    with pytest.raises(DataError, match=message):
        load_data(save(tmp_path / "wrong.npz", **arrays), original=False)


def test_a_missing_array_is_named(tmp_path, arrays):
    del arrays["y_test"]
    with pytest.raises(DataError, match=r"expected the arrays .*y_test, found x_train, y_train, x_test"):
        load_data(save(tmp_path / "partial.npz", **arrays), original=False)


def test_hold_out_takes_the_tail(mnist):
    (x_train, y_train), _ = mnist
    (x_fit, y_fit), (x_validation, y_validation) = hold_out(x_train, y_train, 5000)
    assert len(x_fit) == len(y_fit) == 55000
    assert np.array_equal(x_validation, x_train[55000:]) and np.array_equal(y_validation, y_train[55000:])
    with pytest.raises(DataError, match="cannot hold out 60000 of 60000"):
        hold_out(x_train, y_train, 60000)


@pytest.mark.parametrize("images", [50, 2000])
def test_images_that_lie_or_look_otherwise_are_known(images):
    (x, y), _ = load_data()
    x, y = x[:images], y[:images]
    assert data.unlike_mnist(x, y) == ""
    assert "images.transpose(0, 2, 1)" in data.unlike_mnist(x.transpose(0, 2, 1), y)  # As EMNIST stores them.
    assert "give 255 - images otherwise" in data.unlike_mnist(255 - x, y)
    assert "255 - images.transpose(0, 2, 1)" in data.unlike_mnist(255 - x.transpose(0, 2, 1), y)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(10)[[3, 1, 4]], r"found one-hot rows \(3, 10\)\. Give labels\.argmax\(1\)"),
        (np.array([[3], [1], [4]]), r"found a column \(3, 1\)\. Give labels\.ravel\(\)"),
        ([3, 1, -1], "label 2 must be an integer 0 to 9; found -1"),
        ([3, 1, 1.5], "label 2 must be an integer 0 to 9; found 1.5"),
        (["3", "1", "4"], "label 0 must be an integer 0 to 9; found '3'"),
        ([3, True, 4], "label 1 must be an integer 0 to 9; found True"),
        ([3, 1j, 4], "label 1 must be an integer 0 to 9; found 1j"),
        (np.array([3 + 0j, 1, 4]), r"label 0 must be an integer 0 to 9; found .*3\+0j"),
        (None, "found None"),
        (range(10**9), "found range"),
        ([3, 1], "3 are to be labelled, and there are 2 labels"),
    ],
)
def test_labels_of_another_kind_are_a_sentence(labels, message):
    with pytest.raises(DataError, match=message):
        data.as_labels(labels, 3)
    assert data.as_labels([3.0, 1, np.uint8(4)], 3).tolist() == [3, 1, 4]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 28, 28)), r"found float64 \(2, 28, 28\) from 0 to 1\. Give \(255 \* images\)"),
        (np.full((2, 28, 28), 200.0), r"Give images\.astype\('uint8'\) if they hold 0 to 255"),
        (np.ones((2, 28, 28), np.uint8), "the largest found is 1. Give 255"),
        (np.zeros((2, 28, 28, 1), np.uint8), r"Give images\[\.\.\., 0\]"),
        (np.zeros((2, 784), np.uint8), r"found uint8 \(2, 784\)"),
        (None, "found None"),
    ],
)
def test_images_of_another_kind_are_a_sentence(images, message):
    with pytest.raises(DataError, match=message):
        data.as_images(images)
