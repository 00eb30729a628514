// A figure that counts up to its new value in under a second and lands exactly.

import { formatMoney, wholeMoney } from "./money.js";

const COUNT_MS = 800;
const STEP_MS = 1000 / 30;

const still = () => document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Counter {
  constructor(element, language) {
    this.element = element;
    this.language = language;
    this.shown = null; // the money on the screen
    this.timer = 0;
  }

  /** Count from what is on the screen to `money`; the first value, another currency and a fall stand at once. */
  show(money) {
    clearInterval(this.timer);
    const from = this.shown;
    if (!from || from.currency !== money.currency || money.minor <= from.minor || still()) {
      this.write(money);
      return;
    }
    const begun = performance.now();
    this.timer = setInterval(() => {
      const part = Math.min(1, (performance.now() - begun) / COUNT_MS);
      if (part === 1) {
        clearInterval(this.timer);
        this.write(money);
        return;
      }
      const eased = 1 - (1 - part) ** 3;
      const whole = wholeMoney({ ...money, minor: from.minor + (money.minor - from.minor) * eased });
      this.write(whole.minor > from.minor ? whole : from);
    }, STEP_MS);
  }

  /** The next value is the first of something else, and stands at once. */
  forget() {
    clearInterval(this.timer);
    this.shown = null;
  }

  write(money) {
    this.shown = money;
    this.element.textContent = formatMoney(money, this.language);
  }
}
