"""Tokens of many SMILES at once are those of the pattern and of the Hugging Face tokenizer."""

import random

import numpy as np
import pyarrow as pa
import pytest
from clm.tokens.regex import split
from clm.tokens.scan import encode, scan
from clm.tokens.tokenizer import build_tokenizer

PIECES = "C c N n O s Cl Br B [nH] [C@@H] [13CH3] [Na+] ( ) = # / \\ 1 2 %10 %99 % %(100) %( . * l r < é [Fe+2] $ > : ~"
PIECES = f"{PIECES} -> <- - %(7) %(12345)".split()
ODD = [
    "",
    "C",
    "Cl",
    "CCl",
    "l",
    "BrCl",
    "%1",
    "%12",
    "%",
    "C%",
    "%%12",
    "[Cl-]",
    "[Br]l",
    "<<<C<",
    "é€C",
    "C%1é",
    "N->[Pt]<-N",
    "<->",
    "-->",
    "%(100",
    "%(100)",
    "00)C",
    "%(1",
]


def texts(count, seed=0):
    draw = random.Random(seed)
    return ODD + ["".join(draw.choices(PIECES, k=draw.randint(0, 25))) for _ in range(count)]


def test_counts_are_those_of_the_pattern():
    found = scan(pa.array(texts(2000))).counts()
    expected = {}
    for text in texts(2000):
        for token in split(text):
            expected[token] = expected.get(token, 0) + 1
    assert found == expected


@pytest.mark.parametrize("longest", [8, 200])
def test_ids_are_those_of_the_tokenizer(longest):
    settings = {"kind": "atoms", "max_tokens": longest, "min_count": 40, "bpe_vocabulary": 60}
    made = build_tokenizer(scan(pa.array(texts(800, seed=1))).counts(), settings, iter([]))
    theirs = [item.ids for item in made.encode_batch(texts(2000))]
    assert any(1 in ids for ids in theirs), "some tokens are rare or unknown"
    packed, lengths = encode(scan(pa.array(texts(2000))), len(theirs), made.get_vocab(), longest)
    assert lengths.tolist() == [len(ids) for ids in theirs]
    assert packed.tolist() == [i for ids in theirs for i in ids]


def test_a_slice_of_an_array_and_none_at_all():
    whole = pa.array(["CCO", "C[nH]", "", "ClBr"])
    assert scan(whole.slice(1, 2)).counts() == {"C": 1, "[nH]": 1}
    packed, lengths = encode(scan(whole.slice(2, 2)), 2, {"Cl": 7}, 10)
    assert packed.tolist() == [2, 3, 2, 7, 1, 3] and lengths.tolist() == [2, 4]
    packed, lengths = encode(scan(pa.array([], pa.string())), 0, {}, 10)
    assert len(packed) == len(lengths) == 0 and packed.dtype == np.int64


def test_brackets_that_do_not_match_are_refused():
    for text in ("C[nH", "C]", "[[C]]"):
        with pytest.raises(ValueError, match="not balanced"):
            scan(pa.array([text]))
    with pytest.raises(ValueError, match="not balanced"):
        scan(pa.array(["C[nH", "]C"]))
