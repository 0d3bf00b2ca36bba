"""What learning a hand gives for each of several writers."""

from __future__ import annotations

import numpy as np

from ..judging.statistics import right
from ..learning.handwriting import FEWEST, personalize, split
from ..learning.recognizer import Recognizer
from ..strokes.file import Drawings
from ..strokes.ink import images_of


def by_writer(
    recognizer: Recognizer, drawings: Drawings, each: int, seed: int = 1
) -> dict[str, tuple[Recognizer, float, float]]:
    """Personalise for every writer of `Drawings` on up to `each` drawings of a digit, and read what is held back.

    Returns {writer: (new Recognizer, share of errors before, after)}; a writer without enough is left out.
    """
    rows = {}
    for writer in sorted(set(drawings.writers)):
        few, rest = split(drawings.labels, np.flatnonzero(drawings.writers == writer), each, seed)
        if len(few) < FEWEST or not len(rest):
            continue
        new = personalize(recognizer, [drawings.strokes[index] for index in few], drawings.labels[few], seed=seed)
        images = images_of([drawings.strokes[index] for index in rest])
        before, after = (
            float((~right(reader.probabilities(images), drawings.labels[rest])).mean()) for reader in (recognizer, new)
        )
        rows[writer] = (new, before, after)
    return rows
