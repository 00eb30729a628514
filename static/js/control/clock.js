// Times by the server's clock, since a page's own may be minutes off: <time data-ago>, how long ago or in how long;
// <time data-left>, a countdown; <time data-lasts>, how long it has lasted. They are rewritten once a second while somebody
// looks, and not at all in a hidden page.

const SECOND = 1000;
const STEPS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
const JUST_NOW_S = 2;

export class Clock {
  /** @param {() => number} now the server's clock, in ms */
  constructor(language, now) {
    this.now = now;
    this.relative = new Intl.RelativeTimeFormat(language, { style: "short" });
    this.just = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");
    this.exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "medium" });
    this.time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
    this.units = new Map(STEPS.map(([unit]) => [unit, new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" })]));
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.run());
    this.run();
  }

  /** Give a time its moment; what it shows depends on its data attribute, and is the time of day without one. */
  write(element, at) {
    element.hidden = !at;
    if (!at) return;
    element.dateTime = at;
    element.title = this.exact.format(new Date(at));
    element.textContent = this.textOf(element);
  }

  run() {
    clearTimeout(this.timer);
    if (document.hidden) return;
    this.refresh();
    this.timer = setTimeout(() => this.run(), SECOND - (this.now() % SECOND));
  }

  refresh() {
    for (const element of document.querySelectorAll("time[datetime]")) {
      const text = this.textOf(element);
      if (element.textContent !== text) element.textContent = text;
    }
  }

  textOf(element) {
    const at = Date.parse(element.dateTime);
    const seconds = (at - this.now()) / SECOND;
    if ("ago" in element.dataset) return this.ago(seconds);
    if ("left" in element.dataset) return countdown(Math.max(0, seconds));
    if ("lasts" in element.dataset) return this.length(Math.max(0, -seconds));
    return this.time.format(at);
  }

  ago(seconds) {
    if (Math.abs(seconds) < JUST_NOW_S) return this.just;
    const [unit, size] = STEPS.find(([, least]) => Math.abs(seconds) >= least);
    return this.relative.format(Math.trunc(seconds / size), unit);
  }

  /** "1 h 12 min", "5 min", "40 s". */
  length(seconds) {
    const at = STEPS.findIndex(([, least]) => seconds >= least);
    if (at < 0) return this.units.get("second").format(0);
    const [unit, size] = STEPS[at];
    const whole = this.units.get(unit).format(Math.floor(seconds / size));
    const rest = STEPS[at + 1];
    if (unit !== "hour" && unit !== "day") return whole;
    return `${whole} ${this.units.get(rest[0]).format(Math.floor((seconds % size) / rest[1]))}`;
  }
}

/** "0:42", "12:05", "1:02:03": a second that has begun is counted whole. */
function countdown(seconds) {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
