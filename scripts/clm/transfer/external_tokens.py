"""Tokens of external models: any tokenizer, and the fraction of the molecules that it loses."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clm.provenance.command import UserError
from clm.tokens.regex import ATOMS
from clm.transfer.external_loading import options_of, read_config

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MAX_LOST = 0.1  # stop above this fraction of unknown tokens, or of molecules that share their tokens with another
NO_LIMIT = 10**6  # tokenizers without a limit state a larger one
SPECIALS = {"unk": ("[UNK]", "<unk>"), "cls": ("[CLS]", "<s>", "<cls>"), "sep": ("[SEP]", "</s>", "<eos>"),
            "pad": ("[PAD]", "<pad>"), "mask": ("[MASK]", "<mask>")}  # fmt: skip


class Tokens(NamedTuple):
    """Ids of each molecule, bool arrays of special and unknown tokens, and statistics of losses."""

    ids: list[list[int]]
    special: list[np.ndarray]
    lost: dict[str, Any]


def load_tokenizer(model: Mapping[str, Any], place: str) -> "PreTrainedTokenizerBase":
    """Return the tokenizer of a model, or the one that `tokenizer` names.

    Args:
        model: an entry of external_models: `model`, and `tokenizer`: the path of a tokenizer.json, "atoms" for the
            pattern of Schwaller et al., or a regular expression whose matches are looked up in the vocab.txt of the
            model's folder.
        place: key of the entry, for messages.

    Raises:
        UserError: there is no tokenizer, or the regular expression or its vocab.txt cannot be read.
    """
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    named = model.get("tokenizer")
    try:
        if named is None:
            return AutoTokenizer.from_pretrained(model["model"], config=read_config(model), **options_of(model))
        made = Tokenizer.from_file(named) if named.endswith(".json") else from_pattern(named, Path(model["model"]))
    except Exception as error:  # tokenizers raise bare exceptions
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        hint = "give its folder a tokenizer, or name one with `tokenizer` (a tokenizer.json, `atoms` or a pattern)"
        raise UserError(f"{place}: no tokenizer can be read ({reason}); {hint}") from error
    known = made.get_vocab()
    names = {f"{kind}_token": next((t for t in texts if t in known), None) for kind, texts in SPECIALS.items()}
    return PreTrainedTokenizerFast(tokenizer_object=made, **{name: text for name, text in names.items() if text})


def from_pattern(pattern: str, folder: Path) -> Any:
    """Return a tokenizer that looks the matches of a pattern up in the vocab.txt of a folder."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    vocabulary = {line.strip(): number for number, line in enumerate(lines) if line.strip()}
    found = {kind: next((text for text in texts if text in vocabulary), None) for kind, texts in SPECIALS.items()}
    if found["unk"] is None:
        raise ValueError(f"vocab.txt names no unknown token, {' or '.join(SPECIALS['unk'])}")
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=found["unk"]))
    split = Regex(ATOMS if pattern == "atoms" else pattern)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(split, behavior="isolated")
    if found["cls"] and found["sep"]:
        ends = [(found[kind], vocabulary[found[kind]]) for kind in ("cls", "sep")]
        single = f"{found['cls']} $A {found['sep']}"
        tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=ends)
    return tokenizer


def encode_all(tokenizer: "PreTrainedTokenizerBase", texts: list[str], limit: int | None) -> Tokens:
    """Return the ids of texts, truncated at `limit` tokens, and statistics of losses.

    `lost` holds molecules (distinct ones), distinct_sequences, unknown_fraction (of the otherwise non-special tokens),
    cut_molecules.
    """
    whole = [list(tokenizer(text, truncation=False)["input_ids"]) for text in texts]
    room = limit or max(map(len, whole), default=1)
    ids = [tokens if len(tokens) <= room else [*tokens[: room - 1], tokens[-1]] for tokens in whole]
    unknown = -1 if tokenizer.unk_token_id is None else tokenizer.unk_token_id
    others = sorted(set(tokenizer.all_special_ids) - {unknown})
    counts = [int(np.sum(np.equal(tokens, unknown))) for tokens in whole]
    total = sum(int(np.sum(~np.isin(tokens, others))) for tokens in whole)
    lost = {
        "molecules": len(set(texts)),
        "distinct_sequences": len(set(map(tuple, ids))),
        "unknown_fraction": sum(counts) / max(total, 1),
        "cut_molecules": sum(len(tokens) > room for tokens in whole),
    }
    return Tokens(ids, [np.isin(tokens, [*others, unknown]) for tokens in ids], lost)


def check_lost(lost: Mapping[str, Any], most: float, place: str) -> None:
    """Raise UserError when a tokenizer loses more than a fraction `most` of tokens or molecules."""
    merged = 1 - lost["distinct_sequences"] / lost["molecules"]
    if lost["unknown_fraction"] > most or merged > most:
        raise UserError(
            f"{place}: the tokenizer maps {100 * lost['unknown_fraction']:.0f} % of the tokens to the unknown one and "
            f"{lost['molecules']} molecules to {lost['distinct_sequences']} sequences ({lost['cut_molecules']} cut); "
            f"name the right one with `tokenizer`, or raise `max_lost_fraction` (now {most:g})"
        )
