// The stream: since when it is on, and its start and end by hand.

export class Stream {
  constructor(box, header, room, { orders, clock }) {
    Object.assign(this, { room, clock });
    this.find = (mark) => box.querySelector(`[data-${mark}]`);
    this.marks = [header.querySelector("[data-live]"), header.querySelector("[data-off-air]")];
    orders.bind(this.find("stream-do=start"), () => ({ action: "stream", on: true }));
    orders.bind(this.find("stream-do=end"), () => ({ action: "stream", on: false }));
  }

  draw() {
    const { stream } = this.room();
    const [live, offAir] = this.marks;
    live.hidden = this.find("stream-on").hidden = !stream;
    offAir.hidden = this.find("stream-off").hidden = Boolean(stream);
    if (!stream) return;
    this.find("stream-title").textContent = stream.title;
    this.clock.write(this.find("stream-since"), stream.started_at);
    this.clock.write(this.find("stream-length"), stream.started_at);
    this.clock.write(this.find("ends-at"), stream.ends_at);
    this.find("by-obs").hidden = !stream.by_obs || stream.ends_at !== null;
    this.find("ends").hidden = stream.ends_at === null;
  }
}
