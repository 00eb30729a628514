// The control room: one page for a dock in OBS, a phone and a desktop.

import { Feed } from "../feed.js";
import { formatMoney } from "../money.js";
import { Chime } from "./chime.js";
import { Clock } from "./clock.js";
import { Deck } from "./deck.js";
import { Gifts } from "./gifts.js";
import { Health } from "./health.js";
import { Hold } from "./hold.js";
import { Orders } from "./orders.js";
import { Room } from "./room.js";
import { Said } from "./said.js";
import { Stream } from "./stream.js";
import { count, openTabs } from "./tabs.js";
import { Tests } from "./tests.js";
import { Words } from "./words.js";

const language = document.documentElement.lang;
const find = (mark) => document.querySelector(`[data-${mark}]`);
const key = location.hash.slice(1);
const title = document.title;

let room = null; // the newest snapshot and what came after it
let feed = null;

const here = () => room;
const amount = (money) => formatMoney(money, language);
const words = new Words(find("words"), language);
const clock = new Clock(language, () => feed?.now() ?? Date.now());
const said = new Said(find("said"));
const orders = new Orders((frame) => feed.send(frame), said, words);
const chime = new Chime(find("chime"), said, words);
const tools = { orders, words, clock, amount };

const places = {
  held: find("held"),
  heldPart: find("held-part"),
  list: find("gifts"),
  empty: find("empty"),
  end: find("feed-end"),
  template: find("gift-row"),
};
const gifts = new Gifts(places, here, tools);
const deck = new Deck(document.querySelector(".deck"), here, tools);
const health = new Health(document.querySelector(".health"), here, tools);
const stream = new Stream(find("stream"), document.querySelector(".room-top"), here, tools);
const tests = new Tests(find("tests"), here, tools);
const hold = new Hold(find("hold"), here, tools);
openTabs(document.querySelector(".room-tabs"));

// --- what is seen -----------------------------------------------------------------------------------------------------

/** @param {"opening" | "room" | "refused" | "keyless"} view */
function show(view) {
  document.body.dataset.view = view;
  for (const each of ["opening", "refused", "keyless"]) find(each).hidden = each !== view;
}

function draw() {
  const held = room.held();
  gifts.draw();
  deck.draw();
  tests.draw();
  stream.draw();
  hold.draw();
  drawHealth();
  count(find("held-count"), held.length);
  document.title = held.length ? `(${held.length}) ${title}` : title;
}

function drawHealth() {
  health.draw();
  count(find("trouble-count"), health.troubles);
}

function drawWho() {
  find("streamer").textContent = room.streamer;
  find("me").textContent = room.me.name;
  find("role").textContent = words.text(`role-${room.me.role}`);
}

/** Tell of those that are held since `before`; at the first look there is nothing new. */
function tellOfHeld(before) {
  const fresh = room.held().filter((gift) => !before.has(gift.id));
  if (fresh.length === 0) return;
  const { name, words: text } = fresh[0].given;
  find("announce").textContent = words.text("held-says", { text: `${name} ${text}`.trim() || words.text("no-words") });
  chime.ring();
}

const ids = (list) => new Set(list.map((gift) => gift.id));

// --- what is heard ----------------------------------------------------------------------------------------------------

function welcome({ snapshot }) {
  if (!snapshot.me) return refuse(); // the link of something else
  const before = room && ids(room.held());
  room = new Room(snapshot);
  orders.line(true);
  find("lost").hidden = true;
  drawWho();
  show("room");
  draw();
  if (before) tellOfHeld(before);
}

let drawing = false;

/** All that one look brought is drawn once. */
function soon() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    draw();
  });
}

function happen(event) {
  if (!room) return;
  const before = ids(room.held());
  room.take(event);
  if (event.donation) tellOfHeld(before);
  soon();
}

const hear = {
  cue(frame) {
    room.cue(frame);
    soon();
  },
  health(frame) {
    room.health(frame);
    tests.draw();
    drawHealth();
  },
  done: (frame) => orders.done(frame),
};

function refuse() {
  room = null;
  orders.line(false);
  find("lost").hidden = true;
  show("refused");
}

function lose() {
  orders.line(false);
  find("calling").hidden = !room;
  find("silent").hidden = Boolean(room);
  if (!room) return;
  clock.write(find("seen"), new Date(clock.now()).toISOString());
  find("lost").hidden = false;
}

// Another link pasted into an open page is another room.
window.addEventListener("hashchange", () => location.reload());

if (key) {
  feed = new Feed({
    who: { key },
    hello: welcome,
    event: happen,
    frame(frame) {
      if (room || frame.type === "done") hear[frame.type]?.(frame);
    },
    lost: lose,
    refused: refuse,
    idle: () => !gifts.isEdited && orders.pending.size === 0,
  });
} else {
  show("keyless");
}
