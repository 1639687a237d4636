// What changed: per party, small charts of each stance over the summits.

const MOST_CHANGES = 9;

function drawTrends() {
  const section = byId("trends");
  show(section, DATA.summits.length > 1);
  if (section.hidden) return;
  drawChanges();
  const stances = state.stance === ALL ? ATTITUDES : [state.stance];
  const all = partiesShown()
    .map((p) => [p, DATA.summits.map((_, s) => cellOf(p, state.issue, s)).filter(Boolean)])
    .filter(([, cells]) => cells.length > 0);
  byId("trends-chatter").replaceChildren(
    `Average probability of each stance per summit, in the order of their dates${state.issue === ALL ? "" : ", on "}`,
    state.issue === ALL ? "" : bdi(issueName(state.issue)),
    `; bars are 95% intervals, hollow signs rest on fewer than ${count(DATA.min_articles, "article")}. `,
    "Choose a sign to read its sentences.");
  const shown = all.slice(0, state.trends);
  // One scale for all charts on the page, so that they can be compared.
  const top = Math.min(1, Math.ceil(5 * Math.max(0.2, ...shown.flatMap(([, cells]) =>
    cells.flatMap((cell) => stances.map((k) => cell.high?.[k] ?? cell.mean[k]))))) / 5);
  const list = byId("trends-list");
  const width = section.clientWidth;
  list.replaceChildren(...shown.map(([p, cells]) => {
    const chart = el("div", { class: "chart" });
    busy(draw(chart, trendChart(cells, stances, top, width), (datum) => {
      if (typeof datum.index === "number") select(p, state.issue, datum.index);
    }));
    return el("article", { class: "trend" },
      el("h3", {}, bdi(partyName(p), { class: "name" })),
      chart,
      el("details", { class: "numbers" }, el("summary", {}, "The figures as a table"),
        el("div", { class: "scroll" }, figureTable("Summit", cells.map((cell) => [summitName(cell.summit), cell]), stances))));
  }));
  if (all.length === 0) list.replaceChildren(el("p", { class: "foot" }, "No party matches the filters."));
  const more = byId("trends-more");
  show(more, all.length > state.trends);
  more.textContent = `Show more of the ${count(all.length, "party", "parties")}`;
}

/** The clearest changes that the filters leave, each leading to its sentences. */
function drawChanges() {
  const parties = new Set(partiesShown());
  const found = DATA.changes.filter((change) => parties.has(change.party) &&
    (state.issue === ALL || change.issue === state.issue) &&
    (state.summit === ALL || change.from === state.summit || change.to === state.summit) &&
    (state.stance === ALL || change.stance === state.stance)).slice(0, MOST_CHANGES);
  show(byId("changes"), found.length > 0);
  show(byId("changes-none"), found.length === 0);
  byId("changes").replaceChildren(...found.map((change) => el("li", { class: STANCES[change.stance].tone },
    el("button", { type: "button", onclick: () => select(change.party, change.issue, change.to) },
      el("b", { class: "word" }, sign(change.stance), ` ${points(change.difference)}`),
      el("span", {}, bdi(short(partyName(change.party), 60)), " on ", bdi(short(issueName(change.issue), 60)), `: ${STANCES[change.stance].word}`),
      el("small", {}, bdi(short(summitName(change.from), 40)), " to ", bdi(short(summitName(change.to), 40)),
        `; 95% interval ${signed(change.low)} to ${signed(change.high)}; q ${change.q < 0.001 ? "< 0.001" : change.q.toFixed(3)}`)))));
}
