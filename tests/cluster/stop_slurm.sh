#!/usr/bin/env bash
# Stops what start_slurm.sh FOLDER started and waits until it is gone.
FOLDER=$(realpath -m "${1:?folder}")
scancel -u root 2>/dev/null
sleep 1
for name in slurmd slurmctld; do
    [ -f "$FOLDER/$name.pid" ] && kill "$(cat "$FOLDER/$name.pid")"
done
for _ in $(seq 100); do
    [ -f "$FOLDER/slurmd.pid" ] || [ -f "$FOLDER/slurmctld.pid" ] || break
    sleep 0.1
done
exit 0
