"""The encoder: pre-LN RoBERTa with a masked-LM head.

Models are initialized by transformers (`clm.models.initialize`) and stored in its format; this module has the same
parameter names and gives the same logits (a test compares them). Jobs use it because importing transformers takes
longer than many jobs run, and because training needs the head at masked positions only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clm.models.attention import Attention, Output, padding_bias, segment_bias
from clm.models.matmul import Linear, linear

ROW_MULTIPLE = 32  # tokens: concatenated batches are padded to a multiple of it


class Embeddings(nn.Module):
    """Token, position and type embeddings, normalized."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Allocate tables; row `pad_token_id` of the position table is for padding, positions start after it."""
        super().__init__()
        width = config["hidden_size"]
        self.first_position = config["pad_token_id"] + 1
        self.word_embeddings = nn.Embedding(config["vocab_size"], width)
        self.position_embeddings = nn.Embedding(config["max_position_embeddings"], width)
        self.token_type_embeddings = nn.Embedding(config["type_vocab_size"], width)
        self.LayerNorm = nn.LayerNorm(width, config["layer_norm_eps"])

    def forward(self, ids: Tensor, places: Tensor | None = None) -> Tensor:
        """Return (B, T, width) for ids (B, T) at positions `places` (B, T) in their sequences; default 0, 1, ..."""
        first = self.first_position
        if places is None:
            positions = self.position_embeddings.weight[first : first + ids.shape[1]]
        else:
            positions = self.position_embeddings(places + first)
        return self.LayerNorm(self.word_embeddings(ids) + positions + self.token_type_embeddings.weight[0])


class Intermediate(nn.Module):
    """The first half of the feed-forward layer."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Allocate norm and projection."""
        super().__init__()
        self.LayerNorm = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])
        self.dense = Linear(config["hidden_size"], config["intermediate_size"])


class Layer(nn.Module):
    """One transformer layer."""

    def __init__(self, config: Mapping[str, Any], eager: bool) -> None:
        """Allocate attention and feed-forward."""
        super().__init__()
        self.attention = Attention(config, eager)
        self.intermediate = Intermediate(config)
        self.output = Output(config["intermediate_size"], config["hidden_size"])

    def forward(
        self,
        x: Tensor,
        bias: Tensor | None,
        lengths: Sequence[int] | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """Return the next residual stream, (B, T, width) or (M, width); arguments as for `Attention`."""
        x = self.attention(x, bias, lengths, positions)
        inner = F.gelu(self.intermediate.dense(self.intermediate.LayerNorm(x)))
        return x + self.output.dense(inner)


class Stack(nn.Module):
    """The transformer layers."""

    def __init__(self, config: Mapping[str, Any], eager: bool) -> None:
        """Allocate the layers."""
        super().__init__()
        self.layer = nn.ModuleList(Layer(config, eager) for _ in range(config["num_hidden_layers"]))


class Encoder(nn.Module):
    """Embeddings, layers and the last norm."""

    def __init__(self, config: Mapping[str, Any], eager: bool) -> None:
        """Allocate."""
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Stack(config, eager)
        self.LayerNorm = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])

    def hidden_states(self, ids: Tensor, attention: Tensor | None) -> list[Tensor]:
        """Return the residual stream after the embeddings and after each layer, the last one normalized."""
        x = self.embeddings(ids)
        bias = padding_bias(attention, x.dtype)
        stream = [x]
        for layer in self.encoder.layer:
            stream.append(layer(stream[-1], bias))
        return [*stream[:-1], self.LayerNorm(stream[-1])]

    def forward(self, ids: Tensor, attention: Tensor | None = None) -> Tensor:
        """Return the last hidden state (B, T, width) for ids (B, T) int64, attention (B, T) bool (None: no padding)."""
        x = self.embeddings(ids)
        bias = padding_bias(attention, x.dtype)
        for layer in self.encoder.layer:
            x = layer(x, bias)
        return self.LayerNorm(x)

    def forward_at(self, ids: Tensor, attention: Tensor | None, positions: Tensor) -> Tensor:
        """Return what `forward` returns at the flat positions (M,) of ids (B, T), (M, width).

        The last layer is computed at these positions only, from its attention on: the others are not used.
        """
        x = self.embeddings(ids)
        return self.run_layers_at(x, padding_bias(attention, x.dtype), positions)

    def forward_packed(self, ids: Tensor, segments: Tensor, places: Tensor, positions: Tensor) -> Tensor:
        """Return the last hidden states of packed sequences at the flat positions (M,), (M, width).

        Args:
            ids: (R, T), rows of concatenated sequences.
            segments: (R, T) integer; a token attends to those of its row with the same number.
            places: (R, T), position of each token in its sequence.
            positions: flat positions of ids; from its attention on, the last layer is computed there only.
        """
        x = self.embeddings(ids, places)
        return self.run_layers_at(x, segment_bias(segments, x.dtype), positions)

    def run_layers_at(self, x: Tensor, bias: Tensor | None, positions: Tensor) -> Tensor:
        """Return the last hidden states at flat positions (M,) for embeddings (B, T, width)."""
        *layers, last = self.encoder.layer
        for layer in layers:
            x = layer(x, bias)
        return self.LayerNorm(last(x, bias, positions=positions))

    def forward_unpadded(self, ids: Tensor, attention: Tensor) -> Tensor:
        """Return what `forward` returns, 0 at padding, without computing anything for padding.

        On a CPU this is faster if lengths differ, as in random batches; on a GPU it would synchronize. A sequence of
        zeros pads the tokens to a multiple of ROW_MULTIPLE, because oneDNN caches code for each number of rows.
        """
        x, lengths = self.embeddings(ids)[attention], attention.sum(1).tolist()
        if rest := -len(x) % ROW_MULTIPLE:
            x, lengths = F.pad(x, (0, 0, 0, rest)), [*lengths, rest]
        x = x[None]
        for layer in self.encoder.layer:
            x = layer(x, None, lengths)
        hidden = x.new_zeros(*ids.shape, x.shape[-1])
        hidden[attention] = self.LayerNorm(x[0, : len(x[0]) - rest])
        return hidden


class MaskedLMHead(nn.Module):
    """The masked-LM head; its output matrix is the (tied) token embedding."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Allocate projection, norm and bias."""
        super().__init__()
        width = config["hidden_size"]
        self.dense = Linear(width, width)
        self.layer_norm = nn.LayerNorm(width, config["layer_norm_eps"])
        self.bias = nn.Parameter(torch.zeros(config["vocab_size"]))

    def forward(self, hidden: Tensor, table: Tensor) -> Tensor:
        """Return logits (..., V) for hidden (..., width) and the token table (V, width)."""
        return linear(self.layer_norm(F.gelu(self.dense(hidden))), table, self.bias)


class MaskedLM(nn.Module):
    """Encoder and head; parameter names as in transformers' RobertaPreLayerNormForMaskedLM."""

    def __init__(self, config: Mapping[str, Any], attention: str = "sdpa") -> None:
        """Allocate for the content of a config.json; `attention` is sdpa or eager."""
        super().__init__()
        self.config = dict(config)
        self.roberta_prelayernorm = Encoder(config, attention == "eager")
        self.lm_head = MaskedLMHead(config)

    def forward(self, ids: Tensor, attention: Tensor | None, positions: Tensor) -> Tensor:
        """Return logits (M, V) at the flat positions (M,) of ids (B, T)."""
        hidden = self.roberta_prelayernorm.forward_at(ids, attention, positions)
        return self.lm_head(hidden, self.roberta_prelayernorm.embeddings.word_embeddings.weight)

    def forward_packed(self, ids: Tensor, segments: Tensor, places: Tensor, positions: Tensor) -> Tensor:
        """Return logits (M, V) at the flat positions (M,) of packed sequences; arguments as for the encoder."""
        hidden = self.roberta_prelayernorm.forward_packed(ids, segments, places, positions)
        return self.lm_head(hidden, self.roberta_prelayernorm.embeddings.word_embeddings.weight)
