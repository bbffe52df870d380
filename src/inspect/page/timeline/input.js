/** Wheel, pointer and keys: what each asks of the timeline. */

/** For the list of keys. */
export const keys = [
  ["w s", "zoom in, out (or Ctrl and the wheel)"],
  ["a d", "earlier, later (or Shift and the wheel)"],
  ["↑ ↓", "scroll"],
  ["0", "all of it"],
  ["/", "search for a fiber"],
  ["f", "zoom to what is selected"],
  ["← →", "the slice before, after"],
  ["[ ]", "to who woke it, to whom it woke"],
  ["x", "fold all groups, unfold them"],
];

const ZOOM = 1.4;
const PAN = 0.2;
/** Pixels that a pointer moves before it is no click. */
const SLIP = 3;
const LINE = 40;

const ACTS = {
  w: (one) => one.move((view) => view.zoom(1 / ZOOM)),
  s: (one) => one.move((view) => view.zoom(ZOOM)),
  a: (one) => one.move((view) => view.pan(-PAN)),
  d: (one) => one.move((view) => view.pan(PAN)),
  ArrowUp: (one) => one.move((view) => view.scroll(-LINE)),
  ArrowDown: (one) => one.move((view) => view.scroll(LINE)),
  PageUp: (one) => one.move((view) => view.scroll(-view.height * 0.8)),
  PageDown: (one) => one.move((view) => view.scroll(view.height * 0.8)),
  0: (one) => one.move((view) => view.all()),
  f: (one) => one.fitSelected(),
  "[": (one) => one.follow(true),
  "]": (one) => one.follow(false),
  ArrowLeft: (one) => one.step(-1),
  ArrowRight: (one) => one.step(1),
  x: (one) => one.foldAll(),
  Escape: (one) => one.escape(),
};

/** @returns {() => void} what ends it */
export function listen(container, surround, timeline) {
  const { canvas } = surround;
  const labels = () => canvas.clientWidth;
  let dragged = null;
  const at = (event) => ({ x: event.offsetX, y: event.offsetY });
  const inView = (view, x) => Math.max(x - (labels() - view.width), 0);

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") surround.focusSearch();
    else if (Object.hasOwn(ACTS, event.key)) ACTS[event.key](timeline);
    else return;
    event.preventDefault();
  };
  const onWheel = (event) => {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? LINE / 2 : 1;
    const [across, down] = [event.deltaX * unit, event.deltaY * unit];
    timeline.move((view) => {
      if (event.ctrlKey || event.metaKey || event.altKey)
        view.zoom(Math.exp(down * 0.003), inView(view, event.offsetX));
      else if (event.shiftKey) view.pan((down || across) / view.width);
      else {
        if (across !== 0) view.pan(across / view.width);
        view.scroll(down);
      }
    });
  };
  const onDown = (event) => {
    container.focus();
    dragged = { ...at(event), moved: false };
    canvas.setPointerCapture(event.pointerId);
  };
  const onMove = (event) => {
    const now = at(event);
    if (dragged === null) return timeline.point(now);
    const [dx, dy] = [now.x - dragged.x, now.y - dragged.y];
    if (!dragged.moved && Math.hypot(dx, dy) < SLIP) return;
    dragged = { ...now, moved: true };
    timeline.point(null);
    timeline.move((view) => {
      view.pan(-dx / view.width);
      view.scroll(-dy);
    });
  };
  const onUp = (event) => {
    if (dragged?.moved === false) timeline.choose(at(event));
    dragged = null;
  };
  const onLeave = () => timeline.point(null);
  const onDouble = (event) =>
    timeline.move((view) => view.zoom(1 / 4, inView(view, event.offsetX)));

  const listeners = [
    [container, "keydown", onKey],
    [canvas, "wheel", onWheel, { passive: false }],
    [canvas, "pointerdown", onDown],
    [canvas, "pointermove", onMove],
    [canvas, "pointerup", onUp],
    [canvas, "pointerleave", onLeave],
    [canvas, "dblclick", onDouble],
  ];
  for (const [target, ...listener] of listeners) target.addEventListener(...listener);
  return () => {
    for (const [target, ...listener] of listeners) target.removeEventListener(...listener);
  };
}
