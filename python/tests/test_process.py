# SPDX-License-Identifier: Apache-2.0
"""Threads, forks and environments."""

import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import pion

X = np.random.default_rng(0).standard_normal((150, 200))


def test_four_threads_at_once():
    expected = pion.apply(X, "highpass:kp=2")
    found = [None] * 4

    def work(i):
        found[i] = [pion.apply(X, "highpass:kp=2") for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(y, expected) for ys in found for y in ys)


def test_others_run_while_it_computes():
    """A thread that counts goes on during one long call: the lock of the interpreter is free."""
    x = np.random.default_rng(0).standard_normal((900, 900))
    count, stop = [0], threading.Event()

    def work():
        while not stop.is_set():
            count[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    before = count[0]
    pion.apply(x, "muon")
    counted = count[0] - before
    stop.set()
    thread.join()
    # With the lock held it could count once at most, between the two reads.
    assert counted > 1


def child(connection):
    connection.send(pion.apply(X, "highpass:kp=2"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_child_of_a_fork_computes_like_its_parent():
    expected = pion.apply(X, "highpass:kp=2")  # its threads are there before the fork
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(theirs,))
    process.start()
    assert ours.poll(60), "the child hangs"
    assert np.array_equal(ours.recv(), expected)
    process.join()
    assert process.exitcode == 0


def test_the_kernels_are_chosen_when_the_program_starts():
    assert pion.instruction_set() in ("avx512", "avx2", "neon", "baseline")
    program = "import pion; print(pion.instruction_set())"
    environment = dict(os.environ, PION_INSTRUCTION_SET="baseline")
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        pytest.skip(ran.stderr)  # a machine whose baseline has another name
    assert ran.stdout.strip() == "baseline"


def test_it_is_typed_and_has_its_version():
    folder = os.path.dirname(pion.__file__)
    assert os.path.exists(os.path.join(folder, "py.typed"))
    assert "def apply(" in open(os.path.join(folder, "_core.pyi"), encoding="utf-8").read()
    assert pion.__version__.count(".") == 2
