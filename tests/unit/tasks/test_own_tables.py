"""Tables in the shapes that people report trouble with: read as their author meant, or refused with the reason."""

from collections import Counter

import numpy as np
import pytest
from clm.chemistry.contamination import Contamination
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.provenance.command import UserError
from clm.tasks.splits import random_split
from own_tables import CANONICAL, CONFIG, LABELS, SMILES, csv_text, prepared


def corpus(folder, content, column="smiles", separator=",", **how):
    """Return the rows of a corpus and the counts of those left out."""
    (folder / "corpus").write_bytes(content.encode() if isinstance(content, str) else content)
    torn = Counter()
    return list(smiles_rows(folder / "corpus", None, column, separator, torn, **how)), torn


def test_rows_longer_or_shorter_than_the_header_are_counted_never_shifted(tmp_path):
    rows = [[text, f"molecule {i}", label] for i, (text, label) in enumerate(zip(SMILES, LABELS, strict=True))]
    rows[3][1] = "4-methyl-2,3-diol"  # an unquoted comma
    rows[7] = [SMILES[7], "no label"]
    text = csv_text(rows, header="smiles,name,y")
    task, summary = prepared(tmp_path, text.encode())
    kept = [i for i in range(len(SMILES)) if i not in (3, 7)]
    assert task.rows.tolist() == kept and task.labels[:, 0].tolist() == [LABELS[i] for i in kept]
    assert summary["rejected"] == {"longer_than_header": 1, "shorter_than_header": 1}
    assert summary["rejected_rows"]["longer_than_header"]["lines"] == [5]
    example = "'CC(=O)O | 4-methyl-2 | 3-diol | -0.39' in line 5"
    told = f"2 of 20 labels are lost (2 rows that do not fit the header, for example {example})"
    assert told in summary["warnings"][0]
    found, torn = corpus(tmp_path, text)
    assert found == [SMILES[i].encode() for i in kept] and torn == summary["rejected"]


def test_when_most_rows_do_not_fit_the_job_stops(tmp_path):
    rows = [[text, "a, b", label] for text, label in zip(SMILES, LABELS, strict=True)]
    told = r"20 of 20 labels are lost \(20 rows that do not fit the header, for example 'CO \| a \|  b \| -1.5'"
    with pytest.raises(UserError, match=told):
        prepared(tmp_path, csv_text(rows, header="smiles,name,y").encode())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quotes_are_those_of_rfc_4180(tmp_path, end):
    names = ["C,N,O-methyl", 'the "best"', "", f"two{end}lines, N", "N,N-dimethyl"] * 4
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    text = csv_text(zip(quoted, SMILES, LABELS, strict=True), header="name,smiles,y", end=end)
    task, summary = prepared(tmp_path, text.encode(), id="name")
    assert task.smiles == CANONICAL and task.labels[:, 0].tolist() == LABELS and not summary["rejected"]
    found, torn = corpus(tmp_path, text)
    assert found == [text.encode() for text in SMILES] and not torn


def test_a_broken_quote_costs_one_row_of_a_corpus_and_stops_a_task(tmp_path):
    rows = list(zip([f"m{i}" for i in range(20)], SMILES, LABELS, strict=True))
    for name in ('"alpha"-D-x', '"open'):
        rows[5] = (name, SMILES[5], LABELS[5])
        found, torn = corpus(tmp_path, csv_text(rows, header="name,smiles,y"))
        assert found == [text.encode() for text in SMILES if text != SMILES[5]] and torn == {"bad_quotes": 1}
    with pytest.raises(UserError, match="line 7: a quote is opened and not closed"):
        prepared(tmp_path, csv_text(rows, header="name,smiles,y").encode())


@pytest.mark.parametrize("separator", [";", "\t", "|", " ", None])
def test_decimal_commas_are_read_when_told_and_refused_when_not(tmp_path, separator):
    labels = [str(label).replace(".", ",") for label in LABELS]
    text = csv_text(zip(SMILES, labels, strict=True), separator or ";").encode()
    how = {"separator": separator} if separator else {}
    task, _ = prepared(tmp_path, text, decimal=",", **how)
    assert task.labels[:, 0].tolist() == LABELS
    with pytest.raises(UserError, match=r"labels are lost \(decimal_mark .*'-1,5' in line 2.*decimal: ','"):
        prepared(tmp_path, text, **how)


def test_censored_values_are_missing_with_a_warning_or_their_bound_on_request(tmp_path):
    labels = [f">{label + 10}" if i % 2 else label for i, label in enumerate(LABELS)]
    text = csv_text(zip(SMILES, labels, strict=True)).encode()
    task, summary = prepared(tmp_path, text)
    assert task.labels[:, 0].tolist() == LABELS[::2] and summary["quality"]["y"]["qualifiers"] == 10
    assert (
        "10 of 20 labels are lost (censored 10, for example '>8.870000000000001' in line 3)" in summary["warnings"][0]
    )
    task, summary = prepared(tmp_path, text, censored="value")
    assert task.labels[:, 0].tolist() == [label + 10 if i % 2 else label for i, label in enumerate(LABELS)]
    assert summary["quality"]["y"]["qualifiers"] == 10 and summary["warnings"] == []


def test_suspect_values_are_listed_with_range_and_median(tmp_path):
    labels = [250 if i == 11 else label for i, label in enumerate(LABELS)]
    _, summary = prepared(tmp_path, csv_text(zip(SMILES, labels, strict=True)).encode())
    told = summary["quality"]["y"]
    assert told["suspect_values"] == [{"row": 11, "line": 13, "value": 250.0}] and told["suspect"] == 1
    assert (told["minimum"], told["maximum"]) == (-1.5, 250.0) and told["median"] == np.median(labels)
    assert "1 suspect values, the first 250 in line 13" in summary["warnings"][0]


def test_headers_may_have_blanks_and_a_table_none_at_all(tmp_path):
    assert prepared(tmp_path, csv_text(header="smiles , y ").encode())[0].smiles == CANONICAL
    assert prepared(tmp_path, csv_text(header='"smiles", "y"').encode())[0].smiles == CANONICAL
    assert prepared(tmp_path, b"sep=;\r\n" + csv_text(separator=";").encode())[0].smiles == CANONICAL
    for separator in (",", "\t", " "):
        text = csv_text(separator=separator, header=None).encode()
        task, _ = prepared(tmp_path, text, smiles=0, labels=["1"])
        assert task.smiles == CANONICAL and task.labels[:, 0].tolist() == LABELS


def test_one_molecule_in_two_spellings_is_one_molecule(tmp_path):
    spellings = [
        "c1ccc2c(c1)[nH]c1ccccc12",
        "[nH]1c2ccccc2c2ccccc21",
        "Oc1ccccn1",
        "O=c1cccc[nH]1",
        "[CH3:7][OH:8]",
        "CO",
    ]
    rows = [(text, i) for i, text in enumerate([*spellings, *SMILES[1:]])]
    task, summary = prepared(tmp_path, csv_text(rows).encode())
    same = task.same
    assert same[0] == same[1] and same[2] == same[3] and same[4] == same[5] and len(set(same)) == len(rows) - 3
    assert summary["duplicates"] == 3 == summary["conflicting_duplicates"] and summary["atom_maps"] == 1
    assert task.smiles[4] == "CO" and task.source_smiles[4] == "[CH3:7][OH:8]"
    for seed in range(20):
        parts = random_split(task.smiles, same, seed)
        assert parts[0] == parts[1] and parts[2] == parts[3] and parts[4] == parts[5]


def test_polymers_and_complexes_are_removed_by_decontamination():
    forbidden = Contamination(["*CC(*)C#N", "C[NH2]->[Pt](Cl)Cl"])
    assert "*CC(*)C#N" in forbidden and "CN->[Pt](Cl)Cl" in forbidden
    assert "*CC(*)Cl" not in forbidden and "CN" not in forbidden


def test_what_rdkit_cannot_read_again_is_counted():
    standardize = standardizer({"max_characters": 99, "largest_fragment": True, "neutralize": True})
    assert standardize(b"[CH-]1C=CC=C1.[Na+]") == (None, "not_readable_again")
    assert standardize(b"CC(=O)[O-].[Na+]") == ("CC(=O)O", None)
    assert standardize(b"[CH3:1][OH:2]") == ("CO", "atom_maps")


def test_ids_are_carried_through_and_cannot_be_formulas(tmp_path):
    rows = [(f"=ID{i}", text, label, "x") for i, (text, label) in enumerate(zip(SMILES, LABELS, strict=True))]
    text = csv_text(rows, header="compound,smiles,y,batch").encode()
    prepared(tmp_path, text, id=["compound", "batch"])
    header, first, *_ = (tmp_path / "molecules.csv").read_text().splitlines()
    assert header == "row,smiles,source_smiles,scaffold,identity,id,batch,y" and ",'=ID0,x,-1.5" in first
    with pytest.raises(UserError, match=r"no column 'plate'; the table has: compound, smiles, y, batch"):
        prepared(tmp_path, text, id="plate")


def test_each_reason_is_told_with_rows_lines_and_an_example(tmp_path):
    odd = {3: "n.d.", 5: "active", 7: "2,45", 9: "=A1", 11: "#DIV/0!", 13: "1.2 ± 0.1", 15: "inf"}
    labels = [odd.get(i, label) for i, label in enumerate(LABELS)]
    text = csv_text(zip(SMILES, labels, strict=True), ";").encode()
    _, summary = prepared(tmp_path, text, max_lost_labels=0.5)
    told = {state: (found["rows"], found["text"]) for state, found in summary["quality"]["y"]["reasons"].items()}
    assert told == {
        "word": ([5], "active"),
        "decimal_mark": ([7], "2,45"),
        "formula": ([9], "=A1"),
        "spreadsheet_error": ([11], "#DIV/0!"),
        "range": ([13], "1.2 ± 0.1"),
        "infinite": ([15], "inf"),
    }
    assert summary["labels"]["y"]["missing"] == 1
    with pytest.raises(UserError, match="more than tasks.own.max_lost_labels"):
        prepared(tmp_path, text)


def test_a_row_that_takes_too_long_is_counted_not_waited_for(tmp_path, monkeypatch):
    from clm.chemistry import guard
    from clm.tasks import prepare

    def slow(raw):
        if raw == b"CS":
            while True:
                pass
        return read_row(raw)

    read_row = prepare.read_row
    monkeypatch.setattr(prepare, "read_row", slow)
    monkeypatch.setattr(guard.Guard.__init__, "__defaults__", (0.5, guard.MEGABYTES))
    _, summary = prepared(tmp_path, csv_text().encode())
    assert summary["rejected"] == {"too_slow": 1} and summary["rejected_rows"]["too_slow"]["text"] == "CS"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_encodings_are_recognized_and_told(tmp_path, encoding):
    rows = [(text, label, "µM, Lösung") for text, label in zip(SMILES, LABELS, strict=True)]
    text = csv_text([(a, b, f'"{c}"') for a, b, c in rows], header="smiles,IC50 (µM),Größe").encode(encoding)
    task, summary = prepared(tmp_path, text, labels=["IC50 (µM)"], id="Größe")
    assert task.labels[:, 0].tolist() == LABELS
    assert (tmp_path / "molecules.csv").read_text(encoding="utf-8").count("µM, Lösung") == len(SMILES)
    assert bool(summary["notes"]) == (encoding not in ("utf-8", "utf-8-sig"))
    found, torn = corpus(tmp_path, text, "Größe")
    assert len(found) == len(SMILES) and not torn


def test_other_encodings_are_read_when_told(tmp_path):
    text = csv_text([(a, b, "試料") for a, b in zip(SMILES, LABELS, strict=True)], header="smiles,y,名前")
    task, _ = prepared(tmp_path, text.encode("shift_jis"), encoding="shift_jis", id="名前")
    assert task.smiles == CANONICAL and "試料" in (tmp_path / "molecules.csv").read_text(encoding="utf-8")


def test_the_same_molecules_in_a_corpus_and_a_task(tmp_path):
    task, _ = prepared(tmp_path, csv_text().encode(), **{key: CONFIG[key] for key in ("smiles", "labels")})
    standardize = standardizer({"max_characters": 99})
    found, _ = corpus(tmp_path, csv_text())
    assert [standardize(row)[0] for row in found] == task.smiles
