"""The descriptors of tasks, each declared once: a column of tasks.csv and a panel of the figure of descriptors.

`clm.tasks.descriptors` and `clm.tasks.distance` measure them; jobs that do not must not import their chemistry.
"""

from dataclasses import dataclass

TASK, LABEL, DISTANCE = "task", "label", "distance"  # of all molecules, the mean over labels, to the reference corpus

OVERLAP = "skeleton_overlap_"  # prefix, followed by the split, of columns on skeletons in both train and test


@dataclass(frozen=True)
class Descriptor:
    """A number about a task.

    Attributes:
        column: in tasks.csv.
        source: TASK, LABEL or DISTANCE.
        axis: label of its panel in the figure; None if it has no panel.
        logarithmic: whether that axis is logarithmic.
        key: in the JSON of its source, if different from the column.
    """

    column: str
    source: str
    axis: str | None = None
    logarithmic: bool = False
    key: str = ""


DESCRIPTORS = (
    Descriptor("molecules", TASK, "molecules", logarithmic=True),
    Descriptor("unique", TASK),
    Descriptor("graph_diameter", TASK, "graph diameter (bonds)"),
    Descriptor("heavy_atoms", TASK, "heavy atoms (mean)"),
    Descriptor("label_variance", LABEL, "label variance (units²)", logarithmic=True, key="variance"),
    Descriptor("class_balance", LABEL, "fraction of positives"),
    Descriptor("label_noise", LABEL, "label noise (SD in duplicates)"),
    Descriptor("scaffold_diversity", TASK, "scaffolds per molecule"),
    Descriptor("acyclic_fraction", TASK, "acyclic fraction"),
    Descriptor("salt_fraction", TASK, "salt fraction"),
    Descriptor("rogi_xd", LABEL, "roughness ROGI-XD"),
    Descriptor("activity_cliff_fraction", LABEL, "fraction of activity cliffs"),
    Descriptor("nearest_tanimoto_mean", DISTANCE, "Tanimoto to corpus (mean)"),
    Descriptor("unseen_token_fraction", DISTANCE, "unseen-token fraction"),
    Descriptor("overlap_fraction", DISTANCE, "fraction found in corpus"),
    # Molecules of one skeleton (first block of the InChIKey) in train and test, mean over the seeds of the split
    *(Descriptor(OVERLAP + split, TASK) for split in ("scaffold", "time", "random", "scaffold_balanced", "cluster")),
)
