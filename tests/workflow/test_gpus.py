"""Several GPUs on one machine: jobs that Snakemake runs at once have a device each (two pretended ones here)."""

import pytest
from snakemake_runs import ROOT, snakemake

pytestmark = pytest.mark.slow
SNAKEFILE = """
rule all:
    input: expand("{job}.txt", job=range(4))
rule use_device:
    output: "{job}.txt"
    resources: gpu=1
    shell: "python job.py {output}"
"""
JOB = """
import sys, time, types
import torch
from clm.models import device as ours
torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: 2
torch.cuda.get_device_properties = lambda index: types.SimpleNamespace(uuid=f"GPU-{index}")
torch.cuda.set_device = torch.cuda.set_stream = lambda index: None
torch.cuda.Stream = lambda: None
mine, start = ours.device(), time.monotonic()
time.sleep(1)
open(sys.argv[1], "w").write(f"{mine} {start} {time.monotonic()}")
"""


@pytest.mark.parametrize("limit", [2, 3], ids=["as many as devices", "one too many"])
def test_jobs_at_the_same_time_have_different_devices(tmp_path, monkeypatch, limit):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "job.py").write_text(JOB)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "scripts"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the locks of the devices lie
    done = snakemake(tmp_path, "--workflow-profile", "none", "--cores", "4", "--resources", f"gpu={limit}")
    assert done.returncode == 0, done.stdout[-3000:]
    told = [path.read_text().split() for path in tmp_path.glob("*.txt")]
    spans = sorted((float(start), float(end), device) for device, start, end in told)
    at_once = [(one[2], other[2]) for i, one in enumerate(spans) for other in spans[i + 1 :] if other[0] < one[1]]
    assert len(spans) == 4 and at_once, "no two jobs ran at the same time"
    assert all(one != other for one, other in at_once)
    assert {device for _, _, device in spans} == {"cuda:0", "cuda:1"}
