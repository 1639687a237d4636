// The report page, used as a reader uses it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readFileSync, statSync } from "node:fs";
import { choose, evidence, file, launch, open, read, rowsOf, rowsOfCell, settle } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const STANCES = ["optimistic", "cautious", "insistent", "neutral"];
const mean = (rows, stance) => rows.reduce((sum, row) => sum + row[stance], 0) / rows.length;
const quiet = (faults) => assert.deepEqual(faults, []);
const order = (list) => [...list].sort();
/** The same things, in any order; a failure names the first few that differ, not thousands. */
function sameSet(found, expected, what) {
  const missing = expected.filter((one) => !found.includes(one));
  const extra = found.filter((one) => !expected.includes(one));
  const brief = (list) => list.slice(0, 3).map((one) => one.slice(0, 300)).join("\n");
  assert.ok(
    found.length === expected.length && missing.length === 0 && extra.length === 0,
    `${what}: ${found.length} for ${expected.length}; missing:\n${brief(missing)}\nnot expected:\n${brief(extra)}`,
  );
}
const seen = (row) => JSON.stringify([row.article, row.sentence, row.text, row.mention, row.stance]);

const DEVICES = {
  desk: {},
  "phone in the dark": { colorScheme: "dark", viewport: { width: 360, height: 780 }, isMobile: true },
};
const PAGES = ["three-summits", "one-summit", "one-row", "empty", "hostile", "own-stances", "own-stance", "many", "small"];
for (const name of PAGES) {
  for (const [device, options] of Object.entries(DEVICES)) {
    test(`${name} opens quietly and fits a ${device}`, async () => {
      const { page, faults } = await open(browser, name, options);
      assert.match(await page.locator("h1").textContent(), /\S/);
      assert.match(await page.locator("#methods-text").textContent(), /\S/);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} pixels stick out to the side`);
      quiet(faults);
      await page.context().close();
    });
  }
}

test("the policy allows nothing but the page's own script and style", () => {
  const html = readFileSync(file("three-summits.html"), "utf8");
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)[1];
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^;]*; style-src 'sha256-[^;]*; img-src data:;/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
});

test("every number of the map is the mean of its rows, at every summit and for every stance", async () => {
  const rows = rowsOf("three-summits");
  const { page, faults } = await open(browser, "three-summits");
  const { data } = await read(page);
  for (const summit of [-1, 0, 1, 2]) {
    await page.selectOption("#filter-summit", String(summit));
    for (const stance of [-1, 0, 1, 2, 3]) {
      await page.locator(`#filter-stance input[value="${stance}"]`).check();
      const { numbers } = await read(page);
      assert.ok(Object.keys(numbers).length > 60);
      for (const [key, shown] of Object.entries(numbers)) {
        assert.equal(Number(key.split(",")[2]), summit);
        const cell = rowsOfCell(rows, data, key);
        const expected = stance < 0
          ? Math.max(...STANCES.slice(0, 3).map((each) => mean(cell, each)))
          : mean(cell, STANCES[stance]);
        assert.ok(Math.abs(shown - 100 * expected) <= 0.6, `${key}: ${shown} is not ${100 * expected}`);
      }
    }
  }
  await settle(page);
  quiet(faults);
  await page.context().close();
});

test("stances of a user's own have their names, numbers and sentences", async () => {
  const rows = rowsOf("own-stances");
  const { page, faults } = await open(browser, "own-stances");
  const { data } = await read(page);
  const words = data.stances.map((name) => name.replaceAll("_", " "));
  assert.equal(words.length, 9);
  assert.match(await page.locator("#standfirst").textContent(), /supportive, opposed, in favour, .*, or none of these\.$/);
  assert.equal(await page.locator("h1").textContent(), "Who took which stance");
  const choices = await page.locator("#filter-stance label").allTextContents();
  assert.deepEqual(choices.map((text) => text.replace(/^\W+/, "").toLowerCase()), ["strongest", ...words]);
  assert.equal(new Set(choices.map((text) => text[0])).size, 10, "every stance has a sign of its own");
  for (let stance = -1; stance < 9; stance++) {
    await page.locator(`#filter-stance input[value="${stance}"]`).check();
    const { numbers } = await read(page);
    assert.ok(Object.keys(numbers).length > 60);
    for (const [key, shown] of Object.entries(numbers)) {
      const cell = rowsOfCell(rows, data, key);
      const expected = stance < 0
        ? Math.max(...data.stances.slice(0, 8).map((each) => mean(cell, each)))
        : mean(cell, data.stances[stance]);
      assert.ok(Math.abs(shown - 100 * expected) <= 0.6, `${key}: ${shown} is not ${100 * expected}`);
    }
  }
  await page.locator('#filter-stance input[value="-1"]').check();
  const { numbers } = await read(page);
  const key = Object.keys(numbers).find((key) => !key.startsWith("-1") && !key.includes(",-1,"));
  await choose(page, key);
  const shown = await evidence(page);
  sameSet(shown.map(seen), rowsOfCell(rows, data, key).map(seen), `cell ${key}`);
  assert.equal(await page.locator("#cell-table thead th").count(), 9 + 3);
  await settle(page);
  quiet(faults);
  await page.context().close();
});

for (const name of ["three-summits", "hostile", "many"]) {
  test(`the sentences of a chosen cell are its rows (${name})`, async () => {
    const rows = rowsOf(name);
    const { page, faults } = await open(browser, name);
    const { data, numbers } = await read(page);
    const keys = Object.keys(numbers);
    const step = Math.ceil(keys.length / ({ many: 6, hostile: 10 }[name] ?? 25));
    for (const key of keys.filter((_, n) => n % step === 0 && !keys[n].startsWith("-1"))) {
      await choose(page, key);
      const shown = await evidence(page);
      const expected = rowsOfCell(rows, data, key);
      assert.ok(expected.length > 0);
      sameSet(shown.map(seen), expected.map(seen), `cell ${key}`);
      shown.forEach((line, n) => {
        const next = shown[n + 1];
        if (next?.article === line.article && next.source === line.source) assert.ok(next.sentence >= line.sentence);
        const row = expected.find((row) => seen(row) === seen(line));
        const said = Number(/(\d+)%/.exec(line.verdict)[1]);
        assert.ok(Math.abs(said - 100 * row[row.stance]) <= 0.6, line.verdict);
      });
    }
    quiet(faults);
    await page.context().close();
  });
}

describe("filters", () => {
  let page, faults, data;
  before(async () => {
    ({ page, faults } = await open(browser, "three-summits"));
    ({ data } = await read(page));
  });
  after(async () => {
    quiet(faults);
    await page.context().close();
  });
  const partiesShown = () => page.locator(".map tbody th .name").allTextContents();

  test("a part of a name leaves the parties with it", async () => {
    await page.fill("#filter-party", "united");
    const expected = data.parties.filter((party) => party.toLowerCase().includes("united")).slice(0, 25);
    assert.ok(expected.length > 2);
    assert.deepEqual(await partiesShown(), expected);
    assert.deepEqual(await page.locator(".trend h3 .name").allTextContents(), expected.slice(0, 5));
    await page.fill("#filter-party", "no such party");
    assert.deepEqual(await partiesShown(), []);
    assert.match(await page.locator("#map-scroll").textContent(), /No party/);
    await page.locator("#filter-reset").click();
    assert.equal((await partiesShown()).length, 25);
  });

  test("an issue leaves its column, and the chosen cell follows", async () => {
    const issue = data.issues.indexOf("security");
    await page.selectOption("#filter-issue", String(issue));
    const { numbers } = await read(page);
    assert.deepEqual(order(new Set(Object.keys(numbers).map((key) => key.split(",")[1]))), order(["-1", String(issue)]));
    assert.match(await page.locator("#cell-title").textContent(), /on security/);
    await page.locator("#filter-reset").click();
  });

  test("a stance leaves its sentences", async () => {
    await choose(page, "0,-1,-1");
    for (const [k, stance] of STANCES.entries()) {
      await page.locator(`#filter-stance input[value="${k}"]`).check();
      await settle(page);
      while (await page.locator("#evidence-more").isVisible()) {
        await page.locator("#evidence-more").click();
        await settle(page);
      }
      const expected = rowsOf("three-summits").filter((row) => row.party === data.parties[0] && row.stance === stance);
      sameSet((await evidence(page)).map(seen), expected.map(seen), stance);
    }
    await page.locator("#filter-reset").click();
  });

  test("all parties can be shown, and more trends", async () => {
    await page.locator("#map-more").click();
    assert.equal((await partiesShown()).length, data.parties.length);
    await page.locator("#trends-more").click();
    assert.equal(await page.locator(".trend").count(), 10);
  });

  test("a link leads to the same filters and the same cell", async () => {
    await page.fill("#filter-party", "France");
    await page.selectOption("#filter-summit", "1");
    await page.locator('.map button[data-cell^="' + data.parties.indexOf("France") + ',-1,1"]').click();
    await settle(page);
    const title = await page.locator("#cell-title").textContent();
    assert.match(title, /^France on all issues, Doha 2024$/);
    const other = await open(browser, "three-summits", { hash: new URL(page.url()).hash });
    assert.equal(await other.page.locator("#cell-title").textContent(), title);
    assert.equal(await other.page.inputValue("#filter-party"), "France");
    assert.deepEqual((await evidence(other.page)).map(seen), (await evidence(page)).map(seen));
    quiet(other.faults);
    await other.page.context().close();
  });
});

test("charts show the cell's figures and lead from a summit to its sentences", async () => {
  const { page, faults } = await open(browser, "three-summits");
  const { data } = await read(page);
  await choose(page, "0,-1,-1");
  const rows = rowsOfCell(rowsOf("three-summits"), data, "0,-1,-1");
  const label = await page.locator("#cell-chart [aria-roledescription=visualization]").getAttribute("aria-label");
  const texts = await page.locator("#cell-chart svg text").allTextContents();
  for (const stance of STANCES) {
    const percent = Math.round(100 * mean(rows, stance));
    assert.match(label.toLowerCase(), new RegExp(`${stance} (${percent}|${percent - 1}|${percent + 1})% \\(\\d+–\\d+%\\)`));
    assert.ok(texts.some((text) => /^\d+% \(\d+–\d+%\)$/.test(text)));
  }
  assert.equal(await page.locator(".trend").count(), 5);
  await page.locator(".trend").first().locator("svg .mark-symbol path").nth(1).click();
  await settle(page);
  assert.equal(await page.locator("#cell-title").textContent(), `${data.parties[0]} on all issues, ${data.summits[1]}`);
  quiet(faults);
  await page.context().close();
});

test("the map can be walked and opened with the keyboard alone", async () => {
  const { page, faults } = await open(browser, "three-summits");
  const here = () => page.evaluate(() => document.activeElement.dataset.cell);
  await page.locator("#filter-reset").focus();
  for (let times = 0; times < 60 && !(await here()); times++) await page.keyboard.press("Tab");
  assert.ok(await here(), "Tab never came to a cell");
  await page.keyboard.press("Home");
  const first = (await here()).split(",");
  assert.equal(first[1], "-1");
  await page.keyboard.press("ArrowRight");
  assert.equal((await here()).split(",")[0], first[0]);
  assert.notEqual((await here()).split(",")[1], "-1");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  const below = await here();
  assert.notEqual(below.split(",")[0], first[0]);
  await page.keyboard.press("Enter");
  await settle(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "cell");
  assert.equal(await page.locator('.map button[aria-pressed="true"]').getAttribute("data-cell"), below);
  // From the map the next stop is not another cell: one Tab enters it and one leaves it.
  await page.locator('.map button[aria-pressed="true"]').focus();
  await page.keyboard.press("Tab");
  assert.notEqual((await here())?.split(",")[0], below.split(",")[0]);
  quiet(faults);
  await page.context().close();
});

test("markup, quotes, bidi marks and very long words stay text", async () => {
  const { page, faults } = await open(browser, "hostile");
  const { numbers } = await read(page);
  for (const key of Object.keys(numbers).slice(0, 4)) await choose(page, key);
  assert.match(await page.title(), /^Who pressed/);
  const made = await page.evaluate(() => ({
    inside: document.querySelectorAll("main script, main img, main b b, main a").length,
    scripts: document.scripts.length,
    // Each field from a file is isolated from the words around it.
    isolated: [...document.querySelectorAll(".map tbody th .name, #evidence header bdi, #cell-title bdi")]
      .every((node) => getComputedStyle(node).unicodeBidi === "isolate"),
  }));
  assert.deepEqual(made, { inside: 0, scripts: 5, isolated: true });
  const shown = await page.locator(".map tbody th .name").allTextContents();
  assert.ok(shown.includes("<script>document.title='run'</script>"));
  assert.ok(shown.some((name) => name === "x".repeat(10_000)));
  quiet(faults);
  await page.context().close();
});

test("50,000 rows stay small and quick", async () => {
  assert.ok(statSync(file("many.html")).size <= 10_000_000);
  const start = Date.now();
  const { page, faults } = await open(browser, "many");
  const opened = Date.now() - start;
  const { data } = await read(page);
  assert.equal(data.counts.rows, 50_000);
  assert.equal(data.parties.length, 200);
  assert.deepEqual(data.left_out, { rows: 0, per_cell: null, parties: 0 });
  const click = Date.now();
  await choose(page, "3,-1,-1");
  const chosen = Date.now() - click;
  assert.ok(opened < 30_000 && chosen < 30_000, `opened in ${opened} ms, a cell in ${chosen} ms`);
  quiet(faults);
  await page.context().close();
});

test("a page that must be small says what it leaves out, and its numbers stay", async () => {
  assert.ok(statSync(file("small.html")).size <= 2_000_000);
  const whole = await open(browser, "many");
  const small = await open(browser, "small");
  const [all, some] = [await read(whole.page), await read(small.page)];
  assert.ok(some.data.left_out.rows > 0);
  const parties = some.data.parties.length;
  const lines = (read) => Object.entries(read.numbers).filter(([key]) => Number(key.split(",")[0]) < Math.min(parties, 25));
  assert.deepEqual(lines(some), lines(all));
  const carried = (50_000 - some.data.left_out.rows).toLocaleString("en");
  assert.match(await small.page.locator("#notice").textContent(), new RegExp(`${carried} of 50,000 readings`));
  await choose(small.page, "0,-1,-1");
  const shown = await evidence(small.page);
  const rows = new Set(rowsOfCell(rowsOf("many"), some.data, "0,-1,-1").map(seen));
  assert.ok(shown.length > 0 && shown.length < rows.size);
  assert.ok(shown.every((line) => rows.has(seen(line))));
  assert.match(await small.page.locator("#evidence-note").textContent(), new RegExp(`carries ${shown.length.toLocaleString("en")} of`));
  for (const { page, faults } of [whole, small]) {
    quiet(faults);
    await page.context().close();
  }
});

test("print shows the figures on white, without the controls", async () => {
  const { page, faults } = await open(browser, "three-summits", { colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.locator("#filters").isVisible(), false);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  assert.ok((await page.pdf({ format: "A4" })).length > 20_000);
  quiet(faults);
  await page.context().close();
});
