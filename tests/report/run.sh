#!/usr/bin/env bash
# Open the report in headless Chromium and use it: tests/report/run.sh
# Needs Chromium (Debian: chromium; elsewhere name it with CHROMIUM=…) and Node.js 20 with npm.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --silent
cargo build --bin stance --example synthetic_scores
built=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}/debug
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT

rows() { "$built/examples/synthetic_scores" "$@"; }
page() { "$built/stance" report "$pages/$1.jsonl" -o "$pages/${2:-$1}.html" "${@:3}"; }
dev=../../data/corpus/dev.jsonl
rows $dev > "$pages/three-summits.jsonl"
rows $dev --summits 1 > "$pages/one-summit.jsonl"
rows $dev --rows 1 > "$pages/one-row.jsonl"
: > "$pages/empty.jsonl"
rows $dev --hostile --rows 450 > "$pages/hostile.jsonl"
rows ../../data/corpus/train.jsonl --rows 50000 --parties 200 > "$pages/many.jsonl"
rows $dev --own-stances 8 > "$pages/own-stances.jsonl"
rows $dev --own-stances 1 > "$pages/own-stance.jsonl"
for name in three-summits one-summit one-row empty hostile own-stances own-stance; do page $name; done
page many many --draws 200 --permutations 100
page many small --draws 200 --permutations 100 --max-size 2

PAGES=$pages node --test --test-reporter=spec .
