// The alert: a coin drops in, the bank gives a shake, the amount pops out above it, then the words. One at a time.
//
// The clock is setTimeout: a hidden page has no animation frames, but its timers still come.

import { cut } from "../graphemes.js";
import { formatMoney } from "../money.js";
import { openOverlay } from "./overlay.js";
import { playCoin } from "./sound.js";
import { wordsIn } from "./words.js";

const LONGEST_NAME = 28;
const LONGEST_WORDS = 300;
const COIN_LANDS_MS = 560;
const LEAVE_MS = 260;
const SHORTEST_MS = 2_500;
const REMEMBERED = 50;

const box = document.querySelector("[data-alert]");
const part = (name) => box.querySelector(`[data-${name}]`);
const sounds = { coin: box.dataset.coin, pile: box.dataset.pile };

let widget = null;
let playing = null;
let finished = [];

const feed = openOverlay({
  widget(options) {
    widget = options;
  },
  event(event) {
    if (event.kind === "donation_changed" && playing?.donation.id === event.donation.id) say(event.donation);
  },
  frame(frame) {
    if (frame.type === "play") play(frame.cue, frame.waiting ?? 0);
  },
  recall: () => ({ playing: playing?.id ?? null, finished }),
  idle: () => !playing,
});

function play(cue, waiting) {
  // Given again what is over or on the screen: the line broke in between.
  if (finished.includes(cue.id)) {
    feed.send({ type: "cue", cue: cue.id, state: "finished" });
    return;
  }
  if (playing) return;
  playing = cue;
  say(cue.donation);
  part("test").hidden = cue.kind !== "test";
  box.classList.remove("leaving");
  box.hidden = false;
  // What does not fit into two lines fades out. Reading the size also makes the entrance begin anew.
  part("words").classList.toggle("is-long", part("words").scrollHeight > part("words").clientHeight + 2);
  box.classList.add("entering");
  feed.send({ type: "cue", cue: cue.id, state: "started" });
  if (widget.options.sound) setTimeout(() => playCoin(sounds, cue.donation.money, widget.options.volume), COIN_LANDS_MS);
  setTimeout(leave, lengthOf(waiting));
}

/** The streamer's length, shorter while many wait: after ten it is two fifths. */
function lengthOf(waiting) {
  const length = widget.options.duration_ms;
  return Math.max(Math.min(length, SHORTEST_MS), length * (1 - 0.06 * Math.min(waiting, 10)));
}

function say(donation) {
  const words = wordsIn(widget.language);
  part("amount").textContent = formatMoney(donation.money, widget.language);
  part("name").textContent = cut(donation.name || words.someone, LONGEST_NAME);
  part("who").hidden = !donation.name && Boolean(donation.words);
  part("words").textContent = cut(donation.words, LONGEST_WORDS);
  part("says").hidden = !donation.words;
  part("words").classList.remove("is-long");
}

function leave() {
  box.classList.remove("entering");
  box.classList.add("leaving");
  setTimeout(finish, LEAVE_MS);
}

function finish() {
  const cue = playing.id;
  box.hidden = true;
  box.classList.remove("leaving");
  for (const name of ["amount", "name", "words"]) part(name).textContent = "";
  playing = null;
  finished = [...finished, cue].slice(-REMEMBERED);
  feed.send({ type: "cue", cue, state: "finished" });
}
