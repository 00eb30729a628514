// What an overlay knows of itself: whether it is in OBS and which, whether it is seen, whether OBS streams.
//
// OBS tells by events on window, at any page permission; they may come late and together, so the last one is true, and
// those of one moment are told on as one. There is no question "am I on programme?": null until OBS says so.

/** @param {(about: object) => void} tell is called with what changed, in the words of the protocol's AboutPage */
export function watchObs(tell) {
  const about = { obs: versionOfObs(), visible: !document.hidden, active: null, streaming: null, sound: "unknown" };
  // A message to itself: it comes after what is there already, and a hidden page's are no slower than others.
  const { port1: moment, port2: later } = new MessageChannel();
  let changed = null;
  moment.onmessage = () => {
    tell(changed);
    changed = null;
  };
  const change = (facts) => {
    if (Object.keys(facts).every((name) => facts[name] === about[name])) return;
    Object.assign(about, facts);
    if (!changed) later.postMessage(null);
    changed = { ...changed, ...facts };
  };
  document.addEventListener("visibilitychange", () => change({ visible: !document.hidden }));
  if (window.obsstudio) {
    window.addEventListener("obsSourceVisibleChanged", (event) => change({ visible: event.detail.visible }));
    window.addEventListener("obsSourceActiveChanged", (event) => change({ active: event.detail.active }));
    window.addEventListener("obsStreamingStarted", () => change({ streaming: true }));
    window.addEventListener("obsStreamingStopped", () => change({ streaming: false }));
    // The default page permission allows it; without, nobody answers.
    window.obsstudio.getStatus?.((status) => status && change({ streaming: Boolean(status.streaming) }));
  }
  return { about, change };
}

function versionOfObs() {
  const named = /\bOBS\/([\d.]+)/.exec(navigator.userAgent)?.[1];
  return named ?? (window.obsstudio ? String(window.obsstudio.pluginVersion ?? "?") : "");
}
