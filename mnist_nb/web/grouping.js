// Which strokes on a board belong to the same digit.
// Twins of the functions of the same names in mnist_nb/strokes/grouping.py, where the thresholds stand and are explained.

import { grouping } from "./settings.js";
import {
    around,
    distance,
    hausdorffDistance,
    heightOf,
    interpolate,
    joined,
    longestSide,
    membersOf,
    nearPairs,
    shapesOf,
    widthOf,
} from "./shapes.js";

const { abs, hypot, max, min } = Math;

/**
 * Return rows of digits: for each row from the top, its digits from left to right as lists of stroke numbers.
 * `judge(strokes)` says how surely strokes are one digit, 0 to 1; without it, what is near joins.
 */
export function groupStrokes(strokes, judge) {
    if (!strokes.length) return [];
    const lines = shapesOf(strokes);
    const ends = lines.map(endsOf);
    const chords = ends.map(([[a], [b]]) => hypot(a[0] - b[0], a[1] - b[1]));
    const reach = lines.map((line, i) => max(grouping.NEAR_OVER * longestSide(line.box), grouping.SKIPPED * chords[i]));
    const near = nearPairs(lines, reach);
    const pairs = dashes(near, lines, chords);
    let doubtful = [];
    for (const pair of near) {
        const belongs = belongTogether(...pair.map((i) => lines[i]), ...pair.map((i) => ends[i]));
        if (belongs !== false) (belongs ? pairs : doubtful).push(pair);
    }
    if (!judge || doubtful.length > grouping.MOST_DOUBTFUL) {
        pairs.push(...doubtful);
        doubtful = [];
    }
    let groupOf = joined(pairs, lines.length);
    const before = groupOf;
    const heights = membersOf(before).map((group) => heightOf(around(group.map((i) => lines[i].box))));
    const far = ([i, j]) => distance(lines[i], lines[j]);
    for (const pair of doubtful.sort((a, b) => far(a) - far(b) || a[0] - b[0] || a[1] - b[1])) {
        const [one, other] = pair.map((stroke) => membersOf(groupOf)[groupOf[stroke]]);
        if (groupOf[pair[0]] === groupOf[pair[1]]) continue;
        const taken = new Set([...one, ...other].map((i) => before[i]));
        const others = heights.filter((_, group) => !taken.has(group));
        if (isOneDigit(one, other, lines, others, judge)) {
            pairs.push(pair);
            groupOf = joined(pairs, lines.length);
        }
    }
    return inRows(membersOf(groupOf), lines);
}

function isOneDigit(one, other, lines, heights, judge) {
    const whole = judge([...one, ...other].sort((a, b) => a - b));
    const box = around([...one, ...other].map((i) => lines[i].box));
    const [width, height] = [widthOf(box), heightOf(box)];
    const wide = width > grouping.WIDE * height;
    const gap = one.reduce(
        (least, i) => other.reduce((less, j) => min(less, distance(lines[i], lines[j])), least),
        Infinity,
    );
    const apart = gap > grouping.CLEAR * max(width, height);
    const halves = heights.some((each) => grouping.TALL * each < height && height < each / grouping.TALL);
    const { CLEARLY, HALVES } = grouping;
    const better = wide || (apart && !halves) ? CLEARLY : halves ? -HALVES : -CLEARLY;
    return whole - better > 1 || whole - better > min(judge(one), judge(other));
}

function dashes(near, lines, chords) {
    const tall = heightOf(around(lines.map((line) => line.box)));
    const isDash = lines.map(({ length }, i) => chords[i] > grouping.BENT * length && length < grouping.DASH * tall);
    const longest = (group) => max(...group.map((i) => lines[i].length));
    const pairs = near.filter(
        (pair) =>
            pair.every((i) => isDash[i]) && distance(...pair.map((i) => lines[i])) < grouping.SKIPPED * longest(pair),
    );
    const groupOf = joined(pairs, lines.length);
    const whole = membersOf(groupOf).map(
        (group) =>
            group.length >= grouping.DASHES &&
            grouping.DASH * longestSide(...group.map((i) => lines[i].box)) > longest(group),
    );
    return pairs.filter(([i]) => whole[groupOf[i]]);
}

/** Tell whether two strokes are parts of one digit; undefined when it is in doubt. */
function belongTogether(one, other, ends, others) {
    const boxes = [one.box, other.box];
    const size = max(...boxes.map((box) => longestSide(box))) || 1;
    const gap = distance(one, other) / size;
    const beside = (max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])) / size;
    const isStraight = ([[a], [b]], { length }) => hypot(a[0] - b[0], a[1] - b[1]) > grouping.STRAIGHT * length;
    const straight = isStraight(ends, one) && isStraight(others, other);
    if (gap > 0 && straight && goesOn(ends, others, grouping.SKIPPED * min(one.length, other.length))) return true;
    if (min(...boxes.map(heightOf)) > grouping.TALL * heightOf(around(boxes))) {
        if (gap < grouping.AGAIN && hausdorffDistance(one, other, 0.05 * size) < grouping.AGAIN * size) return true;
        if (gap > grouping.TOUCH || beside >= -grouping.ABREAST) return false;
        const [a, b] = boxes.map((box) => (box[0] + box[2]) / 2);
        return abs(b - a) > grouping.ASIDE * max(...boxes.map(widthOf)) ? undefined : true;
    }
    if (gap > (beside > 0 ? grouping.NEAR : grouping.NEAR_OVER)) return false;
    const stacked = max(one.box[1], other.box[1]) > min(one.box[3], other.box[3]) - grouping.ABREAST * size;
    const sides = boxes.map((box) => longestSide(box));
    return stacked && gap > grouping.TOUCH && min(...sides) > grouping.PIECE * max(...sides) ? undefined : true;
}

/** Return both ends of a line, each a place and the direction in which the line comes out of it. */
function endsOf(line) {
    const shares = [
        [0, grouping.END],
        [1, 1 - grouping.END],
    ];
    return shares.map(([place, inside]) => {
        const [[x, y], [u, v]] = [interpolate(line, place), interpolate(line, inside)];
        const length = hypot(x - u, y - v) || 1;
        return [
            [x, y],
            [(x - u) / length, (y - v) / length],
        ];
    });
}

function goesOn(ends, others, longest) {
    return ends.some(([[x, y], [right, down]]) =>
        others.some(([[u, v], [theirRight, theirDown]]) => {
            const gap = hypot(u - x, v - y);
            if (!(gap > 0 && gap < longest) || abs(v - y) < grouping.STEEP * abs(u - x)) return false;
            const leaves = (right * (u - x) + down * (v - y)) / gap;
            const arrives = -(theirRight * (u - x) + theirDown * (v - y)) / gap;
            return min(leaves, arrives) > grouping.AHEAD;
        }),
    );
}

function inRows(groups, lines) {
    const boxes = groups.map((group) => around(group.map((i) => lines[i].box)));
    const middle = boxes.map(([, top, , bottom]) => (top + bottom) / 2);
    const order = groups.map((_, i) => i).sort((a, b) => boxes[a][1] - boxes[b][1] || boxes[a][0] - boxes[b][0]);
    const rows = [];
    const abreast = (a, b) => abs(middle[a] - middle[b]) <= max(heightOf(boxes[a]), heightOf(boxes[b])) / 2;
    for (const group of order) {
        const row = rows.find((each) => each.some((other) => abreast(other, group)));
        if (row) row.push(group);
        else rows.push([group]);
    }
    const across = (group) => boxes[group][0] + boxes[group][2];
    return rows.map((row) => row.sort((a, b) => across(a) - across(b)).map((group) => groups[group]));
}
