// The one line in which the page says what went wrong.

const FOR_MS = 12_000;

export class Said {
  constructor(place) {
    this.place = place;
    this.timer = 0;
  }

  /** @param {"warning" | "danger"} level */
  say(text, level) {
    clearTimeout(this.timer);
    this.place.textContent = text;
    this.place.dataset.level = level;
    this.timer = setTimeout(() => this.hush(), FOR_MS);
  }

  hush() {
    clearTimeout(this.timer);
    this.place.textContent = "";
  }
}
