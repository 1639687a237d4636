#!/usr/bin/env python3
"""Add to fuzz/corpus/TARGET those inputs of fuzz/found/TARGET that reach most of what none kept reaches.

    scripts/fuzz_keep.py TARGET [COUNT]

The fuzzer finds far more inputs than are worth keeping: each of them that the test `hostile` replays
costs time for good. At most COUNT (40) files are kept in all, of 4 KiB at most, so that the folder
stays small. Regressions, whose names begin with `regression`, stay whatever they reach.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def reached(target, folders):
    """The features (edges of the code, and how often they were taken) that each input reaches, by the
    fuzzer's own account of a merge."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control"
        (Path(folder) / "merged").mkdir()
        subprocess.run(
            ["cargo", "+nightly", "fuzz", "run", target, f"{folder}/merged", *folders, "--", "-merge=1", f"-merge_control_file={control}"],
            cwd=ROOT, check=True, stderr=subprocess.DEVNULL,
        )
        lines = control.read_text().splitlines()
    count = int(lines[0])
    names = lines[2 : 2 + count]
    features = {}
    for line in lines[2 + count :]:
        kind, index, *reached = line.split()
        if kind == "FT":
            features[ROOT / names[int(index)]] = set(reached)
    return features


def main():
    target, limit = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40
    kept, found = (ROOT / "fuzz" / folder / target for folder in ("corpus", "found"))
    features = reached(target, [kept, found])
    files = sorted(kept.iterdir())
    known = set().union(*(features.get(file, set()) for file in files))
    rest = {file: feature for file, feature in features.items() if file.parent == found and file.stat().st_size <= 4096}
    while rest and len(files) < limit:
        best = max(rest, key=lambda file: (len(rest[file] - known), -file.stat().st_size, file.name))
        new = rest.pop(best) - known
        if not new:
            break
        known |= new
        (kept / best.name[:12]).write_bytes(best.read_bytes())
        files.append(best)
        print(f"{best.name[:12]}: {len(new)} features that no other reaches, {best.stat().st_size} bytes")
    print(f"{target}: {len(files)} inputs kept, {len(known)} features")


if __name__ == "__main__":
    main()
