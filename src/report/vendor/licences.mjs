// Print the licence of every package that esbuild took into the bundle (its metafile is the
// argument), as those licences ask of whoever passes the bundle on.
import { readFileSync, readdirSync } from "node:fs";

const inputs = Object.values(JSON.parse(readFileSync(process.argv[2])).outputs)[0].inputs;
const folders = new Set();
for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
  const found = path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/);
  if (found && bytesInOutput > 0) folders.add(found[0]);
}

// One text for all packages that share it word for word.
const texts = new Map();
for (const folder of [...folders].sort()) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} ${version} (${license}) carries no licence text`);
  const text = readFileSync(`${folder}/${file}`, "utf8").replace(/\r/g, "").trim();
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`]);
}
for (const [text, packages] of texts) {
  console.log(`${packages.join("\n")}\n\n${text}\n\n${"-".repeat(78)}\n`);
}
