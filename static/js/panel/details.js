// Menus and questions open one at a time; Escape closes them and gives the focus back.

const FLOATING = "details.menu[open], details.confirm[open]";

export function closeBesides(root) {
  root.addEventListener("click", (event) => {
    for (const open of root.querySelectorAll(FLOATING)) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of root.querySelectorAll(FLOATING)) {
      open.open = false;
      if (open.contains(document.activeElement)) open.querySelector("summary").focus();
    }
  });
}
