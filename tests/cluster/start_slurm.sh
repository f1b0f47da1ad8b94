#!/usr/bin/env bash
# A real SLURM of one node on loopback, as root, without systemd and accounting: partitions cpu, gpu and urgent, two
# fake GPUs.
# FOLDER holds its state; stop_slurm.sh FOLDER stops it.
set -euo pipefail
FOLDER=$(realpath -m "${1:?folder}")
# Never over the configuration of a real cluster
if [ -e /etc/slurm/slurm.conf ] && ! grep -q '^ClusterName=loopback$' /etc/slurm/slurm.conf; then
    echo "/etc/slurm/slurm.conf is not of these tests: run them on a machine that belongs to no cluster" >&2
    exit 1
fi
mkdir -p "$FOLDER"/{state,spool,log}
if ! command -v slurmctld >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >"$FOLDER/log/apt.log"
fi
# The executor strips SLURM_* from the environment of nested steps, so the configuration must lie in its usual place
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
MailProg=/bin/true
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool
SlurmctldPidFile=$FOLDER/slurmctld.pid
SlurmdPidFile=$FOLDER/slurmd.pid
SlurmctldLogFile=$FOLDER/log/slurmctld.log
SlurmdLogFile=$FOLDER/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
MinJobAge=3600
KillWait=20
DefMemPerCPU=200
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=8 RealMemory=20000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=1440 State=UP PriorityTier=1
PartitionName=gpu Nodes=ALL MaxTime=1440 State=UP PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=1440 State=UP PriorityTier=10 PreemptMode=OFF
CONF
echo 'Name=gpu File=/dev/null,/dev/zero' >/etc/slurm/gres.conf
install -d -o munge -g munge -m 755 /run/munge
if ! pgrep -x munged >/dev/null; then
    runuser -u munge -- munged
    ln -sf /run/munge/munged.pid "$FOLDER/munged.pid" # ours to stop
fi
slurmctld -c
slurmd -N n1
for _ in $(seq 100); do
    [ "$(sinfo -h -o %T 2>/dev/null | sort -u)" = idle ] && break
    sleep 0.1
done
[ "$(sinfo -h -o %T | sort -u)" = idle ]
