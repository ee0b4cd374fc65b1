# SPDX-License-Identifier: Apache-2.0
"""The programs of docs/python.md run."""

import pathlib
import re

import pytest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "python.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(1, len(PROGRAMS) + 1))
def test_a_program_of_the_page_runs(program):
    if "torch" in program:
        pytest.importorskip("torch")
    exec(compile(program, str(PAGE), "exec"), {"__name__": "__main__"})


def test_the_page_has_programs():
    assert len(PROGRAMS) >= 2
