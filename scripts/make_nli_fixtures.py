"""Make small inference models with random weights, and what transformers says of them.

    python -m venv .venv && .venv/bin/pip install -r scripts/requirements-nli.txt
    .venv/bin/python scripts/make_nli_fixtures.py

writes one folder for each architecture to tests/fixtures/nli/: config.json, tokenizer.json and
model.safetensors as they lie on the model hub, and expected.json with the token ids and logits of
some pairs of sentences. The models know nothing; their weights are drawn wide, so that every part
of an architecture shows in the logits. Attention spans are small, so that the pairs go beyond
them.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DebertaConfig,
    DebertaForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "tests/fixtures/nli")
LENGTH = 128

TEXT = [
    "Kyiv insisted on binding guarantees before any talks on the ceasefire.",
    "The European Union welcomed the progress and hoped for relief of sanctions.",
    "Moscow stayed wary of the timetable and would not name a date.",
    "The delegation is optimistic about the prisoners and cautious about the border.",
    "A spokesman pressed for the withdrawal; ministers met in Geneva on Tuesday.",
]
PAIRS = [
    ["Kyiv insisted on binding guarantees.", "Kyiv is insistent about security."],
    ["It hoped for progress.", "It is optimistic about the talks."],
    [
        "Moscow stayed wary of the timetable, would not name a date, and said that ministers met "
        "in Geneva on Tuesday to press for the border.",
        "Moscow is cautious about the border.",
    ],
    # Longer than the model reads: cut at the end of the first sentence.
    [" ".join(TEXT * 2), "The European Union presses for relief."],
    ["Élysée, «sí» — 東京 🙂 naïve", "Élysée is optimistic."],
]

SMALL = dict(
    hidden_size=16,
    intermediate_size=32,
    num_attention_heads=2,
    num_hidden_layers=2,
    max_position_embeddings=LENGTH,
)
MNLI = {0: "contradiction", 1: "neutral", 2: "entailment"}


def word_pieces():
    """A cased BERT tokenizer."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", tokenizer.token_to_id("[SEP]")), ("[CLS]", tokenizer.token_to_id("[CLS]"))
    )
    return tokenizer, "[PAD]"


def byte_pairs(special, template):
    """A tokenizer of the GPT-2 family, as RoBERTa and the first DeBERTa have it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.post_processor = template(tokenizer)
    return tokenizer, special[1] if special[0] == "<s>" else special[0]


def roberta_pieces():
    return byte_pairs(
        ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        lambda t: processors.RobertaProcessing(
            ("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")), add_prefix_space=False
        ),
    )


def pair_template(tokenizer):
    return processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )


def deberta_pieces():
    return byte_pairs(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], pair_template)


def sentence_pieces():
    """A unigram tokenizer, as XLM-R and the later DeBERTas have it."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150,
        special_tokens=["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"],
        unk_token="[UNK]",
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.post_processor = pair_template(tokenizer)
    return tokenizer, "[PAD]"


def xlm_pieces():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")],
    )
    return tokenizer, "<pad>"


def architectures():
    """Name, tokenizer, and the model for a vocabulary of that size."""
    roberta = SMALL | dict(max_position_embeddings=LENGTH + 2, type_vocab_size=1, pad_token_id=1)
    deberta = SMALL | dict(
        relative_attention=True,
        pos_att_type="c2p|p2c",
        position_biased_input=False,
        type_vocab_size=0,
        pad_token_id=0,
    )
    yield "bert", word_pieces(), lambda size: BertForSequenceClassification(
        BertConfig(vocab_size=size, **SMALL, id2label=MNLI)
    )
    yield "roberta", roberta_pieces(), lambda size: RobertaForSequenceClassification(
        RobertaConfig(
            vocab_size=size,
            **roberta,
            layer_norm_eps=1e-5,
            id2label={0: "ENTAILMENT", 1: "NEUTRAL", 2: "CONTRADICTION"},
        )
    )
    yield "xlm-roberta", xlm_pieces(), lambda size: XLMRobertaForSequenceClassification(
        XLMRobertaConfig(vocab_size=size, **roberta, layer_norm_eps=1e-5, id2label=MNLI)
    )
    yield "deberta", deberta_pieces(), lambda size: DebertaForSequenceClassification(
        DebertaConfig(vocab_size=size, **deberta, max_relative_positions=-1, id2label=MNLI)
    )
    # The settings of DeBERTa-v3.
    yield "deberta-v3", sentence_pieces(), lambda size: DebertaV2ForSequenceClassification(
        DebertaV2Config(
            vocab_size=size,
            **deberta,
            share_att_key=True,
            norm_rel_ebd="layer_norm",
            position_buckets=8,
            max_relative_positions=-1,
            id2label={0: "entailment", 1: "not_entailment"},
        )
    )
    # The settings of DeBERTa-v2-xlarge, and projections of positions of their own.
    yield "deberta-v2", sentence_pieces(), lambda size: DebertaV2ForSequenceClassification(
        DebertaV2Config(
            vocab_size=size,
            **(deberta | dict(position_biased_input=True, type_vocab_size=2)),
            share_att_key=False,
            norm_rel_ebd="layer_norm",
            position_buckets=8,
            max_relative_positions=24,
            conv_kernel_size=3,
            conv_act="gelu",
            embedding_size=12,
            id2label=MNLI,
        )
    )


def draw(model, seed):
    """Weights that leave no part of the network without effect, exact in 16 bits."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        spread = torch.randn(weight.shape, generator=generator)
        if "LayerNorm.weight" in name:
            value = 1 + 0.2 * spread
        elif "embeddings" in name:
            value = 0.7 * spread
        else:
            value = 0.35 * spread
        weight.data = value.half().float()


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    for seed, (name, (tokenizer, pad), build) in enumerate(architectures()):
        folder = OUT / name
        folder.mkdir(parents=True)
        model = build(tokenizer.get_vocab_size()).eval()
        draw(model, seed)
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=pad)
        types = getattr(model.config, "type_vocab_size", 0) > 1
        expected = []
        for premise, hypothesis in PAIRS:
            read = fast(premise, hypothesis, truncation="only_first", max_length=LENGTH, return_tensors="pt")
            inputs = {"input_ids": read["input_ids"], "attention_mask": read["attention_mask"]}
            if types:
                inputs["token_type_ids"] = read["token_type_ids"]
            with torch.no_grad():
                logits = model(**inputs).logits[0]
            expected.append(
                {
                    "premise": premise,
                    "hypothesis": hypothesis,
                    "ids": read["input_ids"][0].tolist(),
                    "logits": [round(x, 6) for x in logits.tolist()],
                }
            )
        model.half().save_pretrained(folder, safe_serialization=True)
        (folder / "generation_config.json").unlink(missing_ok=True)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        (folder / "model.safetensors").chmod(0o644)
        (folder / "tokenizer.json").write_text(tokenizer.to_str() + "\n")
        lines = ",\n".join(json.dumps(e, ensure_ascii=False) for e in expected)
        (folder / "expected.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
