// Colours: readable, and apart for colour-blind readers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const contrast = (one, other) => {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};

/** CIE L*a*b* (D65), for distances as eyes see them. */
function lab(colour) {
  const [r, g, b] = colour.map(linear);
  const f = (t) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116);
  const [x, y, z] = [
    f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047),
    f(0.2126 * r + 0.7152 * g + 0.0722 * b),
    f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883),
  ];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
const distance = (one, other) => Math.hypot(...lab(one).map((value, n) => value - lab(other)[n]));

// Machado, Oliveira and Fernandes 2009, severity 1.0; applied to linear light.
const SIGHT = {
  full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const encode = (value) => {
  const v = Math.min(1, Math.max(0, value));
  return v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
};
const seenBy = (matrix, colour) => {
  const light = colour.map(linear);
  return matrix.map((row) => encode(row.reduce((sum, weight, n) => sum + weight * light[n], 0)));
};

/** Colours as the browser paints them, 0 to 1. */
const painted = (page, read) => page.evaluate(`(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((value) => value / 255);
  };
  return (${read})(rgb);
})()`);

for (const colorScheme of ["light", "dark"]) for (const name of ["three-summits", "own-stances"]) {
  test(`the numbers in the map can be read (${name}, ${colorScheme})`, async () => {
    const { page } = await open(browser, name, { colorScheme });
    await page.locator("#map-more").click();
    const cells = await painted(page, `(rgb) => [...document.querySelectorAll(".map td button")].map((button) => {
      const style = getComputedStyle(button);
      const bare = style.backgroundColor === "rgba(0, 0, 0, 0)";
      return { text: rgb(style.color), fill: rgb(bare ? getComputedStyle(document.body).backgroundColor : style.backgroundColor), name: button.className };
    })`);
    assert.ok(cells.length > 200);
    for (const { text, fill, name } of cells) assert.ok(contrast(text, fill) >= 4.5, `${name}: ${contrast(text, fill)}`);
    await page.context().close();
  });

}

for (const colorScheme of ["light", "dark"]) {
  test(`the stances stay apart for every kind of sight (${colorScheme})`, async () => {
    const { page } = await open(browser, "three-summits", { colorScheme });
    const colours = await painted(page, `(rgb) => ["optimistic", "cautious", "insistent"].map((name) =>
      rgb(getComputedStyle(document.documentElement).getPropertyValue("--" + name)))`);
    for (const [sight, matrix] of Object.entries(SIGHT)) {
      for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) {
        const apart = distance(seenBy(matrix, colours[a]), seenBy(matrix, colours[b]));
        assert.ok(apart >= 25, `${sight}: ${a} and ${b} are only ${apart.toFixed(1)} apart`);
      }
    }
    await page.context().close();
  });
}
