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
let playing = null; // the cue on the screen
let next = null; // the frame that gave another cue meanwhile
let finished = [];
let ending = 0;

const feed = openOverlay({
  widget(options) {
    widget = options;
  },
  snapshot() {
    // Who comes back is given anew what is to be played.
    next = null;
  },
  event(event) {
    if (event.kind === "donation_changed") change(event.donation, event.gone);
  },
  frame(frame) {
    if (frame.type === "play" && widget) take(frame);
  },
  recall: () => ({ playing: playing?.id ?? null, finished }),
  idle: () => !playing,
});

function take(frame) {
  const cue = frame.cue;
  // Given again what is over or on the screen: the line broke in between.
  if (finished.includes(cue.id)) tell(cue, "finished");
  else if (playing?.id === cue.id) tell(cue, "started");
  else if (playing) next = frame;
  else play(cue, frame.waiting ?? 0);
}

function play(cue, waiting) {
  const { sound, volume } = widget.options;
  playing = cue;
  part("test").hidden = cue.kind !== "test";
  box.hidden = false;
  say(cue.donation);
  box.classList.add("entering");
  tell(cue, "started");
  if (sound) setTimeout(() => playCoin(sounds, cue.donation.money, volume), COIN_LANDS_MS);
  ending = setTimeout(leave, lengthOf(waiting));
}

function tell(cue, state) {
  feed.send({ type: "cue", cue: cue.id, state });
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
  part("test").textContent = words.test;
  // What does not fit into two lines fades out.
  part("words").classList.toggle("is-long", part("words").scrollHeight > part("words").clientHeight + 2);
}

/** Hidden words leave the screen at once, and a gift that was taken back leaves it whole. */
function change(donation, gone) {
  if (next?.cue.donation.id === donation.id) next.cue.donation = donation;
  if (playing?.donation.id !== donation.id) return;
  say(donation);
  if (gone) leave();
}

function leave() {
  clearTimeout(ending);
  box.classList.remove("entering");
  box.classList.add("leaving");
  ending = setTimeout(finish, LEAVE_MS);
}

function finish() {
  const cue = playing;
  box.hidden = true;
  box.classList.remove("leaving");
  for (const name of ["amount", "name", "words"]) part(name).textContent = "";
  playing = null;
  finished = [...finished, cue.id].slice(-REMEMBERED);
  tell(cue, "finished");
  const frame = next;
  next = null;
  if (frame) take(frame);
}
