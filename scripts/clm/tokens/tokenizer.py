"""Tokenizers as Hugging Face folders, written without importing transformers (3 s of start-up)."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from clm.provenance.canonical import canonical
from clm.provenance.files import atomic, write_json
from clm.tokens.regex import CLS, SEP, SPECIALS, token_class
from clm.tokens.text import KINDS


def build_tokenizer(counts: Mapping[str, int], settings: Mapping[str, Any], texts: Iterator[str]) -> Tokenizer:
    """Return a closed tokenizer with [CLS] and [SEP] around each molecule, truncated to `max_tokens`.

    Args:
        counts: number of occurrences of each token in the training molecules of all corpora.
        settings: `kind` of KINDS; `max_tokens`; `min_count`; `bpe_vocabulary` (bpe only).
        texts: training molecules, read if tokens are learned from them.
    """
    pattern = KINDS[settings["kind"]].pattern
    if pattern is None:
        tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
        trainer = trainers.BpeTrainer(
            vocab_size=settings["bpe_vocabulary"], special_tokens=list(SPECIALS), show_progress=False
        )
        tokenizer.train_from_iterator(texts, trainer)
    else:
        kept = sorted(token for token, count in counts.items() if count >= settings["min_count"])
        vocabulary = {token: i for i, token in enumerate([*SPECIALS, *kept])}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()  # joins tokens directly: the default puts spaces between them
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    tokenizer.enable_truncation(settings["max_tokens"])
    return tokenizer


def save_tokenizer(
    tokenizer: Tokenizer, settings: Mapping[str, Any], folder: Path, rare: Mapping[str, int] | None = None
) -> None:
    """Write tokenizer.json, tokenizer_config.json and vocabulary.json.

    Without tokenizer_config.json AutoTokenizer silently builds another tokenizer.

    Args:
        tokenizer: the tokenizer.
        settings: `kind` and `max_tokens`.
        folder: output folder.
        rare: number of occurrences of each token of the training molecules that is replaced by [UNK].
    """
    with atomic(folder / "tokenizer.json") as temporary:
        tokenizer.save(str(temporary))
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    config = names | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": settings["max_tokens"],
        "padding_side": "right",
        "clean_up_tokenization_spaces": False,
        "kind": settings["kind"],  # of tokens: the text that it reads
    }
    write_json(folder / "tokenizer_config.json", config)
    tokens = tokenizer.get_vocab()
    record = {"kind": settings["kind"], "max_tokens": settings["max_tokens"], "tokens": tokens}
    record["unknown"] = {"tokens": len(rare or {}), "occurrences": sum((rare or {}).values())}
    write_json(
        folder / "vocabulary.json", record | {"digest": digest(tokens), "classes": {t: token_class(t) for t in tokens}}
    )


def digest(tokens: Mapping[str, int]) -> str:
    """Return a short digest of a vocabulary."""
    return hashlib.sha256(canonical(tokens).encode()).hexdigest()[:16]
