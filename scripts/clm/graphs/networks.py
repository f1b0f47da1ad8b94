"""Graph networks from maintained packages, with one output per label.

The packages are optional (requirements-graphs.txt, envs/graphs.yaml), so they are imported where they are used.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from clm.provenance.command import UserError

PACKAGES = {
    "dmpnn": "chemprop",
    "attentive_fp": "torch_geometric",
    "graph_conv": "torch_geometric",
    "mpnn": "torch_geometric",
}
# of chemprop for dmpnn, of torch_geometric for the others
Graphs = list[Any]
Collate = Callable[[Graphs], Any]


def require_package(kind: str) -> None:
    """Raise UserError if the package behind a network, or one of its dependencies, is missing."""
    try:
        importlib.import_module(PACKAGES[kind])
    except ImportError as error:
        raise UserError(
            f"transfer.baselines: {kind} needs {PACKAGES[kind]}, but {error.name or error} cannot be imported; run "
            "snakemake with --sdm conda, run `pip install --no-deps -r requirements-graphs.txt`, or remove it there"
        ) from error


def build_network(kind: str, labels: int, settings: Mapping[str, Any]) -> nn.Module:
    """Return an untrained network that maps a batch of `molecular_graphs` to (B, labels), logits in classification.

    Args:
        kind: a key of PACKAGES.
        labels: number of labels.
        settings: `width`, `layers` and `dropout`.
    """
    if kind == "dmpnn":
        return directed_network(labels, settings)
    from clm.graphs.geometric import NETWORKS

    return NETWORKS[kind](labels, **{key: settings[key] for key in ("width", "layers", "dropout")})


def directed_network(labels: int, settings: Mapping[str, Any]) -> nn.Module:
    """Return chemprop's D-MPNN (Yang et al., J. Chem. Inf. Model. 2019, 59, 3370): messages along directed bonds."""
    from chemprop.models import MPNN
    from chemprop.nn import BondMessagePassing, NormAggregation, RegressionFFN

    width, dropout = settings["width"], settings["dropout"]
    messages = BondMessagePassing(d_h=width, depth=settings["layers"], dropout=dropout)
    # Its regression head gives unscaled outputs, which serve as logits in classification
    head = RegressionFFN(n_tasks=labels, input_dim=width, hidden_dim=width, dropout=dropout)
    return MPNN(messages, NormAggregation(), head)


def molecular_graphs(kind: str, smiles: list[str]) -> tuple[Graphs, Collate]:
    """Return the graph of each molecule, with the atom and bond features of the network's package, and its collation.

    Args:
        kind: a key of PACKAGES.
        smiles: canonical SMILES.
    """
    if kind == "dmpnn":
        from chemprop.data import BatchMolGraph
        from chemprop.featurizers import SimpleMoleculeMolGraphFeaturizer
        from rdkit import Chem

        featurizer = SimpleMoleculeMolGraphFeaturizer()
        return [featurizer(Chem.MolFromSmiles(text)) for text in smiles], BatchMolGraph
    from torch_geometric.data import Batch
    from torch_geometric.utils import from_smiles

    return [from_smiles(text) for text in smiles], Batch.from_data_list
