// Killing a worker, and watching it come back.

import { read, send } from "./server.js";

const PATIENCE_S = 60;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Kill one by chance. `say` is given words while it is dead, and again when another process has its name. */
export async function killOne(words, say) {
  const killedAt = performance.now();
  const { name, pid } = await send("kill/", {});
  say(fill(words.killed, { name: words[name], pid }), "level-danger");
  const heir = await successor(name, pid);
  const seconds = ((performance.now() - killedAt) / 1000).toLocaleString(document.documentElement.lang, {
    maximumFractionDigits: 1,
  });
  if (heir) say(fill(words.back, { name: words[name], pid: heir, seconds }), "level-ok");
}

async function successor(name, dead) {
  const until = performance.now() + PATIENCE_S * 1000;
  while (performance.now() < until) {
    await pause(500);
    const { workers } = await read("workers/").catch(() => ({ workers: [] }));
    const heir = workers.find((worker) => worker.name === name);
    if (heir && heir.pid && heir.pid !== dead) return heir.pid;
  }
  return null;
}

function fill(sentence, values) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`%(${name})s`, value), sentence);
}
