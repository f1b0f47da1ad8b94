"""Every fault that a user can mend: the part of the workflow, what has gone wrong, and what ends in a UserError."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
from clm.chemistry.download import fetch_file, fetch_wheel
from clm.chemistry.mirrors import fetch_url
from clm.chemistry.sources import header_position
from clm.landscape.parameters import flatten
from clm.provenance.chain import Chain
from clm.study.resolved import resolved_configuration
from clm.tasks.controls import control_molecules
from clm.tasks.splits import check_times
from clm.tasks.table import load_task
from clm.training.optimizers import build_optimizer
from own_tables import sdf
from provoking import (
    SHEET,
    SOURCE,
    archive,
    encrypted,
    explained,
    killed_reader,
    labels,
    lost_between_stages,
    no_column_of_a_number,
    no_molecule,
    no_rate,
    no_record,
    no_row,
    not_expressible,
    parquet,
    previewed,
    read,
    rows,
    stale_split,
    task_table,
    too_few_for_subset,
    too_few_to_hold_out,
    unaccounted,
    unknown_result,
    usable,
    wrong_digest,
)
from provoking_models import (
    diverged_surface,
    embeddings,
    few_batches,
    infinite_loss,
    no_hub,
    no_package,
    no_weights,
    other_vocabulary,
    pictures,
)
from provoking_pages import compared, faulty_caption, no_report
from provoking_tools import TOOL_FAULTS
from spreadsheet_files import xlsx

GOOD = {"mol": "CCO", "y": "1"}
FAULTS: list[tuple[str, str, Callable[[], object]]] = [
    ("Sources", "a wheel that no index has", lambda: fetch_wheel("no-such-wheel==0.0.1", Path())),
    ("Sources", "no mirror has the file", lambda: fetch_url(["file:///no/such.csv"], Path("partial"), None, 1, 0)),
    ("Sources", "an address without encryption", lambda: fetch_url(["http://example.org/a.csv"], Path(), None)),
    ("Sources", "a file of yours that is not there", lambda: fetch_file("data/own.csv", Path("content"))),
    ("Sources", "a file of yours that is not the expected one", wrong_digest),
    ("Sources", "a published file that is not the expected one", lambda: wrong_digest("url")),
    ("Sources", "a damaged archive", lambda: read(gzip.compress(b"SMILES\n" * 999)[:-9])),
    ("Sources", "a member that is not in the archive", lambda: read(archive(), "test.csv")),
    ("Sources", "an archive that inflates without end", lambda: read(gzip.compress(bytes(10**5)), None, 10**4)),
    ("Sources", "an archive with several members", lambda: read(archive("train.csv", "valid.csv"))),
    ("Sources", "a member with a password", lambda: read(encrypted())),
    ("Sources", "a member of what is no archive", lambda: read(b"SMILES\nCCO\n", "train.csv")),
    ("Sources", "a kind of file that is not read", lambda: read(b"%PDF-1.7\n")),
    ("Sources", "an encoding that nobody knows", lambda: rows("SMILES\nCCO\n", encoding="utf9")),
    ("Sources", "a text in another encoding than told", lambda: rows("SMILES\nCCO\n", encoding="utf-16")),
    ("Sources", "an SDF that is cut off", lambda: rows(sdf()[:-60])),
    ("Sources", "a Parquet file that inflates without end", lambda: read(parquet(), None, 100)),
    ("Sources", "a spreadsheet with several sheets", lambda: rows(xlsx({"train": SHEET, "test": SHEET}))),
    ("Sources", "a sheet that is not there", lambda: rows(xlsx({"train": SHEET}), member="test")),
    ("Sources", "merged cells", lambda: rows(xlsx({"train": SHEET}, "A1:B1"))),
    ("Sources", "formulas without values", lambda: rows(xlsx({"train": [*SHEET, ["C", "<c><f>A1+1</f></c>"]]}))),
    ("Sources", "a header below other lines", lambda: rows("Report,LIMS 4\nsmiles,y\nCCO,1.5\n", ["smiles", "y"])),
    (
        "Sources",
        "a header below other rows of a sheet",
        lambda: rows(xlsx({"a": [["Report", None], *SHEET]}), ["SMILES", "y"]),
    ),
    ("Sources", "a spreadsheet that is none", lambda: rows(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))),
    ("Corpora", "no such column", lambda: header_position(["id", "SMILES"], "smiles", str(SOURCE))),
    ("Corpora", "two columns of a name", lambda: header_position(["SMILES", "y", "SMILES"], "SMILES", str(SOURCE))),
    ("Corpora", "no column of a number", no_column_of_a_number),
    ("Corpora", "no row could be read", no_molecule),
    ("Corpora", "rows are lost", unaccounted),
    ("Corpora", "shards that have not seen all rows", lost_between_stages),
    ("Corpora", "a row makes the system end the reader", killed_reader),
    ("Corpora", "a corpus too small to hold molecules out", too_few_to_hold_out),
    ("Corpora", "a corpus too small for a subset", too_few_for_subset),
    ("Corpora", "molecules that a kind of tokens cannot express", not_expressible),
    ("Tasks", "an empty table", lambda: rows("")),
    ("Tasks", "an empty sheet", lambda: rows(xlsx({"train": []}))),
    ("Tasks", "broken quotes in the header", lambda: rows('"SMILES"x,y\nCCO,1\n')),
    ("Tasks", "a decimal mark that separates columns", lambda: rows("SMILES,y\nC,1\n", separator=",", decimal=",")),
    ("Tasks", "a quote that is never closed", lambda: rows('SMILES,y\n"CCO,1\nCCN,2\n')),
    ("Tasks", "two columns of a name", lambda: rows("SMILES,y,y\nCCO,1,2\n", ["y"])),
    ("Tasks", "no such label", lambda: usable({"mol": "CCO", "z": "1"})),
    ("Tasks", "a label with the name of a column of ours", lambda: usable(GOOD | {"row": "1"}, labels=["row"])),
    ("Tasks", "numbers with a decimal comma", lambda: usable(*labels("2,45", "3,1"))),
    ("Tasks", "units among numbers", lambda: usable(*labels("2.5", "310 nM"))),
    (
        "Tasks",
        "a relation that is none",
        lambda: usable(*(row | {"rel": "about"} for row in labels("2")), relation="rel"),
    ),
    ("Tasks", "classes that are not 0 and 1", lambda: usable(*labels("-1", "0", "1"), kind="classification")),
    ("Tasks", "no label of the class", lambda: usable(*labels("0", "1"), kind="classification", positive="active")),
    (
        "Tasks",
        "more than one other class",
        lambda: usable(*labels("active", "inactive", "unclear"), kind="classification", positive="active"),
    ),
    (
        "Tasks",
        "a value said to be of both classes",
        lambda: usable(*labels("a", "b"), kind="classification", positive=["b", "a"], negative="a"),
    ),
    (
        "Tasks",
        "a class that is a word for nothing",
        lambda: usable(*labels("+", "-"), kind="classification", positive="+"),
    ),
    ("Tasks", "a date in another form", lambda: check_times(["2024-05-31", "1.6.2024"], "measured", "assay")),
    ("Tasks", "too few usable rows", lambda: usable(GOOD, {"mol": "C(", "y": ""}, {"mol": "C", "y": "n/a"})),
    (
        "Tasks",
        "a control task larger than its corpus",
        lambda: control_molecules(["C"], {"molecules": 9, "corpus": "zinc"}, "control_logp"),
    ),
    ("Tasks", "a split of an older table", stale_split),
    ("Tasks", "a table of a task without a label", lambda: load_task(task_table([""]), ["z"])),
    ("Models", "tokens of another vocabulary", other_vocabulary),
    ("Models", "an unknown optimizer", lambda: build_optimizer([], {"name": "adam", "weight_decay": 0.0})),
    ("Models", "too few molecules for the curvature", few_batches),
    ("Models", "the surface of a run that diverged", diverged_surface),
    ("Models", "a map of unlike models", lambda: flatten([{"a": np.ones(1)}, {"a": np.ones(2)}])),
    ("Models", "a model from elsewhere without weights", no_weights),
    ("Models", "a model from elsewhere that reads no text", pictures),
    ("Models", "a model from elsewhere whose loss is not finite", infinite_loss),
    ("Models", "a model on a hub that does not answer", no_hub),
    ("Models", "embeddings that lack a molecule", lambda: embeddings(b"smiles,a\nCCO,1.0\n")),
    ("Models", "embeddings with two rows of a molecule", lambda: embeddings(b"smiles,a\nCCO,1\nOCC,2\nCCN,1\n")),
    ("Models", "embeddings that are no numbers", lambda: embeddings(b"smiles,a\nCCO,x\n")),
    ("Models", "embeddings that are not finite", lambda: embeddings(b"smiles,a\nCCO,inf\n")),
    ("Models", "a graph network whose package is not installed", no_package),
    *TOOL_FAULTS,
    ("Commands", "a path that is no result", lambda: explained("tables/runs.csv")),
    ("Commands", "a row of what is no table", lambda: explained("results/tiny/figures/loss.png")),
    ("Commands", "a row that is not there", no_row),
    ("Commands", "a study without records", lambda: Chain(Path("results/tiny"))),
    ("Commands", "damaged records", lambda: unknown_result(b'{"config": {')),
    ("Commands", "a file that no job made", unknown_result),
    ("Commands", "hours without a rate", no_rate),
    ("Commands", "a preview of what cannot be a study", lambda: previewed("study: a b")),
    ("Commands", "an overlay that is not there", lambda: resolved_configuration([Path("mine.yaml")])),
    ("Commands", "an overlay that is no YAML", lambda: previewed("study: [mine")),
    ("Commands", "an overlay that is a list", lambda: previewed("- study: mine")),
    ("Commands", "a preview of a study whose base is not there", lambda: previewed("{study: mine, base: other}")),
    ("Commands", "a preview of a result that no rule makes", lambda: previewed("study: mine", ["results/mine/no.csv"])),
    ("Commands", "a study compared with none", lambda: compared("results/cell")),
    ("Commands", "a comparison with a study that has not run", lambda: compared("results/cell", "results/selfies")),
    ("Commands", "a report that Snakemake cannot make", no_report),
    ("Commands", "a caption with a fault", faulty_caption),
    ("Commands", "a record without findings", lambda: no_record(None)),
    ("Commands", "findings without a beginning", lambda: no_record(b"# Old")),
]
