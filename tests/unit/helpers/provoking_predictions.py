"""Functions that each end in a UserError of predictions or features, in an empty folder."""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from clm.predict.fitted import fit_model
from clm.predict.folder import load_fitted
from clm.predict.methods import choose_method, load_study_task
from clm.predict.queries import read_molecules
from clm.predict.targets import check_file, check_model_folder
from clm.provenance.files import write_json
from clm.tasks.queries import read_queries
from embed import embed
from made_study import CHECKPOINT, KINDS, made_study
from predict import predict
from safetensors.torch import load_file, save_file
from small_checkpoints import small_checkpoint

STUDY, TABLE, SAVED, OUT = Path("results/mine"), Path("new.csv"), Path("models/fitted"), Path("out.csv")


def table(text: str) -> Path:
    """Write a table of molecules."""
    TABLE.write_text(text, encoding="utf-8")
    return TABLE


def edit_weights(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change the tensors of a safetensors file."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


def checkpoint(change: Callable[[dict[str, torch.Tensor]], object] = lambda tensors: None) -> Path:
    """Write a checkpoint with changed weights."""
    folder = small_checkpoint(Path("models"))
    edit_weights(folder / "model.safetensors", change)
    return folder


def embedded(folder: Path) -> None:
    """Compute features with a checkpoint."""
    embed(folder, table("SMILES\nCCO\n"), Path("out.parquet"))


def other_architecture() -> None:
    """Compute features with a folder of another architecture."""
    folder = checkpoint()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    embedded(folder)


def broken(name: str, text: str) -> None:
    """Compute features with a checkpoint of which a file has another text."""
    folder = checkpoint()
    (folder / name).write_text(text)
    embedded(folder)


def unlike(**settings: object) -> None:
    """Compute features with a checkpoint whose config.json says something else."""
    folder = checkpoint()
    broken("config.json", json.dumps(json.loads((folder / "config.json").read_text()) | settings))


def unknown_tokens() -> None:
    """Compute features of molecules of which the tokenizer knows nothing."""
    embed(checkpoint(), table("SMILES\n[Au]\n[Ag]\n"), Path("out.parquet"))


def foreign_rows() -> None:
    """Compute features with a tokenizer that knows more tokens than the model."""
    folder = checkpoint(lambda tensors: fewer_rows(tensors, 8))
    config = json.loads((folder / "config.json").read_text()) | {"vocab_size": 8}
    (folder / "config.json").write_text(json.dumps(config))
    embedded(folder)


def spoiled_settings() -> None:
    """Predict with a saved model whose settings.json lacks a key."""
    saved(lambda tensors: None, "head.safetensors")
    settings = json.loads((SAVED / "settings.json").read_text())
    write_json(SAVED / "settings.json", {key: value for key, value in settings.items() if key != "threshold"})
    load_fitted(SAVED)


def fewer_rows(tensors: dict[str, torch.Tensor], rows: int) -> None:
    """Keep the first rows of what has one per token."""
    for name in ("roberta_prelayernorm.embeddings.word_embeddings.weight", "lm_head.bias", "lm_head.decoder.bias"):
        tensors[name] = tensors[name][:rows].clone()


def predicted(folder: Path = STUDY, **options: str) -> None:
    """Predict a molecule from a study in miniature."""
    if not STUDY.exists():
        made_study(STUDY, 30)
    predict(folder, table("SMILES\nCCO\n"), OUT, **({"split": "random-0"} | options))


def another_name() -> None:
    """Fit a task whose label is called like a column of the predictions."""
    made_study(STUDY, 30)
    study = load_study_task(STUDY, "length", "random-0")
    study.task.names[:] = ["reason"]
    fit_model(choose_method(STUDY, study, CHECKPOINT), study)


def without_provenance() -> None:
    """Predict with a fine-tuned checkpoint of a study that has not finished."""
    made_study(STUDY, 30)
    write_json(STUDY / f"transfer/fine_tuned/{CHECKPOINT}/length.json", {"cells": []})
    predicted(task="length", method=f"fine_tuned/{CHECKPOINT}")


def saved(change: Callable[[dict[str, torch.Tensor]], object], file: str, **options: str) -> None:
    """Predict with a saved model of which a file was changed."""
    made_study(STUDY, 30)
    predict(STUDY, table("SMILES\nCCO\n"), OUT, "length", split="random-0", method=CHECKPOINT, save=SAVED)
    edit_weights(SAVED / file, change)
    predict(SAVED, TABLE, OUT, **options)


def no_labels() -> None:
    """Fit a task without labels."""
    made_study(STUDY, 30)
    study = load_study_task(STUDY, "length", "random-0")
    study.task.labels[:] = float("nan")
    fit_model(choose_method(STUDY, study, CHECKPOINT), study)


def infinite(name: str) -> Callable[[dict[str, torch.Tensor]], object]:
    """Return a change that makes a tensor infinite."""
    return lambda tensors: tensors[name].add_(float("inf"))


PREDICTION_FAULTS: list[tuple[str, str, Callable[[], object]]] = [
    ("Predictions and features", "no such table", lambda: read_queries(TABLE)),
    ("Predictions and features", "no column of SMILES", lambda: read_queries(table("name\nethanol\n"))),
    ("Predictions and features", "no column of ids", lambda: read_queries(table("SMILES\nCCO\n"), ids="compound")),
    ("Predictions and features", "no molecule", lambda: read_queries(table("SMILES\n"))),
    ("Predictions and features", "a folder instead of a table", lambda: read_molecules(Path())),
    ("Predictions and features", "no column of ids, and no header", lambda: read_molecules(
        table("CCO,ethanol\n"), "0", "name")),
    ("Predictions and features", "no molecule, and no header", lambda: read_molecules(table("C(\n"), "0")),
    ("Predictions and features", "a folder without a checkpoint", lambda: embedded(Path("models"))),
    ("Predictions and features", "a checkpoint of another architecture", other_architecture),
    ("Predictions and features", "weights of another size", lambda: embedded(
        checkpoint(lambda tensors: fewer_rows(tensors, 8)))),
    ("Predictions and features", "a file of a model that is damaged", lambda: broken("config.json", "nothing")),
    ("Predictions and features", "a configuration of no encoder", lambda: unlike(hidden_size="wide")),
    ("Predictions and features", "a tokenizer that knows none of the tokens", unknown_tokens),
    ("Predictions and features", "a tokenizer with more tokens than the model", foreign_rows),
    ("Predictions and features", "features that are not finite", lambda: embedded(
        checkpoint(infinite("roberta_prelayernorm.encoder.layer.0.output.dense.bias")))),
    ("Predictions and features", "features in a file that is not Parquet", lambda: embed(
        checkpoint(), table("SMILES\nCCO\n"), Path("out.csv"))),
    ("Predictions and features", "a model that cannot be run", lambda: unlike(num_attention_heads=3)),
    ("Predictions and features", "a folder in the place of the predictions", lambda: check_file(
        "--out", Path(), TABLE)),
    ("Predictions and features", "predictions in the place of the molecules", lambda: check_file(
        "--out", table("SMILES\nCCO\n"), TABLE)),
    ("Predictions and features", "a file in the place of a folder", lambda: check_file(
        "--out", table("SMILES\nCCO\n") / "out.csv", Path("other.csv"))),
    ("Predictions and features", "a file in the place of a model", lambda: check_model_folder(table("SMILES\nCCO\n"))),
    ("Predictions and features", "other files in the place of a model", lambda: check_model_folder(
        (table("SMILES\nCCO\n"), Path())[1])),
    ("Predictions and features", "a label with the name of another column", another_name),
    ("Predictions and features", "no task", lambda: predicted()),
    ("Predictions and features", "no such task", lambda: predicted(task="solubility")),
    ("Predictions and features", "no such split", lambda: predicted(task="length", split="scaffold-0")),
    ("Predictions and features", "a study without its configuration", without_provenance),
    ("Predictions and features", "no such method", lambda: predicted(task="length", method="zinc/1m/2k/seed0/10k")),
    ("Predictions and features", "no labels", no_labels),
    ("Predictions and features", "no fitted model", lambda: load_fitted(SAVED)),
    ("Predictions and features", "a fitted model of another task", lambda: saved(
        lambda tensors: None, "head.safetensors", task=next(reversed(KINDS)))),
    ("Predictions and features", "a method for a fitted model", lambda: saved(
        lambda tensors: None, "head.safetensors", method="ecfp_forest")),
    ("Predictions and features", "a fitted model without a setting", spoiled_settings),
    ("Predictions and features", "a fitted model with another encoder", lambda: saved(
        lambda tensors: tensors["lm_head.bias"].add_(1), "encoder/model.safetensors")),
    ("Predictions and features", "predictions that are not finite", lambda: saved(
        infinite("0.intercept"), "head.safetensors")),
]  # fmt: skip
