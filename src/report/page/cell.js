// Behind a number: the chosen cell's chart and its sentences.

// Sentences put on the page: at first, and with every wish for more.
const FIRST_SENTENCES = 12;
const MORE_SENTENCES = 50;
const LONG = 1500; // letters from which on a sentence scrolls in a box of its own
let asked = 0; // the newest request for sentences: an older one that ends later is dropped

function drawCell() {
  const { party, issue, summit } = state.cell;
  const cell = cellOf(party, issue, summit);
  byId("cell-title").replaceChildren(
    bdi(short(partyName(party), 160)), " on ", bdi(short(issueName(issue), 160)),
    summit === ALL && DATA.summits.length < 2 ? "" : ", ",
    summit === ALL && DATA.summits.length < 2 ? "" : bdi(short(summitName(summit), 160)));

  byId("cell-chatter").replaceChildren(...(cell
    ? [`${basis(cell)}. ${cell.low ? "" : `There are ${tooFew}. `}` +
        `${cell.mean[NEUTRAL] > 0.5 ? `Mostly neutral (${percent(cell.mean[NEUTRAL])}); strongest` : "Strongest"} attitude: `,
        el("span", { class: STANCES[strongest(cell)].tone }, el("span", { class: "word" }, STANCES[strongest(cell)].word)),
        `, ${percent(cell.mean[strongest(cell)])} on average.`]
    : ["No sentence of these articles mentions this party on this issue there."]));
  show(byId("cell-figure"), Boolean(cell));
  if (cell) {
    const reference = party === ALL || DATA.counts.parties < 2 ? null : cellOf(ALL, issue, summit);
    byId("cell-caption").textContent =
      "Average probability of each stance" + (cell.low ? `, with its 95% interval` : "") +
      (reference ? ". The grey tick marks all parties together." : ".");
    const chart = byId("cell-chart");
    busy(draw(chart, dotChart(cell, reference, chart.clientWidth || 340)));
    const lines = [[partyName(party), cell]];
    if (reference) lines.push([partyName(ALL), reference]);
    byId("cell-table").replaceChildren(figureTable("Party", lines, STANCES.map((_, k) => k)));
  }
  busy(drawEvidence(cell, FIRST_SENTENCES));
}

async function drawEvidence(cell, most) {
  const request = ++asked;
  const { party, issue, summit } = state.cell;
  const all = cell ? await rowsOf(party, issue, summit) : [];
  const stances = (await rowTable()).stance;
  const rows = state.stance === ALL ? all : all.filter((row) => stances[row] === state.stance);
  const shown = await Promise.all(rows.slice(0, most).map(rowAt));
  if (request !== asked) return;

  const only = state.stance === ALL ? "" : `${STANCES[state.stance].word} `;
  byId("evidence-title").textContent = rows.length === 0 ? "" : `The ${only}sentences, in the order of their articles`;
  const notes = [];
  if (cell && rows.length === 0) {
    notes.push(all.length > 0 ? `No sentence here is mainly ${STANCES[state.stance].word}.` : "The page has no room for the sentences of this cell.");
  }
  if (cell && all.length > 0 && all.length < cell.sentences) {
    notes.push(`To stay small, the page carries ${integer.format(all.length)} of the ${integer.format(cell.sentences)} ` +
      "readings behind this number, chosen evenly; the number rests on all.");
  }
  byId("evidence-note").textContent = notes.join(" ");
  show(byId("evidence-note"), notes.length > 0);

  const articles = [];
  for (const row of shown) {
    if (articles.at(-1)?.[0].article !== row.article) articles.push([]);
    articles.at(-1).push(row);
  }
  byId("evidence").replaceChildren(...articles.map((rows) => articleEvidence(rows, summit, party)));

  const more = byId("evidence-more");
  show(more, rows.length > shown.length);
  more.textContent = `Show ${integer.format(Math.min(MORE_SENTENCES, rows.length - shown.length))} more of ${integer.format(rows.length)}`;
  more.onclick = () => busy(drawEvidence(cell, most + MORE_SENTENCES).then(() => {
    const first = byId("evidence").querySelectorAll("li")[shown.length];
    first?.setAttribute("tabindex", "-1");
    first?.focus();
  }));
}

const dateText = (date) => {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(date ?? "")?.[0];
  const parsed = day && new Date(`${day}T12:00:00Z`);
  return parsed && !Number.isNaN(parsed.valueOf())
    ? parsed.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })
    : date;
};

function articleEvidence(rows, summit, party) {
  const { id, date, source, summit: at } = rows[0];
  return el("article", { class: "article" },
    el("header", {},
      source === null ? null : el("b", {}, bdi(source)),
      date === null ? null : el("time", { datetime: /^\d{4}-\d{2}-\d{2}/.test(date) ? date : null }, bdi(dateText(date))),
      summit === ALL && DATA.summits.length > 1 ? bdi(summitName(at)) : null,
      bdi(id, { title: "Article" })),
    el("ol", {}, rows.map((row) => sentenceEvidence(row, party))));
}

function sentenceEvidence(row, party) {
  const { text, from, to, stance, probabilities } = row;
  const quote = from < 0 ? [text] : [text.slice(0, from), el("mark", {}, text.slice(from, to)), text.slice(to)];
  const said = STANCES.map(({ word }, k) => `${word} ${percent(probabilities[k])}`).join(", ");
  return el("li", { class: STANCES[stance].tone, "data-sentence": row.number, "data-stance": STANCES[stance].id },
    el("div", { class: "verdict", title: said },
      el("b", {}, sign(stance), ` ${STANCES[stance].label} ${percent(probabilities[stance])}`),
      el("div", { class: "bar", role: "img", "aria-label": said },
        STANCES.map(({ tone }, k) => el("i", { class: tone, "--w": `${probabilities[k] * 100}%` })))),
    el("div", { class: "said" },
      text.length > LONG
        ? el("blockquote", { dir: "auto", class: "long", tabindex: "0", role: "region", "aria-label": "A long sentence" }, quote)
        : el("blockquote", { dir: "auto" }, quote),
      el("p", { class: "about" },
        party === ALL ? bdi(short(partyName(row.party), 80)) : null,
        from < 0 && row.mention !== null ? el("span", {}, "mention: ", bdi(row.mention)) : null,
        row.issues.length === 0 ? null : el("span", {}, row.issues.flatMap((i, n) => [n > 0 ? " · " : "", bdi(short(issueName(i), 80))])))));
}
