"""Build the closed vocabulary of a study from the training molecules of all its corpora."""

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from clm.chemistry.tables import batches
from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.tokens import tokenizer
from clm.tokens.text import represent

# Molecules of each corpus that byte-pair merges are learned from (they are held in memory)
SAMPLE = 1_000_000

log = logging.getLogger(__name__)


def training_texts(molecules: list[Path], kind: str) -> Iterator[str]:
    """Yield the text of the first SAMPLE training molecules of each corpus: those with the smallest hashes."""
    for path in molecules:
        smiles = (text for batch in batches([path], ["smiles"]) for text in batch.column(0).to_pylist())
        yield from (text for s in islice(smiles, SAMPLE) if (text := represent(s, kind)))


def build_tokenizer(counts: list[Path], molecules: list[Path], settings: dict[str, Any], folder: Path) -> None:
    """Write a Hugging Face tokenizer folder with vocabulary.json beside it."""
    total: Counter[str] = Counter()
    for path in counts:
        total.update(read_json(path)["tokens"])
    built = tokenizer.build_tokenizer(total, settings, training_texts(molecules, settings["kind"]))
    known = built.get_vocab()
    rare = Counter() if settings["kind"] == "bpe" else Counter({t: n for t, n in total.items() if t not in known})
    if rare:
        log.info("[UNK] stands for %d tokens that occur %d times in all", len(rare), rare.total())
    tokenizer.save_tokenizer(built, settings, folder, rare)


if __name__ == "__main__":
    run(build_tokenizer)
