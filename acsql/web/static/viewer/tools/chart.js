// Small charts: lines over an axis of numbers, as an SVG in the panel.

const NAMESPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [260, 150];
const MARGIN = { left: 46, right: 8, top: 8, bottom: 30 };
const TICKS = 4;

/**
 * Draw a chart.
 *
 * @param svg   the element, which is emptied first
 * @param chart `x` and `series`, each `{ name, y }` with null for what has no value, and the names
 *              `across` and `up` of the axes
 */
export function drawChart(svg, { x, series, across, up }) {
  const y = series.flatMap((each) => each.y).filter((value) => value !== null);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${up} against ${across}: ${described(x, series)}`);
  if (!y.length) {
    svg.replaceChildren(text(WIDTH / 2, HEIGHT / 2, "no values", "middle"));
    return;
  }
  const toX = scale(range(x), [MARGIN.left, WIDTH - MARGIN.right]);
  const toY = scale(range(y), [HEIGHT - MARGIN.bottom, MARGIN.top]);
  svg.replaceChildren(
    ...ticks(range(x)).map((value) =>
      text(toX(value), HEIGHT - MARGIN.bottom + 12, short(value), "middle"),
    ),
    ...ticks(range(y)).flatMap((value) => [
      node("line", {
        x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: toY(value), y2: toY(value), class: "grid",
      }),
      text(MARGIN.left - 4, toY(value) + 3.5, short(value), "end"),
    ]),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 4, across, "middle"),
    ...series.map(({ y: values }, index) =>
      node("path", { d: pathOf(x, values, toX, toY), class: `series-${index}` }),
    ),
  );
}

function pathOf(x, y, toX, toY) {
  let pen = "M";
  return y
    .map((value, i) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const step = `${pen}${toX(x[i]).toFixed(1)} ${toY(value).toFixed(1)}`;
      pen = "L";
      return step;
    })
    .join("");
}

function range(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function scale([low, high], [from, to]) {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Round numbers within a range: multiples of 1, 2 or 5 times a power of ten. */
export function ticks([low, high], most = TICKS) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => +((first + i) * step).toPrecision(12));
}

/** A number in few characters. */
export function short(value) {
  const size = Math.abs(value);
  if (size && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replace("e+", "e");
  return String(+value.toPrecision(4));
}

function described(x, series) {
  return series
    .map(({ name, y }) => {
      const known = y.filter((value) => value !== null);
      if (!known.length) return `${name} no values`;
      return `${name} from ${short(Math.min(...known))} to ${short(Math.max(...known))}`;
    })
    .join(", ");
}

function text(x, y, content, anchor) {
  const element = node("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}

/** An element of an SVG. */
export function node(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
