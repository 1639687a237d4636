// The heat map, a table of buttons: party × issue at one summit or all.

/** The parties that the party filter leaves, in the page's order. */
function partiesShown() {
  const query = state.party.trim().toLocaleLowerCase();
  const all = DATA.parties.map((_, p) => p);
  if (query === "") return all;
  const exact = all.filter((p) => partyName(p).toLocaleLowerCase() === query);
  return exact.length > 0 ? exact : all.filter((p) => partyName(p).toLocaleLowerCase().includes(query));
}

/** Steps of the colour scale: from which share on, how deep. The last is dark enough for light text. */
const STEPS = [[0, 8], [0.2, 24], [0.35, 42], [0.5, 58], [0.65, 98]];
const depth = (share) => STEPS.findLast(([from]) => share >= from) ?? STEPS[0];

function mapCell(p, i, s) {
  const cell = cellOf(p, i, s);
  if (!cell) return el("td", {}, el("span", { class: "none" }));
  const k = state.stance === ALL ? strongest(cell) : state.stance;
  const value = cell.mean[k];
  const few = !cell.low;
  const label =
    `${isolated(partyName(p))}, ${isolated(issueName(i))}, ${isolated(summitName(s))}: ` +
    `${figure(cell, k)}; ${basis(cell)}${few ? `; ${tooFew}` : ""}`;
  return el("td", {},
    el("button", {
      type: "button", tabindex: "-1", title: label, "aria-label": label,
      class: [STANCES[k].tone, !few && depth(value) === STEPS.at(-1) ? "deep" : "", few ? "few" : ""].join(" "),
      "--k": `${depth(value)[1]}%`,
      "data-cell": cellKey(p, i, s),
      "aria-pressed": String(cellKey(p, i, s) === selectedKey()),
      onclick: () => select(p, i, s),
    }, sign(k), percent(value).slice(0, -1)));
}

function drawMap() {
  const s = state.summit;
  const found = partiesShown();
  const parties = found.slice(0, state.shown);
  const issues = state.issue === ALL ? DATA.issues.map((_, i) => i) : [state.issue];

  const head = el("tr", {}, el("td"), el("th", { class: "all", scope: "col" },
    el("button", { type: "button", title: "Sort by all issues", onclick: () => choose({ issue: ALL }) }, "All issues")),
    el("td", { class: "gap" }),
    issues.map((i) => el("th", { scope: "col" },
      el("button", { type: "button", title: `Only ${isolated(issueName(i))}`, onclick: () => choose({ issue: state.issue === i ? ALL : i }) },
        bdi(short(issueName(i), 40))))));

  const line = (p) => el("tr", {},
    el("th", { scope: "row" }, p === ALL ? "All parties" :
      el("button", { type: "button", title: `Only ${isolated(partyName(p))}`, onclick: () => choose({ party: state.party === partyName(p) ? "" : partyName(p) }) },
        bdi(partyName(p), { class: "name" }))),
    mapCell(p, ALL, s), el("td", { class: "gap" }),
    issues.map((i) => mapCell(p, i, s)));

  const table = el("table", { class: "map" },
    el("caption", { class: "unseen" }, `Stances by party and issue, ${summitName(s)}`),
    el("thead", {}, head),
    el("tbody", {}, state.party.trim() === "" && found.length > 1 ? line(ALL) : null, parties.map(line)));
  if (issues.length < 5) table.style.width = "auto";
  byId("map-scroll").replaceChildren(
    parties.length > 0 ? table : el("p", { class: "foot" }, "No party matches the filter."));
  moveByArrows(table);

  const k = state.stance;
  const shade = k === ALL
    ? "Colour and sign give the strongest attitude of each party on each issue, depth and number its average probability in per cent."
    : `Depth and number give the average probability, in per cent, that a sentence shows the party ${STANCES[k].word}.`;
  byId("map-chatter").replaceChildren(shade + " Choose a cell to read the sentences behind it.");
  drawKey();

  const more = byId("map-more");
  show(more, found.length > parties.length);
  more.textContent = `Show all ${integer.format(found.length)} parties`;
  byId("map-foot").textContent =
    `${s === ALL && DATA.summits.length > 1 ? "All summits together. " : ""}Parties in order of how many articles mention them. ` +
    "A sentence about two issues counts under both.";
}

function drawKey() {
  const ramp = (k) => el("span", { class: `item ${STANCES[k].tone}` },
    el("span", { class: "word" }, sign(k), ` ${STANCES[k].label}`),
    el("span", { class: "ramp", "aria-hidden": "true" }, STEPS.map(([, k]) => el("i", { "--k": `${k}%` }))));
  byId("map-key").replaceChildren(
    ...(state.stance === ALL ? ATTITUDES : [state.stance]).map(ramp),
    el("span", { class: "item" }, `steps at ${listed(STEPS.slice(1).map(([from]) => Math.round(from * 100)))}%`),
    el("span", { class: "item few" }, `no fill: ${tooFew}`));
}

/** Arrow keys walk the table's cells; Tab enters and leaves it (one stop). */
function moveByArrows(table) {
  const grid = [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td button")]);
  const first = table.querySelector('button[aria-pressed="true"]') ?? grid.flat()[0];
  if (first) first.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const here = event.target.closest("td button");
    if (!here) return;
    const row = here.closest("tr");
    const at = here.closest("td").cellIndex;
    const seek = (from, step) => {
      for (let next = from; next; next = next[step]) {
        const button = next.querySelector?.("button");
        if (button && next.matches("td")) return button;
      }
    };
    const column = (step) => {
      for (let next = row[step]; next; next = next[step]) {
        const button = next.cells[at]?.querySelector("button");
        if (button) return button;
      }
    };
    const go = {
      ArrowLeft: () => seek(here.closest("td").previousElementSibling, "previousElementSibling"),
      ArrowRight: () => seek(here.closest("td").nextElementSibling, "nextElementSibling"),
      ArrowUp: () => column("previousElementSibling"),
      ArrowDown: () => column("nextElementSibling"),
      Home: () => seek(row.cells[1], "nextElementSibling"),
      End: () => seek(row.lastElementChild, "previousElementSibling"),
    }[event.key]?.();
    if (!go) return;
    event.preventDefault();
    here.tabIndex = -1;
    go.tabIndex = 0;
    go.focus();
  });
}
