"""Every Python that a job starts notes where it comes from."""

import os
import sys

if "CLM_WITNESS" in os.environ and sys.argv[:1] != ["-m"]:
    with open(os.environ["CLM_WITNESS"], "a", encoding="utf-8") as handle:
        command = next((word for word in sys.orig_argv[1:] if word.startswith("scripts/")), "")
        handle.write(f"{command}\t{sys.prefix}\n")
