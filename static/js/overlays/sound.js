// The sound of an alert. A page that may not play (an ordinary browser before a click) stays silent.

const PILE_FROM = 1000;

/** Play the coin, or the pile for a large gift; `sounds` are the addresses, `volume` is 0 to 1. */
export function playCoin(sounds, money, volume) {
  const isLarge = money.minor >= PILE_FROM * 10 ** money.exponent;
  const audio = new Audio(isLarge ? sounds.pile : sounds.coin);
  audio.volume = Math.min(1, Math.max(0, volume));
  audio.play().catch(() => {});
}
