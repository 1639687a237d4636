#!/usr/bin/env python3
"""Word pieces per second of ONNX Runtime on the windows that `stance` reads, one thread:

    cargo bench --bench encoder -- windows.json
    benches/peers/.venv/bin/python benches/peers/windows.py windows.json

with its own int8 form of such an encoder (random weights). The first prints the same of `stance`'s
encoder. Run both commands in turn, several times, and compare medians.
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


def inputs(ids):
    row = ids[None]
    return {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}


def main():
    windows = [np.array(ids, dtype=np.int64) for ids in json.loads(Path(sys.argv[1]).read_text())]
    pieces = sum(map(len, windows))
    with tempfile.TemporaryDirectory() as folder:
        peers.make(Path(folder), str(MODEL / "tokenizer.json"))
        model = session(Path(folder) / "int8.onnx")
    rates = []
    for _ in range(7):
        began = time.monotonic()
        for ids in windows:
            model.run(None, inputs(ids))
        rates.append(pieces / (time.monotonic() - began))
    print(f"{statistics.median(rates):.0f} word pieces/s ({min(rates):.0f} to {max(rates):.0f})")


if __name__ == "__main__":
    main()
