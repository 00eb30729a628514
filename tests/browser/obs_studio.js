// A stand-in for the `window.obsstudio` that OBS gives to a browser source: add it before the page's own scripts.
//
// It follows `obs.md`: 3.3, first line (OBS is named in the user agent; set that in the browser's context), and 3.4: the
// table's rows "none" and "read status" (`pluginVersion`, `getControlLevel`, `getStatus` with its callback), and the lines
// below it on events (on `window`, at any level) and on *visible* and *active* (there is no getter for active).
// The order of visible before active is taken for granted, not said there. A hidden page's slow timers are Chromium's.
//
//   obs.show(true)            visible, then active: a change of scene
//   obs.bunch([false, true])  what was kept back while the page was hidden comes in one go
//   obs.stream(true)
//   obs.permit(false)         page permission "none": nobody answers getStatus
{
  let isStreaming = false;
  let isPermitted = true;
  const tell = (type, detail) => window.dispatchEvent(new CustomEvent(type, { detail }));

  window.obsstudio = {
    pluginVersion: "2.24.4",
    getControlLevel: (answer) => setTimeout(() => answer(isPermitted ? 1 : 0)),
    getStatus(answer) {
      if (!isPermitted) return;
      const others = { recording: false, recordingPaused: false, replaybuffer: false, virtualcam: false };
      setTimeout(() => answer({ ...others, streaming: isStreaming }));
    },
  };

  window.obs = {
    show(isOn) {
      tell("obsSourceVisibleChanged", { visible: isOn });
      tell("obsSourceActiveChanged", { active: isOn });
    },
    bunch(truths) {
      for (const active of truths) tell("obsSourceActiveChanged", { active });
    },
    stream(isOn) {
      isStreaming = isOn;
      for (const when of isOn ? ["Starting", "Started"] : ["Stopping", "Stopped"]) tell(`obsStreaming${when}`, null);
    },
    permit(may) {
      isPermitted = may;
    },
  };
}
