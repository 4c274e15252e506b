// Regions: the shapes of DS9 region files, on the detector, on an image, and as text.
//
// A region keeps its place on the calibrated detector, which is the same in raw and flt images.
// `onImage` gives it in pixels of the image that is shown, counted as in geometry.js; the text of
// a region counts them as DS9 does, where the first pixel has its centre at 1.

import { chipAt, fromDetector } from "../geometry.js";
import { apply, scaleOf } from "./placement.js";

const DS9_FIRST = 0.5;
const DECIMALS = 4;
const DEFAULT_RATIO = 0.5; // of the radii of a new annulus

/** Shapes that can be drawn, with the paths of their icons in a square of 16. */
export const SHAPES = {
  point: "M8 2v12M2 8h12",
  circle: "M14 8a6 6 0 1 1-12 0a6 6 0 1 1 12 0z",
  box: "M2 4h12v8h-12z",
  ellipse: "M15 8a7 4 0 1 1-14 0a7 4 0 1 1 14 0z",
  annulus: "M15 8a7 7 0 1 1-14 0a7 7 0 1 1 14 0zM11 8a3 3 0 1 1-6 0a3 3 0 1 1 6 0z",
  line: "M2 14L14 2",
  polygon: "M8 2L14 7L12 14H4L2 7z",
};

const ROTATED = ["box", "ellipse"];

/** Read a region from its text in pixels of an image; null if it is not one. */
export function parseRegion(text, shown) {
  const match = /^\s*([-+!]?)\s*(\w+)\s*\(([^()]*)\)\s*(?:#(.*))?$/.exec(text);
  if (!match) return null;
  const [, sign, name, list, comment = ""] = match;
  const label = /text=(?:\{([^{}]*)\}|"([^"]*)"|'([^']*)')/.exec(comment)?.slice(1).find(Boolean);
  const colour = /\bcolor=(#?\w+)/.exec(comment)?.[1] || "";
  const shape = name.toLowerCase();
  const numbers = list.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  const region = fromNumbers(shape, numbers);
  if (!region) return null;
  const excluded = sign === "-" || sign === "!";
  const onImage = { ...region, excluded, colour, label: label?.trim() || "" };
  return shown ? onDetector(onImage, shown) : onImage;
}

function fromNumbers(shape, numbers) {
  if (!numbers.length || !numbers.every(Number.isFinite)) return null;
  const points = { line: 2, polygon: numbers.length / 2 }[shape] ?? 1;
  const positions = numbers.slice(0, 2 * points);
  const lengths = numbers.slice(2 * points);
  const angle = ROTATED.includes(shape) && lengths.length % 2 ? lengths.pop() : 0;
  const wanted = { circle: [1], annulus: [2], box: [2, 4], ellipse: [2, 4] }[shape];
  const known = shape in SHAPES || shape === "text";
  if (!known || !(wanted || [0]).includes(lengths.length)) return null;
  if (positions.length !== 2 * points || (shape === "polygon" && points < 3)) return null;
  if (lengths.some((length) => length < 0)) return null;
  const pairs = Array.from({ length: points }, (_, i) => ({
    x: positions[2 * i] - DS9_FIRST,
    y: positions[2 * i + 1] - DS9_FIRST,
  }));
  return { shape, points: pairs, lengths, angle };
}

/** The text of a region in pixels of an image, or of the detector without one. */
export function formatRegion(region, shown) {
  return formatOnImage(shown ? onImage(region, shown) : region);
}

/** The text of a region of an image. */
export function formatOnImage({ shape, points, lengths, angle, excluded, colour, label }) {
  const numbers = [
    ...points.flatMap(({ x, y }) => [x + DS9_FIRST, y + DS9_FIRST]),
    ...lengths,
    ...(ROTATED.includes(shape) ? [angle] : []),
  ];
  const list = numbers.map((number) => +number.toFixed(DECIMALS)).join(",");
  const comments = [colour && `color=${colour}`, label && `text={${label}}`].filter(Boolean);
  const comment = comments.length ? ` # ${comments.join(" ")}` : "";
  return `${excluded ? "-" : ""}${shape}(${list})${comment}`;
}

/** Give a region of an image its place on the detector, by the chip of its first point. */
export function onDetector(region, shown) {
  const chip = chipAt(shown, region.points[0].y);
  const { ccdchip, extver } = chip;
  const corner = fromDetector(shown, { ccdchip, extver, x: 0, y: 0 });
  const points = region.points.map(({ x, y }) => ({ x: x - corner.x, y: y - corner.y }));
  return { ...region, points, ccdchip, extver };
}

/** The region in pixels of an image. */
export function onImage(region, shown) {
  const { ccdchip, extver } = region;
  const corner = fromDetector(shown, { ccdchip, extver, x: 0, y: 0 });
  return {
    ...region,
    points: region.points.map(({ x, y }) => ({ x: x + corner.x, y: y + corner.y })),
  };
}

/** A region of an image where its pixels lie among those of another, see placement.js. */
export function transformed(region, placement) {
  const [a, b] = placement;
  const scale = scaleOf(placement);
  return {
    ...region,
    points: region.points.map((point) => apply(placement, point)),
    lengths: region.lengths.map((length) => scale * length),
    angle: region.angle + (Math.atan2(b, a) * 180) / Math.PI,
  };
}

/** A region of an image that is drawn from one point to another. */
export function drawn(shape, from, to) {
  const [dx, dy] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  const radius = Math.hypot(dx, dy);
  const lengths = {
    circle: [radius],
    annulus: [DEFAULT_RATIO * radius, radius],
    box: [2 * dx, 2 * dy],
    ellipse: [dx, dy],
  }[shape];
  const points = shape === "line" ? [from, to] : [from];
  return { shape, points, lengths: lengths || [], angle: 0, excluded: false, label: "" };
}

/** A region of an image, moved by pixels. */
export function moved(region, dx, dy) {
  return { ...region, points: region.points.map(({ x, y }) => ({ x: x + dx, y: y + dy })) };
}

/** The places at which a region of an image can be gripped, and what dragging each there makes. */
export function handles(region) {
  const { shape, points, lengths } = region;
  if (shape === "line" || shape === "polygon") {
    return points.map((point, i) => ({
      ...point,
      drag: (to) => ({ ...region, points: points.map((each, k) => (k === i ? to : each)) }),
    }));
  }
  if (shape === "circle" || shape === "annulus") return radii(region);
  // Of a box and an ellipse with a hole, only the outer sides are gripped.
  if (ROTATED.includes(shape) && lengths.length === 2) return axes(region);
  return [];
}

function radii(region) {
  const [centre] = region.points;
  return region.lengths.map((radius, i) => ({
    x: centre.x + radius,
    y: centre.y,
    drag: (to) => {
      const lengths = [...region.lengths];
      lengths[i] = Math.hypot(to.x - centre.x, to.y - centre.y);
      return { ...region, lengths: lengths.sort((a, b) => a - b) };
    },
  }));
}

/** The ends of the axes: the first changes its length and the angle, the second its length. */
function axes(region) {
  const { shape, points, lengths, angle } = region;
  const [centre] = points;
  const half = shape === "box" ? 0.5 : 1; // a box has sides, an ellipse has radii
  return [0, 1].map((axis) => {
    const direction = (angle + 90 * axis) * (Math.PI / 180);
    return {
      x: centre.x + half * lengths[axis] * Math.cos(direction),
      y: centre.y + half * lengths[axis] * Math.sin(direction),
      drag: (to) => {
        const [dx, dy] = [to.x - centre.x, to.y - centre.y];
        const changed = [...lengths];
        changed[axis] = Math.hypot(dx, dy) / half;
        if (axis) return { ...region, lengths: changed };
        return { ...region, lengths: changed, angle: (Math.atan2(dy, dx) * 180) / Math.PI };
      },
    };
  });
}

/** The outline of a region of an image on the screen, as a Path2D. */
export function outline(region, view) {
  const { shape, lengths, angle } = region;
  const path = new Path2D();
  const points = region.points.map(({ x, y }) => view.toScreen(x, y));
  const [centre] = points;
  const { zoom } = view.position;
  const turn = (-angle * Math.PI) / 180; // the screen counts rows downwards
  if (shape === "line" || shape === "polygon") trace(path, points, shape === "polygon");
  else if (shape === "point" || shape === "text") cross(path, centre, 6 * view.density);
  else if (shape === "box") {
    for (let i = 0; i < lengths.length; i += 2) {
      const [w, h] = [lengths[i] / 2, lengths[i + 1] / 2];
      const corners = [[-w, -h], [w, -h], [w, h], [-w, h]];
      trace(path, corners.map(([u, v]) => rotated(centre, u * zoom, v * zoom, turn)), true);
    }
  } else {
    const step = shape === "ellipse" ? 2 : 1;
    for (let i = 0; i < lengths.length; i += step) {
      const [a, b] = [lengths[i] * zoom, lengths[i + step - 1] * zoom];
      path.moveTo(centre.x + a * Math.cos(turn), centre.y + a * Math.sin(turn));
      path.ellipse(centre.x, centre.y, a, b, turn, 0, 2 * Math.PI);
    }
  }
  return path;
}

function rotated(centre, u, v, turn) {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return { x: centre.x + u * c - v * s, y: centre.y + u * s + v * c };
}

function trace(path, points, closed) {
  points.forEach(({ x, y }, i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  if (closed) path.closePath();
}

function cross(path, { x, y }, size) {
  path.moveTo(x - size, y);
  path.lineTo(x + size, y);
  path.moveTo(x, y - size);
  path.lineTo(x, y + size);
}
