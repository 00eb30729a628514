// Runs in a page before anything else: keeps what was played and silenced, what came on the screen of an alert overlay,
// what the whole page was made by the control room, and what was pressed, by a clock that all pages of the machine
// share, whatever their Date says.
(() => {
  const onAir = { played: [], hushed: [], seen: [], moods: [], pressed: [] };
  const now = () => performance.timeOrigin + performance.now();

  HTMLMediaElement.prototype.play = function () {
    onAir.played.push({ at: now(), source: this.src });
    return Promise.resolve();
  };
  HTMLMediaElement.prototype.pause = function () {
    onAir.hushed.push({ at: now() });
  };
  addEventListener("click", (event) => onAir.pressed.push({ at: performance.timeOrigin + event.timeStamp }), true);

  addEventListener("DOMContentLoaded", () => {
    const note = () => onAir.moods.push({ at: now(), mood: document.body.className });
    new MutationObserver(note).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const box = document.querySelector("[data-alert]");
    if (!box) return;
    let last = "";
    const look = () => {
      const isOn = !box.hidden && !box.classList.contains("leaving");
      const amount = isOn ? box.querySelector("[data-amount]").textContent.replace(/\D/g, "") : "";
      if (amount === last) return;
      last = amount;
      onAir.seen.push({ at: now(), amount });
    };
    new MutationObserver(look).observe(box, { attributes: true, childList: true, subtree: true });
  });
  window.onAir = onAir;
})();
