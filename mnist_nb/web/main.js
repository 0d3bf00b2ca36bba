// Starts the page: checks and unpacks the weights, and listens.

import { Board } from "./board.js";
import { Controls } from "./controls.js";
import { reader, unpack } from "./network.js";
import { listen } from "./pointers.js";
import { surface } from "./reader.js";
import { examples, words } from "./settings.js";

async function start() {
    const [page, trouble] = ["page", "trouble"].map((id) => document.getElementById(id));
    document.documentElement.classList.toggle("framed", window.parent !== window);
    let numbers;
    try {
        numbers = await unpack(document.getElementById("weights").textContent);
    } catch (error) {
        trouble.textContent = `${words.DAMAGED} (${error.message})`;
        return;
    }
    trouble.hidden = true;
    page.hidden = false;
    const probabilities = reader(numbers);
    const asked = surface(probabilities);
    const controls = new Controls();
    const canvas = document.getElementById("canvas");
    const board = new Board(probabilities, canvas, controls);
    controls.listen(board);
    listen(canvas, board);
    drawNumber(board, /^#(\d{1,8})$/.exec(location.hash)?.[1] ?? "");
    window.reader = asked;
    warmUp(asked, 9);
}

/** Read every digit once in spare moments, so that the browser has compiled what reads before anybody draws. */
function warmUp({ read }, digit) {
    setTimeout(() => {
        read(examples[digit]);
        if (digit) warmUp({ read }, digit - 1);
    });
}

/** Draw a number as written forms, side by side, such as 407 for a page that is opened as board.html#407. */
function drawNumber(board, number) {
    const { width, height } = board.size;
    const tall = Math.min(height / 2, (0.85 * width) / Math.max(number.length, 1));
    const left = (width - number.length * tall) / 2;
    const strokes = [...number].flatMap((digit, index) =>
        examples[digit].map((stroke) =>
            stroke.map(([x, y]) => [left + tall * (index + x), (height - tall) / 2 + tall * y]),
        ),
    );
    if (strokes.length) board.draw(strokes);
}

start();
