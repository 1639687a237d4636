#!/usr/bin/env python3
"""Hold `stance score` against other ways to do its job, on the same articles and machine.

    benches/peers/run.py [--python PYTHON] [--articles 500] [--minutes 6] [--only e,d]

Sets up what it needs (a virtual environment in benches/peers/.venv, unless PYTHON has the packages
of requirements.txt already; libtorch through scripts/with-libtorch), measures

  a  transformers, zero-shot-classification: 3 hypotheses for each party and sentence
  b  transformers, text-classification of sentence and party
  c  rust-bert, SequenceClassificationModel, on the same pairs
  d  ONNX Runtime, int8, on the same pairs sorted by length
  e  stance score

and prints a table for benches/README.md. All run an encoder of MiniLM's size with random weights
(but `stance`, whose own has the same shape), and may use all cores. Parties and sentences are
those that `stance score` found, so the others are spared that work, and of their time only the
scoring counts, without the start; of stance's all does. Batch sizes and threads of the others are
tuned first. One that would take longer than so many minutes is measured on every n-th article.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAMES = {
    "a": "transformers, zero-shot NLI, 3 hypotheses",
    "b": "transformers, sentence-party pairs",
    "c": "rust-bert, sentence-party pairs",
    "d": "ONNX Runtime int8, pairs sorted by length",
    "e": "`stance score`",
}


def run(command, **more):
    """Run a command that must succeed; its standard output."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=True, cwd=ROOT, **more)
    return done.stdout.decode()


def measured(command, output):
    """Run a command, its standard output in a file; its seconds and its peak memory in MiB."""
    with open(output, "wb") as out:
        began = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdout=out, cwd=ROOT)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed with exit code {child.returncode}")
    return seconds, usage.ru_maxrss / 1024


def built(arguments, kind, name, before=()):
    """Build a target of the crate; its path."""
    messages = run([*before, "cargo", "build", "--release", "--message-format=json", *arguments])
    for line in messages.splitlines():
        message = json.loads(line)
        target = message.get("target", {})
        if message.get("executable") and target.get("name") == name and kind in target["kind"]:
            return Path(message["executable"])
    sys.exit(f"cargo built no {kind} {name}")


def python_with_packages(given):
    if given:
        return given
    python = HERE / ".venv/bin/python"
    if not python.exists():
        print("setting up benches/peers/.venv (5 GB, most of it CUDA, which torch brings along)", file=sys.stderr)
        run([sys.executable, "-m", "venv", HERE / ".venv"])
        run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"])
    return python


def text_of(annotated):
    """The text of an annotated article: sentences joined by a space, paragraphs by a blank line."""
    paragraphs = {}
    for sentence in annotated["sentences"]:
        paragraphs.setdefault(sentence["paragraph"], []).append(sentence["text"])
    return "\n\n".join(" ".join(sentences) for sentences in paragraphs.values())


def articles(count):
    """Distinct articles: the sample summits, then training articles from all over the corpus, and
    where there are not so many, those once more with numbers in their titles and texts."""
    found = []
    for path in sorted((ROOT / "data/summits").glob("*/*.txt")):
        title, text = path.read_text().split("\n\n", 1)
        found.append({"id": path.stem, "title": title, "text": text.strip()})
    corpus = [json.loads(line) for line in open(ROOT / "data/corpus/train.jsonl")]
    wanted = min(max(count - len(found), 0), len(corpus))
    for index in range(wanted):
        article = corpus[index * len(corpus) // wanted]
        found.append({"id": article["id"], "title": article["title"], "text": text_of(article)})
    for index in range(len(found), count):
        once = found[index % len(found)]
        text = once["text"].replace(". ", f" ({index}). ")
        found.append({"id": f"{once['id']}-{index}", "title": f"No. {index}: {once['title']}", "text": text})
    return found[:count]


def size(path):
    """Bytes of a file or of all files in a folder."""
    path = Path(path)
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def cpu():
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="a Python that has the packages of requirements.txt")
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=6, help="at most so long for each of the others")
    parser.add_argument("--only", default="a,b,c,d,e", help="which to measure, as in d,e")
    options = parser.parse_args()
    only = options.only.split(",")
    python = python_with_packages(options.python)
    stance = built(["--bin", "stance"], "bin", "stance")
    torch = ["scripts/with-libtorch"]
    rust_bert = built(["--features", "torch", "--example", "rust_bert_pairs"], "example", "rust_bert_pairs", torch) if "c" in only else None
    cores = len(os.sched_getaffinity(0))
    print(f"{cpu()}, {cores} cores; load {os.getloadavg()[0]:.2f} at the start; {time.strftime('%d %B %Y')}\n", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        texts = articles(options.articles)
        (work / "articles.jsonl").write_text("".join(json.dumps(article) + "\n" for article in texts))
        measured([stance, "score", work / "articles.jsonl", "--format", "jsonl"], work / "rows.jsonl")
        number = {article["id"]: index for index, article in enumerate(texts)}
        pairs = []
        for line in open(work / "rows.jsonl"):
            row = json.loads(line)
            pairs.append({"article": number[row["article"]], "sentence": row["text"], "party": row["party"]})
        (work / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
        words = sum(len(article["text"].split()) for article in texts)
        print(f"{len(texts)} articles, {words} words, {len(pairs)} pairs of sentence and party\n", flush=True)
        peers = [python, HERE / "peers.py"]
        made = json.loads(run([*peers, "make", work, ROOT / "models/stance-minilm/tokenizer.json"]))

        settings = [work, options.minutes * 60, len(texts), cores]
        commands = {
            "a": [*peers, "nli", *settings],
            "b": [*peers, "pairs", *settings],
            "c": [*torch, rust_bert, *settings],
            "d": [*peers, "onnx", *settings],
        }
        results = {}
        for key in [key for key in commands if key in only]:
            runs = []
            # Quick ones three times, slow ones once.
            while len(runs) < 1 or (len(runs) < 3 and sum(r["seconds"] for r in runs) < 60 * len(runs)):
                _, peak = measured(commands[key], work / "result.json")
                runs.append({**json.loads((work / "result.json").read_text()), "peak": peak})
            runs.sort(key=lambda r: r["articles"] / r["seconds"])
            results[key] = {**runs[len(runs) // 2], "runs": len(runs)}
            print(f"{key}: {results[key]}", file=sys.stderr, flush=True)
        if "e" in only:
            times, peaks = [], []
            for index in range(3):
                seconds, peak = measured([stance, "score", work / "articles.jsonl", "-o", work / f"out{index}"], work / "table.txt")
                times.append(seconds)
                peaks.append(peak)
            version = run([stance, "--version"]).split()[-1]
            results["e"] = {
                "articles": len(texts), "seconds": statistics.median(times), "peak": max(peaks), "runs": 3,
                "versions": f"stance {version}", "setting": "as it comes",
            }
            print(f"e: {results['e']}", file=sys.stderr, flush=True)
        sizes = {
            "a": made["transformers_bytes"] + made["model_bytes"],
            "b": made["transformers_bytes"] + made["model_bytes"],
            "c": size(ROOT / ".libtorch/libtorch-2.4.0/lib") + made["model_bytes"] + (size(rust_bert) if rust_bert else 0),
            "d": made["onnxruntime_bytes"] + made["int8_bytes"],
            "e": size(stance),
        }
        without_cuda = made["transformers_bytes"] - made["cuda_bytes"] + made["model_bytes"]
        own = results.get("e")
        print("| | articles/s | stance is faster by | peak memory | installed, with the model | measured |")
        print("| --- | --- | --- | --- | --- | --- |")
        for key, result in sorted(results.items()):
            rate = result["articles"] / result["seconds"]
            ratio = "" if key == "e" or not own else f"{own['articles'] / own['seconds'] / rate:.1f} ×"
            installed = f"{sizes[key] / 1e6:,.0f} MB"
            if key in "ab":
                installed += f" ({without_cuda / 1e6:,.0f} MB without CUDA)"
            runs = "once" if result["runs"] == 1 else f"median of {result['runs']}"
            how = f"{result['versions']}; {result['setting']}; {result['articles']} articles, {runs}"
            print(f"| ({key}) {NAMES[key]} | {rate:.2f} | {ratio} | {result['peak']:,.0f} MB | {installed} | {how} |")
        print(f"\nload {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
