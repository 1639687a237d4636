// Charts, drawn by Vega-Lite as SVG. Colours are the page's CSS variables, so that a chart follows
// the light, dark and print colours without being drawn again.

const SANS = getComputedStyle(document.documentElement).getPropertyValue("--sans");
const CONFIG = {
  background: null,
  font: SANS,
  view: { stroke: null },
  axis: {
    labelColor: "var(--soft)", titleColor: "var(--soft)", labelFontSize: 11, titleFontSize: 11, titleFontWeight: 400,
    gridColor: "var(--line)", domainColor: "var(--line)", tickColor: "var(--line)", ticks: false, labelPadding: 5,
  },
};

const tip = byId("tip");
function showTip(_handler, event, _item, value) {
  show(tip, typeof value === "string" && value !== "");
  if (tip.hidden) return;
  tip.textContent = value;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 12, innerWidth - width - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${event.clientY + height + 24 > innerHeight ? event.clientY - height - 12 : event.clientY + 16}px`;
}

/** Draw a Vega-Lite specification into a node, in place of what it held. */
async function draw(node, spec, onclick) {
  const compiled = charts.compile({ ...spec, config: CONFIG }).spec;
  const view = new charts.View(charts.parse(compiled, null, { ast: true }), {
    expr: charts.expressionInterpreter, renderer: "svg", tooltip: showTip, hover: false,
  });
  const holder = el("div");
  view.initialize(holder);
  if (onclick) view.addEventListener("click", (_, item) => item?.datum && onclick(item.datum));
  await view.runAsync();
  node.view?.finalize();
  node.view = view;
  node.replaceChildren(holder);
}

const stanceColour = {
  field: "stance", type: "nominal", legend: null,
  scale: { domain: STANCES.map(({ id }) => id), range: STANCES.map(({ tone }) => `var(--${tone})`) },
};
const stanceShape = {
  ...stanceColour,
  scale: { domain: STANCES.map(({ id }) => id), range: STANCES.map(({ shape }) => shape) },
};
const shareAxis = { format: ".0%", tickCount: 5, title: null };
const intervalNote = (cell, k) => (cell.low ? ` (${range(cell.low[k], cell.high[k])})` : "");

/** Dots with intervals: a cell's stances, and where all parties together stand. */
function dotChart(cell, reference, width) {
  const values = STANCES.map(({ id, label }, k) => ({
    stance: id, label, mean: cell.mean[k], low: cell.low?.[k], high: cell.high?.[k],
    said: percent(cell.mean[k]) + intervalNote(cell, k),
    all: reference?.mean[k],
    tip: `${label}: ${percent(cell.mean[k])}${intervalNote(cell, k)}` +
      (reference ? `\nAll parties: ${percent(reference.mean[k])}` : ""),
  }));
  // For the longest label, in a font whose letters are about so wide.
  const room = Math.max(66, Math.ceil(6.6 * Math.max(...STANCES.map(({ label }) => label.length))));
  const y = { field: "label", type: "nominal", title: null, scale: { domain: STANCES.map(({ label }) => label) },
    axis: { domain: false, labelColor: "var(--ink)", labelFontSize: 12, minExtent: room } };
  const x = { type: "quantitative", scale: { domain: [0, 1] } };
  return {
    description: `Average probability of each stance: ${values.map(({ label, said }) => `${label} ${said}`).join(", ")}`,
    width: Math.max(120, width - 100 - room), height: 38 * STANCES.length, padding: 2, data: { values },
    layer: [
      { mark: { type: "tick", thickness: 2, size: 20, color: "var(--soft)", aria: false },
        transform: [{ filter: "isValid(datum.all)" }], encoding: { x: { ...x, field: "all" }, y } },
      { mark: { type: "rule", strokeWidth: 7, opacity: 0.32, aria: false },
        transform: [{ filter: "isValid(datum.low)" }],
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, color: stanceColour } },
      { mark: { type: "point", filled: true, size: 105, opacity: 1, aria: false },
        encoding: { x: { ...x, field: "mean", axis: { ...shareAxis, values: [0, 0.25, 0.5, 0.75, 1], labelExpr: "datum.value === 0.25 || datum.value === 0.75 ? '' : datum.label", labelBound: false, orient: "top", domain: false } }, y,
          color: stanceColour, shape: stanceShape, tooltip: { field: "tip" } } },
      { mark: { type: "text", dx: 8, align: "left", fontSize: 11, color: "var(--ink)", aria: false },
        encoding: { x: { ...x, datum: 1 }, y, text: { field: "said" } } },
    ],
  };
}

/** Names of the summits for an axis: short, and no two alike. */
const summitLabels = once(() => {
  const seen = new Map();
  return DATA.summits.map((_, s) => {
    const label = short(summitName(s), 32);
    const times = (seen.get(label) ?? 0) + 1;
    seen.set(label, times);
    return times === 1 ? label : `${label} (${times})`;
  });
});

/** Stances side by side in a row of charts: all, or as many as leave room for the charts. */
const perRow = (stances, width) =>
  stances.length <= 3 ? Math.max(1, stances.length) : Math.max(2, Math.min(4, Math.floor(width / 220)));

/** Lines with intervals over the summits, one small chart for each stance side by side. */
function trendChart(cells, stances, top, width) {
  const labels = summitLabels();
  const gap = 26;
  const columns = Math.min(stances.length, perRow(stances, width));
  const each = Math.max(56, Math.min(380, Math.floor((width - 40 - gap * (columns - 1)) / columns)));
  const narrow = each / labels.length < 74;
  const chart = (k, at) => {
    const values = cells.map((cell) => ({
      summit: labels[cell.summit], index: cell.summit, stance: STANCES[k].id, few: !cell.low,
      mean: cell.mean[k], low: cell.low?.[k], high: cell.high?.[k],
      tip: `${summitName(cell.summit)}\n${STANCES[k].label}: ${percent(cell.mean[k])}${intervalNote(cell, k)}\n${basis(cell)}`,
    }));
    const colour = `var(--${STANCES[k].tone})`;
    const x = { field: "summit", type: "ordinal", title: null, scale: { domain: labels, type: "point", padding: 0.35 },
      axis: { labelAngle: narrow ? -40 : 0, labelLimit: narrow ? 96 : Math.max(60, each / labels.length - 6), labelOverlap: true, grid: false } };
    const y = { type: "quantitative", title: null, scale: { domain: [0, top] },
      axis: { ...shareAxis, tickCount: 4, labels: at === 0, domain: false } };
    return {
      width: each, height: 128, data: { values },
      layer: [
        // A title proper would stand higher where the axis has labels.
        { data: { values: [{}] }, mark: { type: "text", x: 0, y: -15, align: "left", fontSize: 12, fontWeight: 700,
          text: `${STANCES[k].sign} ${STANCES[k].label}`, color: `var(--${STANCES[k].tone}-text)`, aria: false } },
        { mark: { type: "rule", strokeWidth: 8, opacity: 0.28, color: colour, aria: false },
          transform: [{ filter: "isValid(datum.low)" }],
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } } },
        { mark: { type: "line", strokeWidth: 1.8, color: colour, aria: false },
          encoding: { x, y: { ...y, field: "mean" } } },
        { mark: { type: "point", size: 58, opacity: 1, stroke: colour, shape: STANCES[k].shape, cursor: "pointer", aria: false },
          encoding: { x, y: { ...y, field: "mean" }, tooltip: { field: "tip" },
            fill: { condition: { test: "datum.few", value: "var(--paper)" }, value: colour } } },
      ],
    };
  };
  return {
    description: "Average probability of each stance at each summit; the table below has the figures.",
    padding: 2, spacing: gap, bounds: "flush",
    ...(stances.length <= columns ? { hconcat: stances.map(chart) } : {
      spacing: 2 * gap,
      vconcat: Array.from({ length: Math.ceil(stances.length / columns) }, (_, row) => ({
        spacing: gap, bounds: "flush", hconcat: stances.slice(row * columns, (row + 1) * columns).map(chart),
      })),
    }),
  };
}

/** A table of the same figures as a chart. */
function figureTable(corner, lines, stances) {
  return el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, corner),
      stances.map((k) => el("th", { scope: "col" }, STANCES[k].label)), el("th", { scope: "col" }, "Sentences"), el("th", { scope: "col" }, "Articles"))),
    el("tbody", {}, lines.map(([name, cell]) => el("tr", {}, el("th", { scope: "row" }, bdi(short(name, 80))),
      stances.map((k) => el("td", {}, percent(cell.mean[k]) + intervalNote(cell, k))),
      el("td", {}, integer.format(cell.sentences)), el("td", {}, integer.format(cell.articles))))));
}
