"""The alternatives in Python; `run.py` says what they are and runs them.

    peers.py make WORK TOKENIZER              the models, in the folder WORK
    peers.py nli|pairs|onnx WORK SECONDS ARTICLES THREADS
                                              score WORK/pairs.jsonl; a line of JSON on stdout
"""

import itertools
import json
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

# So many pairs decide on the batch size.
TRIAL = 96
BATCHES = [1, 4, 16, 32]


def make(work, tokenizer_file):
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    tokenizer = Tokenizer.from_file(tokenizer_file)
    # The file pads everything to 128 word pieces.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model_folder = work / "model"
    fast = BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=512)
    fast.save_pretrained(model_folder)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    (model_folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in vocabulary))
    tokenizer.save(str(work / "tokenizer.json"))

    torch.manual_seed(1)
    labels = ["contradiction", "entailment", "neutral"]
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
        intermediate_size=1536, max_position_embeddings=512, type_vocab_size=2,
        id2label=dict(enumerate(labels)), label2id={label: index for index, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config).eval()
    model.save_pretrained(model_folder)

    # Written for the exporter, which does not know the fused attention.
    eager = BertForSequenceClassification.from_pretrained(model_folder, attn_implementation="eager").eval()
    example = torch.ones(2, 16, dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        eager, (example, example, example), str(work / "f32.onnx"), input_names=names, output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names}, opset_version=14, dynamo=False,
    )
    quantize_dynamic(work / "f32.onnx", work / "int8.onnx", per_channel=True, weight_type=QuantType.QInt8)
    transformers = installed(["torch", "transformers"])
    print(json.dumps({
        "model_bytes": size(model_folder),
        "int8_bytes": (work / "int8.onnx").stat().st_size + (work / "tokenizer.json").stat().st_size,
        "transformers_bytes": sum(transformers.values()),
        "cuda_bytes": sum(bytes for path, bytes in transformers.items() if is_cuda(path)),
        "onnxruntime_bytes": sum(installed(["onnxruntime", "tokenizers", "numpy"]).values()),
    }))


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def installed(packages):
    """The files of some packages and of all that they need, and their sizes."""
    from packaging.requirements import Requirement

    files, seen, todo = {}, set(), list(packages)
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for file in package.files or []:
            path = Path(package.locate_file(file))
            if path.is_file():
                files[str(path)] = path.stat().st_size
        for line in package.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return files


def is_cuda(path):
    return any(part in path for part in ("/nvidia/", "/triton/", "libtorch_cuda", "libc10_cuda"))


def read_pairs(work):
    return [json.loads(line) for line in open(work / "pairs.jsonl")]


def best(trial, settings, score):
    """The quickest setting, and its seconds a pair."""
    score(trial[:8], settings[0])
    times = {}
    for setting in settings:
        began = time.monotonic()
        score(trial, setting)
        times[setting] = (time.monotonic() - began) / len(trial)
    setting = min(times, key=times.get)
    return setting, times[setting]


def measure(work, seconds, articles, settings, score, versions, describe):
    pairs = read_pairs(work)
    # Not from the start only: articles differ in length.
    trial = pairs[:: max(1, len(pairs) // TRIAL)][:TRIAL]
    setting, pace = best(trial, settings, score)
    step = max(1, -(-int(pace * len(pairs)) // int(seconds)))
    kept = [pair for pair in pairs if pair["article"] % step == 0]
    began = time.monotonic()
    score(kept, setting)
    taken = time.monotonic() - began
    print(json.dumps({
        "articles": len(range(0, articles, step)), "pairs": len(kept), "seconds": taken,
        "versions": versions, "setting": describe(setting),
    }))


def versions(*packages):
    return ", ".join(f"{package} {metadata.version(package)}" for package in packages)


def pipeline_of(task, work, threads):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.set_num_threads(threads)
    model = AutoModelForSequenceClassification.from_pretrained(work / "model")
    return pipeline(task, model=model, tokenizer=AutoTokenizer.from_pretrained(work / "model"), device="cpu")


def nli(work, seconds, articles, threads):
    classifier = pipeline_of("zero-shot-classification", work, threads)
    labels = ["optimistic", "cautious", "insistent"]

    def score(pairs, batch):
        # The pipeline takes one template at a time: all sentences of a party together.
        by_party = lambda pair: pair["party"]
        for party, of_party in itertools.groupby(sorted(pairs, key=by_party), by_party):
            template = party.replace("{", "(").replace("}", ")") + " is {}."
            sentences = [pair["sentence"] for pair in of_party]
            classifier(sentences, labels, hypothesis_template=template, batch_size=batch)

    measure(work, seconds, articles, BATCHES, score, versions("transformers", "torch"), lambda batch: f"batches of {batch}")


def pairs(work, seconds, articles, threads):
    classifier = pipeline_of("text-classification", work, threads)

    def score(pairs, batch):
        inputs = [{"text": pair["sentence"], "text_pair": pair["party"]} for pair in pairs]
        classifier(inputs, batch_size=batch, truncation=True)

    measure(work, seconds, articles, BATCHES, score, versions("transformers", "torch"), lambda batch: f"batches of {batch}")


def onnx(work, seconds, articles, threads):
    import numpy
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    tokenizer.enable_truncation(512)

    def session(threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        return onnxruntime.InferenceSession(str(work / "int8.onnx"), options, providers=["CPUExecutionProvider"])

    # One run over all threads, or one thread for each of several runs.
    sessions = {"one run over all threads": [session(threads)], "one run per thread": [session(1)] * threads}

    def score(pairs, setting):
        how, size = setting
        encoded = tokenizer.encode_batch([(pair["sentence"], pair["party"]) for pair in pairs])
        encoded.sort(key=lambda encoding: len(encoding.ids), reverse=True)
        batches = iter([encoded[at : at + size] for at in range(0, len(encoded), size)])
        lock = threading.Lock()

        def work_through(session):
            while True:
                with lock:
                    batch = next(batches, None)
                if batch is None:
                    return
                shape = (len(batch), len(batch[0].ids))
                inputs = {name: numpy.zeros(shape, numpy.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
                for row, encoding in enumerate(batch):
                    length = len(encoding.ids)
                    inputs["input_ids"][row, :length] = encoding.ids
                    inputs["attention_mask"][row, :length] = 1
                    inputs["token_type_ids"][row, :length] = encoding.type_ids
                session.run(None, inputs)

        workers = [threading.Thread(target=work_through, args=[session]) for session in sessions[how]]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    settings = [(how, size) for how in sessions for size in BATCHES]
    measure(work, seconds, articles, settings, score, versions("onnxruntime"), lambda s: f"{s[0]}, batches of {s[1]}")


if __name__ == "__main__":
    command, work, *rest = sys.argv[1:]
    if command == "make":
        make(Path(work), *rest)
    else:
        seconds, articles, threads = float(rest[0]), int(rest[1]), int(rest[2])
        {"nli": nli, "pairs": pairs, "onnx": onnx}[command](Path(work), seconds, articles, threads)
