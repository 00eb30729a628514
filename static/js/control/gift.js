// The row of one donation. It is drawn over and never anew, so that who works in it keeps the place.

import { cut } from "../graphemes.js";

const LONGEST_NAME = 60;
const LONGEST_WORDS = 500;

export class Gift {
  /** @param {HTMLTemplateElement} template @param {object} gift a donation @param {() => Room} room */
  constructor(template, gift, room, tools) {
    Object.assign(this, { room, ...tools });
    this.row = template.content.firstElementChild.cloneNode(true);
    this.row.dataset.donation = gift.id;
    this.find = (mark) => this.row.querySelector(mark);
    this.form = this.find("form");
    this.moreButton = this.find("[data-more]");
    this.gift = gift;
    this.drawn = "";
    for (const button of this.row.querySelectorAll("[data-do]")) this.bind(button, button.dataset.do);
    this.moreButton.addEventListener("click", () => this.more(this.find(".gift-more").hidden));
    this.find("[data-edit]").addEventListener("click", () => this.edit(true));
    this.find("[data-cancel]").addEventListener("click", () => this.edit(false));
    this.find("[data-as-written]").addEventListener("click", () => this.fill(this.gift.given));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("keydown", (event) => this.key(event));
  }

  get isEdited() {
    return !this.form.hidden;
  }

  bind(button, action) {
    const donation = this.gift.id;
    if (action === "skip") this.orders.bind(button, () => this.skipping());
    else if (action === "edit") this.orders.bind(button, () => this.edited(), (ok) => ok && this.edit(false));
    else this.orders.bind(button, () => ({ action, donation }));
  }

  /** One alert by its name; where two boxes show the gift, both of them. */
  skipping() {
    const cues = this.room().open(this.gift).map((cue) => cue.id);
    if (cues.length === 0) return null;
    return cues.length === 1 ? { action: "skip", cue: cues[0] } : { action: "skip_all", cues };
  }

  // --- editing --------------------------------------------------------------------------------------------------------

  /** Only what was changed, so that two who work at once do not undo each other. */
  edited() {
    const { name, words } = this.form.elements;
    const fields = { action: "edit", donation: this.gift.id };
    if (name.value.trim() !== this.before.name) fields.name = name.value.trim();
    if (words.value.trim() !== this.before.words) fields.words = words.value.trim();
    if ("name" in fields || "words" in fields) return fields;
    // One that is held is shown by it, as it is.
    if (this.gift.held) return { action: "approve", donation: this.gift.id };
    this.edit(false);
    return null;
  }

  edit(isOpen) {
    this.form.hidden = !isOpen;
    if (isOpen) {
      this.before = this.seen();
      this.fill(this.before);
      this.form.elements.words.focus();
    } else {
      this.find("[data-edit]").focus({ preventScroll: true });
    }
  }

  fill({ name, words }) {
    this.form.elements.name.value = name;
    this.form.elements.words.value = words;
  }

  key(event) {
    if (event.key === "Escape") this.edit(false);
    const isSend = event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.name === "name");
    if (!isSend || event.isComposing) return;
    event.preventDefault();
    this.find("[data-do=edit]").click();
  }

  more(isOpen) {
    this.find(".gift-more").hidden = !isOpen;
    this.moreButton.setAttribute("aria-expanded", String(isOpen));
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  /** What a person decides on: what is shown, or, while nothing is, what was written. */
  seen() {
    const { held, hidden, gone, given, name, words } = this.gift;
    return held || hidden || gone ? given : { name, words };
  }

  draw(gift) {
    const state = this.room().stateOf(gift);
    const open = this.room().open(gift);
    const drawn = JSON.stringify([gift, state, open, this.room().hold.then]);
    if (drawn === this.drawn) return;
    Object.assign(this, { gift, drawn });
    this.row.className = `control-gift is-${state}`;
    this.drawWords();
    this.drawMeta(state, open);
    this.offer(state);
  }

  /** Donors' words: by textContent alone. */
  drawWords() {
    const { money, given, gone } = this.gift;
    const { name, words } = this.seen();
    const amount = this.find(".gift-amount");
    amount.hidden = money === null;
    amount.textContent = money ? this.amount(money) : "";
    this.find(".gift-name").textContent = cut(name, LONGEST_NAME) || this.words.text("anonymous");
    this.find(".gift-name").classList.toggle("is-nobody", !name);
    this.find(".gift-words").textContent = cut(words, LONGEST_WORDS);
    this.find(".gift-words").hidden = !words;
    const isAsGiven = name === given.name && words === given.words;
    this.find(".gift-given").hidden = isAsGiven || gone || !(given.name || given.words);
    this.find(".given-name").textContent = name === given.name ? "" : cut(given.name, LONGEST_NAME);
    this.find(".given-words").textContent = words === given.words ? "" : cut(given.words, LONGEST_WORDS);
  }

  drawMeta(state, open) {
    const { held_until: until, occurred_at: at, standing } = this.gift;
    const isHeld = state === "held";
    this.find(".gift-state").replaceChildren(this.words.sign(state));
    this.find(".gift-left").hidden = !isHeld || !until;
    this.find(".left-words").textContent = this.words.text(`then-${this.room().hold.then}`);
    this.clock.write(this.find("time[data-left]"), isHeld ? until : null);
    this.clock.write(this.find("time[data-ago]"), at);
    const marks = [...this.changes()];
    if (open[0]?.kind === "replay") marks.push("replay");
    if (standing) marks.push(standing);
    this.find(".gift-marks").replaceChildren(...marks.map((mark) => this.words.sign(mark)));
  }

  /** What is shown otherwise than it was written. */
  *changes() {
    const { held, hidden, gone, given, name, words } = this.gift;
    if (held || hidden || gone) return;
    if (given.name && !name) yield "as-anonymous";
    if (given.words && !words) yield "without-words";
    if ((name && name !== given.name) || (words && words !== given.words)) yield "edited";
  }

  /** Offer what can be done now, and nothing else. */
  offer(state) {
    const { donor, standing, gone, hidden } = this.gift;
    const { name, words } = this.seen();
    const isShown = !gone && !hidden;
    const isOpen = state === "playing" || state === "waiting";
    const offered = {
      approve: state === "held",
      skip: isOpen,
      replay: isShown && !isOpen && state !== "held",
      hide: isShown,
      unhide: hidden && !gone,
      without_words: isShown && words !== "",
      anonymous: isShown && name !== "",
      trust: donor !== "" && standing !== "trusted",
      block: donor !== "" && standing !== "blocked",
      unmark: donor !== "" && standing !== "",
    };
    for (const [action, isOffered] of Object.entries(offered)) this.find(`[data-do=${action}]`).hidden = !isOffered;
    this.find("[data-edit]").hidden = !isShown;
    this.moreButton.hidden = ![...this.find(".gift-more").children].some((button) => !button.hidden);
    if (this.moreButton.hidden) this.more(false);
    if (!isShown) this.form.hidden = true;
  }
}
