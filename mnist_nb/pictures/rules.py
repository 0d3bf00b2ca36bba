"""Ruled and squared paper: its lines are found, whatever way they run across, and taken out of the ink."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

STRIP = 24  # px of a strip, in which a line is nearly level
SMALLEST = 300  # px: a smaller picture has no rules
THIN = 5  # px to either side of a line's middle: there it has ended
PART = 30  # percentile across a strip: a line covers all of it, ink less
FAINTEST = 0.035  # of the paper's light
ABOVE_NOISE = 2.5  # spreads of the paper
STEEPEST = 0.2  # px down per px right
GAP = 10  # strips that a line may be lost for, under a digit
LONG, COVERED = 0.45, 0.5  # of the picture's width; of the strips between a line's ends
FEWEST, ACROSS = 3, 0.75  # lines that are rules of paper; of the width: the length of one that is alone
PAPER = 40  # percentile of a line at one distance from its middle: what it takes of the paper there
REACH = 4  # px around its middle in which a line is taken out


@dataclass
class Track:
    """A line under way: the strips where it was seen and its rows there."""

    strips: list[int] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)

    def expected(self, strip: int) -> float:
        """Return the row where it should be seen next."""
        near = min(len(self.strips), 12)
        if near < 3:
            return self.rows[-1]
        slope = (self.rows[-1] - self.rows[-near]) / (self.strips[-1] - self.strips[-near])
        slope = min(max(slope, -STEEPEST * STRIP), STEEPEST * STRIP)
        return self.rows[-1] + slope * (strip - self.strips[-1])


def without_rules(ink: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, int]:
    """Return ink float (H, W) without the lines of ruled or squared paper, and how many lines there were."""
    count = 0
    for turned in (False, True):
        ink, noise = (ink.T, noise.T) if turned else (ink, noise)
        if min(ink.shape) >= SMALLEST:
            lines = _lines(ink, noise)
            count += len(lines)
            if lines:
                ink = _taken_out(ink, lines)
        ink, noise = (ink.T, noise.T) if turned else (ink, noise)
    return ink, count


def _lines(ink, noise):
    """Return the long thin lines that run across: the coefficients of each row by column, and the strips it is in."""
    height, width = ink.shape
    strips = width // STRIP
    wide = ndimage.maximum_filter1d(ink, 3, axis=0)[:, : strips * STRIP].reshape(height, strips, STRIP)
    seen = np.partition(wide, STRIP * PART // 100, axis=2)[:, :, STRIP * PART // 100]
    padded = np.pad(seen, ((THIN, THIN), (0, 0)))
    aside = np.maximum(padded[: -2 * THIN], padded[2 * THIN :])
    ridge = ndimage.uniform_filter1d(seen - np.maximum(aside, 0), 3, axis=0)
    least = np.maximum(FAINTEST, ABOVE_NOISE * noise[:, STRIP // 2 : strips * STRIP : STRIP])
    peak = (ridge == ndimage.maximum_filter1d(ridge, 2 * THIN + 1, axis=0)) & (ridge > least)
    under_way, ended = [], []
    for strip in range(strips):
        rows = np.flatnonzero(peak[:, strip]).tolist()
        for track in sorted(under_way, key=lambda track: -len(track.strips)):
            wanted, lost = track.expected(strip), strip - track.strips[-1]
            reach = STEEPEST * STRIP if len(track.strips) < 3 else 3 + 0.3 * lost
            row = min(rows, key=lambda row: abs(row - wanted), default=None)
            if row is not None and abs(row - wanted) <= reach:
                rows.remove(row)
                track.strips.append(strip)
                track.rows.append(row)
        ended += [track for track in under_way if strip - track.strips[-1] > GAP]
        under_way = [track for track in under_way if strip - track.strips[-1] <= GAP]
        under_way += [Track([strip], [row]) for row in rows]
    long = []
    for track in ended + under_way:
        span = track.strips[-1] - track.strips[0] + 1
        if span >= LONG * strips and len(track.strips) >= COVERED * span:
            long.append((span, track))
    if len(long) < FEWEST:
        long = [(span, track) for span, track in long if span >= ACROSS * strips]
    return [(_fitted(track), track.strips) for _, track in long]


def _fitted(track):
    """Return the coefficients of a line's row by column, those of a polynomial."""
    columns = (np.array(track.strips) + 0.5) * STRIP
    rows = np.array(track.rows, float)
    kept = np.ones(len(rows), bool)
    for _ in range(3):
        curve = np.polyfit(columns[kept], rows[kept], 2 if kept.sum() > 6 else 1)
        off = np.abs(np.polyval(curve, columns) - rows)
        kept = off <= max(1.5, 2.5 * float(np.median(off)))
    return curve


def _taken_out(ink, lines):
    """Return ink (H, W) as it would be without lines, of which each took the same share of light all along."""
    height, width = ink.shape
    ink = ink.copy()
    columns = np.arange(width)
    offsets = np.arange(-REACH, REACH + 1)
    for curve, strips in lines:
        middle = np.polyval(curve, columns)
        inside = (middle >= 0) & (middle < height)
        if inside.sum() < STRIP:
            continue
        at = columns[inside]
        seen = np.isin(at // STRIP, np.add.outer(strips, (-1, 0, 1)))  # With those that it ends in.
        rows = np.rint(middle[inside]).astype(int)
        places = np.clip(rows[None] + offsets[:, None], 0, height - 1), at
        band = ink[places]  # (offsets, columns)
        distance = offsets[:, None] - (middle[inside] - rows)
        share = np.empty_like(band)
        for piece in np.array_split(np.arange(len(at)), max(1, len(at) // (8 * STRIP))):
            near = np.arange(max(0, piece[0] - 4 * STRIP), min(len(at), piece[-1] + 4 * STRIP))
            for mine, by in ((piece[seen[piece]], near[seen[near]]), (piece[~seen[piece]], near)):
                if len(mine):
                    share[:, mine] = np.interp(distance[:, mine], *_profile(band[:, by], distance[:, by]))
        cleared = 1 - (1 - band) / (1 - share)
        above, below = band[1], band[-2]
        line = share > 0.25 * share.max(0)
        crossed = np.where(line, np.minimum(above, below)[None], 0)  # A line of ink goes on through it.
        doubtful = line & (cleared < 0.6 * share.max(0))
        cleared = np.where(doubtful, np.minimum(cleared, 0), cleared)
        ink[places] = np.maximum(cleared, np.minimum(crossed, band))
    return ink


def _profile(band, distance):
    """Return distances from the middle of a line, in order, and what it takes of the paper there."""
    value = band.ravel()
    bins = np.rint(2 * (distance.ravel() + REACH)).astype(int).clip(0, 4 * REACH)
    order = np.argsort(bins, kind="stable")
    known, begins = np.unique(bins[order], return_index=True)
    groups = np.split(value[order], begins[1:])
    taken = [np.partition(each, len(each) * PAPER // 100)[len(each) * PAPER // 100] for each in groups]
    return known / 2 - REACH, np.clip(taken, 0, 0.95)
