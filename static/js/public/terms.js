// Which time the figures are of, and until when: words from the page, days in the streamer's own time zone.

const YEAR = { year: "numeric" };

export class Terms {
  /** @param {HTMLElement} box words in its data attributes; in it a place for the period and one for the deadline */
  constructor(box, language) {
    Object.assign(this, { box, language, words: box.dataset });
    this.period = box.querySelector("[data-period]");
    this.deadline = box.querySelector("[data-deadline]");
  }

  /** @param {{period: {kind: string, start: ?string, end: ?string}, deadline: ?string}} goal */
  draw(goal) {
    this.goal = goal;
    this.period.textContent = this.periodOf(goal.period);
    this.deadline.hidden = !goal.deadline;
    this.refresh();
  }

  /** A deadline passes while the page is open. */
  refresh() {
    if (!this.goal?.deadline) return;
    const at = new Date(this.goal.deadline);
    const words = at > Date.now() ? this.words.until : this.words.ended;
    const moment = this.format(at, { day: "numeric", month: "long", hour: "numeric", minute: "2-digit" }).format(at);
    this.deadline.textContent = words.replace("{moment}", moment);
  }

  periodOf({ kind, start, end }) {
    if (kind === "stream") return start ? (end ? this.words.streamOver : this.words.stream) : this.words.streamNone;
    if (kind !== "all" && kind !== "dates") return this.words[kind];
    const from = new Date(start);
    const days = this.format(from, { day: "numeric", month: "long" });
    if (!end) return this.words.since.replace("{day}", days.format(from));
    // The end is the first moment that is no more in it.
    return days.formatRange(from, new Date(Date.parse(end) - 1));
  }

  format(at, fields) {
    const year = (moment) => new Intl.DateTimeFormat("en", { timeZone: this.words.zone, ...YEAR }).format(moment);
    const isThisYear = year(at) === year(Date.now());
    return new Intl.DateTimeFormat(this.language, { timeZone: this.words.zone, ...fields, ...(isThisYear ? {} : YEAR) });
  }
}
