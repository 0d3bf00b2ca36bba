// What a hand draws on a board: strokes, and every step back and forth. Twins of mnist_nb/board/history.py.

let drawn = 0;

/** A stroke is {id, points}: it grows while the pen is down, and two of them are the same when their ids are. */
export const newStroke = (points) => ({ id: drawn++, points });

export class History {
    strokes = []; // Replaced, never changed, so that every earlier state can be kept.
    underWay = undefined; // The stroke whose pen is down.
    #past = [];
    #future = [];

    penDown(place) {
        const stroke = newStroke([place]);
        this.replace([...this.strokes, stroke]);
        this.underWay = stroke;
    }

    penUp() {
        this.underWay = undefined;
    }

    replace(strokes) {
        this.underWay = undefined;
        if (strokes.length === this.strokes.length && strokes.every((stroke, i) => stroke === this.strokes[i])) return;
        this.#past.push(this.strokes);
        this.#future = [];
        this.strokes = strokes;
    }

    remove(strokes) {
        this.replace(this.strokes.filter((stroke) => !strokes.includes(stroke)));
    }

    undo() {
        this.#step(this.#past, this.#future);
    }

    redo() {
        this.#step(this.#future, this.#past);
    }

    #step(source, target) {
        this.penUp();
        if (!source.length) return;
        target.push(this.strokes);
        this.strokes = source.pop();
    }
}
