// What is pressed: one order each, sent once, known by its `ref`, and answered by `done`.

const PATIENCE_MS = 3_000;
const EACH_TIME = ["replay", "test"]; // happen as often as they are asked for: all else may be asked for twice
const SAME_FOR_MS = 60_000;

export class Orders {
  /**
   * @param {(frame: object) => boolean} send
   * @param {import("./said.js").Said} said
   * @param {import("./words.js").Words} words
   */
  constructor(send, said, words) {
    Object.assign(this, { send, said, words });
    this.isUp = false;
    this.pending = new Map(); // ref -> order that waits for its answer
    this.unanswered = new Map(); // what was wished -> ref: pressed again soon it is the same order, and happens once
  }

  /**
   * Let a button give an order.
   *
   * @param {() => ?object} wish what a `do` frame says, but for `type` and `ref`; null: nothing
   * @param {(ok: boolean) => void} then after its answer, or without one
   */
  bind(button, wish, then = () => {}) {
    button.dataset.order = "";
    this.free(button);
    button.addEventListener("click", (event) => {
      event.preventDefault();
      // The second click of a double one may hit what has slid under the pointer meanwhile.
      if (event.detail > 1 || button.getAttribute("aria-disabled") === "true") return;
      const fields = wish();
      if (fields) this.give(button, fields).then(then);
    });
    // A key that is held down is one press.
    button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
  }

  /** @returns {Promise<boolean>} whether it was done */
  give(button, fields) {
    const wish = JSON.stringify(fields);
    const ref = this.unanswered.get(wish) ?? nonce();
    const frame = { type: "do", ref, ...fields };
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.giveUp(ref), PATIENCE_MS);
      this.pending.set(ref, { frame, wish, button, resolve, timer });
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-busy", "true");
      this.send(frame);
    });
  }

  /** The answer to an order, early or late. */
  done({ ref, ok, reason }) {
    for (const [wish, late] of this.unanswered) if (late === ref) this.unanswered.delete(wish);
    if (!ok) this.said.say(reason || this.words.text("not-done"), "danger");
    else this.said.hush();
    this.finish(ref, ok);
  }

  giveUp(ref) {
    const { wish, frame } = this.pending.get(ref);
    if (EACH_TIME.includes(frame.action)) {
      this.unanswered.set(wish, ref);
      setTimeout(() => this.unanswered.delete(wish), SAME_FOR_MS);
    }
    this.said.say(this.words.text("no-answer"), "warning");
    this.finish(ref, false);
  }

  finish(ref, ok) {
    const order = this.pending.get(ref);
    if (!order) return;
    clearTimeout(order.timer);
    this.pending.delete(ref);
    this.free(order.button);
    order.resolve(ok);
  }

  /** While the line is down nothing can be pressed. What was under way is sent again: it happens once. */
  line(isUp) {
    this.isUp = isUp;
    const busy = new Set([...this.pending.values()].map((order) => order.button));
    for (const button of document.querySelectorAll("[data-order]")) if (!busy.has(button)) this.free(button);
    if (isUp) for (const { frame } of this.pending.values()) this.send(frame);
  }

  free(button) {
    button.removeAttribute("aria-busy");
    button.setAttribute("aria-disabled", String(!this.isUp));
  }
}

/** Not randomUUID, which a page on plain http in a home network does not have. */
function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
