// Labelled drawings as a file of strokes: `drawings.npz`, which mnist_nb/strokes/file.py describes, reads and writes.
// A drawing is {strokes, label, writer}.

import { unzipped, zipped } from "./archive.js";
import { data, file } from "./settings.js";

/** Twin of `_arrays_of` in mnist_nb/strokes/file.py: return the bytes of a file of drawings. */
export function savedDrawings(drawings) {
    const strokes = drawings.flatMap((drawing) => drawing.strokes);
    const places = strokes.flat();
    const letters = Math.max(1, ...drawings.map(({ writer }) => [...writer].length));
    const codes = drawings.flatMap(({ writer }) =>
        Array.from({ length: letters }, (_, i) => [...writer][i]?.codePointAt(0) ?? 0),
    );
    return zipped({
        "version.npy": npy("<i8", "", integers([file.VERSION])),
        "label.npy": npy("<i8", `${drawings.length},`, integers(drawings.map(({ label }) => label))),
        "writer.npy": npy(`<U${letters}`, `${drawings.length},`, Uint32Array.from(codes)),
        "n_strokes.npy": npy("<i8", `${drawings.length},`, integers(drawings.map((drawing) => drawing.strokes.length))),
        "n_points.npy": npy("<i8", `${strokes.length},`, integers(strokes.map((stroke) => stroke.length))),
        "xy.npy": npy("<f8", `${places.length}, 2`, Float64Array.from(places.flat())),
    });
}

const integers = (values) => BigInt64Array.from(values, BigInt);

/** Return an array as NumPy writes it: a line that says its type and shape, filled up to whole 64 bytes, then it. */
function npy(type, shape, values) {
    const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`;
    const line = `${text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11)}\n`;
    const head = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, line.length & 255, line.length >> 8];
    const bytes = new Uint8Array(values.buffer);
    return Uint8Array.from([...head, ...new TextEncoder().encode(line), ...bytes]);
}

/** Twin of `load_drawings`: return the drawings in the bytes of a file. Throws an Error that says what is wrong. */
export async function loadedDrawings(bytes) {
    let found;
    try {
        const members = Object.entries(await unzipped(bytes, file.LARGEST));
        found = Object.fromEntries(members.map(([name, member]) => [name.replace(/\.npy$/, ""), array(member)]));
    } catch (error) {
        throw new Error(`not a file of strokes, or a damaged one (${error.message}). Choose another file.`);
    }
    const wrong = problem(found);
    if (wrong) throw new Error(`${wrong}. Choose another file.`);
    const numbers = found.xy.values.values();
    const place = () => [numbers.next().value, numbers.next().value];
    const strokes = found.n_points.values.map((count) => Array.from({ length: count }, place)).values();
    return found.n_strokes.values.map((count, i) => ({
        strokes: Array.from({ length: count }, () => strokes.next().value),
        label: found.label.values[i],
        writer: `${found.writer.values[i]}`,
    }));
}

const TYPES = { b1: Uint8Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array };
Object.assign(TYPES, { u4: Uint32Array, i8: BigInt64Array, u8: BigUint64Array, f4: Float32Array, f8: Float64Array });

/** Return what NumPy wrote as {kind, shape, values}: a letter as of `dtype.kind`, numbers, and numbers or texts. */
function array(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const [begin, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
    const head = new TextDecoder().decode(bytes.subarray(begin, begin + length));
    const [, kind, size] = /'descr': '[<|]([a-zA-Z])(\d+)'/.exec(head) ?? [];
    const shape = (/'shape': \(([\d, ]*)\)/.exec(head)?.[1].match(/\d+/g) ?? []).map(Number);
    const content = bytes.slice(begin + length);
    const count = shape.reduce((product, side) => product * side, 1);
    if (kind === "U") {
        const codes = new Uint32Array(content.buffer);
        const text = (i) => String.fromCodePoint(...codes.subarray(i * size, (i + 1) * size)).replace(/\0+$/, "");
        return { kind, shape, values: Array.from({ length: count }, (_, i) => text(i)) };
    }
    if (!(kind + size in TYPES) || (shape.length > 1 && head.includes("'fortran_order': True")))
        throw new Error("an array of a kind that this page does not know");
    return { kind, shape, values: Array.from(new TYPES[kind + size](content.buffer, 0, count), Number) };
}

/** Twin of `_problem`: return what keeps arrays from being a file of strokes, or nothing. */
function problem(found) {
    const missing = file.ARRAYS.filter((key) => !(key in found));
    if (missing.length) return `not a file of strokes: it has no ${missing.join(" and no ")}`;
    const { version, label, writer, n_strokes, n_points, xy } = found;
    if (version && version.values[0] !== file.VERSION)
        return `version ${version.values[0]} of the format, and this page knows version ${file.VERSION}`;
    if ([label, n_strokes, n_points].some(({ kind }) => !"iu".includes(kind)) || !"iuf".includes(xy.kind))
        return "label, n_strokes and n_points must be integers and xy numbers";
    if ([label, writer, n_strokes, n_points].some(({ shape }) => shape.length !== 1) || xy.shape[1] !== 2)
        return "its arrays have other shapes than a file of strokes";
    const sum = ({ values }) => values.reduce((total, value) => total + value, 0);
    const same = new Set([label, writer, n_strokes].map(({ values }) => values.length)).size === 1;
    if (!same || sum(n_strokes) !== n_points.values.length) return "its labels, writers and strokes differ in number";
    if (sum(n_points) !== xy.shape[0]) return "its strokes and points differ in number";
    if ([...n_strokes.values, ...n_points.values].some((count) => count < 1) || !xy.values.every(Number.isFinite))
        return "it has an empty stroke or a coordinate that is not a finite number";
    if (label.values.some((digit) => digit < 0 || digit >= data.CLASSES))
        return "it has a label that is not a digit 0 to 9";
    return "";
}
