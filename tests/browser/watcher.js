// Runs in a page before anything else: counts what the page itself sets going.
(() => {
  const watched = { sockets: 0, played: [], timers: new Set(), waits: [] };

  window.WebSocket = class extends window.WebSocket {
    constructor(...words) {
      super(...words);
      watched.sockets += 1;
    }
  };

  HTMLMediaElement.prototype.play = function () {
    watched.played.push({ source: this.src, volume: this.volume });
    return Promise.resolve();
  };

  const { setTimeout: begin, setInterval: repeat } = window;
  window.setTimeout = (work, wait = 0, ...words) => {
    const timer = begin(() => {
      watched.timers.delete(timer);
      work(...words);
    }, wait);
    watched.timers.add(timer);
    watched.waits.push(wait);
    return timer;
  };
  window.setInterval = (...words) => {
    const timer = repeat(...words);
    watched.timers.add(timer);
    return timer;
  };
  for (const name of ["clearTimeout", "clearInterval"]) {
    const stop = window[name];
    window[name] = (timer) => {
      watched.timers.delete(timer);
      stop(timer);
    };
  }
  window.watched = watched;
})();
