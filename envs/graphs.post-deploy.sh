#!/usr/bin/env bash
# The pins of requirements-graphs.txt: without dependencies, so that torch and RDKit stay those of the environment.
set -euo pipefail
python -m pip install --disable-pip-version-check --no-deps \
    torch_geometric==2.8.1 \
    xxhash==4.1.0 \
    chemprop==2.2.4 \
    lightning==2.6.6 \
    lightning-utilities==0.15.3 \
    torchmetrics==1.9.0 \
    astartes==1.3.3 \
    descriptastorus==2.8.0 \
    pandas-flavor==0.8.1 \
    xarray==2026.9.0 \
    multiprocess==0.70.19 \
    dill==0.4.1 \
    six==1.17.0
