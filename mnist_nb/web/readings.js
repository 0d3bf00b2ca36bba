// What a board reads in its strokes: one reading a digit, in rows. Twins of mnist_nb/board/readings.py.

import { boxOf, rint, strokesToImage } from "./ink.js";
import { layOut } from "./layout.js";
import { grouping, network, readings } from "./settings.js";
import { heightOf, widthOf } from "./shapes.js";

export class Reading {
    constructor(strokes, image, probabilities, box, label) {
        Object.assign(this, { strokes, image, probabilities, box, label });
    }

    get best() {
        const order = [...this.probabilities.keys()];
        return order.sort((a, b) => this.probabilities[b] - this.probabilities[a]);
    }

    get digit() {
        return this.label ?? this.best[0];
    }

    get confidence() {
        return Math.max(...this.probabilities);
    }

    get unsure() {
        const wide = network.unsure_below > 0 && widthOf(this.box) > grouping.WIDE * heightOf(this.box);
        return this.label === undefined && (wide || this.confidence < network.unsure_below);
    }

    get caption() {
        const word = readings.WORDS[this.digit];
        if (this.label !== undefined) return `${word} \u2713`;
        if (!this.unsure) return `${word} ${percent(this.confidence)}`;
        return `${readings.WORDS[this.best[0]]} or ${readings.WORDS[this.best[1]]}?`;
    }
}

export const percent = (share) => (share > 0.99 ? ">99%" : `${rint(100 * share)}%`);

/**
 * Return rows of readings among strokes, lists of [x, y], and marks. What is read is kept in `known` by the numbers
 * that `ids` gives the strokes, and not read again while their points stay as many.
 */
export function readRows(probabilities, strokes, { ids = strokes.keys(), labels = new Map(), known = new Map() } = {}) {
    if (known.size > readings.MOST_KNOWN) known.clear();
    const named = [...ids];

    function read(group) {
        const key = group.map((index) => named[index]).join();
        const drawing = group.map((index) => strokes[index]);
        const points = drawing.flat().length;
        if (known.get(key)?.points !== points) {
            const image = strokesToImage(drawing);
            known.set(key, { points, image, probabilities: probabilities(image), box: boxOf(drawing) });
        }
        const { image, probabilities: shares, box } = known.get(key);
        return new Reading(group, image, shares, box, labels.get(key));
    }

    const [rows, marks] = layOut(strokes, (group) => read(group).confidence);
    return [rows.map((row) => row.map(read)), marks];
}
