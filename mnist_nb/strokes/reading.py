"""What a digit is read as, drawn on a board or found in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grouping import WIDE

WORDS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True, eq=False)
class Reading:
    """What one digit is read as. Two readings are equal only when they are the same object."""

    image: np.ndarray  # uint8 (28, 28): what was read.
    probabilities: np.ndarray  # float32 (10,)
    box: tuple[float, float, float, float]  # left, top, right, bottom of the ink in px
    unsure_below: float = 0.0  # A confidence below this is a guess.
    label: int | None = None  # What the digit is, where a person has said so.

    @property
    def digit(self) -> int:
        """The digit, an int: what a person said it is, or else the most probable one."""
        return int(self.probabilities.argmax()) if self.label is None else self.label

    @property
    def confidence(self) -> float:
        """The largest probability, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def unsure(self) -> bool:
        """Whether this is no more than a guess: not confident, or so wide that it may be two digits."""
        left, top, right, bottom = self.box
        wide = self.unsure_below > 0 and right - left > WIDE * (bottom - top)
        return self.label is None and bool(wide or self.confidence < self.unsure_below)

    @property
    def word(self) -> str:
        """The digit's name."""
        return WORDS[self.digit]

    @property
    def short(self) -> str:
        """The digit in figures, with a question mark when it is unsure."""
        return f"{self.digit}{'?' * self.unsure}"

    @property
    def caption(self) -> str:
        """Name and confidence; the two best guesses when it is unsure; the name with a tick when a person gave it."""
        if self.label is not None:
            return f"{self.word} \u2713"
        if self.unsure:
            return " or ".join(WORDS[digit] for digit in np.argsort(-self.probabilities)[:2]) + "?"
        return f"{self.word} {percent(self.confidence)}"


def percent(share: float) -> str:
    """Return a share as text; nothing is ever quite certain."""
    return ">99%" if share > 0.99 else f"{share:.0%}"
