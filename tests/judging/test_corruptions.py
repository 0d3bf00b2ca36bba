"""Corruptions and maps of what a network looks at."""

import numpy as np
import pytest

from mnist_nb import Recognizer, load_data
from mnist_nb.judging import inspection
from mnist_nb.judging.corruptions import CORRUPTIONS, LEFT_OUT, corrupt
from mnist_nb.strokes.ink import centre_of_mass, longest_side


@pytest.fixture(scope="module")
def images():
    return load_data()[1][0][:200]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_changes_every_image_and_repeats(images, name):
    before = images.copy()
    corrupted = corrupt(images, name, 3)
    assert corrupted.shape == images.shape and corrupted.dtype == np.uint8
    assert (corrupted != images).any((1, 2)).all() and np.array_equal(images, before)
    assert np.array_equal(corrupted, corrupt(images, name, 3))
    if name not in ("scale", "brightness", "stripe"):
        assert not np.array_equal(corrupted, corrupt(images, name, 4))


def test_there_are_fifteen_with_those_left_out():
    assert len(CORRUPTIONS) + len(LEFT_OUT) == 15 and not set(CORRUPTIONS) & set(LEFT_OUT)


def test_strengths_are_the_published_ones(images):
    struck = (corrupt(images, "impulse noise", 0) != images).mean()
    assert struck == pytest.approx(0.17 / 2 * ((images < 255).mean() + (images > 0).mean()), abs=0.005)
    assert corrupt(images, "brightness", 0).min() == 127
    moved = centre_of_mass(corrupt(images, "translate", 0)) - centre_of_mass(images)
    assert np.abs(moved).mean() == pytest.approx(3, abs=0.1)
    assert longest_side(corrupt(images, "scale", 0)).mean() == pytest.approx(0.7 * 20, abs=1.5)
    striped = corrupt(images, "stripe", 0)
    assert np.array_equal(striped[:, :, 7:21], images[:, :, 7:21]) and (striped[:, 0, 0] == 255).all()
    assert np.abs(centre_of_mass(corrupt(images, "rotate", 0)) - 13.5).max() < 1.5


def test_covering_what_matters_costs_probability(images):
    recognizer = Recognizer.load()
    lost = inspection.occlusion(recognizer.probabilities, images[0], 7)
    assert lost.shape == (28, 28) and lost.max() > 0.1
    assert np.abs(lost[:3, :3]).max() < 0.05  # The corner is empty.


def test_maps_of_every_activation(images):
    maps = inspection.activations(Recognizer.load().model, images[0])
    assert maps[0][1].shape[:2] == (14, 14) and all(value.min() >= 0 for _, value in maps)
