# SPDX-License-Identifier: Apache-2.0
"""The file of a recorded run: a JSON object a line, appended line by line.

The first line is a head, {"format": "pion run", "version": 1, "step": 0, ...}. A run that goes on
writes another head, with the step from which it goes on. Every other line is what was measured of
one layer at one step: {"step": 50, "layer": "h.0.mlp.weight", ...}.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Optional, Union

FORMAT = "pion run"
VERSION = 1
_BEGIN = b'{"format": "' + FORMAT.encode() + b'"'

Path = Union[str, "os.PathLike[str]"]


class RunFile:
    """A run's file, open to append lines. Each is one write to the system, so that what was
    appended is there when the program is killed.

    step  the step from which the run goes on. None: the one after the file's last, 0 in a new file.

    An unfinished line at the end, which a killed program may leave, is cut off. Raises ValueError,
    with the file as it was, where it is not empty and no file of a run, and OSError.
    """

    def __init__(self, path: Path, step: Optional[int], about: Dict[str, Any]) -> None:
        self.path = os.fspath(path)
        self._file = open(path, "ab+", buffering=0)
        try:
            end, last = self._read()
            self.step = last if step is None else step
            self._file.truncate(end)
            self.append({"format": FORMAT, "version": VERSION, "step": self.step, **about})
        except BaseException:
            self._file.close()
            raise

    def append(self, line: Dict[str, Any]) -> None:
        """Appends an object. Its numbers are finite: JSON has no others."""
        rest = json.dumps(line, allow_nan=False).encode() + b"\n"
        while rest:
            rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        self._file.close()

    def _read(self) -> Any:
        """Where the last whole line ends, and the step after it."""
        self._file.seek(0)
        with open(self._file.fileno(), "rb", closefd=False) as file:
            first = file.readline()
            if not _BEGIN.startswith(first[: len(_BEGIN)]):
                raise ValueError(f"{self.path}: is no file of a recorded run; name another one")
            if not first.endswith(b"\n"):
                return 0, 0
            version = json.loads(first).get("version")
            if version != VERSION:
                raise ValueError(f"{self.path}: has the version {version}; this is {VERSION}")
            end, last = len(first), first
            for line in file:
                if line.endswith(b"\n"):
                    end, last = end + len(line), line
        try:
            seen = json.loads(last)
            return end, seen["step"] + ("layer" in seen)
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{self.path}: its last line is no line of a recorded run") from None
