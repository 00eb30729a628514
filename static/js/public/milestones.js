// The list of milestones: an amount, what happens then, and a mark when it is reached.

export class Milestones {
  /** @param {Element} list @param {HTMLTemplateElement} template @param {(money: object) => string} amount */
  constructor(list, template, amount) {
    Object.assign(this, { list, template, amount });
  }

  /** @param {{money: object, title: string, reached: boolean}[]} marks */
  draw(marks) {
    this.list.replaceChildren(...marks.map((mark) => this.row(mark)));
    this.list.hidden = marks.length === 0;
  }

  row(mark) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const [amount, title, reached] = row.children;
    amount.textContent = this.amount(mark.money);
    title.textContent = mark.title;
    row.classList.toggle("is-reached", mark.reached);
    if (!mark.reached) reached.remove();
    return row;
  }
}
