"""Captions of the report expand their acronyms, each by itself: a reader opens one figure at a time."""

import re
from pathlib import Path

import pytest

CAPTIONS = sorted((Path(__file__).parents[2] / "report").glob("*.rst"))
EXPANSIONS = {
    "AUC": "area under the receiver operating characteristic",
    "RMSE": "root mean square error",
    "FLOPs": "floating-point operations",
    "flops": "floating-point operations",
    "CPU": "central processing unit",
    "ECFP": "extended-connectivity fingerprint",
    "LogME": "log maximum evidence",
    "ROGI-XD": "roughness",
    "CKA": "centred kernel alignment",
    "MDS": "multidimensional scaling",
    "PCA": "principal component",
    "N": "parameters N",
    "D": "tokens",
    "U": "molecules",
    "C": "compute C",
}


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_acronyms_are_expanded(path):
    text = " ".join(re.sub(r"\{\{.*?\}\}", " ", path.read_text()).split())
    used = [name for name in EXPANSIONS if re.search(rf"(?<![\w-]){name}(?![\w-])", text)]
    assert [name for name in used if EXPANSIONS[name].lower() not in text.lower()] == []


def test_every_caption_of_a_rule_exists_and_is_used(rules):
    used = set().union(*(rule.captions for rule in rules.values()))
    assert {path.stem for path in CAPTIONS} - {"workflow"} == used
