// What happens to new donations: owners choose it, others read it.

const LENGTHS = [0, 15, 30, 60, 120, 300, 900];

export class Hold {
  constructor(box, room, { orders, words, clock }) {
    Object.assign(this, { room, orders, words, clock });
    this.find = (mark) => box.querySelector(`[data-${mark}]`);
    this.form = this.find("hold-form");
    const { who, seconds, then } = this.form.elements;
    this.fields = [...who, seconds, then];
    for (const field of this.fields) {
      field.dataset.order = "";
      field.addEventListener("change", () => this.change(field));
    }
  }

  change(field) {
    const { who, seconds, then } = this.form.elements;
    if (!this.orders.isUp) return this.draw();
    const hold = { who: who.value, seconds: Number(seconds.value), then: then.value };
    this.drawMore(hold);
    return this.orders.give(field, { action: "hold", hold }).then((ok) => ok || this.draw());
  }

  draw() {
    const { hold, me } = this.room();
    const { who, seconds, then } = this.form.elements;
    this.form.hidden = me.role !== "owner";
    this.find("hold-words").textContent = this.inWords(hold);
    const lengths = [...new Set([...LENGTHS, hold.seconds])].sort((a, b) => (a || Infinity) - (b || Infinity));
    seconds.replaceChildren(...lengths.map((length) => new Option(this.lengthOf(length), length)));
    who.value = hold.who;
    seconds.value = hold.seconds;
    then.value = hold.then;
    this.drawMore(hold);
  }

  drawMore({ who, seconds }) {
    this.find("hold-more").hidden = who === "nobody";
    this.find("hold-then").hidden = seconds === 0;
  }

  inWords({ who, seconds, then }) {
    if (who === "nobody") return this.words.text("hold-nobody");
    if (seconds === 0) return this.words.text("hold-forever");
    return this.words.text(`hold-${then}`, { time: this.lengthOf(seconds) });
  }

  lengthOf(seconds) {
    return seconds === 0 ? this.words.text("until-decided") : this.clock.length(seconds);
  }
}
