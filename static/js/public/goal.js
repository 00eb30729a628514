// The goal page, alive: figures count up, the bar moves, a new donation slides in.

import { Counter } from "../counter.js";
import { Feed } from "../feed.js";
import { formatMoney } from "../money.js";
import { offerCopying } from "../panel/copy.js";
import { drawBar } from "./bar.js";
import { Clock } from "./clock.js";
import { Gifts } from "./gifts.js";
import { Milestones } from "./milestones.js";
import { Terms } from "./terms.js";

const LONG_AMOUNT = 11; // as in goal.html
const LOOK_AGAIN_MS = 20_000;
const language = document.documentElement.lang;
const page = document.querySelector("[data-goal]");
const find = (mark) => document.querySelector(`[data-${mark}]`);
const amount = (money) => formatMoney(money, language);

const clock = new Clock(language);
const raised = new Counter(find("raised"), language);
const gifts = new Gifts(
  { list: find("gifts"), empty: find("empty"), template: find("gift-row") },
  Number(page.dataset.limit),
  amount,
  clock,
);
const milestones = new Milestones(find("milestones"), find("milestone-row"), amount);
const terms = new Terms(find("terms"), language);
setInterval(() => document.hidden || terms.refresh(), LOOK_AGAIN_MS);
clock.refresh();
offerCopying(document);

function drawGoal(goal) {
  const over = { ...goal.raised, minor: Math.max(0, goal.raised.minor - goal.target.minor) };
  find("title").textContent = goal.title;
  raised.show(goal.raised);
  find("raised").classList.toggle("is-long", amount(goal.raised).length > LONG_AMOUNT);
  find("target").textContent = amount(goal.target);
  find("left").textContent = amount(goal.left);
  find("over").textContent = amount(over);
  find("percent").textContent = goal.percent;
  find("count").textContent = goal.count;
  find("left-fact").hidden = goal.percent >= 100;
  find("over-fact").hidden = over.minor === 0;
  find("reached").hidden = goal.percent < 100;
  milestones.draw(goal.milestones);
  terms.draw(goal);
  drawBar(find("bar"), goal);
}

/** Everything in `news` is absolute: a snapshot, or one event. */
function draw(news, now) {
  if (news.goal) drawGoal(news.goal);
  if (news.latest) gifts.draw(news.latest);
  clock.stamp(find("updated"), now);
}

new Feed({
  who: { goal: page.dataset.goal },
  hello: (frame) => {
    draw(frame.snapshot, frame.now);
    find("live").hidden = false;
  },
  event: (event, frame) => draw(event, frame.now),
});
