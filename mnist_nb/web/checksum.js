// The checksum of zip archives and of zlib, which tells whether bytes are what they were.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
});

/** Twin of Python's `zlib.crc32`. */
export function crc32(bytes) {
    let value = 0xffffffff;
    for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ TABLE[(value ^ bytes[i]) & 255];
    return ~value >>> 0;
}
