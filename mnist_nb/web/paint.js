// What is painted on a board's canvas. Twins of mnist_nb/board/paint.py and
// mnist_nb/pictures/frames.py, where its colours and lengths stand.

import { boxOf } from "./ink.js";
import { paint } from "./settings.js";

const FONT = `bold ${paint.WORD_SIZE}px system-ui, sans-serif`;

function colour(reading, underWay) {
    if (reading.label !== undefined) return paint.CORRECTED;
    return underWay ? paint.UNDER_WAY : reading.unsure ? paint.UNSURE : paint.MARK;
}

/** Return the words at each digit: its digit alone where more has no room. Twin of `captions`. */
export function captions(layer, readings, size) {
    const short = ({ digit, unsure }) => `${digit}${unsure ? "?" : ""}`;
    if (readings.length > paint.CROWDED) return readings.map(short);
    layer.font = FONT;
    const words = readings.map(({ caption, box }) => {
        const { width } = layer.measureText(caption);
        const [x, y] = wordPlace(box, width, size);
        return { x, y, width };
    });
    const runsInto = (one, other) =>
        Math.abs(other.y - one.y) < paint.WORD_SIZE && other.x > one.x && other.x - one.x < one.width;
    return readings.map((reading, index) =>
        words.some((other) => runsInto(words[index], other)) ? short(reading) : reading.caption,
    );
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

export function paintMark(layer, reading, word, isChosen, isUnderWay, size) {
    layer.fillStyle = colour(reading, isUnderWay);
    outline(layer, reading.box, size, layer.fillStyle, isChosen ? 3 : 1.5, reading.unsure ? paint.DASHES : []);
    layer.font = FONT;
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
