"""Permute the tokens of each molecule of a shard: a control with the same molecules and token counts."""

from pathlib import Path

from clm.provenance.command import run
from clm.provenance.files import sha256_file
from clm.tokens import shuffle
from clm.tokens.shards import ShardWriter, read_shard

MOLECULES = 100_000  # molecules in memory at once


def shuffle_tokens(tokens: Path, out: Path) -> None:
    """Write a shard of the same molecules in the same order, with the tokens between [CLS] and [SEP] permuted.

    Args:
        tokens: shard of the corpus.
        out: shard of the control.
    """
    shard = read_shard(tokens)
    writer = ShardWriter(out, int(shard.tokens.max()) + 1)
    for start in range(0, len(shard), MOLECULES):
        offsets = shard.offsets[start : start + MOLECULES + 1]
        lengths, keys = offsets[1:] - offsets[:-1], shard.keys[start : start + MOLECULES]
        writer.append(shuffle.shuffle_tokens(shard.tokens[offsets[0] : offsets[-1]], lengths, keys), lengths, keys)
    writer.close({**shard.metadata, "source": sha256_file(tokens)})


if __name__ == "__main__":
    run(shuffle_tokens)
