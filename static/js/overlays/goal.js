// The goal overlay: a bar that counts up, with a tick for each milestone; it tells how much is left, what comes next,
// and the truth when it is overfilled.

import { Counter } from "../counter.js";
import { cut } from "../graphemes.js";
import { formatMoney } from "../money.js";
import { openOverlay } from "./overlay.js";
import { wordsIn } from "./words.js";

const LONGEST_TITLE = 60;
const LONGEST_MILESTONE = 48;
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
  if (shown && shown.period.start !== goal.period.start) counter.forget();
  counter.show(goal.raised);
  part("left").textContent = leftOf(goal, words);
  part("next").textContent = nextOf(goal);
  part("ticks").replaceChildren(...ticksOf(goal));
  // Beyond the target the whole bar is what was raised, and a mark stands where the target was.
  part("fill").style.transform = `translateX(${Math.min(1, raised / target) * 100 - 100}%)`;
  part("over").style.transform = `translateX(${raised > target ? (target / raised) * 100 : 100}%)`;
  box.classList.toggle("is-over", raised > target);
  box.classList.toggle("is-reached", raised >= target);
  if (shown && shown.period.start === goal.period.start && raised > shown.raised.minor && goal.count > shown.count) {
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

/** The milestone that is next: its amount and what happens then; the last one when all are reached. */
function nextOf(goal) {
  const next = goal.milestones.find((mark) => !mark.reached) ?? goal.milestones.at(-1);
  if (!next) return "";
  const words = `${formatMoney(next.money, language)} ${cut(next.title, LONGEST_MILESTONE)}`.trim();
  return next.reached ? `✓ ${words}` : words;
}

/** A tick for each milestone that lies on the bar, which is as long as the target, or as what was raised beyond it. */
function ticksOf(goal) {
  const length = Math.max(goal.raised.minor, goal.target.minor);
  return goal.milestones
    .filter((mark) => mark.money.minor < length)
    .map((mark) => {
      const tick = document.createElement("i");
      tick.classList.toggle("is-reached", mark.reached);
      tick.style.left = `${(100 * mark.money.minor) / length}%`;
      return tick;
    });
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
