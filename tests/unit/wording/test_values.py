"""Tables that readers unfold hold no keys of the configuration."""

import pytest
from clm.wording.values import value_name


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("fine_tuned", "fine-tuned"),
        ("baseline", "without pretraining"),
        ("untrained", "untrained"),
        ("control_logp_2000_0", "logP, n = 2000 (control)"),
        ("biogen_hlm", "HLM clearance"),
        ("cyp2d6_substrate", "CYP2D6 substrate"),
        ("t25m", "25M"),
        ("1300k", "1.3M"),
        ("none", "–"),
        ("(all)", "all"),
        ("zinc_shuffled", "shuffled ZINC"),
        ("scaffold_balanced", "balanced scaffold"),
        ("domain_loss_carbon", "loss on the task's carbon atoms"),
        ("combined_forest", "fingerprint + descriptors, forest"),
        ("not_identified", "not identified"),
        ("0.123456789", "0.1235"),
        ("1.5e-07", "1.5e-07"),
        ("12", "12"),
        ("", ""),
        ("CC(=O)[O-]", "CC(=O)[O-]"),
        (
            "too noisy; strongest: eigenvalue_1, sharpness_3",
            "too noisy; strongest: eigenvalue 1, sharpness (3rd radius)",
        ),
    ],
)
def test_values_are_told_in_words(value, told):
    assert value_name(value) == told
