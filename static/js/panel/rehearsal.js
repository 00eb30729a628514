// Rehearse off air: frames at their size, buttons that give without reloading them, and a list that keeps up.

import { fit } from "../stage/fit.js";

const LOOK_EVERY_MS = 3_000;

for (const frame of document.querySelectorAll("[data-fit]")) fit(frame, Number(frame.dataset.fit));

for (const form of document.querySelectorAll("[data-scenario]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    give(form);
  });
}

async function give(form) {
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await take(await fetch(form.action, { method: "POST", body: new FormData(form) }));
  } catch {
    form.submit(); // the browser says what is wrong
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** What the page says now of what happened, as the server wrote it; the frames stay. */
async function take(answer) {
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-happened]");
  const said = page.querySelector("[data-messages]");
  if (!fresh) {
    location.reload(); // it has ended
    return;
  }
  const list = document.querySelector("[data-happened]");
  const place = list.querySelector(".rows")?.scrollTop ?? 0;
  list.replaceWith(fresh);
  fresh.querySelector(".rows")?.scrollTo(0, place);
  if (said) {
    document.querySelector("[data-messages]")?.remove();
    document.querySelector("main").prepend(said);
  }
}

async function look() {
  if (document.hidden || !document.querySelector("[data-happened]")) return;
  try {
    await take(await fetch(location.href));
  } catch {
    // The server is away: the next look finds it.
  }
}

setInterval(look, LOOK_EVERY_MS);
