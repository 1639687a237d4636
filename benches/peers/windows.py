#!/usr/bin/env python3
"""Word pieces per second of ONNX Runtime on the windows that `stance` reads, one thread:

    cargo bench --bench graphs -- --windows windows.json
    benches/peers/.venv/bin/python benches/peers/windows.py windows.json

with the shipped model.onnx and with ONNX Runtime's own int8 form of such an encoder (random
weights). Run both commands in turn, several times, and compare medians.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

import peers

MODEL = Path(__file__).resolve().parents[2] / "models/stance-minilm"


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def plain(ids):
    row = ids[None]
    return {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}


def shipped(ids):
    return {"input_ids": ids, "position_ids": np.arange(len(ids)), "token_type_ids": np.zeros_like(ids)}


def main():
    windows = [np.array(ids, dtype=np.int64) for ids in json.loads(Path(sys.argv[1]).read_text())]
    pieces = sum(map(len, windows))
    with tempfile.TemporaryDirectory() as folder:
        peers.make(Path(folder), str(MODEL / "tokenizer.json"))
        forms = {
            "plain int8": (session(Path(folder) / "int8.onnx"), plain),
            "shipped model.onnx": (session(MODEL / "model.onnx"), shipped),
        }
    rates = {name: [] for name in forms}
    for _ in range(7):
        for name, (model, inputs) in forms.items():
            began = time.monotonic()
            for ids in windows:
                model.run(None, inputs(ids))
            rates[name].append(pieces / (time.monotonic() - began))
    for name, found in rates.items():
        print(f"{name}: {statistics.median(found):.0f} word pieces/s ({min(found):.0f} to {max(found):.0f})")


if __name__ == "__main__":
    main()
