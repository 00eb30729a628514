// A soft sound when a donation is held. Off until it is wanted; this browser remembers.

const NAME = "kopilka-chime";
const VOLUME = 0.5;

export class Chime {
  /** @param {HTMLButtonElement} button its `data-chime` is the sound */
  constructor(button, said, words) {
    Object.assign(this, { button, said, words });
    this.sound = new Audio();
    this.sound.preload = "none";
    this.sound.src = button.dataset.chime;
    this.sound.volume = VOLUME;
    this.turn(remembered());
    button.addEventListener("click", () => {
      this.turn(!this.isOn);
      remember(this.isOn);
      this.ring();
    });
  }

  turn(isOn) {
    this.isOn = isOn;
    this.button.setAttribute("aria-pressed", String(isOn));
  }

  ring() {
    if (!this.isOn) return;
    this.sound.currentTime = 0;
    // A browser may want to be touched first.
    this.sound.play().catch(() => this.said.say(this.words.text("no-chime"), "warning"));
  }
}

// A browser may refuse to remember: then it is off the next time.
function remembered() {
  try {
    return localStorage.getItem(NAME) === "on";
  } catch {
    return false;
  }
}

function remember(isOn) {
  try {
    localStorage.setItem(NAME, isOn ? "on" : "off");
  } catch {
    // nothing
  }
}
