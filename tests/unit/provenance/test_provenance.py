"""Atomic files, canonical parameters, leases."""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clm.provenance.canonical import canonical
from clm.provenance.command import UserError
from clm.provenance.files import atomic, read_json, write_json
from clm.provenance.state import lease, state_folder
from explain import versions
from summarize_study import other_versions

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


def test_canonical_ignores_order_and_whole_floats():
    assert canonical({"b": 8.0, "a": (1, 2)}) == canonical({"a": [1, 2], "b": 8}) == '{"a":[1,2],"b":8}'


def test_canonical_keeps_differences():
    values = [{"a": 1}, {"a": "1"}, {"a": True}, {"a": 1.5}, {"a": None}, {"a": [1]}, {"a": {}}]
    assert len({canonical(value) for value in values}) == len(values)


def test_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "result.json"
    write_json(target, {"x": 1})
    with pytest.raises(RuntimeError), atomic(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(target) == {"x": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_json_is_strict(tmp_path):
    write_json(tmp_path / "x.json", {"a": float("nan"), "b": [float("inf"), 2.0]})
    assert read_json(tmp_path / "x.json") == {"a": None, "b": [None, 2.0]}


def test_state_of_another_identity_is_another_folder(tmp_path):
    assert state_folder(tmp_path, {"rate": 1e-3}) == state_folder(tmp_path, {"rate": 0.001})
    assert state_folder(tmp_path, {"rate": 1e-3}) != state_folder(tmp_path, {"rate": 2e-3})


def hold(folder, started, released):
    with lease(folder):
        started.set()
        time.sleep(0.5)
        released.value = time.time()


def test_lease_admits_one_process_at_a_time(tmp_path):
    context = multiprocessing.get_context("spawn")
    started, released = context.Event(), context.Value("d", 0.0)
    process = context.Process(target=hold, args=(tmp_path, started, released))
    process.start()
    assert started.wait(20)
    with lease(tmp_path, poll=0.01):
        assert time.time() >= released.value > 0
    process.join()


def test_lease_of_a_killed_process_is_free(tmp_path):
    context = multiprocessing.get_context("spawn")
    started, released = context.Event(), context.Value("d", 0.0)
    process = context.Process(target=hold, args=(tmp_path, started, released))
    process.start()
    assert started.wait(20)
    process.kill()
    process.join()
    began = time.time()
    with lease(tmp_path, poll=0.01):
        assert time.time() - began < 0.4 and released.value == 0


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("MemoryError()", "Error: out of memory; give the rule more mem_mb"),
        ("RuntimeError('CUDA out of memory. Tried to allocate')", "Error: out of memory; give the rule more mem_mb"),
        ('RuntimeError("DefaultCPUAllocator: can\'t allocate memory")', "Error: out of memory; give the rule more"),
        ("RuntimeError('broken')", "Error: broken (a fault of the program)"),
        ("OSError(28, 'No space left on device', 'x')", "Error: No space left on device at x; check space"),
    ],
)
def test_what_a_machine_refuses_is_the_last_line_of_the_log(raised, told):
    program = f"from clm.provenance.command import run\ndef main(): raise {raised}\nrun(main)"
    done = subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.strip().splitlines()[-1].startswith(told)


def test_results_of_other_versions_are_told_and_kept(tmp_path):
    for name, version in (("a", "2.11.0"), ("b", "2.13.0"), ("c", "2.11.0")):
        cost = {"versions": {"torch": version, "gone": "1"}, "device": "cpu", "threads": 1}
        write_json(tmp_path / name / "cost.json", cost)
    (told,) = other_versions(tmp_path, {"torch": "2.13.0"})
    assert told == "2 results were made with torch 2.11.0, 2.13.0 is installed; they are kept"


DAMAGED_COSTS = {
    "": "Expecting value",
    '{"versions": {': "Expecting property name",
    "[]": "no JSON object",
    "{}": "no key versions",
    '{"versions": {}}': "no key device",
    '{"versions": [], "device": "cpu", "threads": 1}': "versions is no object",
}


@pytest.mark.parametrize(("content", "why"), DAMAGED_COSTS.items())
def test_a_damaged_cost_does_not_hide_what_a_study_found(tmp_path, content, why):
    write_json(tmp_path / "a" / "cost.json", {"versions": {"torch": "2.11.0"}, "device": "cpu", "threads": 1})
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "cost.json").write_text(content)
    damaged, told = other_versions(tmp_path, {"torch": "2.13.0"})
    assert damaged.startswith(f"{tmp_path}/b/cost.json: damaged ({why}")
    assert told.startswith("1 results were made with torch 2.11.0")
    with pytest.raises(UserError, match=f"b/cost.json: damaged .{why}"):
        versions([tmp_path / "a" / "cost.json", tmp_path / "b" / "cost.json"])
