# SPDX-License-Identifier: Apache-2.0
"""Threads that wait for work must sleep: the tests share their machine. Read before NumPy is."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
