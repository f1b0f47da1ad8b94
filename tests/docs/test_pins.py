"""One version of everything: requirements, environments and the container agree."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"pytorch": "torch", "python-duckdb": "duckdb", "snakemake-minimal": "snakemake"}
UNPINNED = {"pip", "pygments", "psutil", "requests", "rich"}  # tools of the environment, not of results


INSTALLED = ("requirements.txt", "requirements-nodeps.txt", "requirements-graphs.txt")


def required():
    return {name: version for file in INSTALLED for name, version in pins_of(file).items()}


def pins_of(file):
    return dict(re.findall(r"^([\w.-]+)==([\w.+]+)$", (ROOT / file).read_text(), re.M))


def test_environments_pin_what_requirements_pin():
    pins = required()
    for path in sorted((ROOT / "envs").glob("*.yaml")):
        for line in yaml.safe_load(path.read_text())["dependencies"]:
            name, _, version = line.partition("=")
            if name == "python":
                assert version == "3.11"
            elif name not in UNPINNED:
                assert pins[CONDA_NAMES.get(name, name)] == version, f"{path.name}: {line}"
        for script in path.parent.glob(f"{path.stem}.post-deploy.sh"):
            found = re.findall(r"([\w-]+)==([\w.]+)", script.read_text())
            assert found and all(pins[name] == version for name, version in found)


def test_a_package_has_one_version_wherever_it_is_pinned():
    files = [pins_of(path.name) for path in ROOT.glob("requirements*.txt")]
    assert len(files) == 5
    for pins in files:
        assert (
            pins.items()
            <= {**pins, **{name: v for other in files for name, v in other.items() if name in pins}}.items()
        )
    script = (ROOT / "envs" / "graphs.post-deploy.sh").read_text()
    assert dict(re.findall(r"([\w-]+)==([\w.]+)", script)) == pins_of("requirements-graphs.txt")


def test_every_requirement_is_exactly_pinned():
    for name in (*INSTALLED, "requirements-dev.txt", "requirements-bench.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.fullmatch(r"[\w.-]+==[\w.+]+", line), f"{name}: {line}"


def test_the_container_installs_the_requirements_and_names_no_version_of_its_own():
    text = (ROOT / "envs" / "Dockerfile").read_text()
    assert "-r requirements.txt" in text and "--no-deps -r requirements-nodeps.txt" in text
    pins = required()
    for name, version in re.findall(r"([\w-]+)==([\w.]+)", text):
        assert pins[name] == version


def test_every_environment_is_used_by_a_rule_and_every_rule_has_one(rules):
    assert {rule.environment for rule in rules.values()} == {path.stem for path in (ROOT / "envs").glob("*.yaml")}
