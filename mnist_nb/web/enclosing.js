// What a thick line goes around. Python asks Shapely for the holes of the line's buffer (`_frames` in
// mnist_nb/strokes/marks.py). Here that buffer is one polygon a segment, and a place is in a hole when a way around it
// leads from polygon to overlapping polygon and back.

import { pointToSegment } from "./shapes.js";

const EDGES = 4; // of a round end, as in `buffer(..., quad_segs=2)`

/**
 * Return for each hole in `part`, several lines drawn `width` thick to either side, which groups of lines lie in it
 * as a whole, by their numbers.
 */
export function enclosed(part, groups, width) {
    const segments = part.flatMap(({ points }) => segmentsOf(simplify(points, width / 2)));
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

const segmentsOf = (points) => points.slice(1).map((end, index) => [points[index], end]);

/** `line.simplify(tolerance)`: leave out points that are near the straight way (Douglas and Peucker 1973). */
function simplify(points, tolerance) {
    const [first, last] = [points[0], points.at(-1)];
    let [far, at] = [0, 0];
    for (let i = 1; i < points.length - 1; i++) {
        const away = pointToSegment(points[i], first, last);
        if (away > far) [far, at] = [away, i];
    }
    if (far <= tolerance) return [first, last];
    return [...simplify(points.slice(0, at + 1), tolerance), ...simplify(points.slice(at), tolerance).slice(1)];
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
