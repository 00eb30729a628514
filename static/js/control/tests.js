// Test alerts: to which box, and those under way. The sum of what was missed is of no donation either, and stands here too.

export class Tests {
  constructor(box, room, { orders, words }) {
    Object.assign(this, { room, orders, words });
    this.find = (mark) => box.querySelector(`[data-${mark}]`);
    this.drawn = this.listed = ""; // what is on the page
    orders.bind(this.find("test"), () => ({ action: "test", widget: this.find("test-widget").value }));
  }

  draw() {
    const boxes = this.room().screens.filter((screen) => screen.kind === "alert");
    this.find("no-alert").hidden = boxes.length > 0;
    this.find("test").hidden = this.find("test-note").hidden = boxes.length === 0;
    this.find("test-widget").hidden = boxes.length < 2;
    this.choose(boxes);
    this.list(this.room().tests());
  }

  list(cues) {
    const listed = JSON.stringify(cues);
    if (listed === this.listed) return;
    this.listed = listed;
    this.find("test-list").replaceChildren(...cues.map((cue) => this.row(cue)));
  }

  /** Drawn over only when there are others, so that a choice stays. */
  choose(boxes) {
    const drawn = JSON.stringify(boxes.map(({ widget, title }) => [widget, title]));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const select = this.find("test-widget");
    const chosen = select.value;
    select.replaceChildren(...boxes.map(({ widget, title }) => new Option(title, widget, false, widget === chosen)));
  }

  row(cue) {
    const row = this.find("test-row").content.firstElementChild.cloneNode(true);
    row.querySelector(".test-words").textContent = this.words.text(`kind-${cue.kind}`);
    row.querySelector(".test-state").replaceChildren(this.words.sign(cue.state));
    this.orders.bind(row.querySelector("button"), () => ({ action: "skip", cue: cue.id }));
    return row;
  }
}
