"""Tokens, vocabulary and shards against transformers and by known answers."""

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.provenance.files import read_json
from clm.tokens.regex import CLASSES, SPECIALS, split, token_class
from clm.tokens.shards import pack, read_shard, write_shard
from clm.tokens.text import represent
from clm.tokens.tokenizer import build_tokenizer, save_tokenizer
from clm.tokens.vocabulary import class_ids
from count_tokens import count_tokens
from safetensors import safe_open
from tokenize_subset import tokenize_subset
from transformers import AutoTokenizer

SMILES = ["CC(=O)Oc1ccccc1C(=O)O", "C[N+](C)(C)CCO", "BrC(Cl)=C\\F", "C[C@@H](N)C(=O)[O-].[Na+]", "C%12CCCC%12"]
SETTINGS = {"kind": "atoms", "max_tokens": 16, "min_count": 1, "bpe_vocabulary": 60}


@pytest.fixture
def folder(tmp_path):
    counts = {}
    for smiles in SMILES[:4]:
        for token in split(smiles):
            counts[token] = counts.get(token, 0) + 1
    save_tokenizer(build_tokenizer(counts, SETTINGS, iter(SMILES)), SETTINGS, tmp_path)
    return tmp_path


@pytest.mark.parametrize("smiles", SMILES)
def test_tokens_lose_no_character(smiles):
    assert "".join(split(smiles)) == smiles


def test_known_tokens():
    assert split("BrC(Cl)=C\\[nH]%12") == ["Br", "C", "(", "Cl", ")", "=", "C", "\\", "[nH]", "%12"]
    classes = [token_class(token) for token in ("C", "c", "Cl", "n", "=", "1", "[nH]", "[C@@H]", "[MASK]")]
    assert classes == [
        "carbon",
        "carbon",
        "heteroatom",
        "heteroatom",
        "grammar",
        "grammar",
        "bracket",
        "bracket",
        "special",
    ]


def test_auto_tokenizer_gives_the_same_ids_as_the_shard(folder, tmp_path):
    frame = pd.DataFrame({"key": np.arange(5, dtype=np.uint64), "smiles": SMILES})
    frame.to_parquet(tmp_path / "m.parquet")
    tokenize_subset(
        tmp_path / "m.parquet", folder / "tokenizer.json", folder / "vocabulary.json", tmp_path / "t.safetensors"
    )
    shard = read_shard(tmp_path / "t.safetensors")
    theirs = AutoTokenizer.from_pretrained(folder)(SMILES, truncation=True)["input_ids"]
    assert [ids.tolist() for ids in shard.sequences()] == theirs
    assert max(map(len, theirs)) == 16 and shard.tokens.dtype == np.uint8
    assert theirs[4].count(1) == 2, "a token outside the closed vocabulary is [UNK]"
    assert shard.metadata["vocabulary"] == read_json(folder / "vocabulary.json")["digest"]


def test_specials_have_fixed_ids_and_every_id_a_class(folder):
    vocabulary = read_json(folder / "vocabulary.json")
    assert [vocabulary["tokens"][name] for name in SPECIALS] == [0, 1, 2, 3, 4]
    classes = class_ids(vocabulary)
    assert len(classes) == len(vocabulary["tokens"]) and set(classes[:5]) == {CLASSES.index("special")}


def test_rare_tokens_are_left_out():
    tokenizer = build_tokenizer({"C": 100, "[Au]": 2}, SETTINGS | {"min_count": 3}, iter([]))
    assert "[Au]" not in tokenizer.get_vocab()


@pytest.mark.parametrize("kind", ["selfies", "bpe"])
def test_other_kinds_load_in_transformers(tmp_path, kind):
    texts = [represent(smiles, kind) for smiles in SMILES]
    counts = {token: 1 for text in texts for token in split(text)}
    settings = SETTINGS | {"kind": kind, "max_tokens": 64}
    save_tokenizer(build_tokenizer(counts, settings, iter(texts)), settings, tmp_path)
    ids = AutoTokenizer.from_pretrained(tmp_path)(texts[0])["input_ids"]
    assert ids[0] == 2 and ids[-1] == 3 and 1 not in ids


def test_characters_are_counted_and_tokenized_one_by_one(tmp_path):
    frame = pd.DataFrame({"key": np.arange(5, dtype=np.uint64), "smiles": SMILES})
    frame.to_parquet(tmp_path / "m.parquet")
    count_tokens(tmp_path / "m.parquet", {"kind": "characters"}, tmp_path / "counts.json")
    counted = read_json(tmp_path / "counts.json")["tokens"]
    assert counted == {letter: "".join(SMILES).count(letter) for letter in set("".join(SMILES))}
    settings = SETTINGS | {"kind": "characters", "max_tokens": 64}
    save_tokenizer(build_tokenizer(counted, settings, iter([])), settings, tmp_path)
    files = [tmp_path / name for name in ("m.parquet", "tokenizer.json", "vocabulary.json", "t.safetensors")]
    tokenize_subset(*files)
    shard, vocabulary = read_shard(files[-1]), read_json(files[2])
    ids = AutoTokenizer.from_pretrained(tmp_path)(SMILES)["input_ids"]
    assert [row.tolist() for row in shard.sequences()] == ids
    letters = {number: token for token, number in vocabulary["tokens"].items()}
    assert ["".join(letters[i] for i in row[1:-1]) for row in ids] == SMILES
    assert {vocabulary["classes"][letter] for letter in "[C1l"} == {"bracket", "carbon", "grammar", "heteroatom"}


def test_what_selfies_cannot_express_is_none():
    assert represent("CCO", "selfies") == "[C][C][O]" and represent("C[Fe](C)(C)(C)(C)(C)(C)(C)C", "selfies") is None


def test_shards_are_compact_and_mapped(tmp_path):
    write_shard(tmp_path / "s.safetensors", pack([[2, 7, 3], [2, 300, 9, 3]], [5, 2**63], 301, {"count": "2"}))
    shard = read_shard(tmp_path / "s.safetensors")
    assert shard.tokens.dtype == np.uint16 and shard.keys.tolist() == [5, 2**63] and shard.lengths.tolist() == [3, 4]
    with pytest.raises(ValueError):
        shard.tokens[0] = 1
    assert [ids.tolist() for ids in shard.take(np.array([1])).sequences()] == [[2, 300, 9, 3]]
    assert len(shard.head(1)) == 1


def test_shards_have_the_same_bytes_each_time_and_are_ordinary_safetensors(tmp_path):
    path, seen = tmp_path / "s.safetensors", set()
    for _ in range(20):  # safetensors alone orders metadata anew each time
        told = {"vocabulary": "é", "source": "b", "count": "2"}
        write_shard(path, pack([[2, 7, 3], [2, 300, 9, 3]], [5, 2**63], 301, told))
        seen.add(path.read_bytes())
    assert len(seen) == 1
    with safe_open(path, "numpy") as opened:
        assert opened.metadata() == told and opened.get_tensor("keys").tolist() == [5, 2**63]


def test_a_corpus_that_cannot_be_expressed_is_an_error(tmp_path):
    settings = SETTINGS | {"kind": "selfies"}
    save_tokenizer(build_tokenizer({"[C]": 5}, settings, iter([])), settings, tmp_path)
    pd.DataFrame({"key": np.array([1], np.uint64), "smiles": ["C[Fe](C)(C)(C)(C)(C)(C)(C)C"]}).to_parquet(
        tmp_path / "m.parquet"
    )
    with pytest.raises(UserError, match="no molecule can be expressed"):
        tokenize_subset(
            tmp_path / "m.parquet", tmp_path / "tokenizer.json", tmp_path / "vocabulary.json", tmp_path / "t"
        )
