"""What the Snakemake workflow catalogue reads, and the workflow as snakedeploy deploys it: an overlay and a module."""

import re
import shutil

import yaml
from own_tables import csv_text
from snakemake_runs import ROOT, snakemake

# As snakedeploy 0.17 writes it, with the path that config/README.md says to put there
DEPLOYED = """
from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


# declare {folder} as a module
module clone:
    snakefile:
        "{folder}/Snakefile"
    config:
        config


# use all rules from {folder}
use rule * from clone
"""


def test_the_catalogue_finds_what_it_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["mandatory-flags"]["desc"] and usage["mandatory-flags"]["flags"] == ""
    assert usage["software-stack-deployment"] == {"conda": True} and usage["report"] is True
    assert (ROOT / "config" / "README.md").is_file() and (ROOT / "LICENSE").is_file()
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    run = " ".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    assert re.search(r"\.ci/run\b", run) and ".ci/pythons" in run


def test_the_overlay_of_a_deployed_workflow_is_used(clone, tmp_path):
    """The example of the overlay, without its marks of a comment."""
    for name in ("config", "profiles"):
        shutil.copytree(clone / name, tmp_path / name)
    overlay = tmp_path / "config" / "config.yaml"
    beginning, example = overlay.read_text().split("# A task of your own, added to a finished default study:\n")
    overlay.write_text(beginning + re.sub(r"^# ?", "", example, flags=re.MULTILINE))
    for name, text in (("workflow/Snakefile", DEPLOYED.format(folder=clone)), ("data/my_assay.csv", csv_text())):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text.replace("smiles,y", "SMILES,pIC50"))
    whole = snakemake(tmp_path, "-n", "--cores", "1", "--workflow-profile", "none")
    assert whole.returncode == 0, whole.stdout[-3000:]
    assert "results/default/answers/my_assay.html" in whole.stdout
    made = snakemake(tmp_path, "--cores", "1", "--", "results/default/tasks/my_assay/summary.json")
    assert made.returncode == 0, made.stdout[-3000:]
    assert (tmp_path / "results" / "default" / "tasks" / "my_assay" / "molecules.csv").is_file()
