// What is painted on a board's canvas. Twins of mnist_nb/board/paint.py and
// mnist_nb/pictures/frames.py, where its colours and lengths stand.

import { boxOf } from "./ink.js";
import { paint } from "./settings.js";

function colour(reading, underWay) {
    if (reading.label !== undefined) return paint.CORRECTED;
    return underWay ? paint.UNDER_WAY : reading.unsure ? paint.UNSURE : paint.MARK;
}

/** Return the words at one of so many digits: its digit alone where there is no room for more. Twin of `caption`. */
function wordAt(reading, count) {
    return count <= paint.CROWDED ? reading.caption : `${reading.digit}${reading.unsure ? "?" : ""}`;
}

function frame([left, top, right, bottom], { width, height }) {
    const margin = paint.BOX_MARGIN;
    return [
        Math.max(left - margin, 1),
        Math.max(top - margin, 1),
        Math.min(right + margin, width - 1),
        Math.min(bottom + margin, height - 1),
    ];
}

function wordPlace(box, wordWidth, size) {
    const [left, top, , bottom] = frame(box, size);
    const x = Math.max(Math.min(left, size.width - wordWidth - 2), 2);
    if (top > paint.WORD_SIZE + 4) return [x, top - paint.WORD_SIZE - 3];
    if (bottom + paint.WORD_SIZE + 4 < size.height) return [x, bottom + 5];
    return [x + 5, top + 4];
}

export function paintGround(layer, { width, height }) {
    layer.fillStyle = paint.GROUND;
    layer.fillRect(0, 0, width, height);
}

export function paintLine(layer, points, lineWidth) {
    layer.strokeStyle = paint.LINE;
    layer.lineWidth = lineWidth;
    layer.lineCap = layer.lineJoin = "round";
    layer.setLineDash([]);
    layer.beginPath();
    layer.moveTo(...points[0]);
    for (const point of points) layer.lineTo(...point); // A line from a place to itself is a dot.
    layer.stroke();
}

export function paintMark(layer, reading, count, isChosen, isUnderWay, size) {
    const word = wordAt(reading, count);
    layer.fillStyle = colour(reading, isUnderWay);
    outline(layer, reading.box, size, layer.fillStyle, isChosen ? 3 : 1.5, reading.unsure ? paint.DASHES : []);
    layer.font = `bold ${paint.WORD_SIZE}px system-ui, sans-serif`;
    layer.textBaseline = "top";
    layer.fillText(word, ...wordPlace(reading.box, layer.measureText(word).width, size));
}

export function paintLeftOut(layer, strokes, size) {
    outline(layer, boxOf(strokes), size, paint.UNDER_WAY, 1, paint.DOTS);
}

function outline(layer, box, size, shade, lineWidth, dashes) {
    const [left, top, right, bottom] = frame(box, size);
    layer.strokeStyle = shade;
    layer.lineWidth = lineWidth;
    layer.setLineDash(dashes);
    layer.strokeRect(left, top, right - left, bottom - top);
}

/** Show an image, 784 numbers with ink 255, on a canvas of 28x28. */
export function paintImage(canvas, image) {
    const shown = new ImageData(canvas.width, canvas.height);
    image.forEach((value, place) => {
        shown.data.set([value, value, value, 255], 4 * place);
    });
    canvas.getContext("2d").putImageData(shown, 0, 0);
}
