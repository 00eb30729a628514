// What holds for all widgets: panic, pause, three mutes, what is on the screen and how many wait behind it.

const PANIC_SECONDS = 120;
const MOST_NAMED = 500;

export class Deck {
  /** @param {Element} box @param {() => import("./room.js").Room} room */
  constructor(box, room, { orders, words, clock, amount }) {
    Object.assign(this, { box, room, words, clock, amount });
    const find = (mark) => box.querySelector(`[data-${mark}]`);
    this.places = {
      panic: find("panic"),
      alarm: find("alarm"),
      until: find("panic-until"),
      pause: find("pause"),
      onAir: find("on-air"),
      onAirWords: find("on-air-words"),
      waiting: find("waiting-words"),
      skip: find("skip"),
      skipAll: find("skip-all"),
    };
    this.mutes = [...box.querySelectorAll("[data-mute]")];
    const { panic, pause, skip, skipAll } = this.places;
    const redraw = (ok) => ok || this.draw();
    const panicking = (seconds) => () => ({ action: "panic", on: true, seconds });
    orders.bind(panic, () => press(panic, true) && panicking(PANIC_SECONDS)(), redraw);
    orders.bind(find("hold-on"), panicking(Number(find("hold-on").dataset.holdOn)));
    orders.bind(find("let-go"), () => ({ action: "panic", on: false }));
    orders.bind(pause, () => ({ action: "pause", on: press(pause, !isPressed(pause)) }), redraw);
    for (const mute of this.mutes) {
      orders.bind(mute, () => ({ action: "mute", mute: mute.dataset.mute, on: press(mute, !isPressed(mute)) }), redraw);
    }
    orders.bind(skip, () => this.playing && { action: "skip", cue: this.playing.id });
    orders.bind(skipAll, () => this.skippingAll());
  }

  draw() {
    const { paused, mutes, panic_until: until } = this.room().controls;
    const { panic, alarm, pause } = this.places;
    document.body.classList.toggle("is-panic", until !== null);
    press(panic, until !== null);
    alarm.hidden = until === null;
    this.clock.write(this.places.until, until);
    press(pause, paused);
    for (const mute of this.mutes) press(mute, mutes.includes(mute.dataset.mute));
    this.drawAir();
  }

  drawAir() {
    const room = this.room();
    const { onAir, onAirWords, waiting, skip, skipAll } = this.places;
    const open = room.open();
    this.playing = open.find((cue) => cue.state === "playing") ?? null;
    onAir.hidden = skip.hidden = !this.playing;
    onAirWords.textContent = this.playing ? this.wordsOf(this.playing) : "";
    waiting.textContent = this.waitingWords(room);
    skipAll.hidden = room.waiting === 0 && (open.length === 0 || (open.length === 1 && this.playing !== null));
  }

  /** Those that are seen here, by their names: what comes meanwhile stays. Where more wait than it knows of, all. */
  skippingAll() {
    const cues = this.room().open().map((cue) => cue.id);
    return cues.length > MOST_NAMED || cues.length < this.room().waiting ? { action: "skip_all" } : { action: "skip_all", cues };
  }

  waitingWords({ waiting, controls }) {
    if (waiting > 0) return this.words.text("waiting", { n: waiting });
    if (controls.panic_until) return this.words.text("waiting-panic");
    return this.words.text(controls.paused ? "waiting-paused" : "waiting-none");
  }

  wordsOf(cue) {
    if (cue.kind === "test" || cue.kind === "digest") return this.words.text(`kind-${cue.kind}`);
    const gift = this.room().gifts.get(cue.donation);
    if (!gift) return this.words.text("an-older-one");
    const name = gift.name || this.words.text("anonymous");
    return gift.money ? `${this.amount(gift.money)} · ${name}` : name;
  }
}

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

/** At once, before the answer. */
function press(button, isOn) {
  button.setAttribute("aria-pressed", String(isOn));
  return isOn;
}
