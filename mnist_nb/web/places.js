// Places on a board, [x, y] in px: where strokes end, and how they are kept on it. Twins of mnist_nb/board/places.py.

import { boxOf } from "./ink.js";
import { places } from "./settings.js";

export const isOnBoard = ([x, y], { width, height }) => x >= 0 && x <= width && y >= 0 && y <= height;

export function onBoard(last, end, { width, height }) {
    let share = 1;
    for (const [axis, limit] of [width, height].entries()) {
        const [begun, ended] = [last[axis], end[axis]];
        if ((ended < 0 || ended > limit) && ended !== begun)
            share = Math.min(share, Math.max(0, ((ended > limit ? limit : 0) - begun) / (ended - begun)));
    }
    return share === 1 ? end : last.map((begun, axis) => begun + share * (end[axis] - begun));
}

export function fitted(drawing, { width, height }) {
    const [left, top, right, bottom] = boxOf(drawing);
    if (left >= 0 && top >= 0 && right <= width && bottom <= height) return drawing;
    const scale = places.FITTED * Math.min(width / Math.max(right - left, 1e-9), height / Math.max(bottom - top, 1e-9));
    const [x0, y0] = [(left + right) / 2, (top + bottom) / 2];
    return drawing.map((stroke) =>
        stroke.map(([x, y]) => [(x - x0) * scale + width / 2, (y - y0) * scale + height / 2]),
    );
}
