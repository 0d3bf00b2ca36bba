"""What a set of readings is worth: intervals, paired tests, where the errors are, and how far confidence is right."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binomtest, t
from sklearn.linear_model import LogisticRegression


def right(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return which examples are read right, bool (N,), from probabilities (N, 10) and labels (N,)."""
    return np.asarray(probabilities).argmax(1) == np.asarray(labels)


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of examples that are read right, from probabilities (N, 10) and labels (N,)."""
    return float(right(probabilities, labels).mean())


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson interval (low, high) of a share of `correct` in `total`, as `scipy.stats` computes it."""
    interval = binomtest(int(correct), int(total)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(first_correct: np.ndarray, second_correct: np.ndarray) -> tuple[int, int, float]:
    """Compare two models on the same examples with the exact McNemar test.

    Takes two bool arrays (N,). Returns (only_first, only_second, p): how many examples only the first
    and only the second model reads right, and the two-sided p of a split as uneven under a fair coin.
    """
    first, second = np.asarray(first_correct, bool), np.asarray(second_correct, bool)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    discordant = only_first + only_second
    p = binomtest(only_first, discordant).pvalue if discordant else 1.0
    return only_first, only_second, float(p)


def difference(first: np.ndarray, second: np.ndarray) -> tuple[float, tuple[float, float], float]:
    """Compare two kinds of networks, each trained with several seeds, on the same examples.

    Takes two bool arrays (seeds, N) of what is read right. Returns the difference of their accuracies, its 95%
    interval (low, high) and the two-sided p of none. What another test set and what other seeds would change
    both count: the variances add, with the degrees of freedom of the seeds alone, which is cautious.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    by_image = first.mean(0) - second.mean(0)
    variance = by_image.var(ddof=1) / len(by_image)
    variance += sum(group.mean(1).var(ddof=1) / len(group) for group in (first, second))
    freedom = len(first) + len(second) - 2
    error, mean = max(float(np.sqrt(variance)), 1e-12), float(by_image.mean())
    reach = float(t.ppf(0.975, freedom)) * error
    return mean, (mean - reach, mean + reach), float(2 * t.sf(abs(mean) / error, freedom))


def worst_errors(probabilities: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of up to `count` misread examples, the most confidently wrong first."""
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    wrong = np.flatnonzero(~right(probabilities, labels))
    return wrong[np.argsort(-probabilities.max(1)[wrong], kind="stable")][:count]


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that makes probabilities (N, 10) fit labels (N,) best (Guo et al. 2017).

    Dividing logits by it minimises the mean negative log-likelihood; above 1 it makes a model less sure.
    Fit it on data that neither trained nor tests the model.
    """
    logits = np.log(np.clip(np.asarray(probabilities, float), 1e-30, None))
    rows = np.arange(len(logits))
    fit = minimize_scalar(
        lambda log_t: -log_softmax(logits / np.exp(log_t), axis=1)[rows, labels].mean(),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return float(np.exp(fit.x))


def fit_digit_or_not(of_digits: np.ndarray, of_others: np.ndarray) -> tuple[float, float]:
    """Return (slope, offset) of the probability that something is a digit, by `learning.evidence` of either kind, (N,).

    It is 1 / (1 + exp(-slope * evidence - offset)), fitted by logistic regression (Platt 1999), as if either came as
    often as it does here. Fit it on what the model has not trained on.
    """
    values, digit = np.append(of_digits, of_others)[:, None], np.repeat([1, 0], [len(of_digits), len(of_others)])
    fit = LogisticRegression(C=1e6).fit(values, digit)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def unsure_threshold(probabilities: np.ndarray, accepted: float) -> float:
    """Return the confidence that a share of `accepted` of readings (N, 10) reach: below it, a reading is unsure."""
    return float(np.quantile(np.max(probabilities, axis=1), 1 - accepted))


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean negative log-likelihood of labels (N,) under probabilities (N, 10), in nats."""
    given = np.asarray(probabilities, float)[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(given, 1e-30, None)).mean())


def brier_score(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over examples of the squared distance between probabilities (N, 10) and the one-hot label."""
    probabilities = np.asarray(probabilities, float)
    return float(((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(1).mean())


def reliability(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15, *, equal_mass: bool = False
) -> np.ndarray:
    """Return confidence and accuracy by bins of confidence, as an array of rows (count, confidence, accuracy).

    The bins are equally wide from 0 to 1, or hold equally many readings when `equal_mass`; empty ones
    are left out. Near an accuracy of 1 almost all readings are in the last bin of equal width.
    """
    probabilities = np.asarray(probabilities, float)
    confidence, correct = probabilities.max(1), right(probabilities, labels)
    if equal_mass:
        parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    else:
        place = np.minimum((confidence * bins).astype(int), bins - 1)
        parts = [np.flatnonzero(place == index) for index in range(bins)]
    return np.array([(len(part), confidence[part].mean(), correct[part].mean()) for part in parts if len(part)])


def calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15, *, equal_mass: bool = False
) -> float:
    """Return the expected calibration error: the mean distance of confidence and accuracy over the bins' readings."""
    count, confidence, accuracy = reliability(probabilities, labels, bins, equal_mass=equal_mass).T
    return float((count * np.abs(confidence - accuracy)).sum() / count.sum())


def risk_coverage(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coverage and risk, each (N,): the share of readings kept, surest first, and the errors among them."""
    probabilities = np.asarray(probabilities)
    order = np.argsort(-probabilities.max(1), kind="stable")
    wrong = ~right(probabilities, labels)[order]
    kept = np.arange(1, len(order) + 1)
    return kept / len(order), wrong.cumsum() / kept
