// A browser, and what the tests ask of a page in it.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

export function file(name) {
  if (!process.env.PAGES) throw new Error("PAGES names no folder of pages: start the tests with run.sh");
  return `${process.env.PAGES}/${name}`;
}

/** The rows that a page was made of. */
export const rowsOf = (name) =>
  readFileSync(file(`${name}.jsonl`), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** Open a page; `faults` fills with whatever a page must not do: log, fail, ask the network. */
export async function open(browser, name, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const address = `file://${file(`${name}.html`)}`;
  page.on("console", (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && request.url() !== "data:,") faults.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.goto(address + hash);
  await settle(page);
  return { page, faults };
}

/** Wait until the sentences and charts asked for are there. */
export async function settle(page) {
  await page.waitForFunction(() => document.body.dataset.busy === undefined || document.body.dataset.busy === "0");
}

/** Choose a cell of the map by its party, issue and summit numbers, and show all its sentences. */
export async function choose(page, key) {
  await page.locator(`.map button[data-cell="${key}"]`).click();
  await settle(page);
  for (let times = 0; times < 100 && (await page.locator("#evidence-more").isVisible()); times++) {
    await page.locator("#evidence-more").click();
    await settle(page);
  }
}

/** The sentences on the page, as a reader sees them. */
export const evidence = (page) =>
  page.locator("#evidence article").evaluateAll((articles) =>
    articles.flatMap((article) =>
      [...article.querySelectorAll("li")].map((line) => ({
        article: article.querySelector("header > bdi:last-child").textContent,
        source: article.querySelector("header > b")?.textContent ?? null,
        sentence: Number(line.dataset.sentence),
        text: line.querySelector("blockquote").textContent,
        mention: line.querySelector("mark")?.textContent ?? null,
        stance: line.dataset.stance,
        verdict: line.querySelector(".verdict b").textContent,
      }))));

/** The page's names and the numbers in its map. */
export const read = (page) =>
  page.evaluate(() => ({
    data: JSON.parse(document.getElementById("data").textContent),
    numbers: Object.fromEntries([...document.querySelectorAll(".map td button")].map((button) =>
      [button.dataset.cell, Number(button.lastChild.textContent)])),
  }));

/** The rows of a cell, found again from the scores alone. */
export function rowsOfCell(rows, data, key) {
  const [party, issue, summit] = key.split(",").map(Number);
  return rows.filter((row) =>
    (party < 0 || row.party === data.parties[party]) &&
    (issue < 0 || row.issues.includes(data.issues[issue])) &&
    (summit < 0 || row.summit === data.summits[summit]));
}
