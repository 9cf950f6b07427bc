"""A Slurm of one node on this machine, with stand-in cards: Debian's ``slurm-wlm`` and ``munge``, with files of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
SYSTEM = "/usr/sbin"
CORES = 8
"""More than this machine may have: Slurm is told so, and jobs that wait for one another must run at a time."""
PATIENCE = 30.0
CONFIGURATION = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=1,sched_min_interval=50000
MinJobAge=300
KillWait=2
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=64000 Gres=gpu:{cards}
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """What keeps a cluster from running here; nothing if it can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}") is None]
    return f"needs Debian's slurm-wlm and munge: no {', '.join(absent)}" if absent else ""


@dataclass
class SlurmNode:
    """A running cluster. ``environment`` is what a process needs to find it, laid over its own."""

    folder: Path
    cards: int
    host: str = field(default_factory=lambda: socket.gethostname().partition(".")[0])
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder}/bin:{os.environ.get('PATH', '')}:{SYSTEM}"
        return {"SLURM_CONF": f"{self.folder}/slurm.conf", "PATH": path}

    def configure(self) -> None:
        for name in ("state", "spool", "bin", "cards"):
            (self.folder / name).mkdir()
        for card in range(self.cards):
            self.card(card).symlink_to("/dev/null")
        settings = {"host": self.host, "user": getpass.getuser(), "folder": self.folder, "ports": free_ports(2)}
        text = CONFIGURATION.format(**settings, cores=CORES, cards=self.cards)
        (self.folder / "slurm.conf").write_text(text)
        cards = "".join(f"Name=gpu File={self.card(card)}\n" for card in range(self.cards))
        (self.folder / "gres.conf").write_text(cards)
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.folder / "munge.key").write_bytes(os.urandom(128))
        (self.folder / "munge.key").chmod(0o600)
        # The executor hands a step no SLURM_CONF: a real cluster's is where srun looks for it by itself.
        wrapper = self.folder / "bin" / "srun"
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
        wrapper.chmod(0o755)

    def card(self, number: int) -> Path:
        """The file that stands for a card's device."""
        return self.folder / "cards" / f"card{number}"

    def start(self, daemon: str) -> None:
        """Start ``munged``, ``slurmctld`` or ``slurmd``, and wait until it answers."""
        options = {
            "munged": [
                *("--foreground", "--force", f"--key-file={self.folder}/munge.key", f"--socket={self.folder}/munge.socket"),
                *(f"--pid-file={self.folder}/munge.pid", f"--log-file={self.folder}/munge.log"),
                f"--seed-file={self.folder}/munge.seed",
            ],
            "slurmctld": ["-D", "-f", f"{self.folder}/slurm.conf"],
            "slurmd": ["-D", "-f", f"{self.folder}/slurm.conf"],
        }[daemon]
        with (self.folder / f"{daemon}.out").open("ab") as log:
            self.daemons[daemon] = subprocess.Popen(
                [daemon, *options],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        ready: dict[str, Callable[[], bool]] = {
            "munged": lambda: (self.folder / "munge.socket").exists(),
            "slurmctld": lambda: self.ask("scontrol", "ping").returncode == 0,
            "slurmd": lambda: self.state() in ("idle", "mixed", "allocated"),
        }
        self.wait_until(ready[daemon], daemon)

    def stop(self, daemon: str) -> None:
        process = self.daemons.pop(daemon)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
                raise TimeoutError(f"it did not come to that: {what}\n{logs}")
            time.sleep(0.05)

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run one of Slurm's commands."""
        return subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)

    def said(self, *command: str) -> str:
        """What one of Slurm's commands says that must end well."""
        done = self.ask(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def state(self) -> str:
        """The node's state, as ``sinfo`` says it."""
        return self.ask("sinfo", "--noheader", "--Node", "--format=%T").stdout.strip()

    def jobs(self, *states: str) -> list[str]:
        """Numbers of the jobs in one of these states."""
        return self.said("squeue", "--noheader", "--format=%i", f"--states={','.join(states)}").split()


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def slurm_node(folder: Path, cards: int) -> Iterator[SlurmNode]:
    """A cluster with so many cards, for as long as the context lasts; its jobs end with it."""
    node = SlurmNode(folder, cards)
    node.configure()
    try:
        for daemon in ("munged", "slurmctld", "slurmd"):
            node.start(daemon)
        yield node
        node.ask("scancel", "--full", "--user", getpass.getuser())
        node.wait_until(lambda: not node.jobs("RUNNING", "COMPLETING"), "its jobs end")
    finally:
        for daemon in reversed(list(node.daemons)):
            node.stop(daemon)
