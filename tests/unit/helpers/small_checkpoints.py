"""A small checkpoint folder with weights away from where they start, for tests."""

from pathlib import Path

import torch
from clm.models.build import load_model, save_model
from clm.models.initialize import architecture, save_untrained
from clm.provenance.files import read_json
from clm.tokens.regex import split
from clm.tokens.text import represent
from clm.tokens.tokenizer import build_tokenizer, save_tokenizer

SMILES = ["CCO", "Oc1ccccc1", "C[N+](C)(C)CC(=O)[O-]", "CCCCCCN", "CC(N)=O", "BrC(Cl)=C\\F"]


def small_checkpoint(folder: Path, kind: str = "atoms", width: int = 16) -> Path:
    """Write a checkpoint of two layers that knows the tokens of SMILES, at most 32 of them."""
    start, settings = folder / "start", {"kind": kind, "max_tokens": 32, "min_count": 1}
    counts = {token: 1 for text in SMILES for token in split(represent(text, kind))}
    save_tokenizer(build_tokenizer(counts, settings, iter([])), settings, start)
    count = len(read_json(start / "vocabulary.json")["tokens"])
    save_untrained(start, architecture({"layers": 2, "width": width, "heads": 2}, count, 32), 0)
    model = load_model(start)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    save_model(model, start, folder / "model")
    (folder / "model/vocabulary.json").write_bytes((start / "vocabulary.json").read_bytes())
    return folder / "model"
