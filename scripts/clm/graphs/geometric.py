"""Networks of torch_geometric on the one-hot atoms and bonds of its `from_smiles`."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.data import Batch
from torch_geometric.nn import AttentiveFP, GraphConv, NNConv, Set2Set, global_add_pool
from torch_geometric.nn.models.basic_gnn import BasicGNN
from torch_geometric.utils.smiles import e_map, x_map

ATOM = [len(values) for values in x_map.values()]
BOND = [len(values) for values in e_map.values()]


def one_hot(codes: Tensor, sizes: list[int]) -> Tensor:
    """Return categories (n, k) of k properties as one-hot vectors, float32 (n, sum of sizes)."""
    return torch.cat([F.one_hot(codes[:, i], size) for i, size in enumerate(sizes)], dim=1).float()


def head(inputs: int, width: int, labels: int, dropout: float) -> nn.Module:
    """Return two layers from the embedding of a molecule to its outputs."""
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, labels))


class AttentiveFingerprint(nn.Module):
    """AttentiveFP (Xiong et al., J. Med. Chem. 2020, 63, 8749), with two steps of attention over atoms."""

    def __init__(self, labels: int, width: int, layers: int, dropout: float) -> None:
        """Allocate `layers` layers of `width`."""
        super().__init__()
        self.network = AttentiveFP(sum(ATOM), width, labels, sum(BOND), layers, num_timesteps=2, dropout=dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, labels)."""
        return self.network(one_hot(batch.x, ATOM), batch.edge_index, one_hot(batch.edge_attr, BOND), batch.batch)


class Convolutions(BasicGNN):
    """Layers of `GraphConv` (Morris et al., AAAI 2019)."""

    supports_edge_weight = False
    supports_edge_attr = False

    def init_conv(self, in_channels: int, out_channels: int, **options: object) -> GraphConv:
        """Return one layer."""
        return GraphConv(in_channels, out_channels, **options)


class ConvolutionNetwork(nn.Module):
    """Graph convolutions that ignore bond types, summed over atoms."""

    def __init__(self, labels: int, width: int, layers: int, dropout: float) -> None:
        """Allocate `layers` layers of `width`."""
        super().__init__()
        self.network = Convolutions(sum(ATOM), width, layers, dropout=dropout)
        self.head = head(width, width, labels, dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, labels)."""
        atoms = self.network(one_hot(batch.x, ATOM), batch.edge_index)
        return self.head(global_add_pool(atoms, batch.batch, batch.num_graphs))


class MessagePassingNetwork(nn.Module):
    """MPNN (Gilmer et al., ICML 2017): messages by edge networks, gated updates, set2set readout."""

    def __init__(self, labels: int, width: int, layers: int, dropout: float) -> None:
        """Allocate one step of messages of `width`, taken `layers` times."""
        super().__init__()
        self.layers = layers
        self.lift = nn.Linear(sum(ATOM), width)
        edges = nn.Sequential(nn.Linear(sum(BOND), 2 * width), nn.ReLU(), nn.Linear(2 * width, width * width))
        self.messages = NNConv(width, width, edges, aggr="mean")
        self.update = nn.GRU(width, width)
        self.readout = Set2Set(width, processing_steps=3)
        self.head = head(2 * width, width, labels, dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, labels)."""
        atoms, bonds = F.relu(self.lift(one_hot(batch.x, ATOM))), one_hot(batch.edge_attr, BOND)
        state = atoms[None]
        for _ in range(self.layers):
            messages = F.relu(self.messages(atoms, batch.edge_index, bonds))
            atoms, state = self.update(messages[None], state)
            atoms = atoms[0]
        return self.head(self.readout(atoms, batch.batch, dim_size=batch.num_graphs))


NETWORKS = {
    "attentive_fp": AttentiveFingerprint,
    "graph_conv": ConvolutionNetwork,
    "mpnn": MessagePassingNetwork,
}
