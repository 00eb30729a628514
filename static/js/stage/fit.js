// A canvas of fixed size, as OBS has one, scaled to the room that it finds.

/** Scale `canvas`, drawn `width` px wide, to its parent's width, now and whenever that changes. */
export function fit(canvas, width) {
  const scale = () => {
    canvas.style.transform = `scale(${canvas.parentElement.clientWidth / width})`;
  };
  new ResizeObserver(scale).observe(canvas.parentElement);
  scale();
}
