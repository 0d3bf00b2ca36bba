// Zip archives, as far as files of arrays need them: written uncompressed, read also when deflated.

import { crc32 } from "./checksum.js";

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const FIRST_DAY = 33; // 1 January 1980, the earliest day that an archive can name

/** Return the bytes of an archive of {name: bytes}. */
export function zipped(members) {
    const [local, central] = [[], []];
    let offset = 0;
    for (const [name, bytes] of Object.entries(members)) {
        const letters = new TextEncoder().encode(name);
        const sizes = [number(crc32(bytes), 4), number(bytes.length, 4), number(bytes.length, 4)];
        const common = [...shorts(20, 0, 0, 0, FIRST_DAY), ...sizes, ...shorts(letters.length, 0)];
        const entry = [number(LOCAL, 4), ...common, letters, bytes];
        local.push(...entry);
        central.push(
            number(CENTRAL, 4),
            ...shorts(20),
            ...common,
            ...shorts(0, 0, 0, 0, 0),
            number(offset, 4),
            letters,
        );
        offset += sizeOf(entry);
    }
    const count = Object.keys(members).length;
    const end = [
        number(END, 4),
        ...shorts(0, 0, count, count),
        number(sizeOf(central), 4),
        number(offset, 4),
        ...shorts(0),
    ];
    return new Blob([...local, ...central, ...end]);
}

const number = (value, size) => Uint8Array.from({ length: size }, (_, i) => value >>> (8 * i));
const shorts = (...values) => values.map((value) => number(value, 2));
const sizeOf = (parts) => parts.reduce((sum, part) => sum + part.length, 0);

/** Return {name: bytes} of an archive. Throws an Error for what is none, is damaged, or unpacks to more than `largest`. */
export async function unzipped(bytes, largest) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let end = bytes.length - 22;
    while (end >= 0 && view.getUint32(end, true) !== END) end--;
    if (end < 0) throw new Error("no archive");
    const members = {};
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
        if (view.getUint32(at, true) !== CENTRAL) throw new Error("no list of members");
        const [method, crc] = [view.getUint16(at + 10, true), view.getUint32(at + 16, true)];
        const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
        const [letters, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
        const begin = view.getUint32(at + 42, true);
        if (size > largest || ![0, 8].includes(method)) throw new Error("a member too large or packed in another way");
        const content = begin + 30 + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true);
        let member = bytes.slice(content, content + packed);
        if (method) {
            const stream = new Blob([member]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
            member = new Uint8Array(await new Response(stream).arrayBuffer());
        }
        if (member.length !== size || crc32(member) !== crc) throw new Error("a member with another checksum");
        members[new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + letters))] = member;
        at += 46 + letters + extra + comment;
    }
    return members;
}
