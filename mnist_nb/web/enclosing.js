// What a thick line goes around. Python asks Shapely for the holes of the line's buffer (`_frames` in
// mnist_nb/strokes/marks.py). Here that buffer is one polygon a segment, and a place is in a hole when a way around it
// leads from polygon to overlapping polygon and back.

import { meetings, pointToSegment, same, segmentsOf } from "./shapes.js";

const EDGES = 4; // of a round end, as in `buffer(..., quad_segs=2)`

/**
 * Return for each hole in `part`, several lines drawn `width` thick to either side, which groups of lines lie in it
 * as a whole, by their numbers.
 */
export function enclosed(part, groups, width) {
    const segments = simplified(part, width / 2);
    const polygons = segments.map((segment) => capsule(segment, width));
    const links = linksOf(segments, polygons);
    const isFree = (segment) => polygons.every((polygon) => !clip(segment, polygon).length);
    const holes = new Map();
    for (const [index, lines] of groups.entries()) {
        if (!lines.every(({ points }) => segmentsOf(points).every(isFree))) continue;
        const turns = new Set(lines.map(({ points }) => turnsOf(links, points[0]).join()));
        const [hole] = turns;
        if (turns.size === 1 && /[1-9]/.test(hole)) holes.set(hole, [...(holes.get(hole) ?? []), index]);
    }
    return [...holes.values()];
}

/**
 * `lines.simplify(tolerance)`, as segments: leave out points that are near the straight way (Douglas and Peucker 1973),
 * but not where that way would meet another segment, or pass over another line, which it did not before.
 */
function simplified(lines, tolerance) {
    let before = lines.flatMap((line) => segmentsOf(line.points).map((ends, index) => ({ line, index, ends })));
    const after = [];

    function simplify(line, from, to, depth, kept) {
        const { points } = line;
        const straight = [points[from], points[to]];
        if (to === from + 1) return kept.push(straight);
        let [far, at] = [-1, 0];
        for (let i = from + 1; i < to; i++) {
            const away = pointToSegment(points[i], ...straight);
            if (away > far) [far, at] = [away, i];
        }
        const fewest = same(points[0], points.at(-1)) ? 4 : 2;
        const isOwn = (each) => each.line === line && each.index >= from && each.index < to;
        const isFree =
            far <= tolerance &&
            (depth + 1 >= fewest || kept.length + 1 >= fewest) &&
            !after.some((each) => interferes(each, straight)) &&
            !before.some((each) => !isOwn(each) && interferes(each.ends, straight)) &&
            !lines.some((other) => other !== line && jumps(other.points[1], points.slice(from, to + 1), straight));
        if (isFree) {
            before = before.filter((each) => !isOwn(each));
            after.push(straight);
            return kept.push(straight);
        }
        simplify(line, from, at, depth + 1, kept);
        return simplify(line, at, to, depth + 1, kept);
    }

    return lines.flatMap((line) => {
        const kept = [];
        simplify(line, 0, line.points.length - 1, 1, kept);
        return kept;
    });
}

/** Tell whether segments are the same, or meet at a place that is not an end of both. */
function interferes(one, other) {
    const isEnd = (point, ends) => ends.some((end) => same(point, end));
    const areSame = one.every((end) => isEnd(end, other)) && other.every((end) => isEnd(end, one));
    return areSame || meetings(one, other).some((point) => !isEnd(point, one) || !isEnd(point, other));
}

/** Tell whether a point lies between a section of a line and the straight way in its place. */
function jumps([x, y], section, straight) {
    const crossings = (points) =>
        segmentsOf(points).filter(
            ([a, b]) => a[1] > y !== b[1] > y && a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]) > x,
        ).length;
    return crossings(section) % 2 !== crossings(straight) % 2;
}

/** Return the convex polygon within `width` of a segment, its ends rounded by a few edges. */
function capsule([[x0, y0], [x1, y1]], width) {
    const angle = Math.atan2(y1 - y0, x1 - x0);
    const end = (x, y, begin) =>
        Array.from({ length: EDGES + 1 }, (_, i) => {
            const at = angle + begin + (Math.PI * i) / EDGES;
            return [x + width * Math.cos(at), y + width * Math.sin(at)];
        });
    return [...end(x0, y0, Math.PI / 2), ...end(x1, y1, -Math.PI / 2)];
}

/** Return what of a polygon, or of a segment, lies in a convex polygon (Sutherland and Hodgman 1974). */
function clip(polygon, convex) {
    let left = polygon;
    for (const [i, a] of convex.entries()) {
        const b = convex[(i + 1) % convex.length];
        const inside = (p) => (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
        left = left.flatMap((p, j) => {
            const q = left[(j + 1) % left.length];
            const [here, there] = [inside(p), inside(q)];
            const share = here / (here - there);
            const crossing = [p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])];
            return [...(here >= 0 ? [p] : []), ...(here >= 0 !== there >= 0 ? [crossing] : [])];
        });
        if (!left.length) return left;
    }
    return left;
}

/** Return the overlaps of polygons: [one, other, a way from one's segment to the other's, whether it is first met]. */
function linksOf(segments, polygons) {
    const overlaps = polygons.map(() => []);
    for (let i = 0; i < polygons.length; i++) {
        for (let j = 0; j < i; j++) {
            const common = clip(polygons[i], polygons[j]);
            if (!common.length) continue;
            const mean = [0, 1].map((axis) => common.reduce((sum, p) => sum + p[axis], 0) / common.length);
            overlaps[i].push([j, [segments[i][0], mean, segments[j][0]]]);
            overlaps[j].push([i, [segments[j][0], mean, segments[i][0]]]);
        }
    }
    const links = [];
    const met = new Set();
    for (const begin of polygons.keys()) {
        const waiting = met.has(begin) ? [] : [begin];
        met.add(begin);
        for (const one of waiting) {
            for (const [other, way] of overlaps[one]) {
                links.push([one, other, way, !met.has(other)]);
                if (!met.has(other)) waiting.push(other);
                met.add(other);
            }
        }
    }
    return links;
}

/** Return how many times each way that closes goes around a place. */
function turnsOf(links, [x, y]) {
    const turn = ([ax, ay], [bx, by]) =>
        Math.atan2((ax - x) * (by - y) - (ay - y) * (bx - x), (ax - x) * (bx - x) + (ay - y) * (by - y));
    const angles = [];
    return links.map(([one, other, [a, b, c], isFirst]) => {
        const angle = (angles[one] ?? 0) + turn(a, b) + turn(b, c);
        if (isFirst) angles[other] = angle;
        return Math.round((angle - (angles[other] ?? 0)) / (2 * Math.PI));
    });
}
