// What every overlay does: take its key from behind `#`, open the line, and hand over plain values. While there is panic,
// or its link opens nothing, the page shows nothing, whatever it is.

import { Feed } from "../feed.js";
import { watchObs } from "./obs.js";
import { wordsIn } from "./words.js";

/**
 * @param {object} handlers `widget(widget)` when its options come or change, `snapshot(snapshot, isAnew)`, `event(event)`,
 *   `controls(controls)` when mutes or panic change, `silence()` when nothing may be heard for now, and what Feed takes
 *   besides
 * @returns the feed, with `heard(state)` to tell whether a sound could be played; null without a key
 */
export function openOverlay(handlers) {
  const key = location.hash.slice(1);
  // Another link pasted into an open page is another widget.
  window.addEventListener("hashchange", () => location.reload());
  if (!key) return null;
  let mine = "";
  let epoch = null;
  const obs = watchObs((about) => feed.send({ type: "about", about }));
  const isRehearsal = new URLSearchParams(location.search).has("rehearsal");
  const feed = new Feed({
    ...handlers,
    who: { key },
    about: () => ({ about: obs.about, ...(isRehearsal && { rehearsal: true }) }),
    hello(frame) {
      // Its link opens something again.
      document.body.classList.remove("is-refused");
      if (!frame.widget) return;
      if (frame.widget.kind !== document.body.dataset.kind) {
        // The link of one widget on another's page: go where it belongs.
        location.replace(`/o/${frame.widget.kind}/${location.search}${location.hash}`);
        return;
      }
      mine = frame.widget.id;
      const isAnew = epoch !== null && epoch !== frame.epoch;
      epoch = frame.epoch;
      take(frame.widget, handlers);
      if (isRehearsal) document.body.dataset.rehearsal = wordsIn(frame.widget.language).rehearsal;
      control(frame.snapshot.controls ?? NOTHING_MUTED, handlers);
      handlers.snapshot?.(frame.snapshot, isAnew);
    },
    event(event) {
      if (event.kind === "widget") {
        if (event.widget.id === mine) take(event.widget, handlers);
        return;
      }
      if (event.kind === "controls") control(event.controls, handlers);
      handlers.event?.(event);
    },
    refused() {
      document.body.classList.add("is-refused");
      handlers.refused?.();
    },
  });
  feed.heard = (sound) => obs.change({ sound });
  return feed;
}

const NOTHING_MUTED = { paused: false, mutes: [], panic_until: null };

function take(widget, handlers) {
  document.documentElement.lang = widget.language;
  handlers.widget?.(widget);
}

function control(controls, handlers) {
  const isPanic = controls.panic_until !== null;
  document.body.classList.toggle("is-panic", isPanic);
  document.body.classList.toggle("is-without-effects", controls.mutes.includes("effects"));
  if (isPanic || controls.mutes.includes("sound")) handlers.silence?.();
  handlers.controls?.(controls);
}
