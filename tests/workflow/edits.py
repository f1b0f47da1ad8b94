"""Edits of the grid, of tasks, corpora and files around them, and the jobs that each makes stale directly.

See parameters.py for how jobs are written.
"""

from collections.abc import Callable
from typing import Any

from editing import Config


def block(config: Config, **keys: Any) -> None:
    """Add a block to the grid: one trunk with one budget, unless told otherwise."""
    one = {"corpora": ["zinc"], "sizes": ["3k"], "subsets": ["t900"], "seeds": [0], "budgets": ["t20k"]}
    config["grid"]["trunks"].append(one | keys)


def add_size(config: Config) -> None:
    """A new size and a trunk of it."""
    config["sizes"]["5k"] = config["sizes"]["3k"] | {"width": 20}
    block(config, sizes=["5k"])


def remove_size(config: Config) -> None:
    """A size that nothing uses any more."""
    del config["sizes"]["3k"]
    del config["grid"]["trunks"][0]  # of this size alone
    transfer, curves = config["transfer"], config["landscape"]["curves"]
    curves["cells"] = [cell for cell in curves["cells"] if cell["sizes"] != ["3k"]]
    used = (config["grid"]["trunks"], transfer["fine_tuning"]["cells"], transfer["learning_curves"]["cells"])
    for cell in (*used[0], *used[1], *used[2], *curves["cells"], *config["curvature"]["spectrum"]["cells"]):
        cell["sizes"] = [size for size in cell["sizes"] if size != "3k"]


def add_subset(config: Config) -> None:
    """A new subset and a trunk of it."""
    config["subsets"]["t500"] = 500
    block(config, subsets=["t500"])


def add_budget(config: Config) -> None:
    """A later budget of the first block."""
    config["grid"]["budgets"]["t30k"] = 30000
    config["grid"]["trunks"][0]["budgets"].append("t30k")


def add_corpus(config: Config) -> None:
    """Another corpus, which gives another vocabulary."""
    config["corpora"]["other"] = config["corpora"]["zinc"] | {
        "column": "SMILES",
        "separator": ",",
        "shards": 1,
        "max_characters": 120,
        "largest_fragment": False,
        "neutralize": False,
        "decontaminate": [],
    }


def add_shuffled_corpus(config: Config) -> None:
    """A second control, of another corpus, with a trunk and its scores."""
    config["corpora"]["mixed"] = {"shuffle_tokens_of": "pubchem"}
    block(config, corpora=["mixed"], sizes=["7k"])
    cells = config["transfer"]["fine_tuning"]["cells"]
    cells.append(cells[0] | {"corpora": ["mixed"], "sizes": ["7k"]})


def leave_out_corpus(config: Config) -> None:
    """A corpus that is prepared and that no model is trained on."""
    config["grid"]["trunks"] = [b for b in config["grid"]["trunks"] if b["corpora"] != ["pubchem"]]


def reorder(config: Config) -> None:
    """All keys in reverse, whole numbers written as fractions, other resources."""
    config["sizes"]["25k"] = dict(reversed(config["sizes"]["25k"].items())) | {"width": 32.0, "memory_mb": 2000}
    for key in list(config):
        config[key] = config.pop(key)
    config["transfer"] = dict(reversed(config["transfer"].items()))


def lists(*names: str) -> str:
    """Files of lists of cells that have other cells than before."""
    return " ".join(f"list_cells/cells={name}" for name in names)


TRUNKS = lists("trunks", "curvature")
# The grid, tasks and cells: what changes, what it makes stale directly beside what the graph tells
STRUCTURE: list[tuple[str, Callable[[Config], Any], str]] = [
    ("nothing", lambda c: None, ""),
    ("keys reordered, 32 as 32.0", reorder, ""),
    ("a seed added", lambda c: block(c, seeds=[1]), TRUNKS),
    ("a seed removed", lambda c: c["grid"]["trunks"].pop(2), TRUNKS + " " + lists("maps")),
    ("a size added", add_size, TRUNKS),
    ("a size removed", remove_size, TRUNKS + " " + lists("fine_tuned", "curves", "learning", "spectrum")),
    ("a subset added", add_subset, TRUNKS),
    ("a subset removed", lambda c: c["grid"]["trunks"][0]["subsets"].remove("t300"), TRUNKS),
    ("a task added", lambda c: c["transfer"]["tasks"].append("half_life"), ""),
    ("a task removed", lambda c: c["transfer"]["tasks"].remove("dili"), ""),
    ("a corpus added", add_corpus, "initialize_model pretrain_checkpoint"),
    (
        "a corpus of shuffled tokens added",
        add_shuffled_corpus,
        f"tabulate_shuffled judge_pretraining_control {lists('shuffled_trunks', 'shuffled_fine_tuned')}",
    ),
    ("a corpus left out of the grid", leave_out_corpus, TRUNKS),
    ("a fine-tuned cell removed", lambda c: c["transfer"]["fine_tuning"]["cells"].pop(0), lists("fine_tuned")),
    ("a surface elsewhere", lambda c: c["landscape"]["surfaces"][0].update(budget="t10k"), ""),
    ("a budget added", add_budget, TRUNKS),
    (
        "one more untrained encoder",
        lambda c: c.setdefault("grid", {}).update(untrained_initializations=4),
        lists("trunks"),
    ),
]

# Edits of files that change no result: name, change of the text, further arguments of Snakemake
HARMLESS: list[tuple[Any, ...]] = [
    ("config.yaml", lambda text: "# a comment\n" + text),
    ("studies/tiny.yaml", lambda text: "# a comment\n" + text),
    ("scripts/clm/training/trainer.py", lambda text: "# a comment\n" + text.replace('"""', '"""Reworded. ', 1)),
    ("scripts/pretrain/pretrain_checkpoint.py", lambda text: text.replace("\n\n\n", "\n\n\n\n")),
    ("rules/pretrain.smk", lambda text: "# a comment\n" + text.replace("runtime=minutes", "runtime=99")),
    ("profiles/default/config.yaml", lambda text: text.replace("latency-wait: 10", "latency-wait: 11")),
    ("requirements.txt", lambda text: text + "tqdm==4.67.1\n"),
    *[(f"envs/{name}.yaml", lambda text: text + "  - tqdm=4.67.1\n") for name in ("chemistry", "train", "analysis")],
    ("envs/train.yaml", lambda text: text + "  - tqdm=4.67.1\n", "--sdm", "conda"),
    ("README.md", lambda text: text + "\nMore.\n"),
    ("schemas/config.schema.yaml", lambda text: "# a comment\n" + text),
]
