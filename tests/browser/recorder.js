// Runs in a page before anything else: keeps every frame that comes and goes, with the time of the page's clock, and
// the words of every donation that was on the screen.
(() => {
  const frames = [];
  const Real = window.WebSocket;
  class Recorded extends Real {
    constructor(...words) {
      super(...words);
      this.addEventListener("message", (event) => frames.push({ at: Date.now(), way: "in", frame: JSON.parse(event.data) }));
    }
    send(text) {
      frames.push({ at: Date.now(), way: "out", frame: JSON.parse(text) });
      super.send(text);
    }
  }
  window.WebSocket = Recorded;
  window.recordedFrames = frames;

  const shown = new Set();
  window.shownWords = shown;
  const look = () => document.querySelectorAll("[data-words]").forEach((words) => shown.add(words.textContent));
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
})();
