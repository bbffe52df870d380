/** Curves of what has been told since the page was opened: small, each with its last value. */
import { h, setText } from "./dom.js";

/** Values that a curve keeps. */
const LENGTH = 240;

export class Chart {
  #values = [];
  #output = h("output");
  #canvas = h("canvas", { role: "img" });

  /** @param {(value: number) => string} shown a value in words */
  constructor(title, shown, parent) {
    this.title = title;
    this.shown = shown;
    parent.append(h("figure", {}, h("figcaption", {}, title), this.#output, this.#canvas));
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
  }

  add(value) {
    this.#values.push(value);
    if (this.#values.length > LENGTH) this.#values.shift();
    const greatest = this.shown(Math.max(...this.#values));
    setText(this.#output, this.shown(value));
    this.#canvas.setAttribute(
      "aria-label",
      `${this.title}: ${this.shown(value)}, at most ${greatest}`,
    );
    this.draw();
  }

  clear() {
    this.#values = [];
    this.draw();
  }

  draw() {
    const canvas = this.#canvas;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0) return;
    const [across, down] = [width * devicePixelRatio, height * devicePixelRatio].map(Math.round);
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
    }
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = style.getPropertyValue("--line");
    line(context, [
      [0, height - 0.5],
      [width, height - 0.5],
    ]);
    if (this.#values.length < 2) return;
    const most = Math.max(...this.#values, 1e-9);
    const step = width / (LENGTH - 1);
    const left = width - (this.#values.length - 1) * step;
    const points = this.#values.map((value, i) => [
      left + i * step,
      height - 1.5 - (value / most) * (height - 4),
    ]);
    context.fillStyle = style.getPropertyValue("--fill");
    context.beginPath();
    context.moveTo(points[0][0], height);
    for (const [x, y] of points) context.lineTo(x, y);
    context.lineTo(width, height);
    context.fill();
    context.strokeStyle = style.getPropertyValue("--curve");
    context.lineWidth = 1.5;
    line(context, points);
  }
}

function line(context, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}
