// The sound's switch can be turned on only after the sound was heard here.

export function hearFirst(root) {
  const group = root.querySelector("[data-sound]");
  if (!group) return;
  const sample = group.querySelector("[data-sample]");
  const volume = group.querySelector("[data-volume]");
  const listen = group.querySelector("[data-listen]");
  sample.controls = false;
  listen.hidden = false;
  listen.addEventListener("click", () => play(sample, volume));
  volume.addEventListener("input", () => {
    sample.volume = volume.valueAsNumber / 100;
  });
  holdSwitch(group, sample);
}

function play(sample, volume) {
  sample.volume = volume.valueAsNumber / 100;
  sample.currentTime = 0;
  sample.play().catch(() => {});
}

function holdSwitch(group, sample) {
  const heard = group.querySelector("input[name=heard]");
  if (!heard) return;
  const toggle = group.querySelector("input[name=sound]");
  const hint = group.querySelector("[data-sound-hint]");
  group.querySelector("[data-heard]").hidden = true;
  toggle.disabled = !heard.checked;
  hint.hidden = heard.checked;
  sample.addEventListener("ended", () => {
    heard.checked = true;
    toggle.disabled = false;
    hint.hidden = true;
  });
}
