"""Functions that each end in a UserError about a model, in an empty folder, with paths as in a study."""

from pathlib import Path

import numpy as np
from clm.tokens.shards import Shard
from clm.transfer.external import table_features
from clm.transfer.external_loss import external_loss
from clm.transfer.external_models import model_features
from provoking import CORPUS, write


def other_vocabulary() -> None:
    """Train on tokens of another vocabulary."""
    from pretrain_checkpoint import check_vocabulary

    empty = np.zeros(0, np.uint16)
    check_vocabulary(Shard(empty, empty, empty, {}), CORPUS / "tokens" / "2k.safetensors", "a")


def diverged_surface() -> None:
    """Map the loss around a run that diverged."""
    from map_surface import map_surface

    folder = Path("results/tiny/pretrain/zinc/3k/t900/seed0/t20k")
    write(folder / "metrics.json", b'{"status": "diverged"}')
    map_surface(folder, CORPUS / "tokens" / "valid.safetensors", {}, Path("surface.csv"))


def few_batches() -> None:
    """Measure curvature on a small validation set."""
    from clm.tokens.shards import write_shard
    from measure_curvature import measure_curvature
    from models import random_shard, small_model

    folder, valid = small_model(Path("model"), width=4, layers=1), CORPUS / "tokens" / "valid.safetensors"
    write(folder / "metrics.json", b'{"status": "ok"}')
    valid.parent.mkdir(parents=True)
    write_shard(valid, random_shard(15))
    measure_curvature(
        folder,
        valid,
        {"mask_fraction": 0.15, "batches": 3, "molecules_per_batch": 10},
        Path("out.json"),
        Path("cost.json"),
    )


def no_weights() -> None:
    """Load a model from an empty folder."""
    Path("models/mine").mkdir(parents=True)
    model_features(["CCO"], {"model": "models/mine", "revision": "main", "remote_code": False}, "mine")


def pictures() -> None:
    """Read molecules with an encoder of pictures."""
    from encoders_elsewhere import made
    from transformers import ViTConfig, ViTModel

    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    entry = made(Path("models/mine"))
    ViTModel(ViTConfig(**size, image_size=8, patch_size=4)).save_pretrained("models/mine")
    model_features(["CCO"], entry, "mine")


def infinite_loss() -> None:
    """Measure the loss of a model with a head that is not finite."""
    from encoders_elsewhere import SMILES, edit_weights, made

    entry = made(Path("models/mine"))
    edit_weights(Path("models/mine"), lambda weights: weights["lm_head.bias"].add_(float("inf")))
    external_loss(SMILES, np.arange(len(SMILES), dtype=np.uint64), entry, 0.5, "mine")


def no_package() -> None:
    """Train a graph network without the package that it comes from."""
    from unittest.mock import patch

    from clm.graphs.networks import require_package

    with patch.dict("sys.modules", {"chemprop": None}):
        require_package("dmpnn")


def no_hub() -> None:
    """Fetch a model from a hub that does not answer."""
    from unittest.mock import patch

    from fetch_model import fetch_model
    from huggingface_hub import HfApi, constants

    with (
        patch.object(constants, "ENDPOINT", "https://hub.example.org"),
        patch.object(HfApi, "model_info", side_effect=OSError("Network is unreachable")),
    ):
        fetch_model({"model": "owner/model", "revision": "v1"}, Path("files"), Path("record.json"))


def embeddings(text: bytes) -> None:
    """Look molecules up in a table of embeddings."""
    table_features(["CCO", "CCN"], write(Path("data/embeddings.csv"), text), "unimol")
