# SPDX-License-Identifier: Apache-2.0
"""Tests the explorer in headless Chromium: run.py FOLDER PION.

FOLDER has index.html and the program trainer. Screenshots are left in FOLDER/screenshots.
"""

import pathlib
import random
import sys
import time
import traceback

import filters
import matrix
import page
import training
from browser import Browser


def main() -> None:
    folder, pion = pathlib.Path(sys.argv[1]), sys.argv[2]
    begin = time.monotonic()
    tests = [
        (module, name)
        for module in (filters, page, matrix, training)
        for name in vars(module)
        if name.startswith("test_")
    ]
    random.seed(1)
    failed = 0
    with Browser(folder) as browser:
        browser.pion = pion
        for module, name in tests:
            try:
                browser.open()
                getattr(module, name)(browser)
                browser.expect_silence()
                print(f"  ok    {name[5:].replace('_', ' ')}", flush=True)
            except Exception as error:  # the browser's own too: the tests after it shall run
                failed += 1
                frames = traceback.extract_tb(error.__traceback__)
                line = next((frame.lineno for frame in frames if frame.name == name), "end")
                said = (str(error).splitlines() or [""])[0]
                print(f"  FAILS {name[5:].replace('_', ' ')}, {module.__name__}.py:{line}: "
                      f"{type(error).__name__} {said}", flush=True)
    passed = len(tests) - failed
    print(f"{passed} passed, {failed} failed in {time.monotonic() - begin:.1f}s")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
