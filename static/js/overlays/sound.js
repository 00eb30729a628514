// The sound of an alert. A page that may not play (an ordinary browser before a click) stays silent, and says so.

/**
 * Start one; answers a function that silences it.
 *
 * @param {string} source the sound's address
 * @param {number} volume 0 to 1
 * @param {(state: "heard" | "blocked") => void} tell whether the browser let it
 */
export function playSound(source, volume, tell) {
  const audio = new Audio(source);
  audio.volume = Math.min(1, Math.max(0, volume));
  audio.play().then(
    () => tell("heard"),
    // Silenced before it began is not forbidden.
    (error) => error.name !== "AbortError" && tell("blocked"),
  );
  return () => audio.pause();
}
