// A one-time link: what stands behind # is posted, so that it is in no address that a server or a log sees.

const form = document.querySelector("[data-welcome]");
const token = location.hash.slice(1);

if (token) {
  history.replaceState(null, "", location.pathname);
  form.elements.token.value = token;
  form.hidden = true;
  document.querySelector("[data-wait]").hidden = false;
  form.submit();
}
