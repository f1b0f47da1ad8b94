"""The store of results: computed once per identity, taken while intact, removed when no longer asked for."""

import pytest
from clm.provenance.files import write_json
from clm.provenance.store import DIGESTS, opened


@pytest.fixture
def ask(tmp_path):
    """Return a function that asks a job's store for values and returns those that it computed."""

    def asked(*values):
        computed = []

        def make(files, value):
            computed.append(value)
            write_json(files["out"], {"value": value})
            files["rows"].write_text("rows\n")

        with opened(tmp_path / "store") as store:
            for value in values:
                targets = {"out": tmp_path / f"{value}.json", "rows": tmp_path / f"{value}.txt"}
                taken = store.obtain(["code", {"value": value}], targets, lambda files, v=value: make(files, v))
                assert taken == (value not in computed) and all(path.exists() for path in targets.values())
        return computed

    return asked


def entries(tmp_path):
    return sorted(path for path in (tmp_path / "store").iterdir() if path.is_dir())


def test_a_result_is_computed_once_and_copied_from_then_on(ask, tmp_path):
    assert ask(1, 2) == [1, 2]
    before = (tmp_path / "1.json").read_bytes()
    for path in tmp_path.glob("*.*"):
        path.unlink()
    assert ask(1, 2, 3) == [3]
    assert (tmp_path / "1.json").read_bytes() == before


def test_whatever_of_an_entry_is_damaged_is_computed_again(ask, tmp_path):
    ask(1)
    before = (tmp_path / "1.json").read_bytes()
    for name in ("out", "rows", DIGESTS):
        (entry,) = entries(tmp_path)
        for damage in (
            lambda p: p.write_bytes(p.read_bytes()[:-2]),
            lambda p: p.write_text("[]"),
            lambda p: p.unlink(),
        ):
            damage(entry / name)
            assert ask(1) == [1] and ask(1) == []
            assert (tmp_path / "1.json").read_bytes() == before


def test_entries_that_a_job_no_longer_asks_for_are_removed_when_it_succeeds(ask, tmp_path):
    ask(1, 2, 3)
    (tmp_path / "store" / ".left").mkdir()
    assert len(entries(tmp_path)) == 4
    assert ask(2) == [] and len(entries(tmp_path)) == 1
    assert ask(1) == [1]


def test_a_job_that_fails_keeps_what_it_had_and_leaves_nothing_partial(ask, tmp_path):
    ask(1, 2)

    def fail(files):
        files["out"].write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError), opened(tmp_path / "store") as store:
        store.obtain(["other"], {"out": tmp_path / "x.json"}, fail)
    assert len(entries(tmp_path)) == 2 and not (tmp_path / "x.json").exists()
    assert ask(1, 2) == []


def test_a_changed_identity_is_another_entry(tmp_path):
    with opened(tmp_path / "store") as store:
        for identity, there in ((["a", 1], False), (["a", 2], False), (["b", 1], False), (["a", 1.0], True)):
            targets = {"out": tmp_path / "x"}
            assert store.obtain(identity, targets, lambda files: files["out"].write_text("x")) == there
