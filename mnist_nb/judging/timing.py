"""How long a call takes."""

from __future__ import annotations

import itertools
import timeit
from collections.abc import Callable, Iterable

import numpy as np


def milliseconds(function: Callable, arguments: Iterable = ((),), times: int = 30) -> float:
    """Return the median time in ms of a call of `function`, called once before to warm up and then `times` times.

    `arguments` are tuples of its arguments, taken in turn, so that no call finds what the one before left ready.
    """
    turns = itertools.cycle(list(arguments))
    function(*next(turns))
    seconds = [timeit.timeit(lambda: function(*next(turns)), number=1) for _ in range(times)]
    return 1e3 * float(np.median(seconds))
