// The trained network: its weights unpacked, its layers one after the other, and what a Recognizer makes of it.
// The layers are twins of Keras's; mnist_nb/web/steps.py writes a model down as the steps that are taken here.

import { crc32 } from "./checksum.js";
import { data, network } from "./settings.js";

/** Return the weights that `packed` in mnist_nb/web/page.py put into the page. Throws when they are damaged. */
export async function unpack(text) {
    const stream = new Blob([bytesOf(text.replace(/\s/g, ""))]).stream();
    const unfolded = stream.pipeThrough(new DecompressionStream("deflate"));
    const planes = new Uint8Array(await new Response(unfolded).arrayBuffer());
    if (crc32(planes) !== network.crc32) throw new Error("the weights have another checksum");
    const count = planes.length / 4;
    const bytes = new Uint8Array(planes.length);
    for (let plane = 0; plane < 4; plane++)
        for (let i = 0; i < count; i++) bytes[4 * i + plane] = planes[plane * count + i];
    return new Float64Array(new Float32Array(bytes.buffer)); // They are multiplied faster so.
}

/** Twin of `_as_letters` in mnist_nb/web/page.py, the other way round: two letters are thirteen bits. */
function bytesOf(text) {
    const values = new Uint8Array(128);
    for (const [value, letter] of [...network.letters].entries()) values[letter.charCodeAt(0)] = value;
    const bytes = new Uint8Array(network.packed_bytes);
    let [bits, count, place] = [0, 0, 0];
    for (let i = 0; i < text.length; i += 2) {
        const pair = values[text.charCodeAt(i)] * network.letters.length + values[text.charCodeAt(i + 1)];
        bits = (bits << 13) | pair;
        for (count += 13; count >= 8; count -= 8) bytes[place++] = bits >> (count - 8);
    }
    return bytes;
}

/** A step takes values of a shape [height, width, channels] or [values], and its weights, and returns new ones. */
const LAYERS = {
    Reshape: ({ values }, { shape }) => ({ values, shape }),

    Rescaling: ({ values, shape }, { scale, offset }) => ({
        values: values.map((each) => each * scale + offset),
        shape,
    }),

    Conv2D({ values, shape }, { kernel, strides, padding, bias }, weights) {
        const [high, wide, channels, filters] = kernel;
        const [down, right] = [0, 1].map((axis) => windows(shape[axis], kernel[axis], strides[axis], padding));
        const numbers = weights(high * wide * channels * filters);
        const start = bias ? weights(filters) : new Float32Array(filters);
        const result = new Float32Array(down.length * right.length * filters);
        const sums = new Float64Array(filters);
        const area = high * wide * channels;
        const [rows, seen] = [new Int32Array(area + 7), new Float64Array(area + 7)];
        for (const [i, [top, firstRow, lastRow]] of down.entries()) {
            for (const [j, [left, firstColumn, lastColumn]] of right.entries()) {
                let count = 0; // of the values in the window other than 0: after a ReLU, most are 0
                for (let row = firstRow; row < lastRow; row++) {
                    for (let column = firstColumn; column < lastColumn; column++) {
                        const from = (row * shape[1] + column) * channels;
                        const to = ((row - top) * wide + column - left) * channels;
                        for (let channel = 0; channel < channels; channel++) {
                            const value = values[from + channel];
                            if (value === 0) continue;
                            rows[count] = to + channel;
                            seen[count++] = value;
                        }
                    }
                }
                sums.set(start);
                addRows(sums, rows, seen, count, numbers);
                result.set(sums, (i * right.length + j) * filters);
            }
        }
        return { values: result, shape: [down.length, right.length, filters] };
    },

    Dense({ values, shape }, { units, bias }, weights) {
        const numbers = weights(shape[0] * units);
        const start = bias ? weights(units) : new Float32Array(units);
        const sums = new Float64Array(start);
        const [rows, seen] = [new Int32Array(values.length + 7), new Float64Array(values.length + 7)];
        rows.set([...values.keys()]);
        seen.set(values);
        addRows(sums, rows, seen, values.length, numbers);
        return { values: new Float32Array(sums), shape: [units] };
    },

    MaxPooling2D: (input, step) => pooled(input, step, -Infinity, (most, value) => (value > most ? value : most)),

    AveragePooling2D: (input, step) => pooled(input, step, 0, (mean, value, count) => mean + value / count),

    BatchNormalization({ values, shape }, _, weights) {
        const channels = shape.at(-1);
        const [scale, offset] = [weights(channels), weights(channels)];
        return { values: values.map((each, i) => each * scale[i % channels] + offset[i % channels]), shape };
    },

    relu: ({ values, shape }) => ({ values: values.map((each) => (each > 0 ? each : 0)), shape }),

    tanh: ({ values, shape }) => ({ values: values.map(Math.tanh), shape }),

    softmax({ values, shape }) {
        const most = Math.max(...values);
        const powers = Array.from(values, (each) => Math.exp(each - most));
        const sum = powers.reduce((total, each) => total + each, 0);
        return { values: Float32Array.from(powers, (each) => each / sum), shape };
    },
};

/** Return for each place of a window along an axis where it begins, and from where to where it covers the input. */
function windows(length, size, stride, padding) {
    const count = Math.ceil((padding === "same" ? length : length - size + 1) / stride);
    const before = padding === "same" ? Math.floor(Math.max((count - 1) * stride + size - length, 0) / 2) : 0;
    return Array.from({ length: count }, (_, i) => {
        const begin = i * stride - before;
        return [begin, Math.max(begin, 0), Math.min(begin + size, length)];
    });
}

/**
 * Add rows of a kernel, each multiplied by its value, to `sums`: eight rows at a time, so that a sum is fetched and put
 * back less often. Behind the last row there is room for seven more, which count for nothing.
 */
function addRows(sums, rows, values, count, kernel) {
    const size = sums.length;
    rows.fill(0, count, count + 7);
    values.fill(0, count, count + 7);
    for (let n = 0; n < count; n += 8) {
        const [a, b, c, d] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
        const [e, f, g, h] = [values[n + 4], values[n + 5], values[n + 6], values[n + 7]];
        const [ai, bi, ci, di] = [rows[n] * size, rows[n + 1] * size, rows[n + 2] * size, rows[n + 3] * size];
        const [ei, fi, gi, hi] = [rows[n + 4] * size, rows[n + 5] * size, rows[n + 6] * size, rows[n + 7] * size];
        for (let o = 0; o < size; o++) {
            const first = a * kernel[ai + o] + b * kernel[bi + o] + c * kernel[ci + o] + d * kernel[di + o];
            const second = e * kernel[ei + o] + f * kernel[fi + o] + g * kernel[gi + o] + h * kernel[hi + o];
            sums[o] += first + second;
        }
    }
}

function pooled({ values, shape }, { pool, strides, padding }, start, join) {
    const [, width, channels] = shape;
    const [down, right] = [0, 1].map((axis) => windows(shape[axis], pool[axis], strides[axis], padding));
    const result = new Float32Array(down.length * right.length * channels).fill(start);
    for (const [i, [, top, bottom]] of down.entries()) {
        for (const [j, [, left, end]] of right.entries()) {
            const to = (i * right.length + j) * channels;
            const count = (bottom - top) * (end - left);
            for (let row = top; row < bottom; row++) {
                for (let column = left; column < end; column++) {
                    const from = (row * width + column) * channels;
                    for (let channel = 0; channel < channels; channel++)
                        result[to + channel] = join(result[to + channel], values[from + channel], count);
                }
            }
        }
    }
    return { values: result, shape: [down.length, right.length, channels] };
}

/** Return the function from an image, 784 numbers of 0 to 255, to the probabilities of the ten digits. */
export function reader(numbers) {
    /** Twin of `Recognizer.given_a_digit` in mnist_nb/learning/recognizer.py. */
    function givenADigit(image) {
        let place = 0;
        const weights = (count) => {
            place += count;
            return numbers.subarray(place - count, place);
        };
        let result = { values: Float32Array.from(image), shape: [data.IMAGE_SIZE, data.IMAGE_SIZE] };
        for (const step of network.steps) result = LAYERS[step.layer](result, step, weights);
        return result.values;
    }

    /** Twin of `Recognizer.probabilities`. */
    return function probabilities(image) {
        const given = givenADigit(image);
        if (!network.digit_when) return given;
        const [slope, offset] = network.digit_when;
        const isDigit = Math.fround(1 / (1 + Math.exp(-(slope * evidence(given) + offset))));
        return given.map((share) => isDigit * share + (1 - isDigit) / data.CLASSES);
    };
}

/** Twin of `evidence` in mnist_nb/learning/recognizer.py. */
function evidence(probabilities) {
    const logits = Array.from(probabilities, (share) => Math.log(Math.min(Math.max(share, 1e-30), Infinity)));
    return Math.max(...logits) - logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
}
