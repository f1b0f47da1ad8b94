#!/usr/bin/env bash
# Stops what start_slurm.sh FOLDER started and waits until it is gone.
FOLDER=$(realpath -m "${1:?folder}")
[ -f "$FOLDER/slurmctld.pid" ] && timeout 20 scancel -u root && sleep 1
for name in slurmd slurmctld munged; do
    [ -f "$FOLDER/$name.pid" ] && kill "$(cat "$FOLDER/$name.pid")"
done
for _ in $(seq 100); do
    [ -f "$FOLDER/slurmd.pid" ] || [ -f "$FOLDER/slurmctld.pid" ] || [ -f "$FOLDER/munged.pid" ] || break
    sleep 0.1
done
# With a configuration but no daemon every snakemake would wait 9 s for an answer
grep -qs '^ClusterName=loopback$' /etc/slurm/slurm.conf && rm -f /etc/slurm/slurm.conf /etc/slurm/gres.conf
exit 0
