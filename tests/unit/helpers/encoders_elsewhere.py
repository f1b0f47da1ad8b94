"""Small made-up encoders from elsewhere, of several families."""

import json

import torch
from clm.tokens.regex import split
from clm.tokens.tokenizer import build_tokenizer, save_tokenizer
from safetensors.torch import load_file, save_file
from transformers import (
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
    T5Config,
    T5EncoderModel,
    T5ForConditionalGeneration,
)

SMILES = ["CCO", "Oc1ccccc1", "CC(N)=O", "CCCCCCN", "C" * 40]
SIZE = {"vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
T5 = {"vocab_size": 20, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
FAMILIES = {
    "roberta": lambda: RobertaForMaskedLM(RobertaConfig(**SIZE, max_position_embeddings=34, pad_token_id=1)),
    "modernbert": lambda: ModernBertForMaskedLM(ModernBertConfig(**SIZE, pad_token_id=0, cls_token_id=2,
                                                                 sep_token_id=3, bos_token_id=2, eos_token_id=3)),
    "deberta": lambda: DebertaV2Model(DebertaV2Config(**SIZE, relative_attention=True, pos_att_type=["p2c", "c2p"])),
    "t5": lambda: T5ForConditionalGeneration(T5Config(**T5)),
    "t5 encoder": lambda: T5EncoderModel(T5Config(**T5)),
}  # fmt: skip


def made(folder, family="roberta"):
    """Write a model and a word-level tokenizer that states no length and names no token for padding."""
    torch.manual_seed(0)
    FAMILIES[family]().save_pretrained(folder)
    settings = {"kind": "atoms", "max_tokens": 512, "min_count": 1}
    counts = {token: 1 for text in SMILES for token in split(text)}
    save_tokenizer(build_tokenizer(counts, settings, iter([])), settings, folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["model_max_length"], config["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return {"model": str(folder)}


def edit_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
