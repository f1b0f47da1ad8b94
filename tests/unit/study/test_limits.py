"""What a study asks for beyond the limits of a profile is told with the line to edit."""

from clm.study.limits import beyond_limits, longer_rules

CONFIG = {
    "resources": {"gpus": 1},
    "corpora": {"zinc": {}},
    "sizes": {"small": {"minutes": 30}, "large": {"minutes": 600, "processes": 8}, "unused": {"minutes": 9999}},
    "grid": {
        "budgets": {"b": 1},
        "trunks": [{"corpora": ["zinc"], "sizes": ["small", "large"], "subsets": ["s"], "seeds": [0]}],
    },
}


def test_what_exceeds_the_limits_is_told_and_nothing_else():
    assert list(beyond_limits(CONFIG, 8, 600)) == list(beyond_limits(CONFIG, None, None)) == []
    gpus, minutes = beyond_limits(CONFIG, 4, 599)
    assert gpus.startswith("sizes.large.processes: 8 GPUs are needed, the profile allows 4: raise `gpu`")
    assert minutes.startswith("sizes.large.minutes: 600 minutes are needed, the profile allows 599")


def test_processes_on_cores_ask_for_no_gpu():
    assert list(beyond_limits(CONFIG | {"resources": {"gpus": 0}}, 1, 600)) == []


def test_rules_that_ask_for_longer_are_told_by_what_they_ask():
    stated = {"gather_corpus": 240, "trace_labels": 120, "split_task": 60, "split_corpus": 240}
    assert list(longer_rules(stated, 240)) == []
    shorter, longer = longer_rules(stated, 60)
    assert shorter.startswith("runtime of trace_labels: 120 minutes are needed, the profile allows 60: raise")
    assert longer.startswith("runtime of gather_corpus, split_corpus: 240 minutes are needed, the profile allows 60: ")
