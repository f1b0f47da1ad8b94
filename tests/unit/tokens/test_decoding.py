"""A tokenizer of ours gives back the text that it was given."""

import pytest
from clm.tokens.regex import split
from clm.tokens.text import represent
from clm.tokens.tokenizer import build_tokenizer, save_tokenizer
from tokenizers import Tokenizer
from transformers import AutoTokenizer

SMILES = ["CC(=O)Oc1ccccc1C(=O)O", "C[N+](C)(C)CCO", "BrC(Cl)=C\\F", "C[C@@H](N)C(=O)[O-].[Na+]", "C%12CCCC%12"]


@pytest.mark.parametrize("kind", ["atoms", "selfies", "bpe"])
def test_decoded_ids_are_the_text(tmp_path, kind):
    texts = [represent(smiles, kind) for smiles in SMILES]
    counts = {token: 1 for text in texts for token in split(text)}
    settings = {"kind": kind, "max_tokens": 64, "min_count": 1, "bpe_vocabulary": 60}
    save_tokenizer(build_tokenizer(counts, settings, iter(texts)), settings, tmp_path)
    read, theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json")), AutoTokenizer.from_pretrained(tmp_path)
    assert [read.decode(read.encode(text).ids) for text in texts] == texts
    assert theirs.batch_decode(theirs(texts)["input_ids"], skip_special_tokens=True) == texts
