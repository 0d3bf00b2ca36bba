// Strokes that are no digits: points and commas, minus and plus, underlines, and boxes and circles around a number.
// Twins of the functions of the same names in mnist_nb/strokes/marks.py, where the thresholds stand and are explained.

import { enclosed } from "./enclosing.js";
import { boxOf } from "./ink.js";
import { marks } from "./settings.js";
import {
    around,
    distance,
    heightOf,
    joined,
    lengthOf,
    longestSide,
    meetings,
    membersOf,
    nearPairs,
    pointToLine,
    pointToSegment,
    same,
    segmentsOf,
    shapesOf,
    widthOf,
} from "./shapes.js";

const [FROM, TO] = marks.HALVES;

export function findMarks(strokes) {
    if (strokes.length < 2) return [];
    const lines = shapesOf(strokes);
    let found = frames(lines);
    for (const find of [underlines, pluses]) {
        const taken = new Set(found.flat());
        const left = lines.map((_, index) => index).filter((index) => !taken.has(index));
        const more = find(left.map((index) => lines[index])).map((mark) => mark.map((i) => left[i]));
        if (more.flat().length < left.length) found = [...found, ...more];
    }
    return inOrder(found);
}

/** Return lists of numbers in the order in which Python sorts them. */
export const inOrder = (lists) =>
    lists.sort((a, b) => a.map((value, i) => value - (b[i] ?? -1)).find((less) => less) ?? a.length - b.length);

export function findSmall(groups) {
    const found = groups.length > 1 ? small(groups.map(boxOf)) : [];
    return found.length < groups.length ? found : [];
}

function frames(lines) {
    const near = nearPairs(
        lines,
        lines.map((line) => marks.PEN * longestSide(line.box)),
    );
    const parts = membersOf(joined(near, lines.length));
    const boxes = parts.map((part) => around(part.map((i) => lines[i].box)));
    return parts.filter((part, index) => {
        const [left, top, right, bottom] = boxes[index];
        const inside = boxes.map(
            (box) =>
                box[0] > left &&
                box[1] > top &&
                box[2] < right &&
                box[3] < bottom &&
                heightOf(box) >= marks.INSIDE * (bottom - top),
        );
        if (!inside.includes(true)) return false;
        const width = marks.PEN * longestSide(boxes[index]);
        const holes = enclosed(
            part.map((i) => lines[i]),
            parts.map((each) => each.map((i) => lines[i])),
            width,
        );
        return holes.some((found) => found.some((i) => inside[i]) && !strikesThrough(lines, parts, found));
    });
}

function strikesThrough(lines, parts, found) {
    if (found.length > 1 || parts[found[0]].length > 1 || !isStraight(lines[parts[found[0]][0]])) return false;
    const [dx, dy] = way(lines[parts[found[0]][0]]);
    return dx > marks.LEANING * dy;
}

function underlines(lines) {
    return lines.flatMap((line, index) => {
        const [width, height] = [widthOf(line.box), heightOf(line.box)];
        const [left, top, right] = line.box;
        const spanned = lines.filter((other) => other !== line && other.box[0] < right && other.box[2] > left);
        if (!(height < marks.FLAT * width) || !spanned.length) return [];
        const tallest = Math.max(...spanned.map((other) => heightOf(other.box)));
        const over = around(spanned.map((other) => other.box));
        const clear = Math.min(...spanned.map((other) => distance(line, other))) > marks.APART * tallest;
        const below = top > over[3] - marks.APART * tallest;
        const wide = width > marks.LONG * tallest;
        const underOne = below && clear && width > widthOf(over);
        return tallest > 2 * height && (wide || underOne) ? [[index]] : [];
    });
}

function pluses(lines) {
    const straight = lines.map((_, index) => index).filter((index) => isStraight(lines[index]));
    const arms = straight.map((index) => lines[index]);
    const near = nearPairs(
        arms,
        arms.map(() => 0),
    );
    const found = near.filter(([one, other]) => {
        const pair = [arms[one], arms[other]];
        const crossing = onlyCrossing(...pair);
        if (!crossing) return false;
        const ways = pair.map(way);
        const lying = ways.some(([right, down]) => right > marks.LYING * down);
        const standing = ways.some(([right, down]) => down > marks.LYING * right);
        const crossed = pair.map((arm) => project(arm, crossing) / arm.length).every((at) => FROM < at && at < TO);
        const [shortest, longest] = pair.map((arm) => arm.length).sort((a, b) => a - b);
        const alone = lines.every((line) => pair.includes(line) || pointToLine(crossing, line) > longest / 2);
        return lying && standing && crossed && alone && shortest > longest / 2;
    });
    return found.map((pair) => pair.map((arm) => straight[arm]));
}

/** Return the point at which two lines cross, when it is the only one that they share. */
function onlyCrossing(one, other) {
    const found = segmentsOf(one.points).flatMap((a) => segmentsOf(other.points).flatMap((b) => meetings(a, b)));
    return found.length && found.every((point) => same(point, found[0])) ? found[0] : undefined;
}

/** `line.project(point)`: how far along a line a point lies. */
function project(line, point) {
    let [least, gone, along] = [Infinity, 0, 0];
    for (let i = 1; i < line.points.length; i++) {
        const [a, b] = [line.points[i - 1], line.points[i]];
        const length = lengthOf([a, b]);
        const far = pointToSegment(point, a, b);
        if (far < least) {
            const share = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / (length * length);
            least = far;
            along = gone + Math.min(Math.max(share || 0, 0), 1) * length;
        }
        gone += length;
    }
    return along;
}

function small(boxes) {
    return boxes.flatMap((box, index) => {
        const [width, height] = [widthOf(box), heightOf(box)];
        const row = boxes.filter((other, place) => {
            const gap = Math.max(other[1] - box[3], box[1] - other[3]);
            return place !== index && gap < marks.SMALL * heightOf(other);
        });
        const tall = Math.max(0, ...row.map(heightOf));
        if (!tall) return [];
        const flat = height < marks.FLAT * width && width < marks.SHORT * tall;
        const beside = row.every((other) => !(other[0] <= middle(box) && middle(box) <= other[2]));
        return Math.max(width, height) < marks.SMALL * tall || (flat && beside) ? [index] : [];
    });
}

const middle = (box) => (box[0] + box[2]) / 2;

const way = ({ points }) => [Math.abs(points.at(-1)[0] - points[0][0]), Math.abs(points.at(-1)[1] - points[0][1])];

const isStraight = (line) => line.length > 0 && Math.hypot(...way(line)) >= marks.STRAIGHT * line.length;
