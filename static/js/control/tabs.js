// Where there is no room for all parts side by side, one is seen at a time.

export function openTabs(nav) {
  for (const button of nav.querySelectorAll("[data-to]")) {
    button.addEventListener("click", () => {
      document.body.dataset.tab = button.dataset.to;
      for (const each of nav.querySelectorAll("[data-to]")) each.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      scrollTo(0, 0);
    });
  }
}

/** A number beside a tab's name; 0 is not written. */
export function count(place, number) {
  place.textContent = number;
  place.hidden = number === 0;
}
