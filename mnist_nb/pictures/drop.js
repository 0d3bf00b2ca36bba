// Lets a picture be dropped onto a button of ipywidgets that chooses files. The button keeps its input to itself, so
// the dropped files are put into it when the button "clicks" it, in place of the browser's dialog.
((zone) => {
    if (zone.mnistDrop) return; // It was only taken out of the page, and is back.
    zone.mnistDrop = true;
    const withFiles = (act) => (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault(); // Else the browser would leave the page and show the file.
        event.stopPropagation();
        zone.classList.toggle("mnist-over", event.type === "dragover");
        act(event.dataTransfer.files);
    };
    zone.addEventListener(
        "dragover",
        withFiles(() => {}),
    );
    zone.addEventListener("dragleave", () => zone.classList.remove("mnist-over"));
    zone.addEventListener(
        "drop",
        withFiles((files) => {
            const { click } = HTMLInputElement.prototype;
            HTMLInputElement.prototype.click = function () {
                this.files = files;
                this.dispatchEvent(new Event("change"));
            };
            try {
                zone.querySelector(".widget-upload").click();
            } finally {
                HTMLInputElement.prototype.click = click;
            }
        }),
    );
})(this.closest(".mnist-board") ?? this.closest(".mnist-drop"));
