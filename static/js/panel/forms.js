// A form that came back wrong is read from its first wrong field on, wherever on a long page that stands.

export function goToWrong(root) {
  root.querySelector('main [aria-invalid="true"]')?.focus();
}
