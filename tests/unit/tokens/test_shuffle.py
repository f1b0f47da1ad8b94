"""Shuffled tokens: a permutation within each molecule, always the same, uniform, special tokens in place."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from clm.tokens.shards import pack, read_shard, write_shard
from clm.tokens.shuffle import shuffle_tokens
from scipy.stats import chisquare
from shuffle_tokens import shuffle_tokens as shuffle_shard

CLS, SEP = 2, 3


def molecules(count, seed=0, length=None):
    random = np.random.default_rng(seed)
    drawn = [random.integers(5, 30, length or random.integers(0, 40)).tolist() for _ in range(count)]
    keys = random.integers(0, 2**63, count).tolist()
    return [[CLS, *ids, SEP] for ids in drawn], keys


@pytest.fixture
def shards(tmp_path):
    sequences, keys = molecules(500)
    write_shard(tmp_path / "plain", pack(sequences, keys, 30, {"vocabulary": "abc", "source": "x", "count": "500"}))
    shuffle_shard(tmp_path / "plain", tmp_path / "shuffled")
    return read_shard(tmp_path / "plain"), read_shard(tmp_path / "shuffled")


def test_each_molecule_is_permuted_between_its_special_tokens(shards):
    plain, shuffled = shards
    assert plain.keys.tolist() == shuffled.keys.tolist() and plain.offsets.tolist() == shuffled.offsets.tolist()
    moved = 0
    for before, after in zip(plain.sequences(), shuffled.sequences(), strict=True):
        assert after[0] == CLS and after[-1] == SEP
        assert Counter(before[1:-1].tolist()) == Counter(after[1:-1].tolist())
        moved += before.tolist() != after.tolist()
    assert moved > 450
    assert np.bincount(plain.tokens).tolist() == np.bincount(shuffled.tokens).tolist()
    assert shuffled.metadata["vocabulary"] == "abc" and shuffled.metadata["count"] == "500"
    assert shuffled.metadata["source"] != "x" and shuffled.tokens.dtype == plain.tokens.dtype


def test_the_order_does_not_depend_on_other_molecules_or_on_the_parts_of_a_file(shards, tmp_path, monkeypatch):
    plain, shuffled = shards
    chosen = np.array([400, 3, 77])
    part = plain.take(chosen)
    alone = shuffle_tokens(part.tokens, part.lengths, part.keys)
    assert alone.tolist() == shuffled.take(chosen).tokens.tolist()
    monkeypatch.setattr("shuffle_tokens.MOLECULES", 7)
    shuffle_shard(tmp_path / "plain", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "shuffled").read_bytes()


def test_all_orders_are_equally_likely_over_molecules():
    """Every one of the 24 orders of four tokens, by a chi-squared test with 24 000 molecules."""
    count = 24_000
    keys = np.random.default_rng(1).integers(0, 2**63, count).astype(np.uint64)
    tokens = np.tile([CLS, 10, 11, 12, 13, SEP], count)
    found = shuffle_tokens(tokens, np.full(count, 6), keys).reshape(count, 6)[:, 1:5]
    seen = Counter(map(tuple, found.tolist()))
    assert set(seen) == set(permutations((10, 11, 12, 13)))
    assert chisquare(list(seen.values())).pvalue > 0.001


def test_keys_that_follow_each_other_give_unrelated_orders():
    count = 6_000
    tokens = np.tile([CLS, 10, 11, 12, SEP], count)
    found = shuffle_tokens(tokens, np.full(count, 5), np.arange(count, dtype=np.uint64)).reshape(count, 5)[:, 1:4]
    pairs = Counter(zip(map(tuple, found[:-1].tolist()), map(tuple, found[1:].tolist()), strict=True))
    assert len(pairs) == 36 and chisquare(list(pairs.values())).pvalue > 0.001
