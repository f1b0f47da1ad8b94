"""Pages tell what was lost of a table, where, and which values to look at."""

from clm.pages.data import data_section, label_quality, rejected_rows, skeletons_on_both_sides
from own_tables import LABELS, SMILES, csv_text, prepared


def summary(tmp_path):
    odd = {2: "active", 4: ">7", 6: 250}
    rows = [(text, odd.get(i, label)) for i, (text, label) in enumerate(zip(SMILES, LABELS, strict=True))]
    rows[8] = ("C1CC", 1)
    return prepared(tmp_path, csv_text([*rows, ("CC", 1, 2)]).encode())[1]


def test_the_page_of_a_task_names_lines_and_examples(tmp_path):
    told = summary(tmp_path)
    assert rejected_rows(told) == (
        "longer_than_header 1 (line 22: 'CC | 1 | 2'); no_label 2 (lines 4, 6: 'active'); "
        "unparsable 1 (line 10: 'C1CC')"
    )
    words = label_quality(told)
    assert words["range of the labels"] == "y: -1.5 to 250, median 2.94"
    assert words["labels that could not be used"] == "y: censored 1 (line 6: '>7'); y: word 1 (line 4: 'active')"
    assert words["suspect labels, far from all others"] == "y: 1 (250 in line 8)"
    assert words["labels that are bounds or estimates"] == "y: 1"


def test_the_page_of_a_task_tells_of_skeletons_on_both_sides_of_each_split():
    told = {"molecules": 9, "skeleton_overlap_scaffold": 0.0, "skeleton_overlap_scaffold_balanced": 4 / 3}
    assert skeletons_on_both_sides(told) == "scaffold split 0; balanced scaffold split 1.33"
    assert skeletons_on_both_sides({"molecules": 9}) == "unknown"


def test_findings_list_the_warnings_of_all_tasks(tmp_path):
    title, lines = data_section([summary(tmp_path), {"task": "control", "rejected": {}}])
    assert title == "Data of the tasks" and len(lines) == 2
    assert lines[0].startswith("own, label 'y': 4 of 21 labels are lost (") and "suspect" in lines[1]
    assert data_section([]) == (title, ["No task loses many labels, and no label lies far from all others."])
