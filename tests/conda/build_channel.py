"""A local conda channel from wheels: what the environments in envs/ name, and all that it needs.

    BASE/bin/python build_channel.py CHANNEL PYTHON ENVIRONMENT.yaml ...

PYTHON is the interpreter whose installed versions are packed; conda's `python` becomes a pyvenv.cfg and a link to it,
so that sys.prefix is the environment and nothing but the environment's own packages is seen. As on conda-forge, pytorch
has a CPU build and a preferred CUDA build that asks for a driver (`__cuda`); the latter is empty here.
"""

import configparser
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml
from conda_package_handling import api
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# conda-forge's names for wheels that go by another
CONDA_NAMES = {"torch": "pytorch", "duckdb": "python-duckdb", "snakemake": "snakemake-minimal"}
PLACEHOLDER = "/placeholder_of_the_prefix" + "_" * 60
INSTALLED = """
import json, sys
from importlib.metadata import distributions
print(json.dumps({"base": sys.base_prefix, "version": list(sys.version_info[:3]), "found": [
    [d.metadata["Name"], d.version, d.requires or []] for d in distributions()]}))
"""


def wanted(environments: list[Path]) -> list[str]:
    """Return the distributions that environment files name, Python left out."""
    wheels = {conda: wheel for wheel, conda in CONDA_NAMES.items()}
    lines = [line for path in environments for line in yaml.safe_load(path.read_text())["dependencies"]]
    names = {line.split("=")[0].strip() for line in lines} - {"python"}
    return sorted(wheels.get(name, name) for name in names)


def closure(names: list[str], installed: dict) -> dict[str, tuple[str, list[str]]]:
    """Return {name: (version, needed names)} of `names` and all that they need."""
    known = {canonicalize_name(name): (version, requires) for name, version, requires in installed["found"]}
    found, todo = {}, [canonicalize_name(name) for name in names]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        version, requires = known[name]
        needed = [Requirement(text) for text in requires]
        needed = [item for item in needed if item.marker is None or item.marker.evaluate({"extra": ""})]
        found[name] = (version.split("+")[0], [canonicalize_name(item.name) for item in needed])
        todo += found[name][1]
    return found


def pack(
    tree: Path, channel: Path, name: str, version: str, depends: list[str], rewritten: list[str], build: str = "0"
) -> tuple[str, dict]:
    """Pack a tree as NAME-VERSION-BUILD.conda and return its file name and index entry.

    `build` ends in the build number, of which conda prefers the highest.
    """
    files = sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file() or path.is_symlink())
    paths = []
    for file in files:
        link = (tree / file).is_symlink()
        entry = {"_path": file, "path_type": "softlink" if link else "hardlink"}
        if not link:
            content = (tree / file).read_bytes()
            entry |= {"size_in_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        if file in rewritten:
            entry |= {"prefix_placeholder": PLACEHOLDER, "file_mode": "text"}
        paths.append(entry)
    index = {"name": name, "version": version, "build": build, "subdir": "linux-64", "depends": depends}
    index |= {"build_number": int(build.split("_")[-1])}
    (tree / "info").mkdir()
    (tree / "info" / "index.json").write_text(json.dumps(index))
    (tree / "info" / "paths.json").write_text(json.dumps({"paths": paths, "paths_version": 1}))
    (tree / "info" / "files").write_text("\n".join(files) + "\n")
    file, out = f"{name}-{version}-{build}.conda", channel / "linux-64"
    everything = files + [f"info/{name}" for name in ("index.json", "paths.json", "files")]
    fast = (".tar.zst", "zstd", "zstd:compression-level=1")
    api.create(str(tree), everything, file, out_folder=str(out), compression_tuple=fast)
    content = (out / file).read_bytes()
    return file, index | {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def python_tree(tree: Path, python: Path, installed: dict) -> None:
    """Lay out conda's `python`: a virtual environment of the interpreter without any package."""
    major, minor, patch = installed["version"]
    (tree / "bin").mkdir()
    interpreter = Path(installed["base"], "bin", f"python{major}.{minor}")
    for name in ("python", "python3", f"python{major}.{minor}"):
        (tree / "bin" / name).symlink_to(interpreter)
    text = f"home = {interpreter.parent}\ninclude-system-site-packages = false\nversion = {major}.{minor}.{patch}\n"
    (tree / "pyvenv.cfg").write_text(text)


def wheel_tree(tree: Path, wheel: Path, library: str) -> list[str]:
    """Lay out a wheel with its commands and return the files that hold the prefix."""
    site = tree / library / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for data in site.glob("*.data/scripts"):
        shutil.copytree(data, tree / "bin")
    points = configparser.ConfigParser(delimiters=("=",))
    points.optionxform = str
    points.read(next(site.glob("*.dist-info")) / "entry_points.txt")
    scripts = dict(points["console_scripts"]) if points.has_section("console_scripts") else {}
    for name, target in scripts.items():
        module, function = target.split("[")[0].strip().split(":")
        (tree / "bin").mkdir(exist_ok=True)
        path = tree / "bin" / name
        lines = [f"#!{PLACEHOLDER}/bin/python", "import sys", f"from {module} import {function}"]
        path.write_text("\n".join([*lines, f"sys.exit({function}())\n"]))
        path.chmod(0o755)
    return [f"bin/{name}" for name in scripts]


def main() -> None:
    """Build the channel."""
    channel, python, *environments = map(Path, sys.argv[1:])
    shutil.rmtree(channel, ignore_errors=True)
    told = subprocess.run([python, "-c", INSTALLED], check=True, capture_output=True, text=True).stdout
    installed = json.loads(told)
    found, records = closure(wanted(environments), installed), {}
    major, minor, patch = installed["version"]
    for subfolder in ("linux-64", "noarch"):
        (channel / subfolder).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(tempfile.mkdtemp(dir=folder))
        python_tree(tree, python, installed)
        records.update([pack(tree, channel, "python", f"{major}.{minor}.{patch}", [], [])])
        pins = [f"{name}=={version}" for name, (version, _) in found.items()]
        wheels = Path(folder, "wheels")
        command = [python, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps", "-w", wheels]
        subprocess.run([*command, *pins], check=True)  # a few have no wheel and are built
        for wheel in sorted(wheels.glob("*.whl")):
            name = canonicalize_name(wheel.name.split("-")[0])
            version, needed = found[name]
            tree = Path(tempfile.mkdtemp(dir=folder))
            rewritten = wheel_tree(tree, wheel, f"lib/python{major}.{minor}")
            depends = [f"python {major}.{minor}.*", *(CONDA_NAMES.get(other, other) for other in needed)]
            build = "cpu_0" if name == "torch" else "0"
            records.update([pack(tree, channel, CONDA_NAMES.get(name, name), version, depends, rewritten, build)])
            shutil.rmtree(tree)
            if name == "torch":
                tree.mkdir()
                records.update([pack(tree, channel, "pytorch", version, [*depends, "__cuda"], [], "cuda_1")])
    for subfolder, content in (("linux-64", records), ("noarch", {})):
        index = {"info": {"subdir": subfolder}, "packages": {}, "packages.conda": content, "repodata_version": 1}
        (channel / subfolder / "repodata.json").write_text(json.dumps(index))


if __name__ == "__main__":
    main()
