"""Work shared by processes: the same results in the same order, bounded, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest

from headcount.data.blocks import block_tables
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.processes import shared
from headcount.miniature.encoders import shipped
from headcount.store.tables import write_tables


@pytest.fixture(autouse=True)
def few_articles_at_once(monkeypatch):
    monkeypatch.setattr("headcount.data.blocks.ARTICLES_AT_ONCE", 10)


def articles(count, taken):
    for number in range(count):
        taken.append(number)
        yield {"id": str(number), "text": f"Article {number} is here. " * (1 + number % 7)}


def test_blocks_are_the_same_to_the_byte_by_one_process_and_by_two_which_hold_few_articles(tmp_path):
    encoder = TextEncoder(shipped("roberta"))
    alone = [*block_tables(articles(65, []), encoder, 20)]
    taken: list[int] = []
    both = block_tables(articles(65, taken), encoder, 20, each=partial(shared, processes=2))
    found = [next(both)]
    assert len(taken) == 30  # of each process one part, and one that waits
    found += both
    for name, tables in (("alone", alone), ("both", found)):
        write_tables(tmp_path / name, tables)
    assert (tmp_path / "alone").read_bytes() == (tmp_path / "both").read_bytes()


def test_an_error_in_a_process_ends_the_work():
    with pytest.raises(ValueError, match="invalid literal for int"):
        list(shared(int, ["1", "2", "x", *"3456"], 2))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say that a parent has died")
def test_processes_end_with_the_one_that_started_them():
    program = "from time import sleep\nfrom headcount.jobs.processes import shared\nlist(shared(sleep, [0.0, *[60.0] * 9], 2))"
    starter = subprocess.Popen([sys.executable, "-c", program])
    end = time.monotonic() + 60
    while len(children := psutil.Process(starter.pid).children(recursive=True)) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert len(children) == 3 and not alive
