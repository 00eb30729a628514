// What the control room knows: the snapshot, kept true by what is told after it. It draws nothing.

const MOST_GIFTS = 50;
const OPEN = ["playing", "waiting"];

export class Room {
  /** @param {object} snapshot the control room's, as widgets/protocol.py says */
  constructor(snapshot) {
    const { donations, tests, ...facts } = snapshot;
    Object.assign(this, facts);
    this.gifts = new Map(); // id -> donation, oldest first
    this.cues = new Map(); // id -> cue: those of the gifts here, and all that are not over
    for (const cue of tests) this.cues.set(cue.id, cue);
    for (const gift of [...donations].reverse()) this.gift(gift);
  }

  /** One happening of the log. */
  take(event) {
    if (event.donation) this.gift(event.donation);
    else if (event.kind === "wallet") this.wallet(event.wallet);
    else if (event.kind in this) this[event.kind] = event[event.kind]; // controls, stream, hold
  }

  gift(gift) {
    this.gifts.set(gift.id, gift);
    // What was decided of its donor holds for all that he gave.
    for (const each of this.gifts.values()) if (gift.donor && each.donor === gift.donor) each.standing = gift.standing;
    for (const cue of gift.cues) this.cues.set(cue.id, cue);
    this.forget();
  }

  wallet(wallet) {
    const others = this.wallets.filter((each) => each.id !== wallet.id);
    const place = this.wallets.findIndex((each) => each.id === wallet.id);
    if (wallet.state !== "archived") others.splice(place < 0 ? others.length : place, 0, wallet);
    this.wallets = others;
  }

  /** A cue is there or moved. */
  cue({ cue, waiting }) {
    this.waiting = waiting;
    if (OPEN.includes(cue.state) || cue.state === "held" || this.gifts.has(cue.donation)) this.cues.set(cue.id, cue);
    else this.cues.delete(cue.id);
  }

  health({ wallets, screens }) {
    Object.assign(this, { wallets, screens });
  }

  /** Only the newest stay, and those that wait for a decision. */
  forget() {
    let tooMany = [...this.gifts.values()].filter((gift) => !isHeld(gift)).length - MOST_GIFTS;
    for (const gift of this.gifts.values()) {
      if (tooMany <= 0) return;
      if (isHeld(gift)) continue;
      tooMany -= 1;
      this.gifts.delete(gift.id);
      for (const cue of this.cuesOf(gift)) if (!OPEN.includes(cue.state)) this.cues.delete(cue.id);
    }
  }

  /** Those that wait for a decision, newest first. */
  held() {
    return [...this.gifts.values()].filter(isHeld).reverse();
  }

  /** All others, newest first. */
  decided() {
    return [...this.gifts.values()].filter((gift) => !isHeld(gift)).reverse();
  }

  cuesOf(gift) {
    return [...this.cues.values()].filter((cue) => cue.donation === gift.id);
  }

  /** What may be skipped: of one gift, or all there is. What plays comes first. */
  open(gift = null) {
    const cues = [...this.cues.values()].filter((cue) => !gift || cue.donation === gift.id);
    return OPEN.flatMap((state) => cues.filter((cue) => cue.state === state));
  }

  /** Unfinished alerts that are of no donation. */
  tests() {
    return this.open().filter((cue) => cue.donation === null);
  }

  /** A gift's state in one word; "silent": no alert was made of it. */
  stateOf(gift) {
    if (gift.gone) return "gone";
    if (gift.hidden) return "hidden";
    if (gift.held) return "held";
    const state = (this.open(gift)[0] ?? this.cuesOf(gift).at(-1))?.state ?? "silent";
    return state === "held" ? "waiting" : state;
  }

  screen(widget) {
    return this.screens.find((screen) => screen.widget === widget);
  }
}

function isHeld(gift) {
  return gift.held && !gift.hidden && !gift.gone;
}
