"""Functions that each end in a UserError of a model from elsewhere or a tool, in an empty folder."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from clm.provenance.files import write_json
from clm.tables.cliffs import tasks_with_cliffs
from clm.tables.named import RUNS, SCORES
from clm.tasks import clusters
from clm.transfer.external_models import model_features
from provoking_predictions import OUT, PREDICTION_FAULTS, STUDY, checkpoint, fewer_rows, infinite
from small_checkpoints import SMILES


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


def head(columns: Sequence[str]) -> str:
    """Return the first line of a table."""
    return ",".join(columns) + "\n"


def no_cliffs() -> None:
    """Score activity cliffs of a study whose tasks name none."""
    config = {"tasks": {"esol": {}}, "transfer": {"tasks": ["esol"]}}
    write_json(STUDY / "provenance.json", {"config": config, "jobs": {}, "outputs": {}})
    tasks_with_cliffs(STUDY)


def unfinished(**tables: str) -> None:
    """Plan a study from one that has no tables, or tables that tell nothing."""
    from plan_study import finished_study

    for name, content in tables.items():
        (STUDY / "tables").mkdir(parents=True, exist_ok=True)
        (STUDY / "tables" / f"{name}.csv").write_text(content)
    finished_study(STUDY, {})


def compared(plan: bytes | None) -> None:
    """Set beside a study that has not run a plan, or a table that is none beside one that has."""
    from compare_plan import compare_plan

    if plan is not None:
        Path("plan.csv").write_bytes(plan)
        write_json(STUDY / "tables" / "claims.json", {"claims": []})
        (STUDY / "tables" / "headline.csv").write_text("split\n")
    compare_plan(Path("plan.csv"), STUDY, OUT)


def replicated(*claims: list[str]) -> None:
    """Set the claims of studies beside each other, of which the second may have none."""
    from compare_replication import compare_replication

    for folder, names in zip(("one", "other"), claims, strict=False):
        write_json(Path(folder, "tables", "claims.json"), {"claims": [{"id": name} for name in names]})
    compare_replication(Path("one"), Path("other"), OUT)


def unnamed() -> None:
    """Draw the gains of no study."""
    from plot_records import plot_records

    plot_records([], OUT)


def kept(finished: bool) -> None:
    """Keep the record of a study that has not finished, or where the study itself is."""
    from keep_record import FINISHED, keep_record

    for name in FINISHED if finished else ():
        write_json(STUDY / name, {})
    keep_record(STUDY, STUDY / "record" if finished else Path("record"))


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
    ("Planning", "the finished study has no encoders", lambda: unfinished(runs=head(RUNS), transfer=head(SCORES))),
    ("Planning", "a table with something else than a number", lambda: unfinished(
        runs=head(RUNS) + "z,s,m,0,b,ok,many,1,1,1\n", transfer=head(SCORES))),
    ("Planning", "no plan", lambda: compared(None)),
    ("Planning", "a table that is no plan", lambda: compared(b"claim,effect\n")),
    ("Planning", "a replication that has not run", lambda: replicated(["a"])),
    ("Planning", "a record of a study that has not finished", lambda: kept(False)),
    ("Planning", "a record in the folder of the study", lambda: kept(True)),
    ("Planning", "a figure of no study", unnamed),
    ("Planning", "studies without a common claim", lambda: replicated(["a"], ["b"])),
    *PREDICTION_FAULTS,
    ("Commands", "activity cliffs of a study that has not finished", lambda: tasks_with_cliffs(STUDY)),
    ("Commands", "activity cliffs of no task", no_cliffs),
]  # fmt: skip
