// The bar: a full-length fill that begins before its left edge, and what came over the target behind a mark.

const SVG = "http://www.w3.org/2000/svg";

/** @param {SVGElement} bar @param {object} goal as the protocol has it */
export function drawBar(bar, goal) {
  const raised = goal.raised.minor;
  const target = goal.target.minor;
  const over = raised > target;
  const fill = Math.min(100, (100 * raised) / target);
  const mark = over ? (100 * target) / raised : 100;
  bar.querySelector(".bar-fill").setAttribute("x", `${(fill - 100).toFixed(2)}%`);
  for (const part of bar.querySelectorAll(".bar-over, .bar-mark")) part.setAttribute("x", `${mark.toFixed(2)}%`);
  bar.querySelector("[data-ticks]").replaceChildren(...ticks(goal.milestones, Math.max(raised, target)));
  bar.classList.toggle("is-over", over);
  bar.setAttribute("aria-label", `${goal.percent}\u202f%`);
}

/** A tick for each milestone that lies on the bar, of which `length` is the whole. */
function ticks(milestones, length) {
  return milestones
    .filter((mark) => mark.money.minor < length)
    .map((mark) => {
      const tick = document.createElementNS(SVG, "rect");
      tick.setAttribute("class", mark.reached ? "bar-tick is-reached" : "bar-tick");
      tick.setAttribute("x", `${((100 * mark.money.minor) / length).toFixed(2)}%`);
      tick.setAttribute("width", "3");
      tick.setAttribute("height", "100%");
      return tick;
    });
}
