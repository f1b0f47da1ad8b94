"""External features: of any Hugging Face encoder, or from a table of embeddings by SMILES."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clm.provenance.command import UserError

log = logging.getLogger(__name__)
BATCH_SIZE = 64


def model_features(smiles: list[str], model: Mapping[str, Any], name: str) -> np.ndarray:
    """Return mean-pooled last hidden states of a Hugging Face model with its own tokenizer, float32 (n, width).

    Args:
        smiles: canonical SMILES.
        model: `model` (id or folder), `revision`, `remote_code` (whether code of the model's repository may run).
        name: of the entry in the configuration, for messages.

    Raises:
        UserError: the model cannot be loaded. Weights are read from safetensors only, never unpickled.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    from clm.models.device import device

    options = {"revision": model["revision"], "trust_remote_code": model["remote_code"]}
    try:
        tokenizer = AutoTokenizer.from_pretrained(model["model"], **options)
        encoder = AutoModel.from_pretrained(model["model"], use_safetensors=True, **options).to(device()).eval()
    except (OSError, ValueError, ImportError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"external_models.{name}: {model['model']} cannot be loaded ({reason}); needed: an id or a folder "
            "with config.json, tokenizer and model.safetensors, and remote_code: true if it brings code of its own"
        ) from error
    order = np.argsort([len(text) for text in smiles], kind="stable")
    parts = []
    with torch.inference_mode():
        for start in range(0, len(order), BATCH_SIZE):
            texts = [smiles[i] for i in order[start : start + BATCH_SIZE]]
            inputs = tokenizer(
                texts, padding=True, truncation=True, return_special_tokens_mask=True, return_tensors="pt"
            )
            special = inputs.pop("special_tokens_mask")
            if tokenizer.unk_token_id is not None:  # left out as for the models of the study
                special = special | (inputs["input_ids"] == tokenizer.unk_token_id).long()
            inputs.pop("token_type_ids", None)
            hidden = encoder(**inputs.to(device())).last_hidden_state.float().cpu()
            real = (inputs["attention_mask"].cpu() * (1 - special)).float()
            real = torch.where(real.sum(1, keepdim=True) > 0, real, inputs["attention_mask"].cpu().float())
            parts.append(((hidden * real[..., None]).sum(1) / real.sum(1, keepdim=True)).numpy())
            log.info("%s: %d of %d molecules", name, start + len(texts), len(smiles))
    features = np.empty((len(smiles), parts[0].shape[1]), dtype=np.float32)
    features[order] = np.concatenate(parts)
    return features


def table_features(smiles: list[str], path: Path, name: str) -> np.ndarray:
    """Return embeddings of molecules looked up by SMILES in a table, float64 (n, width).

    Args:
        smiles: canonical SMILES of the task.
        path: Parquet or CSV with a column `smiles` and numeric columns, or NPY (n, width) beside a text file of one
            SMILES per line (`x.npy` and `x.smi`).
        name: of the entry in the configuration, for messages.

    Raises:
        UserError: the file cannot be read, or lacks molecules of the task.
    """
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    keys, values = read_embeddings(path, name)
    row_of: dict[str, int] = {}
    for row, text in enumerate(keys):
        mol = Chem.MolFromSmiles(str(text))
        if mol is not None:
            row_of.setdefault(Chem.MolToSmiles(mol), row)
    missing = [text for text in smiles if text not in row_of]
    if missing:
        raise UserError(
            f"external_embeddings.{name}: {path} lacks {len(missing)} of {len(smiles)} molecules of the task, the "
            f"first is {missing[0]}; add them or leave the task out"
        )
    return values[[row_of[text] for text in smiles]]


def read_embeddings(path: Path, name: str) -> tuple[list[str], np.ndarray]:
    """Return SMILES and their embeddings (n, width)."""
    import pandas as pd

    try:
        if path.suffix == ".npy":
            lines = path.with_suffix(".smi").read_text(encoding="utf-8").split("\n")
            keys = [line.strip() for line in lines if line.strip()]
            values = np.load(path, allow_pickle=False).astype(np.float64)
        else:
            table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
            keys, values = table["smiles"].tolist(), table.drop(columns="smiles").to_numpy(dtype=np.float64)
        if values.ndim != 2 or len(values) != len(keys) or not np.isfinite(values).all():
            raise ValueError(f"{len(keys)} SMILES, numbers of shape {values.shape}, all must be finite")
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"external_embeddings.{name}: {path} cannot be read ({reason}); needed: Parquet or CSV with a column "
            "`smiles` and numeric columns, or NPY with a .smi file beside it"
        ) from error
    return keys, values
