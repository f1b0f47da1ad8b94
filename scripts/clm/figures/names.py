"""What is written for the names in the tables, the same in all figures."""

BASELINES = {
    "ecfp_forest": "ECFP counts + random forest",
    "ecfp_boosting": "ECFP counts + boosting",
    "token_counts": "token counts",
    "dmpnn": "D-MPNN",
    "attentive_fp": "AttentiveFP",
    "graph_conv": "GraphConv",
    "mpnn": "MPNN",
}


def baseline_name(name: str) -> str:
    """Return what is written for a method without pretraining; models from elsewhere keep the name in the study."""
    return BASELINES.get(name, name)
