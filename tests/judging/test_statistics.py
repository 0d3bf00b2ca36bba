"""Statistics against figures worked out independently."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from mnist_nb.judging import statistics


def test_wilson_interval_matches_its_formula():
    low, high = statistics.wilson_interval(9886, 10000)
    z = stats.norm.ppf(0.975)
    p, n = 0.9886, 10000
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert low == pytest.approx((middle - half) / (1 + z**2 / n)) == pytest.approx(0.9863, abs=1e-4)
    assert high == pytest.approx((middle + half) / (1 + z**2 / n)) == pytest.approx(0.9905, abs=1e-4)


def test_mcnemar_counts_discordant_pairs_and_sums_the_tail():
    first = np.array([True] * 90 + [False] * 8 + [True] * 2)
    second = np.array([True] * 98 + [False] * 2)
    only_first, only_second, p = statistics.mcnemar(first, second)
    assert (only_first, only_second) == (2, 8)
    assert p == pytest.approx(2 * sum(stats.binom.pmf(k, 10, 0.5) for k in range(3)))
    assert statistics.mcnemar(first, first) == (0, 0, 1.0)


def test_worst_errors_are_wrong_and_ordered_by_confidence():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert statistics.worst_errors(probabilities, [1, 1, 1, 0], 5).tolist() == [0, 3, 2]
    assert statistics.worst_errors(probabilities, [1, 1, 1, 0], 1).tolist() == [0]


def test_the_temperature_that_made_a_model_too_unsure_is_found():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (20_000, 10))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (true.cumsum(1) > rng.random((len(true), 1))).argmax(1)
    flat = true**0.5 / (true**0.5).sum(1, keepdims=True)
    assert statistics.fit_temperature(true, labels) == pytest.approx(1, rel=0.03)
    assert statistics.fit_temperature(flat, labels) == pytest.approx(0.5, rel=0.03)


def test_what_tells_digits_from_others_is_found():
    rng = np.random.default_rng(0)
    values = rng.uniform(-4, 8, 40_000)
    digit = rng.random(len(values)) < 1 / (1 + np.exp(-1.5 * values + 3))
    slope, offset = statistics.fit_digit_or_not(values[digit], values[~digit])
    assert slope == pytest.approx(1.5, rel=0.05) and offset == pytest.approx(-3, abs=0.15)


def test_the_threshold_lets_the_asked_share_pass():
    confidence = np.random.default_rng(0).uniform(0.5, 1, 1000)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    threshold = statistics.unsure_threshold(probabilities, 0.98)
    assert (confidence >= threshold).mean() == pytest.approx(0.98, abs=0.002)


def test_scores_of_probabilities_match_their_definitions():
    probabilities, labels = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]]), np.array([0, 1, 1])
    assert statistics.log_loss(probabilities, labels) == pytest.approx(metrics.log_loss(labels, probabilities))
    assert statistics.brier_score(probabilities, labels) == pytest.approx((0.08 + 0.32 + 0.98) / 3)


def test_calibration_error_is_the_weighted_distance_of_confidence_and_accuracy():
    probabilities = np.array([[0.95, 0.05]] * 8 + [[0.35, 0.65]] * 2)
    labels = np.array([0] * 6 + [1] * 2 + [1, 1])
    rows = statistics.reliability(probabilities, labels, bins=10)
    assert rows.tolist() == [[2, pytest.approx(0.65), 1.0], [8, pytest.approx(0.95), 0.75]]
    assert statistics.calibration_error(probabilities, labels, bins=10) == pytest.approx((2 * 0.35 + 8 * 0.2) / 10)
    assert len(statistics.reliability(probabilities, labels, bins=5, equal_mass=True)) == 5


def test_a_perfectly_calibrated_reader_has_hardly_any_calibration_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 200_000)
    labels = (rng.random(len(confidence)) > confidence).astype(int)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    for equal_mass in (False, True):
        assert statistics.calibration_error(probabilities, labels, equal_mass=equal_mass) < 0.01


def test_risk_grows_with_coverage_when_confidence_means_something():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.55, 0.45]])
    coverage, risk = statistics.risk_coverage(probabilities, np.array([0, 1, 1, 0]))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk == pytest.approx([0, 0, 1 / 3, 1 / 4])


def test_a_difference_counts_images_and_seeds():
    rng = np.random.default_rng(2)

    def readings(accuracy, spread=0.0):
        shares = accuracy + spread * np.array([-1, 0, 1])
        return rng.random((3, 10_000)) < shares[:, None]

    better, good = readings(0.97), readings(0.95)
    mean, (low, high), p = statistics.difference(better, good)
    assert mean == pytest.approx(better.mean() - good.mean()) and low < 0.02 < high and p < 0.01
    mean, (low, high), p = statistics.difference(good, better)
    assert high < 0 and p < 0.01
    _, (low, high), p = statistics.difference(readings(0.97, 0.03), readings(0.95, 0.03))
    assert low < 0 < high and p > 0.2
    assert statistics.difference(good, good)[0] == 0 and statistics.difference(good, good)[2] == 1


def test_no_difference_is_rarely_called_one():
    rng = np.random.default_rng(3)
    p_values = []
    for _ in range(200):
        shares = 0.95 + 0.002 * rng.normal(size=(2, 3, 1))
        p_values.append(statistics.difference(*(rng.random((2, 3, 2000)) < shares))[2])
    assert np.mean(np.array(p_values) < 0.05) < 0.08
