// The made-up chat beside the stream: it murmurs now and then, and wakes up when a donation is on air.

const MOST = 6;
const VIEWERS = ["kotofey", "LunaPark", "mr_pixel", "Ogurchik", "sova_ne_spit", "Taras_UA", "PixelJam", "chay_s_medom", "nightowl", "Zefirka"];

const MURMURS = {
  ru: ["привет всем", "эта свинка лучше меня прыгает", "какой уровень?", "музыка огонь", "ну давай, ещё немного", "я на минуту зашёл, час сижу", "сколько осталось до цели?", "F", "красивый закат", "кто за второй уровень?"],
  uk: ["привіт усім", "ця свинка стрибає краще за мене", "який рівень?", "музика вогонь", "ну давай, ще трошки", "зайшов на хвилину, сиджу годину", "скільки лишилось до цілі?", "F", "гарний захід сонця", "хто за другий рівень?"],
  en: ["hi everyone", "that pig jumps better than me", "which level is this?", "the music!", "come on, a bit more", "came for a minute, stayed an hour", "how far to the goal?", "F", "what a sunset", "second level next?"],
};
const CHEERS = {
  ru: ["ВАУ", "красавчик!", "🔥🔥🔥", "щедро!", "копилка растёт", "🐷❤️"],
  uk: ["ВАУ", "красень!", "🔥🔥🔥", "щедро!", "скарбничка росте", "🐷❤️"],
  en: ["WOW", "legend!", "🔥🔥🔥", "so generous!", "the piggy grows", "🐷❤️"],
};

const between = (least, most) => least + Math.random() * (most - least);

/** Draws from a list by chance, and begins anew only when all were drawn: nobody says the same thing twice in a row. */
class Bag {
  constructor(all) {
    this.all = all;
    this.left = [];
  }

  draw() {
    if (this.left.length === 0) this.left = [...this.all];
    return this.left.splice(Math.floor(Math.random() * this.left.length), 1)[0];
  }
}

export class Chat {
  /** @param {HTMLElement} box @param {"ru"|"uk"|"en"} language */
  constructor(box, language) {
    this.box = box;
    this.viewers = new Bag(VIEWERS);
    this.murmurs = new Bag(MURMURS[language] || MURMURS.en);
    this.cheers = new Bag(CHEERS[language] || CHEERS.en);
    for (let nth = 0; nth < 3; nth += 1) this.say(this.murmurs.draw(), false);
    this.murmur();
  }

  murmur() {
    setTimeout(() => {
      if (!document.hidden) this.say(this.murmurs.draw(), true);
      this.murmur();
    }, between(3500, 8000));
  }

  cheer() {
    for (const wait of [900, 1700, 2300]) setTimeout(() => this.say(this.cheers.draw(), true), wait + between(0, 400));
  }

  say(words, moves) {
    const viewer = this.viewers.draw();
    const line = document.createElement("p");
    const name = document.createElement("b");
    name.className = `tint-${VIEWERS.indexOf(viewer) % 5}`;
    name.textContent = viewer;
    line.append(name, ` ${words}`);
    this.box.append(line);
    while (this.box.children.length > MOST) this.box.firstChild.remove();
    if (moves) line.animate([{ opacity: 0, transform: "translateY(14px)" }, { opacity: 1, transform: "none" }], { duration: 220, easing: "ease-out" });
  }
}
