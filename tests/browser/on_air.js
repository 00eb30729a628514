// Runs in a page before anything else: keeps what was played and what came on the screen of an alert overlay, by a clock
// that all pages of the machine share, whatever their Date says.
(() => {
  const onAir = { played: [], seen: [] };
  const now = () => performance.timeOrigin + performance.now();

  HTMLMediaElement.prototype.play = function () {
    onAir.played.push({ at: now(), source: this.src });
    return Promise.resolve();
  };

  addEventListener("DOMContentLoaded", () => {
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
