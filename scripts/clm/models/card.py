"""The model card of a checkpoint: README.md with the metadata that the Hugging Face Hub reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from clm.provenance.files import atomic

CARD = "README.md"
USE = """\
```python
from transformers import AutoModelForMaskedLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{folder}")
model = AutoModelForMaskedLM.from_pretrained("{folder}")
```

It reads canonical SMILES (RDKit). The features that the study probes are the mean of the last hidden states over all
tokens that are not special; there is no trained pooler."""
LIMITS = """\
- Molecules longer than {max_tokens} tokens, [CLS] and [SEP] included, are cut; rare tokens are read as [UNK].
- The loss falls with scale whether or not property predictions improve: compare with a fingerprint forest on your task.
- The licences of the pretraining molecules hold for what is done with the weights."""


def write_card(folder: Path, metrics: Mapping[str, Any], max_tokens: int) -> None:
    """Write README.md of a checkpoint folder; equal metrics give equal bytes.

    Args:
        folder: of the checkpoint.
        metrics: content of its metrics.json.
        max_tokens: longest sequence that the model reads.
    """
    with atomic(folder / CARD) as temporary:
        temporary.write_text(model_card(metrics, max_tokens), encoding="utf-8")


def model_card(metrics: Mapping[str, Any], max_tokens: int) -> str:
    """Return the text of the card: metadata, data, scores, use, limits."""
    name = "-".join(str(metrics[key]) for key in ("corpus", "size", "subset", "budget")) + f"-seed{metrics['seed']}"
    header = yaml.safe_dump(metadata(name, metrics), sort_keys=False, allow_unicode=True)
    sections = {
        "Data": data(metrics),
        "Scores": scores(metrics),
        "Use": USE.format(folder=name),
        "Limits": LIMITS.format(max_tokens=max_tokens),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return (
        f"---\n{header}---\n\n# {name}\n\nA masked language model of SMILES (RoBERTa with pre-layer norm).\n\n{body}\n"
    )


def metadata(name: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that the Hub reads from the head of a card; the model index holds the validation losses."""
    results = [
        {
            "task": {"type": "fill-mask"},
            "dataset": {"name": f"{corpus} (validation molecules)", "type": corpus},
            "metrics": [{"type": "loss", "name": "nats per masked token", "value": record["loss"]}],
        }
        for corpus, record in sorted(metrics["validation"].items())
        if record["loss"] is not None
    ]
    tags = {"library_name": "transformers", "pipeline_tag": "fill-mask", "tags": ["chemistry", "molecules", "smiles"]}
    return tags | ({"model-index": [{"name": name, "results": results}]} if results else {})


def data(metrics: Mapping[str, Any]) -> str:
    """Return the section on the pretraining data."""
    count = metrics["parameters"]
    size = f"{count['total']:,} parameters ({count['non_embedding']:,} without embeddings and head)"
    if not metrics["tokens"]:
        return f"{size}, untrained: weights are as they were initialized."
    return (
        f"{size}, pretrained on {metrics['molecules']:,} molecules of {metrics['corpus']} for {metrics['tokens']:,} "
        f"tokens ({metrics['epochs']:.3g} passes, {metrics['steps']:,} steps of {metrics['optimizer']} at a peak "
        f"learning rate of {metrics['learning_rate']:g}). Status of the run: {metrics['status']}."
    )


def scores(metrics: Mapping[str, Any]) -> str:
    """Return a table of losses on the fixed masks of held-out molecules."""
    rows = [
        f"| {corpus} | {'undefined' if record['loss'] is None else format(record['loss'], '.4f')} "
        f"| {record['masked_tokens']:,} |"
        for corpus, record in sorted(metrics["validation"].items())
    ]
    return "\n".join(
        ["| held-out molecules | loss (nats per masked token) | masked tokens |", "| --- | --- | --- |", *rows]
    )
