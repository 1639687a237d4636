#!/usr/bin/env bash
# Read what `stance export` writes with Python's sqlite3, pandas, pyarrow, polars and DuckDB:
# tests/interop/run.sh. Needs Python 3.11 or later; its packages go into an ignored folder.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
if ! cmp -s requirements.txt .venv/installed.txt; then
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt .venv/installed.txt
fi
cargo build --bin stance --example synthetic_scores
built=${CARGO_TARGET_DIR:-$root/target}/debug
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export_all() { # rows in $1.jsonl, everything else beside it
  mkdir -p "$work/$1"
  "$built/examples/synthetic_scores" "$root/data/corpus/dev.jsonl" "${@:2}" > "$work/$1/rows.jsonl"
  for format in csv jsonl parquet sqlite; do
    "$built/stance" export "$work/$1/rows.jsonl" --to $format -o "$work/$1/scores.$format"
    [ $format = sqlite ] ||
      "$built/stance" export "$work/$1/rows.jsonl" --to $format --table summary -o "$work/$1/summary.$format"
  done
}
export_all plain
export_all hostile --hostile --rows 300
.venv/bin/python -I check.py "$work" "$root/docs/queries.md"
