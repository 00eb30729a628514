// The bar: a full-length fill that begins before its left edge, and what came over the target behind a mark.

/** @param {SVGElement} bar @param {{raised: {minor: number}, target: {minor: number}, percent: number}} goal */
export function drawBar(bar, goal) {
  const raised = goal.raised.minor;
  const target = goal.target.minor;
  const over = raised > target;
  const fill = Math.min(100, (100 * raised) / target);
  const mark = over ? (100 * target) / raised : 100;
  bar.querySelector(".bar-fill").setAttribute("x", `${(fill - 100).toFixed(2)}%`);
  for (const part of bar.querySelectorAll(".bar-over, .bar-mark")) part.setAttribute("x", `${mark.toFixed(2)}%`);
  bar.classList.toggle("is-over", over);
  bar.setAttribute("aria-label", `${goal.percent} %`);
}
