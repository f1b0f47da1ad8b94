"""Names of columns that several tables share, and the values that stand in them: every module takes them from here.

Jobs that write results import this module, so a change of it runs transfer again. What one table alone holds is listed
where its rows are made.
"""

TRUNK_KEYS = ("corpus", "size", "subset", "seed")  # name a pretraining run
KEYS = (*TRUNK_KEYS, "budget")  # name a checkpoint
SCALES = {"size": "parameters", "subset": "molecules", "budget": "tokens"}  # key to the quantity that it names
NAME_COLUMNS = ("corpus", "size", "subset", "budget", "mode", "baseline", "task", "split", "features", "label")
NAME_COLUMNS += ("name", "axis")  # text even where a name looks like a number or like "NA"

UNTRAINED, NO_SUBSET, NO_BUDGET = "untrained", "none", "0"  # corpus, subset and budget without pretraining
PRETRAINED = "pretrained"  # `kind` of a model, beside UNTRAINED
SHUFFLED, ORDER = "shuffled", "order"  # pretrained on shuffled tokens; what PRETRAINED has beyond that

LINEAR_PROBE, FINE_TUNED, BASELINE = (
    "linear_probe",
    "fine_tuned",
    "baseline",
)  # `mode` of a score, `stage` of a transfer job
ENCODER_MODES = (LINEAR_PROBE, FINE_TUNED)

SCAFFOLD = "scaffold"  # the primary `split`
SEEDLESS = (SCAFFOLD, "time")  # splits without randomness: of one seed

PRIMARY = "mean"  # `features`: last hidden states, averaged over tokens
LAYER_FEATURES = "layer"  # begins the name of an inner layer's: "layer0" is the embedding
COUNT_FEATURES = "counts"  # of baselines that count tokens or fragments
MEAN_LABEL = "mean"  # `label`: the mean over all labels of a task

POOLED = "(all)"  # in place of a task, mode or split: over all of them
NOTHING = "nothing"  # in place of what an ablation leaves out

ALPHA = 0.05  # of every test; intervals have level 1 - ALPHA
