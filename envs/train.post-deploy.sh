#!/usr/bin/env bash
# PyHessian is on no conda channel; its requirement torchvision is never imported.
set -euo pipefail
python -m pip install --disable-pip-version-check --no-deps pyhessian==0.1
