// What stands around the canvas: the number, the tools, what the network sees, and the file. Twins of
// mnist_nb/board/controls.py and page.py.

import { paintImage } from "./paint.js";
import { percent } from "./readings.js";
import { shortcuts, words } from "./settings.js";

const element = (id) => document.getElementById(id);

/** Return a new element of the page with a text in it, and perhaps a class. */
function made(tag, text, className = "") {
    return Object.assign(document.createElement(tag), { textContent: text, className });
}

export class Controls {
    /** Have buttons, fields and keys call the methods of a board. */
    listen(board) {
        const entry = () => element("entry").valueAsNumber;
        const actions = {
            load: (number) => (number ? board.load(number) : element("file").click()),
            remove: () => board.remove(entry()),
        };
        const run = (name, ...values) => {
            try {
                (actions[name] ?? ((...given) => board[name](...given)))(...values);
            } catch (error) {
                this.say(error.message);
            }
        };
        for (const name of Object.values(shortcuts)) element(name).addEventListener("click", () => run(name));
        element("file").addEventListener("change", async ({ target }) => {
            const [file] = target.files;
            target.value = ""; // The same file may be chosen again.
            if (file) board.open(file.name, new Uint8Array(await file.arrayBuffer()));
        });
        element("entry").addEventListener("change", () => run("load", entry()));
        element("correction").addEventListener("input", ({ target }) => {
            const typed = target.value.trim();
            target.value = "";
            if (typed) run("correct", typed);
        });
        for (const bar of element("bars").children) bar.addEventListener("click", () => run("correct", bar.value));
        element("choice").addEventListener("click", ({ target }) => {
            if (target.value) run("choose", Number(target.value));
        });
        document.addEventListener("keydown", (event) => {
            if (event.target.matches("input") || event.altKey) return;
            const key = event.key.toLowerCase();
            let call;
            if (event.ctrlKey || event.metaKey) call = { z: [event.shiftKey ? "redo" : "undo"], y: ["redo"] }[key];
            else if (key === "arrowleft" || key === "arrowright") call = ["chooseBeside", key === "arrowleft" ? -1 : 1];
            else if (/^[0-9]$/.test(key)) call = ["correct", key];
            else if (key in shortcuts) call = [shortcuts[key]];
            if (!call) return;
            event.preventDefault();
            run(...call);
        });
    }

    show(rows, chosen, milliseconds, text, isUnderWay) {
        const readings = rows.flat();
        const digits = rows.flatMap((row, index) => [
            ...(index ? [" / "] : []),
            ...row.map(({ digit, unsure }) => (unsure ? made("span", `${digit}?`, "unsure") : `${digit}`)),
        ]);
        const number = made("b", "");
        number.append(...digits);
        element("number").replaceChildren(...(readings.length ? ["Reads ", number] : [words.EMPTY]));
        this.say(text);
        this.#latency(milliseconds);
        element("sees").classList.toggle("empty", !readings.length);
        if (!isUnderWay) this.#speak(readings);
        if (!chosen) return;
        paintImage(element("image"), chosen.image);
        for (const [digit, bar] of [...element("bars").children].entries()) {
            const share = chosen.probabilities[digit];
            bar.classList.toggle("best", digit === chosen.best[0]);
            bar.querySelector("span").textContent = percent(share);
            bar.querySelector("i").style.height = `${70 * Math.max(share, 0.005)}%`;
            bar.setAttribute("aria-label", `${digit}: ${percent(share)}. Correct it to ${digit}.`);
        }
        const choices = readings.map((reading, index) => {
            const button = made("button", `${reading.digit}${reading.unsure ? "?" : ""}`);
            button.value = index;
            button.setAttribute("aria-pressed", reading === chosen);
            button.setAttribute("aria-label", `Choose ${reading.caption}`);
            return button;
        });
        const held = [...element("choice").children].indexOf(document.activeElement);
        element("choice").replaceChildren(...choices);
        choices[held]?.focus();
    }

    showPen(name) {
        element("pen").textContent = `Pen: ${name}`;
    }

    showEntry(number, held) {
        Object.assign(element("entry"), { max: held, value: number });
        element("entries").hidden = element("remove").hidden = !held;
        element("held").textContent = `of ${held}`;
    }

    say(text) {
        element("message").textContent = text;
    }

    /** Hand the user a file. */
    download(blob, name) {
        const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    }

    #speak(readings) {
        const spoken = `The drawing board, reading: ${readings.map(({ caption }) => caption).join(", ") || "nothing"}.`;
        if (element("canvas").ariaLabel === spoken) return;
        element("canvas").ariaLabel = spoken;
        element("spoken").textContent = readings.length ? spoken : "";
    }

    #latency(milliseconds) {
        const sorted = milliseconds.toSorted((a, b) => a - b);
        const at = (share) => sorted[Math.round(share * (sorted.length - 1))].toFixed(1);
        element("latency").textContent = sorted.length ? `reading: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms` : "";
    }
}
