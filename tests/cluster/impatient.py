"""Snakemake that asks SLURM for news every two seconds: else the executor waits ten seconds longer each time."""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda self: 2, lambda self, seconds: None)

if __name__ == "__main__":
    sys.exit(main())
