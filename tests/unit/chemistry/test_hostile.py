"""Hostile input from a seeded fuzzer: no crash, no hang, every row accounted for, faults in one message.

Molecules, archives and texts on their way into commands and pages; tables: test_hostile_tables.py, configurations:
test_hostile_configuration.py. The counts that docs/RELIABILITY.md states are the constants of these files.
"""

import gzip
import json
import random
import re
import shlex
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from clm.chemistry.reader.containers import open_content
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.pages.claims import claims_page
from clm.provenance.canonical import canonical
from clm.provenance.command import UserError
from clm.provenance.files import read_json
from clm.tasks.molecules import MAX_CHARACTERS, read_molecule
from counts import told
from gather_corpus import gather_corpus
from rdkit import Chem
from standardize_corpus import standardize_corpus

ROOT = Path(__file__).resolve().parents[3]
SMILES_LINES, CUTS = 10_000, 300
REAL = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
    "C[C@H](N)C(=O)O",
    "F/C=C/F",
    "[Na+].[Cl-]",
    "O=C1CCC(N1)C(=O)NCCc1c[nH]c2ccccc12",
    "C12C3C4C1C5C2C3C45",
    "[2H]C([2H])([2H])S(=O)C",
    "c1cc2ccc3cccc4ccc(c1)c2c34",
    "[O-][N+](=O)c1ccc(cc1)B(O)O",
]
PIECES = (
    "C N O c1 %99 %(100) ( ) [ ] [C@@H] [999U+9] . = # $ / \\ 0 1 9 @ * >> , \" ' \t \x00 é 🧪 =1+1 ${HOME} <b>".split(
        " "
    )
)
READING = {"max_characters": 200, "largest_fragment": True, "neutralize": True}


def mutated(draw):
    """Return a real SMILES after a few random edits."""
    text = draw.choice(REAL)
    for _ in range(draw.randint(1, 5)):
        i, j = sorted(draw.randint(0, len(text)) for _ in "ab")
        piece = draw.choice([draw.choice(PIECES), text[i:j] * draw.randint(0, 4), ""])
        text = text[:i] + piece + text[j if draw.random() < 0.5 else i :]
    return text


def test_mutated_smiles_are_all_kept_or_rejected(tmp_path):
    draw = random.Random(0)
    rows = [mutated(draw).replace("\n", "") for _ in range(SMILES_LINES)]
    raw = tmp_path / "raw.smi"
    raw.write_text("\n".join(rows) + "\n", encoding="utf-8")
    reading = {"column": 0, "separator": "\t", "sample_fraction": 1, "files": [{"source": "a", "member": None}]}
    gather_corpus([raw], reading, tmp_path / "rows.parquet", tmp_path / "rows.json")
    config = READING | {"shards": 1}
    standardize_corpus(tmp_path / "rows.parquet", config, 0, tmp_path / "out.parquet", tmp_path / "out.json")
    gathered, counts = read_json(tmp_path / "rows.json"), read_json(tmp_path / "out.json")
    assert gathered["read"] == SMILES_LINES == counts["read"] + gathered["rejected"]["bad_quotes"]
    assert counts["read"] == counts["kept"] + sum(counts["rejected"].values())
    told("inputs", smiles=SMILES_LINES)
    assert counts["kept"] > 500 and counts["rejected"]["unparsable"] > 500 and counts["rejected"]["too_long"] > 10


def test_what_is_kept_is_standard_and_no_row_stalls():
    standardize, draw = standardizer(READING), random.Random(1)
    cages = ["C" * 199, "(" * 90 + "C" + ")" * 90, "[" * 200, "C%10" * 40, "c1ccccc1" * 24, "C1" * 99, "[*]" * 60]
    for text in [*cages, *(mutated(draw) for _ in range(1000))]:
        started = time.perf_counter()
        smiles, reason = standardize(text.encode())
        assert time.perf_counter() - started < 2, text
        assert (smiles is None) != (reason is None)
        if smiles:
            mol = Chem.MolFromSmiles(smiles)
            assert mol is not None and len(smiles) <= READING["max_characters"]


def test_the_longest_rows_allowed_take_seconds_and_a_longer_one_is_counted():
    """RDKit cannot be interrupted, so its time is bounded by a limit on the length: the slowest kinds of rows known."""
    standardize = standardizer(READING | {"max_characters": MAX_CHARACTERS})
    ring = "C1" + "[C@H](C)" * 249 + "C1"
    for text in ["C." * 999 + "C", "[Na+].[O-]C." * 166 + "C", "c1ccc(cc1)" * 200, ring, "[C@@H](O)" * 222, "(" * 2000]:
        started = time.process_time()
        standardize(text.encode())
        read_molecule(text)
        assert time.process_time() - started < 20, text[:20]
    assert read_molecule("C" * (MAX_CHARACTERS + 1)) == (None, "too_long")


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_damaged_archives_give_rows_or_one_message(tmp_path, kind):
    draw, path, member = random.Random(3), tmp_path / f"x.{kind}", None
    content = "\n".join(["SMILES", *(mutated(draw).replace("\n", "") for _ in range(500))]).encode()
    if kind == "gzip":
        path.write_bytes(gzip.compress(content))
    else:
        member = "../../escape.csv"  # read in place, so that its name leads nowhere
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
    whole, outcomes = path.read_bytes(), set()
    for _ in range(CUTS // 2):
        damaged = bytearray(whole)
        for _ in range(draw.randint(0, 3)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(bytes(damaged[: draw.choice([len(damaged), draw.randrange(len(damaged))])]))
        try:
            outcomes.add(sum(1 for _ in smiles_rows(path, member, "SMILES")) > 0)
        except UserError as error:
            assert "\n" not in str(error)
            outcomes.add("refused")
    assert "refused" in outcomes
    told("inputs", **{f"damaged_{kind}": CUTS // 2})
    assert not (tmp_path.parent.parent / "escape.csv").exists()


def test_a_bomb_stops_at_its_bound(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(10**7)))
    with pytest.raises(UserError, match="inflates beyond"), open_content(path, None, limit=10**6) as found:
        found.stream.read()


def test_settings_reach_a_job_unchanged_through_the_shell():
    """Snakemake quotes `{params.config:q}` as shlex does: the one way from a configuration into a command."""
    value = {"label": "a'b\"c $(touch pwned) `id` \\ ; | & > * é \n {x} %s", "list": ["--out", "/etc/passwd"]}
    command = f"python3 -c 'import sys; sys.stdout.write(sys.argv[1])' {shlex.quote(canonical(value))}"
    shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    assert json.loads(shown) == value


def test_every_parameter_in_a_command_is_quoted_or_a_digest(rules):
    for name, rule in rules.items():
        fields = re.findall(r"\{((?:input|output|params|log)[^}]*)\}", rule.shell)
        assert fields
        for field in fields:
            assert field.endswith(":q") or field == "params.code", f"{name}: {{{field}}}"


def test_markup_in_tables_is_text_in_the_report():
    claim = {"id": "x", "claim": "<script>alert(1)</script>", "source": "a&b", "verdict": "undecided"}
    page = claims_page({"study": "<img src=x>", "claims": [claim]})
    assert "<script>alert" not in page and "<img" not in page and "&lt;script&gt;" in page
