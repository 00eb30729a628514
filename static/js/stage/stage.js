// The stage: buttons that give, the way of each donation, a worker to kill, and the stream itself.

import { Feed } from "../feed.js";
import { formatMoney } from "../money.js";
import { offerCopying } from "../panel/copy.js";
import { closeBesides } from "../panel/details.js";
import { Chat } from "./chat.js";
import { fit } from "./fit.js";
import { send, Trouble } from "./server.js";
import { Way } from "./way.js";
import { killOne } from "./workers.js";

const LOOK_AGAIN_MS = 10_000;
const ALONE_LEAST_S = 15;
const ALONE_MOST_S = 40;
const SAID_FOR_MS = 20_000;

const find = (mark) => document.querySelector(`[data-${mark}]`);
const { key, currency, exponent, speech } = document.body.dataset;
const words = JSON.parse(document.getElementById("stage-words").textContent);
const amount = (minor) => formatMoney({ minor, currency, exponent: Number(exponent) }, document.documentElement.lang);

for (const canvas of document.querySelectorAll("[data-fit]")) fit(canvas, Number(canvas.dataset.fit));
offerCopying(document);
closeBesides(document);

const chat = new Chat(find("chat"), speech);
const way = new Way(
  { list: find("way"), template: find("way-row"), empty: find("way-empty"), sum: find("sum") },
  amount,
  words,
);

new Feed({
  who: { key },
  hello: () => way.ask(),
  event: (event) => event.kind === "donation" && way.donation(event.donation),
  frame: (frame) => {
    if (frame.type !== "cue") return;
    way.cue(frame.cue);
    if (frame.cue.state === "playing") chat.cheer();
  },
  idle: () => way.open.size === 0,
});
// A donation whose frame was lost is still found.
setInterval(() => way.open.size > 0 && way.ask(), LOOK_AGAIN_MS);

// --- giving ----------------------------------------------------------------------------------------------------------

function give(wish) {
  return attempt(() => way.during(send("give/", wish)));
}

for (const button of document.querySelectorAll("[data-give]")) {
  button.addEventListener("click", () =>
    give({
      amount_minor: button.dataset.give ? Number(button.dataset.give) : null,
      comment: null,
      repeat: Number(button.dataset.repeat || 1),
    }),
  );
}

find("own").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const minor = minorOf(form.elements.amount.value);
  if (minor === null) return say(words.no_amount, "level-danger");
  if (await give({ amount_minor: minor, comment: form.elements.words.value.trim(), repeat: 1 })) form.elements.words.value = "";
});

/** "1 500,50" and "1500.5" in minor units, without a float on the way; null when it is no amount. */
function minorOf(text) {
  const parts = /^(\d{1,9})(?:[.,](\d*))?$/.exec(text.replace(/\s/g, ""));
  const digits = Number(exponent);
  if (!parts || (parts[2] || "").length > digits) return null;
  return Number(parts[1] + (parts[2] || "").padEnd(digits, "0"));
}

let alone = 0;
find("by-themselves").addEventListener("change", (event) => {
  clearTimeout(alone);
  if (event.currentTarget.checked) giveAlone();
});

async function giveAlone() {
  await give({ amount_minor: null, comment: null, repeat: 1 });
  alone = setTimeout(giveAlone, (ALONE_LEAST_S + Math.random() * (ALONE_MOST_S - ALONE_LEAST_S)) * 1000);
}

// --- switches ----------------------------------------------------------------------------------------------------------

function switchBy(button, path, [onWords, offWords], then = () => {}) {
  button.addEventListener("click", () =>
    attempt(async () => {
      const { on } = await send(path, { on: button.getAttribute("aria-pressed") !== "true" });
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? onWords : offWords;
      then(on);
    }),
  );
}

switchBy(find("sound"), "sound/", [words.sound_on, words.sound_off]);
switchBy(find("stream"), "stream/", [words.stream_on, words.stream_off], (on) => {
  find("air").classList.toggle("is-off", !on);
  find("off-air").hidden = on;
});

find("kill").addEventListener("click", (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  attempt(() => killOne(words, say)).finally(() => (button.disabled = false));
});

// --- saying ------------------------------------------------------------------------------------------------------------

/** Do it; what goes wrong is said in words, and the answer is whether it went well. */
async function attempt(deed) {
  try {
    await deed();
    return true;
  } catch (trouble) {
    say((trouble instanceof Trouble && trouble.message) || words.lost_server, "level-danger");
    return false;
  }
}

let saying = 0;

function say(text, level) {
  const place = find("said");
  place.textContent = text;
  place.className = `said small ${level}`;
  clearTimeout(saying);
  saying = setTimeout(() => (place.textContent = ""), SAID_FOR_MS);
}
