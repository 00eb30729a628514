// How wallets and overlays fare.

export class Health {
  /** @param {Element} box */
  constructor(box, room, { words, clock }) {
    Object.assign(this, { box, room, words, clock });
    this.find = (mark) => box.querySelector(`[data-${mark}]`);
    this.drawn = new Map(); // list -> what it shows
  }

  /** How many things are to be looked after. */
  get troubles() {
    const { wallets, screens } = this.room();
    return wallets.filter((wallet) => wallet.level !== "ok").length + screens.filter((screen) => screen.absent).length;
  }

  draw() {
    const { wallets, screens } = this.room();
    this.list("wallets", wallets, (wallet) => this.wallet(wallet));
    this.list("screens", screens, (screen) => this.screen(screen));
    this.find("no-wallets").hidden = wallets.length > 0;
    this.find("no-screens").hidden = screens.length > 0;
  }

  list(name, values, row) {
    const told = JSON.stringify(values);
    if (this.drawn.get(name) === told) return;
    this.drawn.set(name, told);
    this.find(name).replaceChildren(...values.map(row));
  }

  wallet(wallet) {
    const { row, part } = this.clone("wallet-row");
    row.classList.add(wallet.level);
    part("level").replaceChildren(this.words.sign(`level-${wallet.level}`));
    part("title").textContent = wallet.title;
    part("condition").textContent = this.words.text(`wallet-${wallet.state}`);
    part("read").hidden = !wallet.read_at;
    part("never").hidden = Boolean(wallet.read_at);
    part("next").hidden = !wallet.next_at;
    this.clock.write(part("read").querySelector("time"), wallet.read_at);
    this.clock.write(part("next").querySelector("time"), wallet.next_at);
    return row;
  }

  screen(screen) {
    const { row, part } = this.clone("screen-row");
    const isOpen = screen.pages.length > 0;
    row.classList.toggle("is-absent", screen.absent);
    part("kind").replaceChildren(this.words.sign(screen.kind));
    part("title").textContent = screen.title;
    part("verdict").replaceChildren(this.words.sign(screen.absent ? "absent" : isOpen ? "on-air" : "nowhere"));
    part("absent").hidden = !screen.absent;
    part("last").hidden = isOpen || !screen.seen_in_obs_at;
    this.clock.write(part("last").querySelector("time"), screen.seen_in_obs_at);
    part("unseen").hidden = isOpen || screen.absent || Boolean(screen.seen_in_obs_at);
    row.querySelector(".pages").replaceChildren(...screen.pages.map((page) => this.page(page, screen)));
    return row;
  }

  page(page, screen) {
    const { row, part } = this.clone("page-row");
    const sounds = screen.kind === "alert";
    const marks = {
      speaks: sounds && page.speaks,
      active: page.active === true,
      inactive: page.active === false,
      invisible: !page.visible && page.active !== false,
      blocked: sounds && page.sound === "blocked",
      unheard: sounds && page.sound === "unknown",
      heard: sounds && page.sound === "heard",
      stale: page.stale,
    };
    part("browser").textContent = page.obs ? `OBS ${page.obs}` : this.words.text("browser");
    this.clock.write(row.querySelector("time"), page.opened_at);
    for (const mark of row.querySelectorAll("[data-mark]")) mark.hidden = !marks[mark.dataset.mark];
    return row;
  }

  clone(template) {
    const row = this.find(template).content.firstElementChild.cloneNode(true);
    return { row, part: (mark) => row.querySelector(`[data-${mark}]`) };
  }
}
