// The line to Kopilka: the only file that knows WebSocket. The frames are those of widgets/protocol.py.
//
//   const feed = new Feed({
//     who: { key } or { goal },               // what opens the line
//     hello: (frame) => ...,                  // absolute: draw it, whatever was on the screen
//     event: (event, frame) => ...,           // one happening, in order
//     frame: (frame) => ...,                  // any other frame: "play", "cue"
//     about: () => ({ about }),               // what else its hello says of the page
//     recall: () => ({ playing, finished }),  // what an alert page says of its cues when it comes back
//     lost: () => ...,                        // the line is down; it comes back by itself
//     refused: () => ...,                     // its link opens nothing (any more): show nothing, say nothing
//     idle: () => true,                       // may the page reload itself now?
//   });
//   feed.send({ type: "cue", ... });
//   feed.now();                               // the server's clock, in ms
//
// It comes back for ever, keeps its place, and has no timer while the line stands.

const VERSION = 1;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5_000;
const REFUSED_WAIT_MS = 60_000;
const REFUSED = [4400, 4403];
const ANSWERED_WITHIN_MS = 10_000;
const STANDS_AFTER_MS = 10_000;
const LOOK_WHETHER_IDLE_MS = 1_000;
const ACK_EVENTS = 32;

export class Feed {
  constructor(options) {
    const nothing = () => {};
    const defaults = { hello: nothing, event: nothing, frame: nothing, about: nothing, recall: nothing };
    this.options = { ...defaults, lost: nothing, refused: nothing, idle: () => true, ...options };
    this.page = randomId(); // this page's, until it is closed
    this.epoch = null;
    this.cursor = null;
    this.unacknowledged = 0;
    this.ahead = 0; // of the page's clock is the server's, in ms
    this.tries = 0;
    this.socket = null;
    this.waiting = 0; // timers: until the next try,
    this.patience = 0; // until this try is given up,
    this.renewal = 0; // until the next look whether the page may reload itself
    this.isRefused = false;
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

  /** The server's clock, as far as it was told. */
  now() {
    return Date.now() + this.ahead;
  }

  open() {
    this.waiting = 0;
    this.unacknowledged = 0;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/`);
    this.socket = socket;
    this.answeredAt = Infinity;
    this.patience = setTimeout(() => socket.close(), ANSWERED_WITHIN_MS);
    socket.addEventListener("open", () => this.greet());
    socket.addEventListener("message", (message) => this.hear(JSON.parse(message.data)));
    socket.addEventListener("close", (event) => this.comeBack(event.code));
  }

  greet() {
    const { who, about, recall } = this.options;
    const place = { epoch: this.epoch, cursor: this.cursor };
    this.send({ type: "hello", v: VERSION, page: this.page, version: buildOfPage(), ...who, ...place, ...about(), ...recall() });
  }

  hear(frame) {
    if ("now" in frame) this.ahead = Date.parse(frame.now) - Date.now();
    if (frame.type === "hello") {
      this.welcome(frame);
      return;
    }
    try {
      if (frame.type === "events") this.takeIn(frame);
      else this.options.frame(frame);
    } finally {
      // Whatever broke would break again: the page goes on. A frame without news counts as one too.
      this.acknowledge((frame.type === "events" && frame.events.length) || 1);
    }
  }

  /** Not each frame: a thousand pages would say more than they hear. */
  acknowledge(events) {
    this.unacknowledged += events;
    if (this.unacknowledged < ACK_EVENTS) return;
    this.unacknowledged = 0;
    this.send({ type: "ack", cursor: this.cursor });
  }

  welcome(frame) {
    clearTimeout(this.patience);
    this.answeredAt = performance.now();
    // From here on it is told more: where it was, or, if that is no longer known, where everything is now.
    this.cursor = frame.cursor;
    this.epoch = frame.epoch;
    this.options.hello(frame);
    if (frame.version !== buildOfPage()) this.renew(frame.version);
  }

  takeIn(frame) {
    try {
      for (const event of frame.events) this.options.event(event, frame);
    } finally {
      this.cursor = frame.cursor;
    }
  }

  comeBack(code) {
    clearTimeout(this.patience);
    clearTimeout(this.renewal);
    this.isRefused = REFUSED.includes(code);
    if (this.isRefused) this.options.refused();
    else this.options.lost();
    // A line that is let in and thrown out at once is no better than none.
    if (performance.now() - this.answeredAt > STANDS_AFTER_MS) this.tries = 0;
    const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries);
    const wait = this.isRefused ? REFUSED_WAIT_MS : doubled;
    this.tries += 1;
    // Between three quarters and five quarters, so that a thousand pages do not return in one moment.
    this.waiting = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  hurry() {
    if (!this.waiting || this.isRefused) return;
    clearTimeout(this.waiting);
    this.open();
  }

  /** Take another build: while the line stands and nothing is on, and once, since a cache may give the old page again. */
  renew(version) {
    if (history.state?.renewedFor === version) return;
    if (!this.options.idle()) {
      this.renewal = setTimeout(() => this.renew(version), LOOK_WHETHER_IDLE_MS);
      return;
    }
    history.replaceState({ renewedFor: version }, "");
    location.reload();
  }
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function buildOfPage() {
  return document.querySelector('meta[name="kopilka-version"]')?.content ?? "";
}
