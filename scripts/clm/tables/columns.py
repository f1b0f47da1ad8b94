"""Names of columns that several tables share, and their values, defined here for all modules.

Jobs that write results import this module, so a change to it reruns transfer. Columns of a single table are listed
where its rows are made.
"""

TRUNK_KEYS = ("corpus", "size", "subset", "seed")  # name a pretraining run
KEYS = (*TRUNK_KEYS, "budget")  # name a checkpoint
SCALES = {"size": "parameters", "subset": "molecules", "budget": "tokens"}  # key to its quantity
NAME_COLUMNS = ("corpus", "size", "subset", "budget", "mode", "baseline", "task", "split", "features", "label")
NAME_COLUMNS += ("name", "axis")  # text even if a name looks like a number or like "NA"

UNTRAINED, NO_SUBSET, NO_BUDGET = "untrained", "none", "0"  # corpus, subset and budget without pretraining
PRETRAINED = "pretrained"  # `kind` of a model, beside UNTRAINED
SHUFFLED, ORDER = "shuffled", "order"  # pretrained on shuffled tokens; PRETRAINED minus SHUFFLED

LINEAR_PROBE, FINE_TUNED, BASELINE = (
    "linear_probe",
    "fine_tuned",
    "baseline",
)  # `mode` of a score, `stage` of a transfer job
ENCODER_MODES = (LINEAR_PROBE, FINE_TUNED)

SCAFFOLD = "scaffold"  # the primary `split`
SEEDLESS = (SCAFFOLD, "time")  # deterministic splits, with a single seed

PRIMARY = "mean"  # `features`: last hidden states, averaged over tokens
LAYER_FEATURES = "layer"  # prefix of the features of inner layers: "layer0" is the embedding
COUNT_FEATURES = "counts"  # features of baselines that count tokens or fragments
MEAN_LABEL = "mean"  # `label`: the mean over all labels of a task

POOLED = "(all)"  # in place of a task, mode or split: over all of them
NOTHING = "nothing"  # ablation without anything left out

ALPHA = 0.05  # level of every test; intervals have level 1 - ALPHA
