"""What a set of readings is worth: intervals, paired tests, and where the errors are."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binomtest


def wilson_interval(correct, total, confidence=0.95):
    """Return the Wilson interval (low, high) of a share of `correct` in `total`, as `scipy.stats` computes it."""
    interval = binomtest(int(correct), int(total)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(first_correct, second_correct):
    """Compare two models on the same examples with the exact McNemar test.

    Takes two bool arrays (N,). Returns (only_first, only_second, p): how many examples only the first
    and only the second model reads right, and the two-sided p of a split as uneven under a fair coin.
    """
    first, second = np.asarray(first_correct, bool), np.asarray(second_correct, bool)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    discordant = only_first + only_second
    p = binomtest(only_first, discordant).pvalue if discordant else 1.0
    return only_first, only_second, float(p)


def worst_errors(probabilities, labels, count):
    """Return the indices of up to `count` misread examples, the most confidently wrong first."""
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    return wrong[np.argsort(-probabilities.max(1)[wrong], kind="stable")][:count]


def fit_temperature(probabilities, labels):
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


def unsure_threshold(probabilities, accepted):
    """Return the confidence that a share of `accepted` of readings (N, 10) reach: below it, a reading is unsure."""
    return float(np.quantile(np.max(probabilities, axis=1), 1 - accepted))
