// A sound can be switched on, or chosen, only after it was heard here.

export function hearFirst(root) {
  const group = root.querySelector("[data-sound]");
  if (!group) return;
  const choice = group.querySelector("select[name=sound]");
  const volume = group.querySelector("[data-volume]");
  const listen = group.querySelector("[data-listen]");
  const samples = [...group.querySelectorAll("[data-sample]")];
  const chosen = () => samples.find((sample) => !choice || sample.dataset.sample === choice.value);
  for (const sample of samples) sample.controls = false;
  listen.hidden = !chosen();
  listen.addEventListener("click", () => play(chosen(), volume));
  volume.addEventListener("input", () => {
    for (const sample of samples) sample.volume = loudness(volume);
  });
  const heard = group.querySelector("input[name=heard]");
  if (heard) group.querySelector("[data-heard]").hidden = true;
  if (choice) holdChoice(choice, samples, heard, listen);
  else if (heard) holdSwitch(group, samples[0], heard);
}

/** 0 to 1; an empty field is as its placeholder says. */
function loudness(volume) {
  const percent = Number(volume.value || volume.placeholder);
  return Math.min(Math.max(percent || 0, 0), 100) / 100;
}

function play(sample, volume) {
  sample.volume = loudness(volume);
  sample.currentTime = 0;
  sample.play().catch(() => {});
}

function holdSwitch(group, sample, heard) {
  const toggle = group.querySelector("input[name=sound]");
  const hint = group.querySelector("[data-sound-hint]");
  toggle.disabled = !heard.checked;
  hint.hidden = heard.checked;
  sample.addEventListener("ended", () => {
    heard.checked = true;
    toggle.disabled = false;
    hint.hidden = true;
  });
}

function holdChoice(choice, samples, heard, listen) {
  choice.addEventListener("change", () => {
    heard.checked = false;
    for (const sample of samples) sample.pause();
    listen.hidden = !samples.some((sample) => sample.dataset.sample === choice.value);
  });
  for (const sample of samples) {
    sample.addEventListener("ended", () => {
      if (sample.dataset.sample === choice.value) heard.checked = true;
    });
  }
}
