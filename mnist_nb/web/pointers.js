// Mouse, fingers and stylus on the canvas: the one that began a stroke draws, and a stylus goes before fingers.
// What mnist_nb/board/fingers.py and events.js do for a notebook; here each pointer says whose it is.

import { isOnBoard } from "./places.js";

export function listen(canvas, board) {
    let drawing; // the id of the pointer that draws, and whether it is a stylus
    const place = (event) => {
        const { left, top, width } = canvas.getBoundingClientRect();
        const scale = board.size.width / width;
        return [(event.clientX - left) * scale, (event.clientY - top) * scale];
    };
    const on = (kind, act) =>
        canvas.addEventListener(kind, (event) => {
            if (event.pointerId === drawing?.id) act(event);
        });
    const lifted = (event) => {
        drawing = undefined;
        board.penUp(place(event));
    };

    canvas.addEventListener("pointerdown", (event) => {
        const isStylus = event.pointerType === "pen";
        if (event.button !== 0 || (drawing && (drawing.isStylus || !isStylus))) return;
        event.preventDefault();
        board.takeBack(); // What a palm has drawn by now.
        canvas.focus({ preventScroll: true });
        drawing = { id: event.pointerId, isStylus };
        canvas.setPointerCapture(event.pointerId);
        board.penDown(place(event));
    });
    on("pointermove", (event) => {
        const moves = event.getCoalescedEvents?.() ?? [];
        for (const move of moves.length ? moves : [event]) {
            const to = place(move);
            if (!isOnBoard(to, board.size))
                board.penUp(to); // It ends at the edge, and another begins inside.
            else if (board.penIsDown) board.penMove(to);
            else board.penDown(to);
        }
    });
    on("pointerup", lifted);
    on("lostpointercapture", lifted);
    on("pointercancel", () => {
        drawing = undefined;
        board.takeBack();
    });
}
