"""Tables that a first look misreads: the right values, or one line that says what is wrong."""

import pytest
from clm.chemistry.sources import smiles_rows
from clm.provenance.command import UserError
from own_tables import CANONICAL, LABELS, SMILES, csv_text, prepared, sdf, zipped
from spreadsheet_files import ods, xlsx

CLASSES = {"kind": "classification"}
TWO = CLASSES | {"labels": ["a", "b"]}
NAMES = ["1,2,3,4-tetra", "a", "N,N-di", "x;y"]


def by_labels(a, b):
    """Return a table with two labels, of which each molecule has the next values."""
    rows = [(text, a[i % len(a)], b[i % len(b)]) for i, text in enumerate(SMILES)]
    return csv_text(rows, header="smiles,a,b").encode()


def test_all_labels_of_a_task_have_one_coding(tmp_path):
    task, summary = prepared(tmp_path, by_labels([1, 2], [1]), **TWO)
    assert task.labels.tolist() == [[i % 2, 0] for i in range(20)]
    assert summary["notes"] == ["labels 'a', 'b': 2 is read as 1, 1 as 0"]
    assert prepared(tmp_path, by_labels([-1, 1], [1]), **TWO)[0].labels.tolist() == [[i % 2, 1] for i in range(20)]
    for b in ([-1, 1], ["no", "yes"]):
        with pytest.raises(UserError, match="labels 'a', 'b': .* cannot be read as two classes; name the values that"):
            prepared(tmp_path, by_labels([0, 1], b), **TWO)
    said = TWO | {"positive": [1, "yes"], "negative": [0, "no"]}
    task, _ = prepared(tmp_path, by_labels([0, 1], ["no", "yes"]), **said)
    assert task.labels.tolist() == [[i % 2, i % 2] for i in range(20)]


@pytest.mark.parametrize(("no", "yes"), [("-", "+"), ("none", "strong"), ("n.d.", "d.")])
def test_what_the_user_names_is_a_class_even_if_it_is_a_word_for_nothing(tmp_path, no, yes):
    text = csv_text([(text, (no, yes, "")[i % 3]) for i, text in enumerate(SMILES)]).encode()
    task, summary = prepared(tmp_path, text, positive=yes, negative=no, **CLASSES)
    assert task.labels[:, 0].tolist() == [0, 1] * 7 and summary["labels"]["y"] == {"present": 14, "missing": 6}
    with pytest.raises(UserError, match=r"there are only '.*' \(7\), which count as missing; name .* `negative`"):
        prepared(tmp_path, text, positive=yes, **CLASSES)
    with pytest.raises(UserError, match=r"label 'y': .* is both in `positive` and in `negative`"):
        prepared(tmp_path, text, positive=[yes, no], negative=no, **CLASSES)


@pytest.mark.parametrize("separator", ["\t", ";", "|", ",", " "])
def test_without_a_header_the_separator_is_what_gives_all_lines_as_many_fields(tmp_path, separator):
    names = [name for name in NAMES if separator not in name]
    commas = [str(label).replace(".", ",") for label in LABELS]
    for labels, how in ((LABELS, {}), (commas, {"decimal": ","})):
        rows = [(text, names[i % len(names)], labels[i]) for i, text in enumerate(SMILES)]
        if separator == "," and how:
            continue  # numbers and columns cannot be told apart
        text = csv_text(rows, separator, None).encode()
        task, _ = prepared(tmp_path, text, smiles=0, labels=["2"], **how)
        assert task.labels[:, 0].tolist() == LABELS and task.smiles == CANONICAL
    task, _ = prepared(tmp_path, b"sep=|\n" + csv_text(separator="|", header=None).encode(), smiles=0, labels=["1"])
    assert task.labels[:, 0].tolist() == LABELS


def test_each_member_must_have_the_columns(tmp_path):
    rows = [*zip(SMILES, LABELS, strict=True)]
    first, second = csv_text(rows[:10]).encode(), csv_text(rows[10:], header="smiles,z").encode()
    members = {"a.csv": first, "b.csv": second, "c.csv": csv_text(rows[10:]).encode(), "d.csv": second[7:]}
    content = zipped(members)
    assert prepared(tmp_path, content, member=["a.csv", "c.csv"])[0].labels[:, 0].tolist() == LABELS
    for member, told in (("b.csv", "no column 'y'; the table has: smiles, z"), ("d.csv", "no column 'smiles', 'y'")):
        with pytest.raises(UserError, match=f"task own, member '{member}': {told}"):
            prepared(tmp_path, content, member=["a.csv", member])
    sheets = xlsx({"a": [["smiles", "y"], *rows[:10]], "b": [["SMILES", "y"], *rows[10:]]})
    with pytest.raises(UserError, match="task own, member 'b': no column 'smiles'; the table has: SMILES, y"):
        prepared(tmp_path, sheets, member=["a", "b"])


def test_an_sdf_that_is_cut_off_is_refused(tmp_path):
    whole = sdf()
    for cut in (60, 7, 300):  # in a mol block, in the last value, in an earlier record
        (tmp_path / "c").write_bytes(whole[:-cut])
        for read in (lambda: prepared(tmp_path, (tmp_path / "c").read_bytes()),
                     lambda: list(smiles_rows(tmp_path / "c", None, "smiles"))):  # fmt: skip
            with pytest.raises(UserError, match=r"damaged or truncated \(the record from line \d+ on is cut off\)"):
                read()
    for text in (whole.removesuffix(b"$$$$\n"), whole + b"\n\x1a"):
        assert prepared(tmp_path, text)[0].labels[:, 0].tolist() == LABELS


def test_an_sdf_may_lack_fields_and_be_no_utf8(tmp_path):
    text = sdf().decode().replace(">  <y>", "> <who>\nMüller\n\n>  <y>").replace("> <who>\nMüller\n\n", "", 1)
    for encoding, told in (("cp1252", "cp1252"), ("utf-8", None), ("cp1252", None)):
        how = {"encoding": told} if told else {}
        _, summary = prepared(tmp_path, text.encode(encoding), id="who", **how)
        lines = (tmp_path / "molecules.csv").read_text(encoding="utf-8").splitlines()
        assert summary["kept"] == 20 and [line.count(",Müller,") for line in lines] == [0, 0, *[1] * 19]
        assert bool(summary["notes"]) == (encoding != "utf-8")
    named = sdf().decode().replace(">  <y>", "> <smiles>\nCCO\n\n>  <y>").replace("> <smiles>\nCCO\n\n", "", 1)
    task, summary = prepared(tmp_path, named.encode())
    assert set(task.smiles) == {"CCO"} and summary["rejected"] == {"empty": 1}


def test_merged_cells_of_opendocument_are_refused_and_whole_numbers_stay_whole(tmp_path):
    rows = [["id", "smiles", "y"], *([1000 + i, *row] for i, row in enumerate(zip(SMILES, LABELS, strict=True)))]
    for content in (ods(rows), xlsx({"a": rows})):
        task, _ = prepared(tmp_path, content, id="id")
        assert task.labels[:, 0].tolist() == LABELS
        assert ",1000,-1.5" in (tmp_path / "molecules.csv").read_text().splitlines()[1]
    with pytest.raises(UserError, match="sheet 'S' has 1 merged cells"):
        prepared(tmp_path, ods(rows, (4, 2)))
    rows[3][2] = '<table:table-cell table:formula="of:=1+1"/>'
    with pytest.raises(UserError, match="formulas that were never computed"):
        prepared(tmp_path, ods(rows))


def test_two_columns_of_ids_or_times_are_refused(tmp_path):
    rows = [(text, label, i, 2000 + i) for i, (text, label) in enumerate(zip(SMILES, LABELS, strict=True))]
    text = csv_text(rows, header="smiles,y,n,n").encode()
    assert prepared(tmp_path, text)[0].labels[:, 0].tolist() == LABELS
    for key in ("id", "time"):
        with pytest.raises(UserError, match="several columns are called n; rename"):
            prepared(tmp_path, text, **{key: "n"})


@pytest.mark.parametrize("encoding", ["rot13", "base64", "utf-16", "utf-32"])
def test_what_is_no_text_in_the_told_encoding_is_one_line(tmp_path, encoding):
    with pytest.raises(UserError, match=f"(no encoding is called|the text is not in) .?{encoding}.*change `encoding`"):
        prepared(tmp_path, csv_text().encode(), encoding=encoding)
    if encoding == "utf-16":  # without a byte order mark the zeros tell
        assert prepared(tmp_path, csv_text().encode("utf-16-be"), encoding=encoding)[0].smiles == CANONICAL


def lost(folder, bad, total, change, **how):
    """Return the warnings of a table of `total` rows, `bad` of them changed; or the message when the job stops."""
    rows = [(SMILES[i % len(SMILES)], LABELS[i % len(LABELS)]) for i in range(total)]
    rows[:bad] = [change(*row) for row in rows[:bad]]
    try:
        return prepared(folder, csv_text(rows).encode(), **how)[1]["warnings"]
    except UserError as error:
        return str(error)


CHANGES = [lambda smiles, y: (smiles, "active"), lambda smiles, y: ("aspirin", y), lambda smiles, y: (smiles, y, "")]


@pytest.mark.parametrize("change", CHANGES)
def test_two_per_cent_of_lost_labels_are_told_and_twenty_stop_the_job(tmp_path, change):
    assert lost(tmp_path, 2, 100, change) == [] and "3 of 100 labels" in lost(tmp_path, 3, 100, change)[0]
    assert "20 of 100 labels are lost" in lost(tmp_path, 20, 100, change)[0]
    assert "max_lost_labels (0.2) allows" in lost(tmp_path, 21, 100, change)
    assert len(lost(tmp_path, 21, 100, change, max_lost_labels=0.21)) == 1
    assert lost(tmp_path, 21, 100, change, max_lost_labels=1, warn_lost_labels=0.21) == []
    assert "1 of 50 labels" in lost(tmp_path, 1, 50, change, warn_lost_labels=0.01)[0]


def test_unreadable_molecules_without_a_label_cost_none(tmp_path):
    assert lost(tmp_path, 9, 30, lambda smiles, y: ("aspirin", "n.d.")) == []


def test_a_chance_suffix_is_a_rejected_cell_and_a_unit_is_refused(tmp_path):
    def told(*odd):
        left = iter(odd)
        return lost(tmp_path, len(odd), 100, lambda smiles, y: (smiles, next(left)))

    for odd in ("1.5a", "5 or 6", "3 AU"):
        assert f"not_a_number 3, for example '{odd}'" in told(odd, "x1", "y2")[0]
    for odd in (["5 nM"], ["3 AU", "4 AU"], [">2 %"], ["1 mg/L"]):
        assert "among numbers: change the column to numbers of one unit" in told(*odd)
    assert told("1.2e\N{MINUS SIGN}3", "\N{MINUS SIGN}4") == []


def test_hints_are_given_behind_qualifiers_and_thin_blanks_group_digits(tmp_path):
    rows = [(text, f">{i},5") for i, text in enumerate(SMILES)]
    with pytest.raises(UserError, match=r"decimal_mark 20, for example '>0,5' .*; say decimal: ','"):
        prepared(tmp_path, csv_text(rows, ";").encode())
    for blank in " \N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}":
        rows = [(text, f"1{blank}{i + 100},5") for i, text in enumerate(SMILES)]
        task, _ = prepared(tmp_path, csv_text(rows, ";").encode(), decimal=",", thousands=" ")
        assert task.labels[:, 0].tolist() == [1100.5 + i for i in range(20)]
