// The page's state, its filters, and the order in which things are drawn.

const FIRST_PARTIES = 25;
const FIRST_TRENDS = 5;
const state = { party: "", issue: ALL, summit: ALL, stance: ALL, shown: FIRST_PARTIES, trends: FIRST_TRENDS, cell: null };
const selectedKey = () => (state.cell ? cellKey(state.cell.party, state.cell.issue, state.cell.summit) : "");

/** Change filters; the chosen cell follows them. */
function choose(change) {
  Object.assign(state, change);
  if (state.cell) {
    if ("summit" in change) state.cell = { ...state.cell, summit: state.summit };
    if ("issue" in change) state.cell = { ...state.cell, issue: state.issue };
    if ("party" in change) {
      const parties = partiesShown();
      if (parties.length === 1) state.cell = { ...state.cell, party: parties[0] };
    }
  }
  drawAll();
}

/** Choose a cell and go to the sentences behind it. */
function select(party, issue, summit) {
  state.cell = { party, issue, summit };
  for (const button of document.querySelectorAll(".map td button")) {
    button.setAttribute("aria-pressed", String(button.dataset.cell === selectedKey()));
  }
  drawCell();
  remember();
  byId("cell").scrollIntoView();
  byId("cell").focus({ preventScroll: true });
}

/** Mark the page as busy while sentences or charts are on their way, for whoever waits for them. */
async function busy(work) {
  document.body.dataset.busy = Number(document.body.dataset.busy ?? 0) + 1;
  try {
    await work;
  } finally {
    document.body.dataset.busy = Number(document.body.dataset.busy) - 1;
  }
}

function drawAll() {
  drawFilters();
  drawMap();
  drawCell();
  drawTrends();
  remember();
}

// ---- filters

function choices(node, name, options, current, onchoose) {
  node.replaceChildren(...options.map(([value, ...label]) =>
    el("label", {},
      el("input", { type: "radio", name, value, checked: value === current, onchange: () => onchoose(value) }),
      el("span", {}, label))));
}

function setUpFilters() {
  const party = byId("filter-party");
  byId("parties").replaceChildren(...DATA.parties.map((_, p) => {
    const option = el("option");
    option.value = short(partyName(p), 200);
    return option;
  }));
  party.addEventListener("input", () => choose({ party: party.value }));
  const fill = (id, all, names) =>
    byId(id).replaceChildren(...[all, ...names].map((name, n) => el("option", { value: n - 1 }, short(name, 80))));
  fill("filter-issue", "All issues", DATA.issues.map((_, i) => issueName(i)));
  fill("filter-summit", "All summits", DATA.summits.map((_, s) => summitName(s)));
  byId("filter-issue").addEventListener("change", (event) => choose({ issue: Number(event.target.value) }));
  byId("filter-summit").addEventListener("change", (event) => choose({ summit: Number(event.target.value) }));
  choices(byId("filter-stance"), "stance",
    [[ALL, "Strongest"], ...STANCES.map(({ label }, k) => [k, sign(k), ` ${label}`])],
    state.stance, (stance) => choose({ stance }));
  byId("filter-stance").classList.toggle("many", STANCES.length > 4);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", (event) => {
    event.preventDefault();
    choose({ party: "", issue: ALL, summit: ALL, stance: ALL });
  });
  byId("map-more").addEventListener("click", () => choose({ shown: Infinity }));
  byId("trends-more").addEventListener("click", () => choose({ trends: state.trends * 2 }));
}

/** Show the state in the filters (it may have come from the address or from a click in the map). */
function drawFilters() {
  if (byId("filter-party").value !== state.party) byId("filter-party").value = state.party;
  byId("filter-issue").value = state.issue;
  byId("filter-summit").value = state.summit;
  for (const input of byId("filter-stance").querySelectorAll("input")) input.checked = Number(input.value) === state.stance;
}

// ---- words

function drawGlance() {
  const ranked = (k) => DATA.parties.map((_, p) => cellOf(p, ALL, ALL)).filter((cell) => cell?.low)
    .sort((a, b) => b.mean[k] - a.mean[k]).slice(0, 3);
  if (ranked(0).length < 2) return;
  const heads = usual ? ["Saw most progress", "Hedged most", "Pressed hardest"] : ATTITUDES.map((k) => `Most ${STANCES[k].word}`);
  byId("glance").replaceChildren(...ATTITUDES.map((k) => el("div", { class: STANCES[k].tone },
    el("h3", {}, sign(k), ` ${heads[k]}`),
    el("ol", {}, ranked(k).map((cell) => el("li", {},
      el("button", { type: "button", title: `${isolated(partyName(cell.party))}: ${figure(cell, k)}; ${basis(cell)}`, onclick: () => select(cell.party, ALL, ALL) },
        bdi(partyName(cell.party), { class: "name" }),
        el("span", { class: "value" }, percent(cell.mean[k]), el("span", { class: "unseen" }, ` ${STANCES[k].word}`),
          el("small", { title: `95% interval` }, range(cell.low[k], cell.high[k]))))))))));
  show(byId("glance"), true);
}

function drawWords() {
  const { counts } = DATA;
  byId("standfirst").textContent = counts.rows === 0
    ? "The scores file holds no rows: there is nothing to show."
    : `${count(counts.sentences, "sentence")} from ${count(counts.articles, "article")}` +
      `${counts.summits > 1 ? ` on ${count(counts.summits, "summit")}` : ""}, read by a language model for the attitude they report of ` +
      `${counts.parties === 1 ? "the one party" : `each of the ${integer.format(counts.parties)} parties`} they mention: ` +
      `${ATTITUDES.map((k) => STANCES[k].word).join(", ")}, or none of these.`;
  const [first, last] = (DATA.dates ?? []).map(dateText);
  byId("byline").textContent = [
    first && `Coverage of ${first}${first === last ? "" : ` to ${last}`}`,
    counts.sources > 0 && count(counts.sources, "source"),
    `Made with stance ${DATA.version}`,
  ].filter(Boolean).join(" · ");
  byId("methods-text").replaceChildren(...DATA.methods.map((text) => el("p", { dir: "auto" }, text)));
  byId("notice").textContent = DATA.notice ?? "";
  show(byId("notice"), Boolean(DATA.notice));
  byId("licences-text").textContent = JSON.parse(byId("licences").textContent);
}

// ---- address: the filters and the chosen cell, so that a link leads a colleague to a number

function remember() {
  const words = new URLSearchParams();
  if (state.party) words.set("party", state.party);
  if (state.issue !== ALL) words.set("issue", issueName(state.issue));
  if (state.summit !== ALL) words.set("summit", summitName(state.summit));
  if (state.stance !== ALL) words.set("stance", STANCES[state.stance].id);
  if (state.cell && selectedKey() !== firstCellKey) words.set("cell", selectedKey());
  const hash = words.toString();
  if (hash.length > 2000) return;
  history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
}

function recall() {
  const words = new URLSearchParams(location.hash.slice(1));
  const place = (list, label, name) => (name === null ? ALL : list.findIndex((_, n) => label(n) === name));
  state.party = words.get("party") ?? "";
  state.issue = place(DATA.issues, issueName, words.get("issue"));
  state.summit = place(DATA.summits, summitName, words.get("summit"));
  state.stance = STANCES.findIndex(({ id }) => id === words.get("stance"));
  const cell = CELLS.get(words.get("cell") ?? firstCellKey);
  if (cell) state.cell = { party: cell.party, issue: cell.issue, summit: cell.summit };
}

/** The cell shown first: a party on an issue, the most written about. */
const firstCellKey = (() => {
  let best = null;
  for (const cell of CELLS.values()) {
    if (cell.party === ALL || cell.summit !== ALL) continue;
    const better = !best || (cell.issue !== ALL) > (best.issue !== ALL) ||
      ((cell.issue !== ALL) === (best.issue !== ALL) && cell.sentences > best.sentences);
    if (better) best = cell;
  }
  return best ? cellKey(best.party, best.issue, best.summit) : "";
})();

drawWords();
if (DATA.counts.rows > 0) {
  for (const id of ["filters", "map", "cell"]) show(byId(id), true);
  show(byId("filter-summit").parentElement, DATA.summits.length > 1);
  setUpFilters();
  recall();
  drawGlance();
  drawAll();
  const scroll = byId("map-scroll");
  const fade = () => scroll.classList.toggle("cut", scroll.scrollLeft + scroll.clientWidth < scroll.scrollWidth - 4);
  scroll.addEventListener("scroll", fade, { passive: true });
  new ResizeObserver(fade).observe(scroll);
  addEventListener("hashchange", () => { recall(); drawAll(); });
  let width = innerWidth;
  let waiting;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => { drawCell(); drawTrends(); }, 150);
  });
}
