# SPDX-License-Identifier: Apache-2.0
"""The command `pion`: the C++ tool, where the package was built with it."""

import os
import pathlib
import subprocess
import sys


def main() -> int:
    name = "pion.exe" if os.name == "nt" else "pion"
    tool = pathlib.Path(__file__).parent / "bin" / name
    if not tool.exists():
        print(
            "pion: this package was built without the command; install libcli11-dev, "
            "nlohmann-json3-dev, libfmt-dev and liblbfgspp-dev (Debian), and the package again",
            file=sys.stderr,
        )
        return 2
    arguments = [str(tool), *sys.argv[1:]]
    if os.name == "nt":
        return subprocess.call(arguments)
    sys.stdout.flush()
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    sys.exit(main())
