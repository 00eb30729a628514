// How a headline will be read on the stream, while it is written.

export function showHeadline(root) {
  const field = root.querySelector("[data-headline]");
  const example = root.querySelector("[data-example]");
  if (!field || !example) return;
  field.addEventListener("input", () => {
    const text = field.value.replace(/\{(name|amount)\}/g, (_braces, what) => example.dataset[what]);
    example.querySelector("strong").textContent = text;
    example.hidden = !text.trim();
  });
}
