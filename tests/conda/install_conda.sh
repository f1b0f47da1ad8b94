#!/usr/bin/env bash
# A working conda 24.7.1 in BASE from package-index wheels alone (the copy that conda-lock vendors, classic solver);
# every channel name is mapped to a folder below CHANNELS. Snakemake needs conda >= 24.7.1.
set -euo pipefail
BASE=$(realpath -m "${1:?base}") CHANNELS=$(realpath -m "${2:?channels}") PYTHON=${PYTHON:-python3}
WHEEL=$(mktemp -d)
trap 'rm -rf "$WHEEL"' EXIT
"$PYTHON" -m venv "$BASE"
"$BASE/bin/python" -m pip install -q --disable-pip-version-check archspec boltons charset-normalizer \
    conda-package-handling conda-package-streaming distro frozendict jsonpatch packaging platformdirs pluggy pycosat \
    pyyaml requests ruamel.yaml setuptools tqdm truststore zstandard
"$BASE/bin/python" -m pip download -q --disable-pip-version-check --no-deps -d "$WHEEL" conda-lock==4.0.3
SITE=$("$BASE/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$BASE/bin/python" -m zipfile -e "$WHEEL"/conda_lock-4.0.3-*.whl "$WHEEL/unpacked"
cp -r "$WHEEL/unpacked/conda_lock/_vendor/conda" "$SITE/conda"
# the vendored copy imports itself by its place in conda-lock
grep -rlE 'conda_lock' "$SITE/conda" --include='*.py' | xargs sed -i -E \
    's/from conda_lock\._vendor import conda\b/import conda/; s/conda_lock\._?vendor\.conda/conda/g'
mkdir -p "$BASE/conda-meta" "$BASE/etc/profile.d" "$SITE/conda/shell/etc/profile.d"
touch "$BASE/conda-meta/history"
cat >"$BASE/bin/conda" <<RUN
#!$BASE/bin/python
import sys
from conda.cli.main import main
if __name__ == "__main__":  # conda looks for CUDA in a process that imports this file
    sys.exit(main())
RUN
chmod +x "$BASE/bin/conda"
cat >"$BASE/etc/profile.d/conda.sh" <<RUN
export CONDA_EXE='$BASE/bin/conda' CONDA_PYTHON_EXE='$BASE/bin/python' _CE_M= _CE_CONDA=
conda() {
    case "\${1:-}" in
        activate | deactivate) local told; told=\$(PS1="\${PS1:-}" "\$CONDA_EXE" shell.posix "\$@") || return; eval "\$told"; hash -r ;;
        *) "\$CONDA_EXE" "\$@" ;;
    esac
}
RUN
cp "$BASE/etc/profile.d/conda.sh" "$SITE/conda/shell/etc/profile.d/conda.sh"
# Snakemake sources BASE/bin/activate with the name of an environment; venv's own script would ignore it
printf '. "%s/etc/profile.d/conda.sh" || return $?\nconda activate "$@"\n' "$BASE" >"$BASE/bin/activate"
cat >"$BASE/.condarc" <<RUN
solver: classic
channel_priority: strict
channel_alias: file://$CHANNELS
default_channels: [file://$CHANNELS/conda-forge]
pkgs_dirs: [$BASE/pkgs]
envs_dirs: [$BASE/envs]
notify_outdated_conda: false
number_channel_notices: 0
report_errors: false
auto_update_conda: false
register_envs: false
RUN
"$BASE/bin/conda" --version
