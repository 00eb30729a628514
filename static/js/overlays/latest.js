// The latest donations: a new row enters at the top, the others move down.

import { cut } from "../graphemes.js";
import { formatMoney } from "../money.js";
import { openOverlay } from "./overlay.js";
import { wordsIn } from "./words.js";

const LONGEST_NAME = 24;
const LONGEST_WORDS = 60;
const MOVE = { duration: 420, easing: "cubic-bezier(0.34, 1.3, 0.5, 1)" };

const box = document.querySelector("[data-latest]");
const list = box.querySelector("[data-list]");
const none = box.querySelector("[data-none]");
const template = box.querySelector("template");
let widget = null;
let latest = [];

function draw() {
  if (!widget) return;
  const words = wordsIn(widget.language);
  box.querySelector("[data-title]").textContent = words.latest;
  const before = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const tops = new Map([...before].map(([id, row]) => [id, row.offsetTop]));
  const isFirst = before.size === 0;
  const rows = latest
    .slice(0, widget.options.count)
    .map((donation) => fill(before.get(donation.id) ?? newRow(donation.id), donation, words));
  list.replaceChildren(...rows);
  none.textContent = words.none;
  none.hidden = rows.length > 0;
  box.hidden = false;
  if (!isFirst) for (const row of rows) move(row, tops.get(row.dataset.id));
}

function newRow(id) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  return row;
}

function fill(row, donation, words) {
  row.querySelector("[data-who]").textContent = cut(donation.name || donation.words || words.someone, donation.name ? LONGEST_NAME : LONGEST_WORDS);
  row.querySelector("[data-amount]").textContent = formatMoney(donation.money, widget.language);
  return row;
}

function move(row, before) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  if (before === undefined) {
    row.animate([{ opacity: 0, transform: "translateX(1.5rem)" }, { opacity: 1, transform: "none" }], MOVE);
  } else if (before !== row.offsetTop) {
    row.animate([{ transform: `translateY(${before - row.offsetTop}px)` }, { transform: "none" }], MOVE);
  }
}

openOverlay({
  widget(options) {
    widget = options;
    draw();
  },
  snapshot(snapshot) {
    latest = snapshot.latest ?? [];
    draw();
  },
  event(event) {
    if (event.kind !== "latest") return;
    latest = event.latest;
    draw();
  },
});
