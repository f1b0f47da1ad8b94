"""What a training asks for follows its size, also where all sizes agree and Snakemake is given a number."""

import re

import pytest
import yaml
from clm.provenance.chain import settings_of
from planning import commands, configuration

TRAINED = ("3k", "7k", "25k")
EVERY = "every size of the configuration"


@pytest.mark.parametrize("several", [(), ("3k",), TRAINED, EVERY])
def test_each_training_has_the_processes_of_its_size(clone, tmp_path, several):
    sizes = configuration(clone)["sizes"] if several == EVERY else several
    overlay = tmp_path / "several.yaml"
    told = {"sizes": {size: {"processes": 2} for size in sizes}} if sizes else {}  # an empty mapping takes all away
    overlay.write_text(yaml.safe_dump(told))
    found = {}
    for line in commands(clone, "--configfile", "studies/tiny.yaml", str(overlay), "--cores", "2"):
        if "pretrain_checkpoint.py" in line:
            _, settings = settings_of({"command": line})
            found.setdefault(settings["identity"]["size"], set()).add(re.search(r"--processes (\d+)", line)[1])
    assert found == {size: {"2" if size in sizes else "1"} for size in TRAINED}
