// What other programs may ask of this page. `window.reader` is there as soon as the page can read; strokes are lists of
// [x, y], x to the right, y down, in any unit, and are numbered from 0.
//
//     reader.image(strokes)        what the network is shown of one digit: 784 numbers 0 to 255, row after row
//     reader.group(strokes)        rows of digits, each a list of stroke numbers: by where they are alone
//     reader.probabilities(image)  ten numbers: how probable each digit is, of 784 numbers
//     reader.read(strokes)         rows of {digit, probabilities, box: [left, top, right, bottom], unsure, strokes}
//
// `read` leaves out what is no digit, such as a point, and asks the network where it is in doubt what belongs together.

import { groupStrokes } from "./grouping.js";
import { asStrokes, strokesToImage } from "./ink.js";
import { readRows } from "./readings.js";

export function surface(probabilities) {
    const told = ({ digit, probabilities: shares, box, unsure, strokes }) => ({
        digit,
        probabilities: [...shares],
        box,
        unsure,
        strokes,
    });
    const checked = (strokes) => (strokes.length ? asStrokes(strokes) : []);
    return Object.freeze({
        image: (strokes) => [...strokesToImage(strokes)],
        group: (strokes) => groupStrokes(checked(strokes)),
        probabilities: (image) => [...probabilities(image)],
        read: (strokes) => readRows(probabilities, checked(strokes))[0].map((row) => row.map(told)),
    });
}
