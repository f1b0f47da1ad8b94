"""Token shards: concatenated ids, offsets and molecule keys in one memory-mappable safetensors file."""

import json
import mmap
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clm.provenance.files import atomic

TYPES = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "U64": np.uint64, "I64": np.int64}
PARTS = ("offsets", "keys", "tokens")


@dataclass(frozen=True)
class Shard:
    """Molecules as token ids.

    tokens: (total,) smallest unsigned type, with [CLS] and [SEP]; offsets: (n + 1,) int64, molecule i is
    tokens[offsets[i]:offsets[i + 1]]; keys: (n,) uint64 hash of the SMILES; metadata: vocabulary, source, count.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    keys: np.ndarray
    metadata: Mapping[str, str]

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.keys)

    @property
    def lengths(self) -> np.ndarray:
        """Return the number of tokens of each molecule, (n,) int64."""
        return np.diff(self.offsets)

    def head(self, molecules: int) -> "Shard":
        """Return the first molecules as a shard (a view)."""
        last = self.offsets[: molecules + 1]
        return Shard(self.tokens[: last[-1]], last, self.keys[:molecules], self.metadata)

    def take(self, chosen: np.ndarray) -> "Shard":
        """Return the molecules at indices `chosen`, int64 (m,), as a shard (a copy)."""
        sequences = [self.tokens[self.offsets[i] : self.offsets[i + 1]] for i in chosen]
        offsets = np.concatenate([[0], np.cumsum(self.lengths[chosen])]).astype(np.int64)
        tokens = np.concatenate([np.empty(0, self.tokens.dtype), *sequences])
        return Shard(tokens, offsets, np.asarray(self.keys)[chosen], self.metadata)

    def sequences(self) -> Iterator[np.ndarray]:
        """Yield the ids of each molecule."""
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield self.tokens[start:stop]


def pack(sequences: list[list[int]], keys: list[int], vocabulary_size: int, metadata: Mapping[str, str]) -> Shard:
    """Return a shard of token lists with the smallest type that holds every id."""
    lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    kind = np.min_scalar_type(max(vocabulary_size - 1, 0))
    tokens = np.fromiter((token for ids in sequences for token in ids), kind, int(offsets[-1]))
    return Shard(tokens, offsets, np.array(keys, np.uint64), metadata)


class ShardWriter:
    """Write a shard incrementally: its tokens need not fit into memory, nor must their number be known in advance."""

    def __init__(self, path: Path, vocabulary_size: int) -> None:
        """Start a shard at `path`; until `close`, its parts are unnamed temporary files in the same folder."""
        self.path, self.kind = Path(path), np.min_scalar_type(max(vocabulary_size - 1, 0))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.parts = {name: tempfile.TemporaryFile(dir=self.path.parent) for name in PARTS}
        self.molecules = self.total = 0
        self.parts["offsets"].write(bytes(8))

    def append(self, tokens: np.ndarray, lengths: np.ndarray, keys: np.ndarray) -> None:
        """Add molecules: ids of all of them (total,), tokens of each (n,), keys (n,)."""
        offsets = self.total + np.cumsum(lengths, dtype=np.int64)
        self.parts["offsets"].write(offsets.tobytes())
        self.parts["keys"].write(np.asarray(keys, np.uint64).tobytes())
        self.parts["tokens"].write(np.asarray(tokens).astype(self.kind).tobytes())
        self.molecules, self.total = self.molecules + len(lengths), self.total + len(tokens)

    def close(self, metadata: Mapping[str, str]) -> None:
        """Concatenate the parts into a safetensors file, atomically; widest types first, so that all are aligned."""
        entries: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
        start = 0
        kinds = {"offsets": "I64", "keys": "U64", "tokens": f"U{self.kind.itemsize * 8}"}
        shapes = {"offsets": self.molecules + 1, "keys": self.molecules, "tokens": self.total}
        for name, part in self.parts.items():
            stop = start + part.tell()
            entries[name] = {"dtype": kinds[name], "shape": [shapes[name]], "data_offsets": [start, stop]}
            start = stop
        header = json.dumps(entries, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)
        with atomic(self.path) as temporary, temporary.open("wb") as out:
            out.write(len(header).to_bytes(8, "little") + header)
            for part in self.parts.values():
                part.seek(0)
                shutil.copyfileobj(part, out, 2**22)
                part.close()


def write_shard(path: Path, shard: Shard) -> None:
    """Write a shard, atomically."""
    writer = ShardWriter(path, int(np.iinfo(shard.tokens.dtype).max) + 1)
    writer.append(shard.tokens, shard.lengths, shard.keys)
    writer.close(shard.metadata)


def read_shard(path: Path) -> Shard:
    """Map a shard into memory (read-only views; nothing is copied)."""
    with Path(path).open("rb") as handle:
        view = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(view[:8], "little")
    header = json.loads(view[8 : 8 + size])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, stop = entry["data_offsets"]
            kind = np.dtype(TYPES[entry["dtype"]])
            arrays[name] = np.frombuffer(view, kind, (stop - start) // kind.itemsize, 8 + size + start)
    return Shard(arrays["tokens"], arrays["offsets"], arrays["keys"], header.get("__metadata__", {}))
