// Strokes as shapes: their boxes and lines, which of them are near each other, and what hangs together.
// Twins of mnist_nb/strokes/shapes.py, and of what it asks of Shapely: distances are computed as GEOS computes them.

import { boxOf } from "./ink.js";

/** Return the lines of strokes: points, at least two of them, box and length. */
export function shapesOf(strokes) {
    return strokes.map((stroke) => {
        const points = stroke.length > 1 ? stroke : [stroke[0], stroke[0]];
        return { points, box: boxOf([stroke]), length: lengthOf(points) };
    });
}

/** Return the box of several boxes. */
export const around = (boxes) => [
    Math.min(...boxes.map((box) => box[0])),
    Math.min(...boxes.map((box) => box[1])),
    Math.max(...boxes.map((box) => box[2])),
    Math.max(...boxes.map((box) => box[3])),
];
export const widthOf = (box) => box[2] - box[0];
export const heightOf = (box) => box[3] - box[1];
export const longestSide = (...boxes) => Math.max(widthOf(around(boxes)), heightOf(around(boxes)));

/** Return the pairs of lines of which either is within its reach of the other, the lower index first. */
export function nearPairs(lines, reach) {
    const pairs = [];
    const meets = (a, b, far) => a[0] - far <= b[2] && a[2] + far >= b[0] && a[1] - far <= b[3] && a[3] + far >= b[1];
    for (let i = 0; i < lines.length; i++) {
        for (let j = i + 1; j < lines.length; j++) {
            const [one, other] = [lines[i], lines[j]];
            const reaches = [meets(one.box, other.box, reach[i]) ? reach[i] : -1];
            reaches.push(meets(other.box, one.box, reach[j]) ? reach[j] : -1);
            const far = Math.max(...reaches);
            if (far >= 0 && distance(one, other) <= far) pairs.push([i, j]);
        }
    }
    return pairs;
}

/** Return the group of each of `count` things when these pairs belong together, counted in order of appearance. */
export function joined(pairs, count) {
    const above = Array.from({ length: count }, (_, index) => index);
    const top = (index) => {
        let at = index;
        while (above[at] !== at) at = above[at] = above[above[at]];
        return at;
    };
    for (const [one, other] of pairs) {
        const [a, b] = [top(one), top(other)];
        above[Math.max(a, b)] = Math.min(a, b);
    }
    const names = new Map();
    return above.map((_, index) => {
        if (!names.has(top(index))) names.set(top(index), names.size);
        return names.get(top(index));
    });
}

/** Return the members of each group, from the group of each thing. */
export function membersOf(groupOf) {
    const groups = Array.from({ length: Math.max(-1, ...groupOf) + 1 }, () => []);
    for (const [index, group] of groupOf.entries()) groups[group].push(index);
    return groups;
}

export const segmentsOf = (points) => points.slice(1).map((end, index) => [points[index], end]);

const apart = ([x0, y0], [x1, y1]) => Math.sqrt((x0 - x1) * (x0 - x1) + (y0 - y1) * (y0 - y1));

export function lengthOf(points) {
    let length = 0;
    for (let i = 1; i < points.length; i++) length += apart(points[i - 1], points[i]);
    return length;
}

/** `shapely.distance` of two lines; kept with the first, as it is asked for more than once. */
export function distance(one, other) {
    one.distances ??= new Map();
    let least = one.distances.get(other);
    if (least !== undefined) return least;
    least = Infinity;
    for (let i = 1; i < one.points.length && least > 0; i++) {
        const [a, b] = [one.points[i - 1], one.points[i]];
        for (let j = 1; j < other.points.length; j++) {
            const [c, d] = [other.points[j - 1], other.points[j]];
            if (boxDistance(a, b, c, d) <= least) least = Math.min(least, segmentToSegment(a, b, c, d));
        }
    }
    one.distances.set(other, least);
    return least;
}

/** Return a lower bound of the distance of two segments. */
function boxDistance([ax, ay], [bx, by], [cx, cy], [dx, dy]) {
    const right = Math.max(Math.min(cx, dx) - Math.max(ax, bx), Math.min(ax, bx) - Math.max(cx, dx), 0);
    const down = Math.max(Math.min(cy, dy) - Math.max(ay, by), Math.min(ay, by) - Math.max(cy, dy), 0);
    return Math.max(right, down);
}

export const same = (p, q) => p[0] === q[0] && p[1] === q[1];

/** GEOS's `Distance::pointToSegment`. */
export function pointToSegment(p, a, b) {
    if (same(a, b)) return apart(p, a);
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const squared = dx * dx + dy * dy;
    const along = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squared;
    if (along <= 0) return apart(p, a);
    if (along >= 1) return apart(p, b);
    return Math.abs(((a[1] - p[1]) * dx - (a[0] - p[0]) * dy) / squared) * Math.sqrt(squared);
}

/** GEOS's `Distance::segmentToSegment`. */
function segmentToSegment(a, b, c, d) {
    if (same(a, b)) return pointToSegment(a, c, d);
    if (same(c, d)) return pointToSegment(d, a, b);
    const denominator = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]);
    if (denominator !== 0 && boxDistance(a, b, c, d) === 0) {
        const r = ((a[1] - c[1]) * (d[0] - c[0]) - (a[0] - c[0]) * (d[1] - c[1])) / denominator;
        const s = ((a[1] - c[1]) * (b[0] - a[0]) - (a[0] - c[0]) * (b[1] - a[1])) / denominator;
        if (r >= 0 && r <= 1 && s >= 0 && s <= 1) return 0;
    }
    return Math.min(pointToSegment(a, c, d), pointToSegment(b, c, d), pointToSegment(c, a, b), pointToSegment(d, a, b));
}

/** Return the distance of a point from a line. */
export function pointToLine(point, line) {
    let least = Infinity;
    for (let i = 1; i < line.points.length; i++)
        least = Math.min(least, pointToSegment(point, line.points[i - 1], line.points[i]));
    return least;
}

/** `line.interpolate(share, normalized=True)`: the point at a share of a line's length. */
export function interpolate(line, share) {
    const wanted = share * line.length;
    if (wanted <= 0) return line.points[0];
    let gone = 0;
    for (let i = 1; i < line.points.length; i++) {
        const [[x0, y0], [x1, y1]] = [line.points[i - 1], line.points[i]];
        const length = apart([x0, y0], [x1, y1]);
        if (gone + length > wanted) {
            const part = (wanted - gone) / length;
            return [(x1 - x0) * part + x0, (y1 - y0) * part + y0];
        }
        gone += length;
    }
    return line.points.at(-1);
}

/** `shapely.hausdorff_distance` of two lines, each cut into pieces no longer than `piece` by `segmentize`. */
export function hausdorffDistance(one, other, piece) {
    const farthest = (from, to) => segmentize(from, piece).reduce((far, p) => Math.max(far, pointToLine(p, to)), 0);
    return Math.max(farthest(one, other), farthest(other, one));
}

function segmentize(line, piece) {
    const points = [line.points[0]];
    for (let i = 1; i < line.points.length; i++) {
        const [[x0, y0], [x1, y1]] = [line.points[i - 1], line.points[i]];
        const count = Math.ceil(apart([x0, y0], [x1, y1]) / piece);
        for (let j = 1; j < count; j++) points.push([x0 + (j / count) * (x1 - x0), y0 + (j / count) * (y1 - y0)]);
        points.push([x1, y1]);
    }
    return points;
}

/** Return the points at which the segments ab and cd meet: none, one, or both ends of a piece that they share. */
export function meetings([a, b], [c, d]) {
    const side = (p, q, r) => (r[0] - q[0]) * (p[1] - q[1]) - (r[1] - q[1]) * (p[0] - q[0]);
    const sides = [side(a, c, d), side(b, c, d), side(c, a, b), side(d, a, b)];
    const [atA, atB, atC, atD] = sides;
    if (atA * atB < 0 && atC * atD < 0) {
        const share = atA / (atA - atB);
        return [[a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]];
    }
    const ends = [a, b, c, d].filter(
        (end, i) => sides[i] === 0 && boxDistance(end, end, ...(i < 2 ? [c, d] : [a, b])) === 0,
    );
    return ends.filter((end, i) => ends.findIndex((other) => same(end, other)) === i);
}
