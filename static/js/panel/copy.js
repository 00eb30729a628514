// Buttons that copy a link: <button data-copy="what" data-copied="Copied" hidden>. Shown only where copying can work.

const SAID_FOR = 2000;

export function offerCopying(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  if (await put(button.dataset.copy, button)) {
    say(button);
  }
}

async function put(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard on plain http from another machine: the old way through a selection.
    return putBySelection(text, button);
  }
}

function putBySelection(text, button) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  button.after(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  button.focus();
  return done;
}

function say(button) {
  const words = button.querySelector("span");
  if (button.classList.contains("done")) return;
  const before = words.textContent;
  words.textContent = button.dataset.copied;
  words.setAttribute("role", "status");
  button.classList.add("done");
  setTimeout(() => {
    words.textContent = before;
    button.classList.remove("done");
  }, SAID_FOR);
}
