"""Snakemake that looks after submitted jobs twice a second: Slurm's executor looks the more seldom the longer none ends."""

import asyncio
import sys

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor


async def sleep(executor: RemoteExecutor) -> None:
    await asyncio.sleep(0.5)


RemoteExecutor.sleep = sleep
main(sys.argv[1:])
