// Take a picture of the top of a page: node picture.mjs report.html picture.png [width] [height]
import { resolve } from "node:path";
import { launch } from "./browser.mjs";

const [from, to, width = 1280, height = 1500] = process.argv.slice(2);
const browser = await launch();
const page = await browser.newPage({ viewport: { width: Number(width), height: Number(height) }, deviceScaleFactor: 1.5 });
await page.goto(`file://${resolve(from)}`);
await page.waitForFunction(() => (document.body.dataset.busy ?? "0") === "0");
await page.screenshot({ path: to });
await browser.close();
