// The goal overlay: a bar that counts up, tells how much is left, and tells the truth when it is overfilled.

import { Counter } from "../counter.js";
import { cut } from "../graphemes.js";
import { formatMoney } from "../money.js";
import { openOverlay } from "./overlay.js";
import { wordsIn } from "./words.js";

const LONGEST_TITLE = 60;
const CHIP_MS = 1400;

const box = document.querySelector("[data-goal]");
const part = (name) => box.querySelector(`[data-${name}]`);
let language = "en";
const counter = new Counter(part("raised"), language);
let mine = "";
let shown = null;

function draw(goal) {
  if (goal.id !== mine) return;
  const words = wordsIn(language);
  const raised = goal.raised.minor;
  const target = goal.target.minor;
  part("title").textContent = cut(goal.title, LONGEST_TITLE);
  part("target").textContent = formatMoney(goal.target, language);
  part("percent").textContent = `${goal.percent}\u202f%`;
  counter.show(goal.raised);
  part("left").textContent = leftOf(goal, words);
  // Beyond the target the whole bar is what was raised, and a mark stands where the target was.
  part("fill").style.transform = `translateX(${Math.min(1, raised / target) * 100 - 100}%)`;
  part("over").style.transform = `translateX(${raised > target ? (target / raised) * 100 : 100}%)`;
  box.classList.toggle("is-over", raised > target);
  box.classList.toggle("is-reached", raised >= target);
  if (shown && raised > shown.raised.minor) {
    flyIn({ ...goal.raised, minor: raised - shown.raised.minor });
  }
  shown = goal;
  box.hidden = false;
}

function leftOf(goal, words) {
  if (goal.left.minor > 0) return `${words.left} ${formatMoney(goal.left, language)}`;
  const over = goal.raised.minor - goal.target.minor;
  return over > 0 ? `+${formatMoney({ ...goal.raised, minor: over }, language)} ${words.over}` : words.reached;
}

/** A chip with what came in, which flies into the bar and is gone. */
function flyIn(money) {
  const chip = document.createElement("span");
  chip.className = "chip";
  chip.textContent = `+${formatMoney(money, language)}`;
  part("track").append(chip);
  setTimeout(() => chip.remove(), CHIP_MS);
}

openOverlay({
  widget(widget) {
    language = widget.language;
    counter.language = language;
    if (mine === widget.options.goal) return;
    mine = widget.options.goal;
    shown = null;
    counter.forget();
    box.hidden = true;
  },
  snapshot(snapshot) {
    if (snapshot.goal) draw(snapshot.goal);
  },
  event(event) {
    if (event.kind === "goal") draw(event.goal);
  },
});
