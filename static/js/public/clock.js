// "3 minutes ago", kept true while the page is open, a date after a day; the exact time on hover.

const STEPS = [["hour", 3600], ["minute", 60]];
const DAY_S = 86_400;
const EVERY_MS = 20_000;

export class Clock {
  constructor(language) {
    this.relative = new Intl.RelativeTimeFormat(language, { style: "short" });
    this.now = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");
    this.date = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
    this.exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "medium" });
    this.time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
    setInterval(() => document.hidden || this.refresh(), EVERY_MS);
    document.addEventListener("visibilitychange", () => this.refresh());
  }

  /** A moment that ages. */
  write(element, at) {
    this.mark(element, at);
    element.dataset.ago = "";
    element.textContent = this.ago(new Date(at));
  }

  /** A time of day: when the page was last told something. */
  stamp(element, at) {
    this.mark(element, at);
    element.textContent = this.time.format(new Date(at));
  }

  mark(element, at) {
    element.dateTime = at;
    element.title = this.exact.format(new Date(at));
  }

  refresh() {
    for (const element of document.querySelectorAll("time[data-ago]")) {
      element.textContent = this.ago(new Date(element.dateTime));
    }
  }

  ago(at) {
    const seconds = (Date.now() - at) / 1000;
    if (seconds >= DAY_S) return this.date.format(at);
    const step = STEPS.find(([, least]) => seconds >= least);
    return step ? this.relative.format(-Math.floor(seconds / step[1]), step[0]) : this.now;
  }
}
