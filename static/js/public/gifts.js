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
    const tops = new Map([...list.children].map((row) => [row.dataset.gift, row.getBoundingClientRect().top]));
    const rows = latest.slice(0, this.limit).map((gift) => this.row(gift));
    list.replaceChildren(...rows);
    empty.hidden = rows.length > 0;
    if (!still()) for (const row of rows) move(row, tops.get(row.dataset.gift));
  }

  /** A row anew, so that words that were hidden are gone. Texts by textContent alone: a donor writes them. */
  row(gift) {
    const row = this.places.template.content.firstElementChild.cloneNode(true);
    const [name, words] = [row.querySelector(".gift-name"), row.querySelector(".gift-words")];
    row.dataset.gift = gift.id;
    // Who gives no name is told by his words; who gives neither is the template's "someone".
    if (gift.name) name.textContent = gift.name;
    else if (gift.words) name.remove();
    if (gift.words) words.textContent = gift.words;
    else words.remove();
    row.querySelector(".amount").textContent = this.amount(gift.money);
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
