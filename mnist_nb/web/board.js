// The drawing board: names digits while they are drawn. Twins of the methods of `DigitBoard` in
// mnist_nb/board/widget.py, which are what its buttons do in a notebook.

import { Collection } from "./collection.js";
import { loadedDrawings, savedDrawings } from "./file.js";
import { History, newStroke } from "./history.js";
import { captions, paintGround, paintLeftOut, paintLine, paintMark } from "./paint.js";
import { fitted, onBoard } from "./places.js";
import { readRows } from "./readings.js";
import { paint, readings, widget } from "./settings.js";

const FILE = "drawings.npz";
const PENS = Object.keys(widget.PENS);

export class Board {
    size = { width: 0, height: 0 }; // px; strokes are in the same
    readings = [];
    #rows = [];
    #leftOut = [];
    #history = new History();
    #collection = new Collection();
    #changed = false; // since the file was downloaded
    #labels = new Map(); // {ids of a digit's strokes: what a person said it is}
    #known = new Map();
    #chosen; // The strokes that Erase and a correction are for; the newest digit's when undefined.
    #milliseconds = [];
    #readAt = 0;
    #pen = PENS[0];
    #replayed; // The share of the strokes' points that a replay has drawn.
    #probabilities;
    #canvas;
    #controls;

    constructor(probabilities, canvas, controls) {
        this.#probabilities = probabilities;
        this.#canvas = canvas;
        this.#controls = controls;
        new ResizeObserver(() => this.#measure()).observe(canvas.parentElement);
        this.#measure();
        this.#show();
    }

    get text() {
        return this.#rows.map((row) => row.map(({ digit }) => digit).join("")).join("\n");
    }

    get penIsDown() {
        return this.#history.underWay !== undefined;
    }

    // The pen.

    penDown(place) {
        this.#replayed = this.#chosen = undefined;
        this.#history.penDown(place);
        this.#paint();
    }

    penMove(place) {
        if (!this.penIsDown) return;
        this.#goOn(place);
        const pause = Math.max(1e3 * widget.SECONDS_BETWEEN_READINGS, 2 * (this.#milliseconds.at(-1) ?? 0));
        if (performance.now() - this.#readAt >= pause) this.#read();
    }

    penUp(place) {
        if (!this.penIsDown) return;
        this.#goOn(place);
        this.#history.penUp();
        this.#read();
    }

    takeBack() {
        if (!this.penIsDown) return;
        this.#history.undo();
        this.#refresh("That touch was taken for a palm or a gesture. Redo brings its stroke back.");
    }

    /** Draw strokes, lists of [x, y], as a pen would, scaled into the board where they do not fit. */
    draw(strokes) {
        this.#history.replace([...this.#history.strokes, ...fitted(strokes, this.size).map(newStroke)]);
        this.#refresh();
    }

    // The tools.

    undo() {
        this.#history.undo();
        this.#refresh();
    }

    redo() {
        this.#history.redo();
        this.#refresh();
    }

    clear() {
        this.#history.replace([]);
        this.#refresh();
    }

    erase() {
        const reading = this.#chosenReading();
        if (reading) this.#history.remove(reading.drawn);
        this.#refresh();
    }

    choose(index) {
        this.#chosen = this.readings[index].drawn;
        this.#show();
    }

    /** Choose the digit so many places to the right. */
    chooseBeside(places) {
        const count = this.readings.length;
        if (count) this.choose((this.readings.indexOf(this.#chosenReading()) + places + count) % count);
    }

    correct(digit) {
        if (!/^[0-9]$/.test(digit)) throw new Error(`Type one digit, 0 to 9; found '${digit}'.`);
        const reading = this.#chosenReading();
        if (!reading) throw new Error("There is no digit on the board to correct.");
        reading.label = Number(digit);
        this.#labels.set(idsOf(reading), reading.label);
        this.#show(`Noted that this is a ${readings.WORDS[digit].toLowerCase()}. Save keeps it.`);
    }

    pen() {
        this.#pen = PENS[(PENS.indexOf(this.#pen) + 1) % PENS.length];
        this.#controls.showPen(this.#pen);
        this.#paint();
    }

    replay() {
        if (matchMedia("(prefers-reduced-motion: reduce)").matches)
            return this.#show("Your system asks for no motion, so nothing is replayed.");
        const begun = performance.now();
        const step = () => {
            if (this.#replayed === undefined) return; // Somebody draws.
            const share = (performance.now() - begun) / (1e3 * paint.REPLAY_SECONDS);
            this.#replayed = share < 1 ? share : undefined;
            this.#paint();
            if (share < 1) requestAnimationFrame(step);
        };
        this.#replayed = 0;
        requestAnimationFrame(step);
    }

    // What is kept.

    save() {
        const fresh = this.#collection.unsaved(this.readings);
        const sure = fresh.filter(({ unsure }) => !unsure);
        let text = fresh.length ? "" : "There is nothing new to save.";
        if (sure.length) {
            this.#collection.save(sure, widget.WRITER);
            text = `Saved ${counted(sure.length)}; ${FILE} now holds ${this.#collection.drawings.length}. `;
        }
        if (sure.length < fresh.length)
            text += `Left out ${counted(fresh.length - sure.length)} as unsure: type what it is, then save again.`;
        if (sure.length || this.#changed) this.#controls.download(savedDrawings(this.#collection.drawings), FILE);
        this.#changed = false;
        this.#showEntry();
        this.#show(text);
    }

    /** Take the drawings of a file in place of those that are kept, and put the last one on the board. */
    async open(name, bytes) {
        try {
            this.#collection = new Collection(await loadedDrawings(bytes));
            this.#changed = false;
            if (this.#collection.drawings.length) this.load(this.#collection.drawings.length);
            else this.#show(`${name} holds no drawings.`);
        } catch (error) {
            this.#show(`${name}: ${error.message}`);
        }
    }

    load(number) {
        const drawing = this.#drawing(number);
        const strokes = fitted(drawing.strokes, this.size).map(newStroke);
        this.#labels.set(idsOf({ drawn: strokes }), drawing.label);
        this.#collection.putOnBoard(strokes, drawing);
        this.#history.replace(strokes);
        this.#showEntry(number);
        const count = this.#collection.drawings.length;
        this.#refresh(`Drawing ${number} of ${count}, labelled ${drawing.label}, by ${drawing.writer}.`);
    }

    remove(number) {
        const drawing = this.#drawing(number);
        this.load(number);
        this.#collection.remove(this.#history.strokes, drawing);
        this.#changed = true;
        const held = this.#collection.drawings.length;
        this.#showEntry(Math.min(number, held));
        this.#show(`Took it out of ${FILE}, which now holds ${held}. It is on the board: Save adds it again.`);
    }

    picture() {
        this.#paintNow();
        this.#canvas.toBlob((png) => this.#controls.download(png, "board.png"));
    }

    #drawing(number) {
        const drawing = this.#collection.drawings[number - 1];
        if (!drawing)
            throw new Error(`There is no drawing ${number}: ${counted(this.#collection.drawings.length)} kept.`);
        return drawing;
    }

    #showEntry(number = this.#collection.drawings.length) {
        this.#controls.showEntry(number, this.#collection.drawings.length);
    }

    // Reading and showing.

    #goOn(place) {
        const { points } = this.#history.underWay;
        const [x, y] = onBoard(points.at(-1), place, this.size);
        if (points.at(-1)[0] === x && points.at(-1)[1] === y) return;
        points.push([x, y]);
        this.#paint();
    }

    #read(text = "") {
        const begun = performance.now();
        const { strokes } = this.#history;
        const how = { ids: strokes.map(({ id }) => id), labels: this.#labels, known: this.#known };
        const points = strokes.map((stroke) => stroke.points);
        const [rows, marks] = readRows(this.#probabilities, points, how);
        this.#rows = rows;
        this.readings = rows.flat();
        for (const reading of this.readings) reading.drawn = reading.strokes.map((index) => strokes[index]);
        this.#leftOut = marks.map((mark) => mark.map((index) => points[index]));
        const isFirst = this.#readAt === 0; // It waits for the browser to compile what reads.
        this.#readAt = performance.now();
        if (!isFirst) this.#milliseconds = [...this.#milliseconds, this.#readAt - begun].slice(-widget.READINGS_TIMED);
        this.#show(text);
    }

    #refresh(text = "") {
        this.#chosen = undefined;
        this.#replayed = undefined;
        this.#read(text);
    }

    #chosenReading() {
        const wanted = this.#chosen ?? this.#history.strokes.slice(-1);
        const holds = ({ drawn }) => wanted.every((stroke) => drawn.includes(stroke));
        return this.readings.find(holds) ?? this.readings.at(-1);
    }

    #show(text = "") {
        const count = this.#leftOut.length;
        const left = count ? `Left out ${count} mark${count > 1 ? "s" : ""}: no digit, such as a point.` : "";
        this.#controls.show(this.#rows, this.#chosenReading(), this.#milliseconds, text || left, this.penIsDown);
        this.#paint();
    }

    /** Take the size that the page gives the canvas while nothing is drawn; later what is drawn grows or shrinks. */
    #measure() {
        const width = this.#canvas.parentElement.clientWidth;
        if (!width) return;
        if (!this.#history.strokes.length)
            this.size = { width, height: Math.round(Math.max(width / 2, Math.min(width, widget.LEAST_HEIGHT))) };
        this.#canvas.style.aspectRatio = `${this.size.width} / ${this.size.height}`;
        this.#paintNow();
    }

    #painting = false;

    #paint() {
        if (this.#painting) return;
        this.#painting = true;
        requestAnimationFrame(() => this.#paintNow());
    }

    #paintNow() {
        this.#painting = false;
        const shown = this.#canvas.parentElement.clientWidth * (window.devicePixelRatio || 1);
        const scale = shown / this.size.width;
        const [width, height] = [Math.round(shown), Math.round(this.size.height * scale)];
        if (this.#canvas.width !== width || this.#canvas.height !== height)
            Object.assign(this.#canvas, { width, height });
        const layer = this.#canvas.getContext("2d");
        layer.setTransform(scale, 0, 0, scale, 0, 0);
        paintGround(layer, this.size);
        const strokes = this.#history.strokes.map(({ points }) => points);
        let left = Math.ceil((this.#replayed ?? 1) * strokes.flat().length);
        for (const points of strokes) {
            if (left > 0) paintLine(layer, points.slice(0, left), widget.PENS[this.#pen]);
            left -= points.length;
        }
        const chosen = this.readings.length > 1 ? this.#chosenReading() : undefined;
        for (const mark of this.#leftOut) paintLeftOut(layer, mark, this.size);
        const words = captions(layer, this.readings, this.size);
        for (const [index, reading] of this.readings.entries()) {
            const isUnderWay = reading.drawn.includes(this.#history.underWay);
            paintMark(layer, reading, words[index], reading === chosen, isUnderWay, this.size);
        }
    }
}

const idsOf = ({ drawn }) => drawn.map(({ id }) => id).join();
const counted = (digits) => `${digits} digit${digits === 1 ? "" : "s"}`;
