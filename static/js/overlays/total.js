// The total overlay: what was raised on this stream, or in all time.

import { Counter } from "../counter.js";
import { formatMoney } from "../money.js";
import { openOverlay } from "./overlay.js";
import { wordsIn } from "./words.js";

const box = document.querySelector("[data-total]");
const title = box.querySelector("[data-title]");
const sum = box.querySelector("[data-amount]");
const counter = new Counter(sum, "en");
let options = {};
let totals = null;

function draw() {
  if (!totals) return;
  const ofStream = options.scope === "stream" ? totals.stream ?? { ...totals.all, minor: 0 } : totals.all;
  sum.style.setProperty("--signs", formatMoney(ofStream, counter.language).length);
  counter.show(ofStream);
  box.hidden = false;
}

openOverlay({
  widget(widget) {
    if (options.scope !== widget.options.scope) counter.forget();
    options = widget.options;
    counter.language = widget.language;
    const words = wordsIn(widget.language);
    title.textContent = options.title || (options.scope === "stream" ? words.stream : words.total);
    draw();
  },
  snapshot(snapshot) {
    totals = snapshot.totals;
    draw();
  },
  event(event) {
    if (event.kind !== "totals") return;
    totals = event.totals;
    draw();
  },
});
