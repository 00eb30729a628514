// What every overlay does: take its key from behind `#`, open the line, and hand over plain values.

import { Feed } from "../feed.js";

/**
 * @param {object} handlers `widget(widget)` when its options come or change, `snapshot(snapshot)`, `event(event)`,
 *   and what Feed takes besides
 */
export function openOverlay(handlers) {
  const key = location.hash.slice(1);
  // Another link pasted into an open page is another widget.
  window.addEventListener("hashchange", () => location.reload());
  if (!key) return null;
  let mine = "";
  return new Feed({
    ...handlers,
    who: { key },
    hello(frame) {
      if (!frame.widget) return;
      if (frame.widget.kind !== document.body.dataset.kind) {
        // The link of one widget on another's page: go where it belongs.
        location.replace(`/o/${frame.widget.kind}/${location.hash}`);
        return;
      }
      mine = frame.widget.id;
      take(frame.widget, handlers);
      handlers.snapshot?.(frame.snapshot);
    },
    event(event) {
      if (event.kind === "widget") {
        if (event.widget.id === mine) take(event.widget, handlers);
        return;
      }
      handlers.event?.(event);
    },
  });
}

function take(widget, handlers) {
  document.documentElement.lang = widget.language;
  handlers.widget?.(widget);
}
