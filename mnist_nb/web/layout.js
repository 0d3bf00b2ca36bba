// How what was drawn is laid out: digits in rows, and marks that are none. Twins of mnist_nb/strokes/layout.py.

import { groupStrokes } from "./grouping.js";
import { findMarks, findSmall, inOrder } from "./marks.js";

export function layOut(strokes, judge) {
    let marks = findMarks(strokes);
    let rows = rowsOf(strokes, marks, judge);
    const groups = rows.flat();
    const small = findSmall(groups.map((group) => group.map((index) => strokes[index])));
    if (small.length) {
        marks = inOrder([...marks, ...small.map((place) => groups[place])]);
        rows = rowsOf(strokes, marks, judge);
    }
    return [rows, marks];
}

function rowsOf(strokes, marks, judge) {
    const taken = new Set(marks.flat());
    const left = strokes.map((_, index) => index).filter((index) => !taken.has(index));
    const named = (group) => group.map((index) => left[index]);
    const judged = judge && ((group) => judge(named(group)));
    const rows = groupStrokes(
        left.map((index) => strokes[index]),
        judged,
    );
    return rows.map((row) => row.map(named));
}
