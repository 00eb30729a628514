// What the page says of itself: texts and signs out of its template, in the language of the page.

export class Words {
  /** @param {HTMLTemplateElement} template texts by `data-word` and, for numbers, `data-form`; signs by `data-sign` */
  constructor(template, language) {
    this.number = new Intl.NumberFormat(language);
    this.rules = new Intl.PluralRules(language);
    this.texts = new Map();
    for (const place of template.content.querySelectorAll("[data-word]")) {
      const forms = this.texts.get(place.dataset.word) ?? {};
      this.texts.set(place.dataset.word, { ...forms, [place.dataset.form ?? "other"]: place.textContent });
    }
    this.signs = new Map([...template.content.querySelectorAll("[data-sign]")].map((sign) => [sign.dataset.sign, sign]));
  }

  /** A text with its facts put in: `{n}` is a number, by which the plural form is chosen. */
  text(name, facts = {}) {
    const forms = this.texts.get(name);
    if (!forms) return "";
    const text = forms[this.rules.select(facts.n ?? 0)] ?? forms.other;
    return text.replace(/\{(\w+)\}/g, (_, fact) => (fact === "n" ? this.number.format(facts.n) : facts[fact]));
  }

  sign(name) {
    return this.signs.get(name).cloneNode(true);
  }
}
