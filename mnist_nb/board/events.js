// Stands between the browser and a board's canvas. ipycanvas keeps every key, button and turn of the wheel to itself,
// and tells Python neither which button draws nor what points. What is let through draws; all else goes its own way.
(board => {
    // Keys with a modifier, but for undo and redo, and function keys are the page's: Ctrl+S saves the notebook.
    const isOurs = event => event.ctrlKey || event.metaKey ? /^[zy]$/i.test(event.key)
        : !event.altKey && !/^F\d+$/.test(event.key);
    const listening = Boolean(board.mnistKeys);
    // JupyterLab and Notebook 7 hear keys before the canvas does, and would take a 1 for a heading.
    board.mnistKeys ??= event => {
        if (!board.isConnected) window.removeEventListener("keydown", board.mnistKeys, true);
        else if (board.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", isOurs(event));
    };
    window.addEventListener("keydown", board.mnistKeys, true);
    if (listening) return;  // The board was only taken out of the page, and is back.

    const ours = new WeakSet();  // Events that this file makes, in place of the browser's.
    let drawing = false;  // with the mouse's first button
    let stylus = null;  // the id of the one that draws
    let palm = false;  // The fingers that are down came before the stylus, or while it drew.

    const isCanvas = event => event.target.tagName === "CANVAS";
    const on = (kind, act) => board.addEventListener(kind, act, {capture: true});
    const send = (target, event) => { ours.add(event); target.dispatchEvent(event); };
    const mouse = (kind, event) => send(event.target, new MouseEvent(kind, {
        bubbles: true, clientX: event.clientX, clientY: event.clientY, buttons: 1}));

    on("keydown", event => {
        const used = event.ctrlKey || event.metaKey || /^([a-z0-9]|Tab|ArrowLeft|ArrowRight)$/i.test(event.key);
        if (isCanvas(event) && !(isOurs(event) && used)) event.stopPropagation();
    });
    on("wheel", event => { if (isCanvas(event)) event.stopPropagation(); });

    const onMouse = (kind, act) => on(kind, event => {
        if (!isCanvas(event) || ours.has(event)) return;
        if (stylus !== null || !act(event)) event.stopPropagation();
    });
    const lifted = () => { const was = drawing; drawing = false; return was; };
    onMouse("mousedown", event => event.button === 0 && (drawing = true));
    onMouse("mouseup", event => event.button === 0 && lifted());
    onMouse("mouseout", lifted);
    onMouse("mousemove", event => {
        const released = event.isTrusted && !(event.buttons & 1);  // perhaps where nothing told of it
        if (released && lifted()) mouse("mouseup", event);
        return drawing;
    });

    for (const kind of ["touchstart", "touchmove", "touchend", "touchcancel"]) on(kind, event => {
        if (!isCanvas(event) || ours.has(event)) return;
        if (kind === "touchstart" && event.touches.length === event.changedTouches.length) palm = false;
        if (stylus !== null || palm) event.stopPropagation();
        if (!event.touches.length) palm = false;
    });
    on("pointerdown", event => {
        if (!isCanvas(event) || event.pointerType !== "pen" || event.button !== 0) return;
        event.preventDefault();  // Else mouse events would follow.
        if (window.TouchEvent) send(event.target, new TouchEvent("touchcancel", {bubbles: true}));
        [stylus, palm, drawing] = [event.pointerId, true, false];
        event.target.focus();
        mouse("mousedown", event);
    });
    const told = {pointermove: "mousemove", pointerup: "mouseup", pointercancel: "mouseup", pointerout: "mouseout"};
    for (const [kind, as] of Object.entries(told)) on(kind, event => {
        if (!isCanvas(event) || event.pointerId !== stylus) return;
        if (as !== "mousemove") stylus = null;
        mouse(as, event);
    });
})(this.closest(".mnist-board"));
