// The drawings of a board in one file: each of them once, with the label that was given last.
// Twin of mnist_nb/board/collection.py; the file is what Save downloads.

const keyOf = (strokes) => strokes.map(({ id }) => id).join();

export class Collection {
    #saved = new Map(); // {key of a digit's strokes on the board: its drawing}
    #kept = new Map(); // {key of such strokes: the strokes as a file holds them, where they were fitted to the board}

    /** Begin with the drawings, {strokes, label, writer}, that a file holds. */
    constructor(drawings = []) {
        this.drawings = drawings;
    }

    unsaved(readings) {
        return readings.filter(({ drawn, digit }) => this.#saved.get(keyOf(drawn))?.label !== digit);
    }

    save(readings, writer) {
        for (const { drawn: strokes, digit } of readings) {
            const held = this.#saved.get(keyOf(strokes));
            if (held) held.label = digit;
            else this.#add(strokes, { strokes: this.#asKept(strokes), label: digit, writer });
            for (const [key, drawing] of this.#saved) {
                const ids = key.split(",").map(Number);
                const isPart = ids.length < strokes.length && ids.every((id) => strokes.some((each) => each.id === id));
                if (isPart) this.#drop(key, drawing);
            }
        }
    }

    putOnBoard(strokes, drawing) {
        this.#saved.set(keyOf(strokes), drawing);
        this.#kept.set(keyOf(strokes), drawing.strokes);
    }

    remove(strokes, drawing) {
        this.#drop(keyOf(strokes), drawing);
    }

    #asKept(strokes) {
        return this.#kept.get(keyOf(strokes)) ?? strokes.map(({ points }) => [...points]);
    }

    #add(strokes, drawing) {
        this.drawings.push(drawing);
        this.#saved.set(keyOf(strokes), drawing);
    }

    #drop(key, drawing) {
        this.drawings = this.drawings.filter((each) => each !== drawing);
        this.#saved.delete(key);
    }
}
