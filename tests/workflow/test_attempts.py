"""What a retry asks a cluster for: more memory, and the same time, as a job goes on from what was saved."""

from typing import Any

from planning import ask

Asked = tuple[int, int]  # minutes and MB
ATTEMPTS = (1, 2, 4)  # `retries: 3` of the profile


def asked_at_each_attempt(dag: Any) -> dict[str, list[list[Asked]]]:
    """Return what each job of a graph asks for at these attempts, by rule."""
    found: dict[str, list[list[Asked]]] = {}
    for job in dag.jobs:
        told = []
        for job.attempt in ATTEMPTS:
            told.append((job.resources["runtime"], job.resources["mem_mb"]))
        if job.shellcmd:
            found.setdefault(job.rule.name, []).append(told)
    return found


def test_a_retry_gets_more_memory_and_no_more_time(clone):
    asked = ask(asked_at_each_attempt, clone, ("--default-resources", "runtime=30", "mem_mb=2000"))
    jobs = [job for jobs in asked.values() for job in jobs]
    assert len(jobs) > 50 and all(len({minutes for minutes, _ in job}) == 1 for job in jobs)
    growing = {rule for rule, told in asked.items() if all(job[0][1] < job[1][1] < job[2][1] for job in told)}
    assert {"pretrain_checkpoint", "probe_encoder", "finetune_model", "measure_curvature"} <= growing
    assert all([mb for _, mb in job] == [n * job[0][1] for n in ATTEMPTS] for rule in growing for job in asked[rule])
