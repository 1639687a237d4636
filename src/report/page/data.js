// What the page knows: the data blocks, their labels, and the sentences, unpacked when asked for.
// Everything that came from a file reaches the document through textContent, and never as markup.

const byId = (id) => document.getElementById(id);
const DATA = JSON.parse(byId("data").textContent);
const ALL = -1; // "all parties", "all issues", "all summits"

// Signs and shapes of the attitudes, in their order. The variation selector keeps a sign from being
// drawn as an emoji.
const STAR = "M0,-1L.235,-.324L.951,-.309L.38,.124L.588,.809L0,.4L-.588,.809L-.38,.124L-.951,-.309L-.235,-.324Z";
const MARKS = [
  ["▲", "triangle-up"], ["◆", "diamond"], ["■", "square"], ["✚", "cross"],
  ["▼", "triangle-down"], ["★", STAR], ["▶\ufe0e", "triangle-right"], ["◀\ufe0e", "triangle-left"],
];
const CODEBOOK = ["optimistic", "cautious", "insistent", "neutral"];
const usual = DATA.stances.join() === CODEBOOK.join();
const NEUTRAL = DATA.stances.length - 1; // always the last
/** The stances: `id` as in the files, `word` in a sentence, `label` alone, `tone` for style and colour. */
const STANCES = DATA.stances.map((id, k) => {
  const word = id.replaceAll("_", " ");
  const [sign, shape] = k === NEUTRAL ? ["●", "circle"] : MARKS[k % MARKS.length];
  // A name of the user's own must not be taken for one of the page's classes.
  const tone = usual ? id : k === NEUTRAL ? "neutral" : `own-${k % MARKS.length + 1}`;
  return { id, word, label: word[0].toUpperCase() + word.slice(1), sign, shape, tone };
});
const ATTITUDES = DATA.stances.map((_, k) => k).slice(0, NEUTRAL); // the stances that are more than a mention

// ---- labels

const named = (name, missing) => (name === null ? missing : name.trim() === "" ? "(blank)" : name);
const partyName = (p) => (p === ALL ? "All parties" : named(DATA.parties[p], "(no party)"));
const issueName = (i) => (i === ALL ? "all issues" : named(DATA.issues[i], "no issue"));
const summitName = (s) => (s === ALL ? "all summits" : named(DATA.summits[s], "no summit named"));

/** A name cut to what a chart label can hold, by code points. */
function short(name, most = 48) {
  const points = Array.from(name);
  return points.length > most ? points.slice(0, most - 1).join("").trimEnd() + "…" : name;
}

/** A name for running text of attributes: bidi marks in it cannot turn the words around it. */
const isolated = (name) => `\u2068${short(name, 120)}\u2069`;

const integer = new Intl.NumberFormat("en");
const count = (n, one, many = one + "s") => `${integer.format(n)} ${n === 1 ? one : many}`;
const percent = (share) => `${Math.round(share * 100)}%`;
/** "48–75%" */
const range = (low, high) => `${Math.round(low * 100)}–${Math.round(high * 100)}%`;
const signed = (difference) => `${difference < 0 ? "−" : "+"}${Math.abs(Math.round(difference * 100))}`;
const points = (difference) => `${signed(difference)} points`;

function listed(items) {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

// ---- document

/** Make an element: `el("p", {class: "foot"}, "text", node…)`. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null));
  return node;
}
const bdi = (text, attributes = {}) => el("bdi", attributes, text);
const sign = (k) => el("span", { class: "sign", "aria-hidden": "true" }, STANCES[k].sign);
const show = (node, visible) => (node.hidden = !visible);

// ---- cells

const CELLS = new Map();
const cellKey = (p, i, s) => `${p},${i},${s}`;
{
  const { party, issue, summit, sentences, articles, mean, low, high } = DATA.cells;
  party.forEach((p, n) => {
    const each = STANCES.length;
    const values = (list) => list.slice(each * n, each * n + each).map((value) => value / 1000);
    const few = low[each * n] < 0;
    CELLS.set(cellKey(p, issue[n], summit[n]), {
      party: p, issue: issue[n], summit: summit[n],
      sentences: sentences[n], articles: articles[n], mean: values(mean),
      low: few ? null : values(low), high: few ? null : values(high),
    });
  });
}
/** The cell of a party (or ALL), an issue (or ALL) and a summit (or ALL), if any sentence is in it. */
const cellOf = (p, i, s) => CELLS.get(cellKey(p, i, s));

/** The strongest attitude of a cell: what its colour says when no stance is chosen. */
const strongest = (cell) =>
  ATTITUDES.reduce((best, k) => (cell.mean[k] > cell.mean[best] ? k : best), 0);

/** "insistent 62% (48–75%)" */
const figure = (cell, k) =>
  `${STANCES[k].word} ${percent(cell.mean[k])}` +
  (cell.low ? ` (${range(cell.low[k], cell.high[k])})` : "");

/** Why a cell has no interval. */
const tooFew = `too few ${DATA.corrected ? "articles or labels" : "articles"} for an interval`;
const basis = (cell) => `${count(cell.sentences, "sentence")} in ${count(cell.articles, "article")}`;

// ---- sentences

/** Unpack a block: base64 of raw deflate of JSON. */
async function unpack(block) {
  const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}
const once = (make) => {
  let made;
  return () => (made ??= make());
};

const EVIDENCE = JSON.parse(byId("evidence-data").textContent);
const rowTable = once(() => unpack(EVIDENCE.rows));
const textBlocks = EVIDENCE.texts.map((block) => once(() => unpack(block)));

/** The numbers of a cell's rows in the row table, in the order of summits, articles, sentences. */
async function rowsOf(p, i, s) {
  const table = await rowTable();
  const withIssue = table.issue_sets.map((set) => set.includes(i));
  const found = [];
  for (let row = 0; row < table.party.length; row++) {
    if (table.party[row] !== p && p !== ALL) continue;
    const sentence = table.sentence[row];
    if (i !== ALL && !withIssue[table.issues[row]]) continue;
    if (s !== ALL && table.articles.summit[table.sentences.article[sentence]] !== s) continue;
    found.push(row);
  }
  return found;
}

/** A row as shown, with its sentence's text. */
async function rowAt(row) {
  const table = await rowTable();
  const sentence = table.sentence[row];
  const article = table.sentences.article[sentence];
  const first = STANCES.length * row;
  const texts = await textBlocks[Math.floor(sentence / EVIDENCE.texts_per_block)]();
  return {
    article,
    id: table.articles.id[article],
    date: table.articles.date[article],
    source: table.articles.source[article],
    summit: table.articles.summit[article],
    number: table.sentences.number[sentence],
    text: texts[sentence % EVIDENCE.texts_per_block],
    party: table.party[row],
    // UTF-16 offsets in the text; -1 where the mention does not stand where the row says.
    from: table.mention_start[row],
    to: table.mention_end[row],
    mention: table.mention[row] < 0 ? null : table.mentions[table.mention[row]],
    probabilities: table.probabilities.slice(first, first + STANCES.length).map((value) => value / 1000),
    stance: table.stance[row],
    issues: table.issue_sets[table.issues[row]],
    link: table.links[table.link[row]],
  };
}
