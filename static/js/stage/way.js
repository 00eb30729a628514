// The way of each donation: when it was paid, when Kopilka saw it, when it was on air.
//
// A payment is known by its transaction (the answer to "give"), everything after by the donation's id (the frames). Which
// is which the server tells: after each donation frame the page asks what became of the payments that are still open.

import { read } from "./server.js";

const QUEUED_AFTER_S = 1.5;
const MOST_ROWS = 40;
const SHORT_TIME = new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

class Gift {
  constructor(row, minor, paidAt) {
    Object.assign(this, { row, minor, paidAt, recordedAt: null, airedAt: null });
  }
}

export class Way {
  /**
   * @param {{list: Element, template: HTMLTemplateElement, empty: Element, sum: Element}} places
   * @param {(minor: number) => string} amount words of an amount
   * @param {Record<string, string>} words
   */
  constructor(places, amount, words) {
    Object.assign(this, { places, amount, words });
    this.open = new Map(); // txn -> Gift that is paid and not yet seen
    this.seen = new Map(); // donation id -> Gift
    this.unclaimed = new Map(); // donation id -> donation that may be one of the open ones
    this.aired = new Map(); // donation id -> when: a cue may come before we know whose it is
    this.given = { count: 0, minor: 0 };
    this.recorded = { count: 0, minor: 0 };
    this.asking = null;
    this.giving = 0;
  }

  /** While a payment is under way its donation may come first. */
  async during(payment) {
    this.giving += 1;
    try {
      const answer = await payment;
      for (const gift of answer.gifts.reverse()) this.paid(gift); // the one that will be on air first stands on top
    } finally {
      this.giving -= 1;
    }
    await this.ask();
  }

  paid({ txn, minor, at }) {
    const gift = this.addRow(minor, new Date(at));
    this.open.set(txn, gift);
    this.given.count += 1;
    this.given.minor += minor;
    this.draw(gift);
    this.drawSum();
  }

  donation(donation) {
    if (this.seen.has(donation.id)) return;
    this.unclaimed.set(donation.id, donation);
    this.ask();
  }

  cue({ donation, state, at }) {
    if (!donation || state !== "playing" || this.aired.has(donation)) return;
    this.aired.set(donation, new Date(at));
    const gift = this.seen.get(donation);
    if (gift) this.air(gift, donation);
  }

  /** Ask what became of the open payments; calls that come meanwhile are answered by one more question. */
  ask() {
    this.again = Boolean(this.asking);
    this.asking = this.asking || this.question().finally(() => {
      this.asking = null;
      if (this.again) this.ask();
    });
    return this.asking;
  }

  async question() {
    const arrived = [...this.unclaimed.values()];
    if (this.open.size > 0) {
      const query = new URLSearchParams([...this.open.keys()].map((txn) => ["txn", txn]));
      const answer = await read(`gifts/?${query}`).catch(() => null);
      if (!answer) return;
      for (const found of answer.gifts) this.recognise(found);
    }
    if (this.giving === 0) for (const donation of arrived) this.adopt(donation);
    this.drawSum();
  }

  recognise({ txn, donation, minor, recorded_at }) {
    const gift = this.open.get(txn);
    if (!gift) return;
    this.open.delete(txn);
    this.recorded.count += 1;
    this.recorded.minor += minor;
    this.see(gift, donation, recorded_at);
  }

  /** A donation that was not given here: from the public page or the sandbox's own. */
  adopt(donation) {
    if (!this.unclaimed.has(donation.id)) return;
    const gift = this.addRow(donation.money.minor, new Date(donation.occurred_at));
    this.see(gift, donation.id, donation.recorded_at);
  }

  see(gift, donation, recordedAt) {
    gift.recordedAt = new Date(recordedAt);
    this.unclaimed.delete(donation);
    this.seen.set(donation, gift);
    this.air(gift, donation);
  }

  air(gift, donation) {
    gift.airedAt = this.aired.get(donation) || null;
    this.draw(gift);
  }

  addRow(minor, paidAt) {
    const row = this.places.template.content.firstElementChild.cloneNode(true);
    this.places.list.prepend(row);
    while (this.places.list.children.length > MOST_ROWS) this.places.list.lastElementChild.remove();
    this.places.empty.hidden = true;
    return new Gift(row, minor, paidAt);
  }

  draw(gift) {
    const { row, paidAt, recordedAt, airedAt } = gift;
    row.querySelector(".way-amount").textContent = this.amount(gift.minor);
    put(row.querySelector(".step-paid"), `${this.words.paid} ${SHORT_TIME.format(paidAt)}`, "is-done");
    if (recordedAt) put(row.querySelector(".step-seen"), this.after("seen", paidAt, recordedAt), "is-done");
    else put(row.querySelector(".step-seen"), this.words.on_its_way, "is-waiting");
    const aired = row.querySelector(".step-aired");
    if (airedAt) put(aired, this.after(waited(gift) ? "queued" : "aired", recordedAt, airedAt), "is-done");
    else put(aired, recordedAt ? this.words.waiting : "…", recordedAt ? "is-waiting" : "");
  }

  after(word, from, to) {
    return this.words[word].replace("%s", seconds(from, to));
  }

  drawSum() {
    if (this.given.count === 0) return;
    const open = this.given.count - this.recorded.count;
    const word = open > 0 ? this.words.sum_open : this.words.sum_whole;
    this.places.sum.textContent = word
      .replace("%(given)s", `${this.given.count} · ${this.amount(this.given.minor)}`)
      .replace("%(seen)s", `${this.recorded.count} · ${this.amount(this.recorded.minor)}`);
    this.places.sum.classList.toggle("level-ok", open === 0);
  }
}

function put(step, text, state) {
  step.textContent = text;
  step.className = step.className.replace(/ ?is-\w+/g, "");
  if (state) step.classList.add(state);
}

function waited({ recordedAt, airedAt }) {
  return (airedAt - recordedAt) / 1000 > QUEUED_AFTER_S;
}

/** "3.1": never below nothing, since two clocks may differ by a little. */
function seconds(from, to) {
  return (Math.max(0, to - from) / 1000).toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}
