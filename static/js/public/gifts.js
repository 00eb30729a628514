// The latest donations: rows by id, so that a new one slides in and the others move down.

const SLIDE = { duration: 450, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Gifts {
  /**
   * @param {{list: Element, empty: Element, template: HTMLTemplateElement}} places
   * @param {number} limit rows at most
   * @param {(money: object) => string} amount words of an amount
   * @param {{write(time: HTMLTimeElement, at: string): void}} clock
   */
  constructor(places, limit, amount, clock) {
    Object.assign(this, { places, limit, amount, clock });
  }

  /** Make the list what `latest` says, newest first. */
  draw(latest) {
    const { list, empty } = this.places;
    const before = new Map([...list.children].map((row) => [row.dataset.gift, row]));
    const tops = new Map([...before].map(([id, row]) => [id, row.getBoundingClientRect().top]));
    const rows = latest.slice(0, this.limit).map((gift) => this.fill(before.get(gift.id) || this.newRow(gift.id), gift));
    list.replaceChildren(...rows);
    empty.hidden = rows.length > 0;
    if (!still()) for (const row of rows) move(row, tops.get(row.dataset.gift));
  }

  newRow(id) {
    const row = this.places.template.content.firstElementChild.cloneNode(true);
    row.dataset.gift = id;
    return row;
  }

  /** Texts by textContent alone: a donor writes them. Nameless and hidden ones are the template's "someone". */
  fill(row, gift) {
    const someone = this.places.template.content.querySelector("bdi").textContent;
    row.querySelector("bdi").textContent = gift.name || someone;
    row.querySelector(".amount").textContent = this.amount(gift.money);
    row.querySelector(".words")?.remove();
    if (gift.words) {
      const words = this.places.template.content.querySelector(".words").cloneNode();
      words.textContent = gift.words;
      row.append(words);
    }
    this.clock.write(row.querySelector("time"), gift.occurred_at);
    return row;
  }
}

function move(row, before) {
  if (before === undefined) {
    row.animate([{ opacity: 0, transform: "translateY(-1rem)" }, { opacity: 1, transform: "none" }], SLIDE);
    return;
  }
  const by = before - row.getBoundingClientRect().top;
  if (by) row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], SLIDE);
}
