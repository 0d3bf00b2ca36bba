"""A run's first steps, and a digest of the weights they end in: where two commits agree in it, they behave the same.

`python -m mnist_nb.experiments.fingerprint DECIDED` prints it for a run that was decided so, a JSON object as the
record of runs holds it. Other commits call this, so what it takes and prints stays as it is.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

FEW = 3_200  # images


def fingerprint(decided: dict[str, Any]) -> str:
    """Return the digest, in hexadecimal, of the weights after one pass over a few images."""
    if "contender" in decided:
        from .benchmark import measure

        return measure(decided["contender"], seed=decided["seed"], images=FEW, most_epochs=1)["weights_sha256"]
    if "hand" in decided:
        from .writers import made_up_hand

        return made_up_hand(decided["hand"], 1, decided["writer"], decided["seed"])["weights_sha256"]
    from ..learning.recipe import Recipe
    from .trial import run_trial

    recipe = dataclasses.replace(Recipe(**decided["recipe"]), epochs=1)
    return run_trial(recipe, FEW)["weights_sha256"]


if __name__ == "__main__":
    print(fingerprint(json.loads(sys.argv[1])))
