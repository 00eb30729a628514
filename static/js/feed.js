// The line to Kopilka: the only file that knows WebSocket. The frames are those of widgets/protocol.py.
//
//   const feed = new Feed({
//     who: { key } or { goal },               // what opens the line
//     hello: (frame) => ...,                  // absolute: draw it, whatever was on the screen
//     event: (event, frame) => ...,           // one happening, in order
//     frame: (frame) => ...,                  // any other frame: "play", "cue"
//     recall: () => ({ playing, finished }),  // what an alert page says of its cues when it comes back
//     idle: () => true,                       // may the page reload itself now?
//   });
//   feed.send({ type: "cue", ... });
//
// It comes back for ever, keeps its place, and has no timer while the line stands.

const VERSION = 1;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5_000;
const REFUSED_WAIT_MS = 60_000;
const REFUSED = [4400, 4403];
const LOOK_WHETHER_IDLE_MS = 1_000;

export class Feed {
  constructor(options) {
    this.options = { hello: () => {}, event: () => {}, frame: () => {}, recall: () => ({}), idle: () => true, ...options };
    this.epoch = null;
    this.cursor = null;
    this.tries = 0;
    this.socket = null;
    this.waiting = 0;
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    this.open();
  }

  /** Send a frame; false while the line is down (what matters is told again by `recall`). */
  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  open() {
    this.waiting = 0;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/`);
    this.socket = socket;
    socket.addEventListener("open", () => this.greet());
    socket.addEventListener("message", (message) => this.hear(JSON.parse(message.data)));
    socket.addEventListener("close", (event) => this.comeBack(event.code));
  }

  greet() {
    const { who, recall } = this.options;
    this.send({ type: "hello", v: VERSION, ...who, epoch: this.epoch, cursor: this.cursor, ...recall() });
  }

  hear(frame) {
    if (frame.type === "hello") {
      this.tries = 0;
      // The first hello is where this page starts; a later one comes before what was missed, so its cursor waits for that.
      if (this.cursor === null || this.epoch !== frame.epoch) this.cursor = frame.cursor;
      this.epoch = frame.epoch;
      this.options.hello(frame);
      if (frame.version !== buildOfPage()) this.reloadWhenIdle();
      return;
    }
    if (frame.type === "events") {
      for (const event of frame.events) this.options.event(event, frame);
      this.cursor = frame.cursor;
      this.send({ type: "ack", cursor: frame.cursor });
      return;
    }
    this.options.frame(frame);
  }

  comeBack(code) {
    const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries);
    const wait = REFUSED.includes(code) ? REFUSED_WAIT_MS : doubled;
    this.tries += 1;
    // Between three quarters and five quarters, so that a thousand pages do not return in one moment.
    this.waiting = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  hurry() {
    if (!this.waiting) return;
    clearTimeout(this.waiting);
    this.open();
  }

  reloadWhenIdle() {
    if (this.options.idle()) location.reload();
    else setTimeout(() => this.reloadWhenIdle(), LOOK_WHETHER_IDLE_MS);
  }
}

function buildOfPage() {
  return document.querySelector('meta[name="kopilka-version"]')?.content ?? "";
}
