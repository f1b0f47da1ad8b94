"""The model card of a checkpoint: the Hub's metadata, data and scores, the same bytes each time."""

from clm.models.card import write_card
from huggingface_hub import ModelCard

METRICS = {
    "corpus": "zinc", "size": "800k", "subset": "32k", "budget": "800k", "seed": 0, "status": "ok", "tokens": 800_123,
    "molecules": 32_000, "epochs": 0.62, "steps": 781, "optimizer": "adamw", "learning_rate": 0.002,
    "parameters": {"non_embedding": 793_000, "total": 850_000},
    "validation": {"zinc": {"loss": 0.9493, "masked_tokens": 9000}, "pubchem": {"loss": None, "masked_tokens": 0}},
}  # fmt: skip


def test_the_hub_reads_metadata_and_losses(tmp_path):
    write_card(tmp_path, METRICS, 128)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.library_name == "transformers" and card.data.pipeline_tag == "fill-mask"
    (result,) = card.data.eval_results
    assert (result.dataset_type, result.metric_value) == ("zinc", 0.9493)
    assert "32,000 molecules of zinc" in card.text and "128 tokens" in card.text and "undefined" in card.text


def test_equal_metrics_give_equal_bytes_and_an_untrained_model_says_so(tmp_path):
    write_card(tmp_path / "a", METRICS, 128)
    write_card(tmp_path / "b", METRICS, 128)
    assert (tmp_path / "a/README.md").read_bytes() == (tmp_path / "b/README.md").read_bytes()
    nothing = {"corpus": "untrained", "tokens": 0, "learning_rate": None, "optimizer": None}
    write_card(tmp_path / "c", METRICS | nothing, 128)
    assert "untrained: weights are as they were initialized" in (tmp_path / "c/README.md").read_text()
