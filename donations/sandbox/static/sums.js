// Sums at a touch: they only fill in the field, so they show themselves where this runs.
for (const choice of document.querySelectorAll("[data-sums]")) {
  choice.hidden = false;
  choice.addEventListener("click", (event) => {
    const sum = event.target.closest("button");
    if (!sum) return;
    const amount = choice.closest("form").elements.amount;
    amount.value = sum.value;
    amount.focus();
  });
}
