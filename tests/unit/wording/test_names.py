"""Readers see no names of the configuration where there are better ones."""

import pytest
from clm.wording.names import (
    change,
    kind_of,
    listed,
    mode_name,
    model_name,
    percent,
    readable,
    scale_name,
    task_name,
)
from clm.wording.predictors import predictor_name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("control_logp_2000_0", "logP, n = 2000 (control)"),
        ("control_amides_500_0.3", "amides, n = 500, noise 0.3 (control)"),
        ("control_logp_noisy", "logP noisy (control)"),
        ("control_logp", "logP (control)"),
        ("cyp2d6_substrate", "CYP2D6 substrate"),
        ("ace_chembl204_ki", "CHEMBL204 Ki"),
        ("bbbp", "BBBP"),
        ("my_own_task", "my own task"),
    ],
)
def test_tasks_are_called_as_in_the_field(name, told):
    assert task_name(name) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [("t25m", "25M"), ("1580k", "1.58M"), ("800k", "800k"), ("t300", "300"), ("2.5m", "2.5M"), ("all_it", "all it")],
)  # fmt: skip
def test_sizes_and_budgets_are_numbers(name, told):
    assert scale_name(name) == told


def test_sentences_name_modes_and_control_tasks_in_words():
    told = readable("loss (linear_probe) and control_logp_2000_0. fine_tuned; esol, cyp2d6_substrate at t25m tokens")
    assert told == "loss (linear probe) and logP, n = 2000 (control). fine-tuned; ESOL, CYP2D6 substrate at 25M tokens"


def test_sentences_name_baselines_predictors_corpora_and_budgets_in_words():
    told = readable(
        "8m tokens of zinc_shuffled; ecfp_forest, loss_bracket, domain_loss_carbon, sharpness_3, logme of 3m"
    )
    assert told == (
        "8M tokens of shuffled ZINC; fingerprint forest, loss on bracket atoms, loss on the task's carbon atoms, "
        "sharpness (3rd radius), LogME of 3M"
    )
    claim = "net gain per doubling of N (fine-tuned, (all) splits), n 8, 0.5m of 3, my_loss_carbon_x"
    assert readable(claim) == (
        "net gain per doubling of parameters (fine-tuned, all splits), n 8, 500k of 3, my_loss_carbon_x"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("loss", "pretraining loss"),
        ("domain_loss_grammar", "loss on the task's bonds and rings"),
        ("eigenvalue_4", "eigenvalue 4"),
        ("(best on the other tasks)", "best on the other tasks"),
        ("encoder_scale_aware_trace", "scale-aware trace of the encoder"),
        ("of_my_own", "of my own"),
    ],
)
def test_predictors_are_told_in_words(name, told):
    assert predictor_name(name) == told


def test_changes_say_their_direction():
    assert change(-0.0066) == "rises by 0.7 %" and change(0.33) == "falls by 33 %" and percent(0.0996) == "10 %"
    assert listed(["a", "b", "c"]) == "a, b and c" and listed([]) == "none"


@pytest.mark.parametrize(
    ("name", "kind", "told", "what"),
    [
        ("chemberta77m", "baseline", "chemberta77m", "pretrained elsewhere"),
        ("v2", "baseline", "v2", "pretrained elsewhere"),
        ("my_model", "baseline", "my_model", "pretrained elsewhere"),
        ("v2_untrained0", "baseline", "v2_untrained0", "untrained, linear probe"),
        ("v2_untrained", "baseline", "v2_untrained", "untrained, linear probe"),
        ("ecfp_forest", "baseline", "fingerprint forest", "without pretraining"),
        ("v2", "linear_probe", "2", "linear probe"),
        ("1580k", "fine_tuned", "1.58M", "fine-tuned"),
    ],
)
def test_models_from_elsewhere_keep_their_names_and_are_a_kind_of_their_own(name, kind, told, what):
    assert model_name(name, kind) == told and mode_name(kind_of(kind, name)) == what
