// Relative times stay true while the page is open: <time datetime="..." data-ago>. Older than a day: left as written.

const EVERY = 20_000;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

export function keepFresh(root) {
  const times = [...root.querySelectorAll("time[data-ago]")];
  if (!times.length) return;
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short" });
  const now = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const refresh = () => times.forEach((time) => write(time, format, now));
  refresh();
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
}

function write(time, format, now) {
  const seconds = Math.round((Date.parse(time.dateTime) - Date.now()) / 1000);
  const words = inWords(seconds, format, now);
  if (words) time.textContent = words;
}

function inWords(seconds, format, now) {
  const size = Math.abs(seconds);
  if (size < 5) return now.format(0, "second");
  if (size < MINUTE) return format.format(seconds, "second");
  if (size < HOUR) return format.format(Math.trunc(seconds / MINUTE), "minute");
  if (size < DAY) return format.format(Math.trunc(seconds / HOUR), "hour");
  return "";
}
