// From strokes to the 28x28 image that MNIST's makers would have made of them, equal in every pixel to Python's.
// Twins of the functions of the same names in mnist_nb/strokes/ink.py: the same operations in the same order.

import { data, ink } from "./settings.js";

export function asStrokes(drawing) {
    if (!Array.isArray(drawing)) throw new Error("a drawing must be a list of strokes, each a list of [x, y].");
    for (const [index, stroke] of drawing.entries()) {
        const isPlace = (point) => point?.length === 2 && Number.isFinite(point[0]) && Number.isFinite(point[1]);
        if (!Array.isArray(stroke) || !stroke.every(isPlace))
            throw new Error(`stroke ${index + 1} must be a list of [x, y], finite numbers.`);
    }
    const strokes = drawing.filter((stroke) => stroke.length);
    if (!strokes.length) throw new Error("the drawing is empty: it needs at least one stroke of one point.");
    return strokes;
}

export function strokesToImage(drawing) {
    const box = draw(fit(asStrokes(drawing), ink.BOX - ink.PEN_WIDTH), ink.PEN_WIDTH);
    const scale = 255 / box.reduce((most, value) => Math.max(most, value), 0);
    return centreInField(Uint8Array.from(box, (value) => rint(value * scale)));
}

function fit(strokes, side) {
    let magnitude = 0;
    for (const [x, y] of strokes.flat()) magnitude = Math.max(magnitude, Math.abs(x), Math.abs(y));
    magnitude ||= 1;
    const small = strokes.map((stroke) => stroke.map(([x, y]) => [x / magnitude, y / magnitude]));
    const [left, top, right, bottom] = boxOf(small);
    const span = Math.max(right - left, bottom - top);
    const scale = span > 1e-9 ? side / span : 0;
    const [x0, y0] = [(left + right) / 2, (top + bottom) / 2];
    return small.map((stroke) =>
        stroke.map(([x, y]) => [(x - x0) * scale + ink.BOX / 2, (y - y0) * scale + ink.BOX / 2]),
    );
}

function draw(strokes, penWidth) {
    const nearest = new Float64Array(ink.BOX * ink.BOX).fill(Infinity); // squared distances
    for (const stroke of strokes) {
        for (let i = 0; i < Math.max(stroke.length - 1, 1); i++) {
            const [x0, y0] = stroke[i];
            const [x1, y1] = stroke[Math.min(i + 1, stroke.length - 1)];
            const [dx, dy] = [x1 - x0, y1 - y0];
            const length = Math.max(dx * dx + dy * dy, 1e-12);
            for (let row = 0; row < ink.BOX; row++) {
                const down = row + 0.5 - y0;
                for (let column = 0; column < ink.BOX; column++) {
                    const right = column + 0.5 - x0;
                    const product = down * dy + right * dx;
                    const along = Math.min(Math.max(product / length, 0), 1);
                    const squared = down * down + right * right + along * (along * length - 2 * product);
                    const place = row * ink.BOX + column;
                    if (squared < nearest[place]) nearest[place] = squared;
                }
            }
        }
    }
    const radius = (penWidth + 1) / 2;
    return nearest.map((squared) => Math.min(Math.max(radius - Math.sqrt(Math.max(squared, 0)), 0), 1));
}

function centreInField(box) {
    const size = data.IMAGE_SIZE;
    let [mass, down, right] = [0, 0, 0];
    box.forEach((value, place) => {
        mass += value;
        down += value * Math.floor(place / ink.BOX);
        right += value * (place % ink.BOX);
    });
    const offset = (moment) => Math.min(Math.max(Math.floor(ink.CENTRE - moment / mass), 0), size - ink.BOX);
    const [top, left] = [offset(down), offset(right)];
    const field = new Uint8Array(size * size);
    for (let row = 0; row < ink.BOX; row++)
        field.set(box.subarray(row * ink.BOX, (row + 1) * ink.BOX), (top + row) * size + left);
    return field;
}

/** Round as NumPy's `rint`: a half goes to the even number. */
export function rint(value) {
    const up = Math.round(value);
    return up - value === 0.5 && up % 2 ? up - 1 : up;
}

/** Return the box of strokes, left, top, right and bottom. */
export function boxOf(strokes) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const stroke of strokes) {
        for (const [x, y] of stroke) {
            box[0] = Math.min(box[0], x);
            box[1] = Math.min(box[1], y);
            box[2] = Math.max(box[2], x);
            box[3] = Math.max(box[3], y);
        }
    }
    return box;
}
