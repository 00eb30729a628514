// The feed: those that wait for a decision on top, then the newest. Rows keep their place and their focus.

import { Gift } from "./gift.js";

const MOST_HELD = 50;
const SLIDE = { duration: 350, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const FROM_ABOVE = [{ opacity: 0, transform: "translateY(-0.75rem)" }, { opacity: 1, transform: "none" }];
const FADE = [{ opacity: 0 }, { opacity: 1 }];

export class Gifts {
  /** @param {Record<string, Element>} places held, heldPart, list, empty, end, template */
  constructor(places, room, tools) {
    Object.assign(this, { places, room, tools });
    this.rows = new Map(); // donation id -> Gift
    this.isFirst = true;
    this.steady = 0;
  }

  get isEdited() {
    return [...this.rows.values()].some((gift) => gift.isEdited);
  }

  draw() {
    const { held, heldPart, list, empty, end } = this.places;
    const [toDecide, decided] = [this.room().held().slice(0, MOST_HELD), this.room().decided()];
    const worked = document.activeElement?.closest("[data-donation]") ?? null;
    const wasHeld = held.contains(worked);
    this.forget([...toDecide, ...decided]);
    this.arrange(held, toDecide);
    this.arrange(list, decided);
    heldPart.hidden = toDecide.length === 0;
    empty.hidden = toDecide.length + decided.length > 0;
    end.hidden = !empty.hidden;
    this.isFirst = false;
    this.refocus(worked, wasHeld);
  }

  forget(gifts) {
    const wanted = new Set(gifts.map((gift) => gift.id));
    for (const [id, gift] of this.rows) {
      if (wanted.has(id)) continue;
      gift.row.remove();
      this.rows.delete(id);
    }
  }

  /** Move only what is not in its place: a row that is moved loses its focus. */
  arrange(list, gifts) {
    gifts.forEach((gift, place) => {
      const row = this.rowOf(gift);
      if (list.children[place] === row) return;
      list.insertBefore(row, list.children[place] ?? null);
      if (!this.isFirst) this.slide(row);
    });
  }

  rowOf(gift) {
    if (!this.rows.has(gift.id)) this.rows.set(gift.id, new Gift(this.places.template, gift, this.room, this.tools));
    const found = this.rows.get(gift.id);
    found.draw(gift);
    return found.row;
  }

  /** While rows slide nothing in them can be pressed: a click meant for one would hit another. */
  slide(row) {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    row.animate(isStill ? FADE : FROM_ABOVE, SLIDE);
    document.body.classList.add("is-sliding");
    clearTimeout(this.steady);
    this.steady = setTimeout(() => document.body.classList.remove("is-sliding"), SLIDE.duration);
  }

  /** Who decided on one with the keyboard goes on at the next one's row: on no button, since it may be pressed already. */
  refocus(worked, wasHeld) {
    const focused = document.activeElement;
    if (!worked || (worked.contains(focused) && !focused.hidden)) return;
    const next = wasHeld ? this.places.held.firstElementChild : null;
    (next ?? (worked.isConnected ? worked : null))?.focus({ preventScroll: true });
  }
}
