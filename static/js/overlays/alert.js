// The alert: a coin drops in, the bank gives a shake, the amount pops out above it, then the words.
//
// It enters and leaves by the server's word, on every page of the widget; the page that speaks is heard, says so at once
// and whenever it is asked. No clock of the page drives anything while the line stands: a hidden page's are slow.

import { cut } from "../graphemes.js";
import { formatMoney } from "../money.js";
import { openOverlay } from "./overlay.js";
import { playSound } from "./sound.js";
import { missedIn, wordsIn } from "./words.js";

const LONGEST_NAME = 28;
const LONGEST_WORDS = 300;
const COIN_LANDS_MS = 560;
const LEAVE_MS = 260;
const ENTERS_FOR_MS = 1_000; // who comes later sees it without its entrance
const ALONE_AFTER_MS = 1_500; // without a line it leaves by itself, so long after its time
const CONFIRMED_WITHIN_MS = 1_000;
const REMEMBERED = 50;
const COINS = 18;

const box = document.querySelector("[data-alert]");
const part = (name) => box.querySelector(`[data-${name}]`);
const sounds = { coin: box.dataset.coin, pile: box.dataset.pile, chime: box.dataset.chime };

let widget = null;
let on = null; // { cue, take, look, ends_at, speaks, hush }: what is on the screen
let mutes = [];
let finished = []; // what this page was heard with to its end while the line was down
let loaded = null; // the sounds, so that the first one does not come late
let sounding = 0; // timers: until the coin lands,
let ending = 0; // until it is gone, or leaves by itself

const feed = openOverlay({
  widget(options) {
    widget = options;
    loaded ??= Object.values(sounds).map((source) => new Audio(source));
  },
  controls(controls) {
    mutes = controls.mutes;
  },
  silence: () => hush(),
  snapshot(snapshot, isAnew) {
    finished = [];
    // Its server may have been away at the end of it.
    const play = snapshot.play && isOver(snapshot.play) ? null : snapshot.play;
    if (play && !isOn(play.cue.id, play.take)) show(play, false);
    if (on && !play && (isAnew || !on.speaks)) clear();
    // Whether it goes on, a `play` says in a moment.
    if (on) leaveIn(play ? untilAlone() : CONFIRMED_WITHIN_MS);
  },
  event(event) {
    if (event.kind === "donation_changed") change(event.donation, event.gone);
  },
  frame(frame) {
    if (!widget) return;
    if (frame.type === "play") show(frame.play, frame.speaks);
    else if (frame.type === "ask" && isOn(frame.cue, frame.take)) tell("progress");
    else if (frame.type === "leave" && on?.cue.id === frame.cue) leave(frame.reason);
  },
  recall() {
    if (on && isOver(on)) leaveAlone();
    return { playing: on?.cue.id ?? null, take: on?.take ?? 0, speaks: on?.speaks ?? false, finished };
  },
  lost() {
    // Nobody is there to say so.
    if (on) leaveIn(untilAlone());
  },
  refused: clear,
  idle: () => !on,
});

const isOver = (play) => feed.now() >= Date.parse(play.ends_at);
const untilAlone = () => Date.parse(on.ends_at) - feed.now() + ALONE_AFTER_MS;
const isOn = (cue, take) => on !== null && on.cue.id === cue && on.take === take;

function tell(state) {
  if (on.speaks) feed.send({ type: "cue", cue: on.cue.id, take: on.take, state });
}

/** Another cue, or another take of it, from the beginning; the same one goes on, heard here or elsewhere. */
function show(play, speaks) {
  if (isOn(play.cue.id, play.take)) {
    clearTimeout(ending);
    on.speaks = speaks;
    tell("started");
    return;
  }
  clear();
  const { cue, take, look } = play;
  on = { cue, take, look, ends_at: play.ends_at, speaks, hush: () => {} };
  say();
  const isNew = feed.now() - Date.parse(play.started_at) < ENTERS_FOR_MS;
  box.classList.toggle("entering", isNew);
  box.hidden = false;
  // What does not fit into two lines fades out.
  fade();
  tell("started");
  if (isNew) rain(look.effect);
  if (!speaks) return;
  // A hidden page's timers are late, and nobody sees its coin land.
  if (isNew && !document.hidden) sounding = setTimeout(sound, COIN_LANDS_MS);
  else sound();
}

function sound() {
  const { sound, volume } = on.look;
  if (sound === "none" || mutes.includes("sound") || document.body.classList.contains("is-panic")) return;
  on.hush = playSound(sounds[sound], volume, (state) => feed.heard(state));
}

function hush() {
  clearTimeout(sounding);
  on?.hush();
}

function leaveIn(wait) {
  clearTimeout(ending);
  ending = setTimeout(leaveAlone, wait);
}

/** What was heard to its end is remembered, to be told of when the line is back. */
function leaveAlone() {
  if (on.speaks && isOver(on)) finished = [...finished, on.cue.id].slice(-REMEMBERED);
  leave("over");
}

function say() {
  const { cue, look } = on;
  const language = widget.language;
  const words = wordsIn(language);
  const isDigest = cue.kind === "digest";
  const money = isDigest ? cue.digest.sums[0] : cue.donation.money;
  const name = isDigest ? "" : cut(cue.donation.name || words.someone, LONGEST_NAME);
  const said = isDigest ? cue.digest.sums.slice(1).map((sum) => formatMoney(sum, language)).join(" · ") : cue.donation.words;
  const amount = money ? formatMoney(money, language) : "";
  const headline = isDigest ? missedIn(language, cue.digest.count) : look.headline;
  box.classList.toggle("is-digest", isDigest);
  box.style.setProperty("--accent-now", look.accent || "");
  part("amount").textContent = amount;
  part("amount").style.setProperty("--signs", amount.length);
  part("name").textContent = name;
  part("headline").replaceChildren(...filled(headline, name, amount));
  part("headline").hidden = !headline;
  part("who").hidden = Boolean(headline) || (!cue.donation.name && Boolean(said));
  part("words").textContent = cut(said, LONGEST_WORDS);
  part("says").hidden = !said;
  part("test").hidden = cue.kind !== "test";
  part("test").textContent = words.test;
}

/** The owner's headline with the donor's name and amount in their places, each as text. */
function filled(headline, name, amount) {
  return headline.split(/(\{name\}|\{amount\})/).map((piece) => {
    if (piece !== "{name}" && piece !== "{amount}") return piece;
    const element = document.createElement(piece === "{name}" ? "bdi" : "b");
    element.textContent = piece === "{name}" ? name : amount;
    return element;
  });
}

function fade() {
  part("words").classList.toggle("is-long", part("words").scrollHeight > part("words").clientHeight + 2);
}

function rain(effect) {
  if (effect !== "coins" || mutes.includes("effects")) return;
  for (let number = 0; number < COINS; number += 1) {
    const coin = document.createElement("i");
    coin.style.left = `${(number * 61) % 100}%`;
    coin.style.animationDelay = `${(number * 137) % 900}ms`;
    part("rain").append(coin);
  }
}

/** Hidden words leave the screen at once, and a gift that was taken back leaves it whole. */
function change(donation, gone) {
  if (on?.cue.donation?.id !== donation.id || on.cue.kind === "digest") return;
  on.cue.donation = donation;
  say();
  fade();
  if (gone) leave("taken_back");
}

/** What is over fades out; what is not to be seen any more is gone at once. */
function leave(reason) {
  if (reason !== "over" && reason !== "interrupted") {
    clear();
    return;
  }
  hush();
  clearTimeout(ending);
  on = null;
  box.classList.remove("entering");
  box.classList.add("leaving");
  ending = setTimeout(clear, LEAVE_MS);
}

function clear() {
  hush();
  clearTimeout(ending);
  on = null;
  box.hidden = true;
  box.classList.remove("entering", "leaving", "is-digest");
  for (const name of ["amount", "name", "words", "headline", "rain"]) part(name).replaceChildren();
}
