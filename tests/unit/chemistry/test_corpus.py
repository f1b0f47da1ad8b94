"""From raw rows to nested subsets: every row accounted for, no molecule in two parts."""

import gzip
import io
import zipfile

import pandas as pd
import pytest
from clm.chemistry.contamination import Contamination
from clm.chemistry.identity import canonical_smiles
from clm.chemistry.keys import chosen, smiles_key
from clm.chemistry.reader.containers import open_content
from clm.chemistry.reader.tables import open_table
from clm.chemistry.reader.text import BLOCK, Lines
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import standardizer
from clm.provenance.command import UserError
from clm.provenance.files import read_json
from decontaminate_corpus import decontaminate_corpus
from deduplicate_corpus import deduplicate_corpus
from draw_subset import draw_subset
from gather_corpus import gather_corpus
from split_corpus import split_corpus
from standardize_corpus import standardize_corpus
from summarize_corpus import every_row

SETTINGS = {"max_characters": 60, "largest_fragment": False, "neutralize": False}
READING = {"files": [{"source": "a", "member": None}], "column": "SMILES", "separator": ",", "sample_fraction": 1}
ROWS = ["CCO", "OCC", "c1ccccc1", "not a molecule", "", "C" * 80, "CC(=O)[O-].[Na+]", "N[C@@H](C)C(=O)O", "C1CC"]


def test_every_row_is_kept_or_rejected_with_a_reason():
    standardize = standardizer(SETTINGS)
    found = [standardize(row.encode()) for row in ROWS]
    assert [smiles for smiles, _ in found[:3]] == ["CCO", "CCO", "c1ccccc1"]
    reasons = [reason for _, reason in found]
    assert reasons == [None, None, None, "unparsable", "empty", "too_long", None, None, "unparsable"]
    assert found[6][0] == "CC(=O)[O-].[Na+]" and "@" in found[7][0]
    assert standardize(b"\xff\xfe") == (None, "not_utf8")


def test_largest_fragment_and_neutralizing_are_options():
    assert standardizer(SETTINGS | {"largest_fragment": True, "neutralize": True})(b"CC(=O)[O-].[Na+]")[0] == "CC(=O)O"


def test_thinning_takes_about_its_share_and_every_row_is_counted(tmp_path):
    rows = [f"{'C' * (i % 50)}N{'C' * (i // 50)}" for i in range(2000)]
    gather_corpus(
        [source(tmp_path, rows)], READING | {"sample_fraction": 0.1}, tmp_path / "rows.parquet", tmp_path / "g.json"
    )
    found, counts = pd.read_parquet(tmp_path / "rows.parquet"), read_json(tmp_path / "g.json")
    assert [rows[i].encode() for i in found["row"]] == list(found["raw"])
    assert list(found["row"]) == [i for i, row in enumerate(rows) if chosen(row.encode(), 0.1)]
    assert counts["read"] == 2000 and counts["kept"] == len(found) == 2000 - counts["rejected"]["thinned"]
    assert 140 < len(found) < 260


def source(tmp_path, rows, name="raw.csv"):
    path = tmp_path / name
    path.write_text("\n".join(["id,SMILES", *[f"{i},{row}" for i, row in enumerate(rows)]]) + "\n")
    return path


def corpus(tmp_path, rows, shards=2):
    gather_corpus([source(tmp_path, rows)], READING, tmp_path / "rows.parquet", tmp_path / "gathered.json")
    paths = [tmp_path / str(shards) / f"{shard}.parquet" for shard in range(shards)]
    paths[0].parent.mkdir(exist_ok=True)
    for shard, out in enumerate(paths):
        config = SETTINGS | {"shards": shards}
        standardize_corpus(tmp_path / "rows.parquet", config, shard, out, out.with_suffix(".json"))
    deduplicate_corpus(paths[0].parent, {"shards": shards}, 500, tmp_path / "m.parquet", tmp_path / "m.json")
    return tmp_path / "m.parquet"


def many(count):
    return [f"{'C' * (i % 20 + 1)}{'NOS'[i % 3]}{'C' * (i // 20 % 20)}O{'C' * (i // 400)}" for i in range(count)]


def test_shards_partition_the_rows_and_counts_add_up(tmp_path):
    corpus(tmp_path, ROWS)
    counts = [read_json(tmp_path / "2" / f"{shard}.json") for shard in (0, 1)]
    assert sum(c["read"] for c in counts) == len(ROWS)
    for count in counts:
        assert count["read"] == count["kept"] + sum(count["rejected"].values())
    rows = pd.concat(pd.read_parquet(tmp_path / "2" / f"{shard}.parquet") for shard in (0, 1))
    assert list(rows["row"]) == [0, 1, 2, 6, 7]
    told = every_row(tmp_path / "gathered.json", [tmp_path / "2" / f"{shard}.json" for shard in (0, 1)])
    assert told == {
        "read": 9,
        "kept": 5,
        "rejected": {"unparsable": 2, "empty": 1, "too_long": 1},
    }


def test_a_shard_that_is_missing_rows_is_told(tmp_path):
    corpus(tmp_path, ROWS)
    with pytest.raises(UserError, match="9 rows were kept, its shards have seen 4"):
        every_row(tmp_path / "gathered.json", [tmp_path / "2" / "0.json"])


def test_more_shards_than_rows_leave_some_empty(tmp_path):
    assert len(pd.read_parquet(corpus(tmp_path, ["CCO", "CCN"], shards=5))) == 2


def test_an_endless_line_is_cut_and_takes_no_row_with_it(tmp_path):
    text = b"CCO\r\n" + b"C" * (5 * BLOCK + 7) + b"\nCCN"
    first, long, last = Lines(io.BytesIO(text))
    assert (first, last) == (b"CCO", b"CCN") and set(long) == set(b"C") and BLOCK <= len(long) <= 2 * BLOCK
    assert list(Lines(io.BytesIO(b""))) == [] and list(Lines(io.BytesIO(b"a\n\nb\n"))) == [b"a", b"", b"b"]


def test_deduplication_keeps_first_rows_whatever_the_shards(tmp_path):
    one, three = (pd.read_parquet(corpus(tmp_path, ROWS, shards)) for shards in (1, 3))
    assert one.equals(three)
    assert one["smiles"].is_unique and one.set_index("smiles").loc["CCO", "row"] == 0
    assert (one["key"] == [smiles_key(s) for s in one["smiles"]]).all() and one["key"].is_monotonic_increasing


def test_subsets_are_nested_and_hold_no_validation_molecule(tmp_path):
    molecules = corpus(tmp_path, many(900))
    train, valid = tmp_path / "t.parquet", tmp_path / "v.parquet"
    split_corpus(molecules, {"name": "test", "validation_molecules": 100}, train, valid, tmp_path / "s.json")
    everything = set(pd.read_parquet(molecules)["smiles"])
    held, rest = set(pd.read_parquet(valid)["smiles"]), set(pd.read_parquet(train)["smiles"])
    assert len(held) == 100 and held | rest == everything and not held & rest
    drawn = {}
    for size in (50, 200):
        settings = {"corpus": "test", "subset": str(size), "molecules": size}
        draw_subset(train, settings, tmp_path / f"{size}.parquet")
        drawn[size] = list(pd.read_parquet(tmp_path / f"{size}.parquet")["smiles"])
    assert drawn[200][:50] == drawn[50] and set(drawn[200]) <= rest
    assert drawn[200] == sorted(rest, key=smiles_key)[:200], "the smallest hashes of all"
    assert held == set(sorted(everything, key=lambda smiles: smiles_key(smiles, b"valid"))[:100])


def test_a_corpus_smaller_than_a_subset_is_one_message_and_no_file(tmp_path):
    molecules = corpus(tmp_path, many(50))
    with pytest.raises(UserError, match="wants 500 molecules, corpus test has"):
        draw_subset(molecules, {"corpus": "test", "subset": "big", "molecules": 500}, tmp_path / "b.parquet")
    assert not (tmp_path / "b.parquet").exists()
    with pytest.raises(UserError, match="validation_molecules"):
        split_corpus(molecules, {"name": "test", "validation_molecules": 40}, *[tmp_path / n for n in "abc"])
    assert not any((tmp_path / name).exists() for name in "abc")


def test_a_corpus_without_molecules_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no molecule kept"):
        corpus(tmp_path, ["nonsense"])


def test_members_of_archives_and_gzip_are_read_in_place(tmp_path):
    inner = gzip.compress(b"SMILES\nCCO\nCC\n")
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr("data/x.csv.gz", inner)
    assert list(smiles_rows(tmp_path / "a.whl", "data/x.csv.gz", "SMILES")) == [b"CCO", b"CC"]
    with pytest.raises(UserError, match="no such member"):
        list(smiles_rows(tmp_path / "a.whl", "data/y.csv", "SMILES"))
    with pytest.raises(UserError, match="no column 'smiles'; the header has: SMILES"):
        list(smiles_rows(tmp_path / "a.whl", "data/x.csv.gz", "smiles"))


def test_truncated_gzip_and_bombs_are_one_message(tmp_path):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"SMILES\n" + b"CCO\n" * 5000)[:-20])
    with pytest.raises(UserError, match="damaged or truncated"):
        list(smiles_rows(tmp_path / "cut.gz", None, "SMILES"))
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(10**6)))
    with pytest.raises(UserError, match="inflates beyond"), open_content(tmp_path / "bomb.gz", None, 10**5) as found:
        found.stream.read()


def test_tables_are_parsed_as_csv(tmp_path):
    (tmp_path / "t.csv").write_text('\ufeffname,SMILES\n"a, b",CCO\n', encoding="utf-8")
    with open_table(tmp_path / "t.csv", ["SMILES"]) as table:
        assert [row.cells for row in table.rows] == [{"name": "a, b", "SMILES": "CCO"}]
    (tmp_path / "e.csv").write_text("")
    with pytest.raises(UserError, match="empty"), open_table(tmp_path / "e.csv", ["SMILES"]):
        pass


def test_decontaminated_shards_are_the_corpus_without_the_task(tmp_path):
    molecules = corpus(tmp_path, [*many(60), "CC(N)C(=O)O"])
    task = tmp_path / "task.csv"
    task.write_text("row,smiles\n0,C[C@H](N)C(=O)O\n")
    kept = []
    for shard in range(3):
        out, counts = tmp_path / f"d{shard}.parquet", tmp_path / f"d{shard}.json"
        decontaminate_corpus(molecules, {"shards": 3}, shard, [task], out, counts)
        kept += list(pd.read_parquet(out)["smiles"])
    assert kept == [smiles for smiles in pd.read_parquet(molecules)["smiles"] if smiles != "CC(N)C(=O)O"]


def test_contamination_sees_through_stereo_charge_and_salts():
    tasks = Contamination([canonical_smiles("N[C@@H](C)C(=O)O"), canonical_smiles("c1ccccc1O.Cl")])
    assert canonical_smiles("N[C@H](C)C(=O)O") in tasks
    assert canonical_smiles("Oc1ccccc1") in tasks
    assert canonical_smiles("CCCCN") not in tasks


def test_bounded_reader_is_a_stream(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"abc\r\ndef")
    with open_content(tmp_path / "a.txt", None) as found:
        assert found.kind == "text" and found.stream.read() == b"abc\r\ndef"
