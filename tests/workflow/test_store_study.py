"""Scores on all tasks in one job, on the finished tiny study: what is not new is taken from the store."""

import re
import signal
import time

import pytest
import yaml
from killing import jobs, remove, start
from snakemake_runs import snakemake

pytestmark = pytest.mark.slow
TINY = "studies/tiny.yaml"
TRUNK = "zinc/3k/t900/seed0"
PROBED = f"results/tiny/transfer/linear_probe/{TRUNK}"
LOG = "results/tiny/logs/probe_encoder/zinc-3k-t900-0.log"
TASKS = {"control_logp", "dili", "freesolv"}
FINE_TUNED = f"results/tiny/transfer/fine_tuned/{TRUNK}/t20k"
FINE_TUNED_LOG = "results/tiny/logs/finetune_model/zinc-3k-t900-0-t20k.log"


def told(path):
    """Return the tasks that a log says were computed, and those that were taken."""
    text = path.read_text()
    return tuple(set(re.findall(rf"(\w+): {how}", text)) for how in ("computed", "taken from the store"))


def contents(study, *tasks, folder=PROBED):
    return {path.name: path.read_bytes() for path in (study / folder).iterdir() if path.name.split(".")[0] in tasks}


def entries(study):
    return [path for path in (study / f"results/tiny/.state/linear_probe/{TRUNK}").iterdir() if path.is_dir()]


def score_again(study, change, task, folder=PROBED, log=LOG):
    """Change the study, ask for the scores of one job and return what its log tells."""
    config = yaml.safe_load((study / TINY).read_text())
    change(config)
    (study / TINY).write_text(yaml.safe_dump(config, sort_keys=False))
    done = snakemake(study, f"{folder}/{task}.json", "--configfile", TINY)
    assert done.returncode == 0, done.stdout[-2000:]
    return told(study / log)


def test_an_added_task_is_embedded_and_probed_alone(study):
    before = contents(study, *TASKS)
    found = score_again(study, lambda c: c["transfer"]["tasks"].append("half_life"), "half_life")
    assert found == ({"half_life"}, TASKS)
    assert contents(study, *TASKS) == before and len(before) == 9, "costs are those of the first computation"
    assert len(contents(study, "half_life")) == 3


def test_a_changed_setting_of_a_task_computes_that_task_alone(study):
    before = contents(study, "dili")
    found = score_again(study, lambda c: c["tasks"].update(dili={"kind": "regression"}), "dili")
    assert found == ({"dili"}, TASKS - {"dili"})
    assert contents(study, "dili") != before and len(entries(study)) == 3, "the former entry is still there"


def test_a_changed_setting_of_all_tasks_computes_all(study):
    found = score_again(study, lambda c: c["transfer"]["linear_probe"].update(projected_width=15), "dili")
    assert found == (TASKS, set())


def test_a_damaged_entry_is_noticed_and_computed_again(study):
    before = contents(study, *TASKS)
    for entry in entries(study):
        text = (entry / "out").read_text()
        if '"task": "dili"' in text:
            (entry / "out").write_text(text.replace('"value": ', '"value": 1', 1))
    found = score_again(study, lambda c: c["transfer"]["tasks"].append("half_life"), "half_life")
    assert found == ({"dili", "half_life"}, TASKS - {"dili"})
    kept = {name: content for name, content in contents(study, *TASKS).items() if not name.endswith("cost.json")}
    assert all(before[name] == content for name, content in kept.items())


def tune_again(study, change, task):
    return score_again(study, change, task, FINE_TUNED, FINE_TUNED_LOG)


def test_an_added_task_is_fine_tuned_alone(study):
    before = contents(study, "freesolv", folder=FINE_TUNED)
    found = tune_again(study, lambda c: c["transfer"]["fine_tuning"]["tasks"].append("dili"), "dili")
    assert found == ({"dili"}, {"freesolv"})
    assert contents(study, "freesolv", folder=FINE_TUNED) == before and len(before) == 3
    assert len(contents(study, "dili", folder=FINE_TUNED)) == 3


def test_a_learning_rate_chosen_anew_fine_tunes_all_tasks_again(study):
    """The rates are inputs that all tasks share: the key holds their bytes."""
    found = tune_again(study, lambda c: c["transfer"]["fine_tuning"].update(learning_rates=[2.0e-3]), "freesolv")
    assert found == ({"freesolv"}, set())


def test_a_job_that_was_asked_to_stop_goes_on_with_the_task_at_which_it_stopped(finished, study):
    job = jobs(study)["probe_encoder"]
    remove(study, job)
    process, log = start(study, job), study / job.log
    log.write_text("")
    while process.poll() is None and not told(log)[0]:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) != 0 and "asked to stop" in log.read_text()
    first, _ = told(log)
    assert first and first < TASKS
    assert start(study, job).wait(120) == 0
    assert told(log) == (TASKS - first, first)
    for name in job.outputs:
        assert name.endswith("cost.json") or (study / name).read_bytes() == (finished / name).read_bytes()
