"""What both made-up studies are made of: sizes, subsets, budgets and tasks."""

SIZES = {"60k": 6e4, "200k": 2e5, "500k": 5e5, "1m": 1e6}  # parameters
SUBSETS = {"2k": 2_000, "8k": 8_000, "32k": 32_000}  # molecules
BUDGETS = {"200k": 2e5, "400k": 4e5, "800k": 8e5, "1600k": 1.6e6}  # tokens

# Tasks of the study that is drawn, with units where they are regressions
REGRESSION = {"esol": "log mol/L", "lipo": "log D", "ppbr": "% bound", "control_logp": ""}
TASKS = [*REGRESSION, "bbbp", "bace", "cyp2d6_substrate"]

# Tasks of the study that is analysed: gain of ln error per doubling of parameters, tokens, molecules
SLOPES = {
    "rising": {"N": -0.06, "D": -0.04, "U": 0.0},
    "flat": {"N": 0.0, "D": 0.0, "U": 0.0},
    "falling": {"N": 0.05, "D": 0.05, "U": 0.0},
    "broken": {"N": 0.0, "D": 0.0, "U": 0.0},
}
FAMILIES = {"rising": "adme", "flat": "adme", "falling": "toxicity", "broken": "other"}
