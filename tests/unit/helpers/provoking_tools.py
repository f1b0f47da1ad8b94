"""Functions that each end in a UserError of prediction, features or a model from elsewhere, in an empty folder."""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from clm.predict.fitted import fit_model
from clm.predict.folder import load_fitted
from clm.predict.queries import read_molecules
from clm.provenance.files import write_json
from clm.tables.cliffs import tasks_with_cliffs
from clm.tasks import clusters
from clm.tasks.queries import read_queries
from clm.transfer.external_models import model_features
from embed import embed
from made_study import CHECKPOINT, KINDS, made_study
from predict import predict
from safetensors.torch import load_file, save_file
from small_checkpoints import SMILES, small_checkpoint

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


def elsewhere(change: Callable[[dict[str, torch.Tensor]], object], **options: object) -> None:
    """Compute features with changed weights as those of a model from elsewhere."""
    model_features(SMILES, {"model": str(checkpoint(change))} | options, "mine")


def without_tokenizer() -> None:
    """Name a tokenizer that is not there."""
    elsewhere(lambda tensors: None, tokenizer="missing.json")


def losing_tokenizer() -> None:
    """Use a tokenizer that knows none of the tokens."""
    model_features(["[Au]", "[Ag]", "[Pt]"], {"model": str(checkpoint())}, "mine")


def foreign_ids() -> None:
    """Use a tokenizer with more tokens than the model has rows."""
    folder = checkpoint(lambda tensors: fewer_rows(tensors, 8))
    config = json.loads((folder / "config.json").read_text()) | {"vocab_size": 8}
    (folder / "config.json").write_text(json.dumps(config))
    model_features(SMILES, {"model": str(folder)}, "mine")


def fewer_rows(tensors: dict[str, torch.Tensor], rows: int) -> None:
    """Keep the first rows of what has one per token."""
    for name in ("roberta_prelayernorm.embeddings.word_embeddings.weight", "lm_head.bias", "lm_head.decoder.bias"):
        tensors[name] = tensors[name][:rows].clone()


def failing_forward() -> None:
    """Load what is no encoder of tokens."""
    from transformers import ViTConfig, ViTModel

    folder = checkpoint()
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    model = ViTModel(ViTConfig(**size, image_size=8, patch_size=4))
    model.get_input_embeddings().num_embeddings = 100
    model.save_pretrained(folder)
    from unittest.mock import patch

    with patch("clm.transfer.external_models.check_ids"):
        model_features(SMILES, {"model": str(folder)}, "mine")


def too_many_to_cluster() -> None:
    """Cluster more molecules than fit."""
    from unittest.mock import patch

    with patch.object(clusters, "LARGEST", 5):
        clusters.butina_clusters(SMILES)


def predicted(folder: Path = STUDY, **options: str) -> None:
    """Predict a molecule from a study in miniature."""
    if not STUDY.exists():
        made_study(STUDY, 30)
    predict(folder, table("SMILES\nCCO\n"), OUT, **({"split": "random-0"} | options))


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
    from clm.predict.methods import choose_method, load_study_task

    made_study(STUDY, 30)
    study = load_study_task(STUDY, "length", "random-0")
    study.task.labels[:] = float("nan")
    fit_model(choose_method(STUDY, study, CHECKPOINT), study)


def infinite(name: str) -> Callable[[dict[str, torch.Tensor]], object]:
    """Return a change that makes a tensor infinite."""
    return lambda tensors: tensors[name].add_(float("inf"))


def no_cliffs() -> None:
    """Score activity cliffs of a study whose tasks name none."""
    config = {"tasks": {"esol": {}}, "transfer": {"tasks": ["esol"]}}
    write_json(STUDY / "provenance.json", {"config": config})
    tasks_with_cliffs(STUDY)


def unfinished() -> None:
    """Plan a study from one that has no tables."""
    from plan_study import finished_study

    finished_study(STUDY, {})


def compared(plan: bytes | None) -> None:
    """Set beside a study that has not run a plan, or a table that is none beside one that has."""
    from compare_plan import compare_plan

    if plan is not None:
        Path("plan.csv").write_bytes(plan)
        write_json(STUDY / "tables" / "claims.json", {"claims": []})
        (STUDY / "tables" / "headline.csv").write_text("split\n")
    compare_plan(Path("plan.csv"), STUDY, OUT)


TOOL_FAULTS: list[tuple[str, str, Callable[[], object]]] = [
    ("Models", "a tokenizer that cannot be read", without_tokenizer),
    ("Models", "a tokenizer that loses the molecules", losing_tokenizer),
    ("Models", "a tokenizer of another model", foreign_ids),
    ("Models", "weights that lack a part", lambda: elsewhere(
        lambda tensors: tensors.pop("roberta_prelayernorm.encoder.layer.0.output.dense.bias"))),
    ("Models", "weights that are not finite", lambda: elsewhere(
        infinite("roberta_prelayernorm.encoder.layer.0.output.dense.bias"))),
    ("Models", "what is no encoder of text", failing_forward),
    ("Tasks", "more molecules than can be clustered", too_many_to_cluster),
    ("Planning", "the finished study has no tables", unfinished),
    ("Planning", "no plan", lambda: compared(None)),
    ("Planning", "a table that is no plan", lambda: compared(b"claim,effect\n")),
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
    ("Predictions and features", "no task", lambda: predicted()),
    ("Predictions and features", "no such task", lambda: predicted(task="solubility")),
    ("Predictions and features", "no such split", lambda: predicted(task="length", split="scaffold-0")),
    ("Predictions and features", "a study without its configuration", without_provenance),
    ("Predictions and features", "no such method", lambda: predicted(task="length", method="zinc/1m/2k/seed0/10k")),
    ("Predictions and features", "no labels", no_labels),
    ("Predictions and features", "no fitted model", lambda: load_fitted(SAVED)),
    ("Predictions and features", "a fitted model of another task", lambda: saved(
        lambda tensors: None, "head.safetensors", task=next(reversed(KINDS)))),
    ("Predictions and features", "a fitted model with another encoder", lambda: saved(
        lambda tensors: tensors["lm_head.bias"].add_(1), "encoder/model.safetensors")),
    ("Predictions and features", "predictions that are not finite", lambda: saved(
        infinite("0.intercept"), "head.safetensors")),
    ("Commands", "activity cliffs of a study that has not finished", lambda: tasks_with_cliffs(STUDY)),
    ("Commands", "activity cliffs of no task", no_cliffs),
]  # fmt: skip
