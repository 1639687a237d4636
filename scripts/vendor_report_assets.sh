#!/usr/bin/env bash
# Make src/report/vendor/charts.min.js, the chart library of the report page, from its npm packages.
#
#   scripts/vendor_report_assets.sh            make it again and check that it is what is committed
#   scripts/vendor_report_assets.sh --update   after changing a version in vendor/package.json
#
# package-lock.json holds each package's version and hash (npm checks them), SHA256SUMS the hashes
# of what is made of them. Needs Node.js 20 with npm; users of the program need neither.
set -euo pipefail
cd "$(dirname "$0")/../src/report/vendor"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json charts.entry.js licences.mjs "$work"

if [ "${1:-}" = --update ]; then
  # Without the addresses that npm would write into it: any registry will do, the hashes decide.
  (cd "$work" && npm install --omit-lockfile-registry-resolved --no-audit --no-fund --silent)
  cp "$work/package-lock.json" .
else
  cp package-lock.json "$work"
  (cd "$work" && npm ci --no-audit --no-fund --silent)
fi

cd "$work"
# `charset=ascii`: the file means the same whatever encoding it is read in.
npx --no-install esbuild charts.entry.js --bundle --minify --format=iife --global-name=charts \
  --target=es2020 --charset=ascii --legal-comments=none --log-level=warning \
  --metafile=bundle.json --outfile=charts.min.js
node licences.mjs bundle.json > LICENCES.txt
# The page is HTML: these would end its script early.
if grep -qiE '</script|<!--' charts.min.js; then
  echo "charts.min.js cannot be put into a page: it holds </script or <!--" >&2
  exit 1
fi

if [ "${1:-}" = --update ]; then
  cp charts.min.js LICENCES.txt "$here"
  sha256sum charts.min.js LICENCES.txt > "$here/SHA256SUMS"
  echo "updated: $(wc -c < charts.min.js) bytes"
else
  sha256sum --check "$here/SHA256SUMS"
  (cd "$here" && sha256sum --check SHA256SUMS)
fi
