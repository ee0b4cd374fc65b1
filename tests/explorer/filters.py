# SPDX-License-Identifier: Apache-2.0
"""What the page says of a filter is what the tool says."""

import json
import math
import random
import tempfile
from pathlib import Path
from typing import Any, List

from browser import Browser

NAMED = [
    "muon", "muon:steps=3", "muon:steps=8", "highpass:kp=0", "highpass:kp=1", "highpass:kp=2",
    "highpass:kp=3", "highpass:kp=4", "highpass:kp=5", "highpass:kp=3,steps=9", "lowpass:tau=0.1",
    "lowpass:tau=0.35", "lowpass:tau=0.5", "lowpass:tau=0.9", "sharp-highpass:tau=0.1",
    "sharp-highpass:tau=0.3,steps=4,ripple=0.001", "sharp-lowpass:tau=0.5",
    "sharp-lowpass:tau=0.2,ripple=0.1", "rising-highpass:tau=0.1",
    "rising-highpass:tau=0.4,steps=3", "polar-express", "polar-express:steps=5", "you-jiacheng",
    "cans", "deepseek-v4", "cubic5", "aol",
]
NORMALIZERS = ["frobenius", "schatten4", "spectral", "aol", "none"]

# Enclosures come from operations that IEEE 754 defines to the last bit, and so does each end of a
# range. The other numbers come from sums that a compiler may fuse and from pow(), whose last bits
# differ between C libraries: 1e-11 of a number is above that, and far below what a wrong formula
# gives. What rounding moves is the difference of two gains of a chain; where its slope is L, each
# is known to some 2^-50 L.
EXACT = {"name", "normalizer", "steps", "range", "monotone", "monotone_verdict", "certified",
         "gain"}
TOLERANCE = 1e-11
# A search ends where it gains little more, so two builds of it end at other coefficients of the
# same curve. It is near enough at a thousandth of the least ripple that is ordered here. What is
# said of coefficients once found is compared as for any other chain.
SOUGHT = ("lowpass", "sharp-", "rising-")
SAME_CURVE = 1e-6


def differ(path: str, ours: Any, theirs: Any, within: float) -> str:
    """Where two answers differ by more than rounding; empty if nowhere."""
    if isinstance(theirs, dict):
        if ours.keys() != theirs.keys():  # the browser's driver sorts them
            return f"{path}: keys {sorted(ours)}, not {sorted(theirs)}"
        found = (differ(f"{path}.{k}", ours[k], theirs[k], within) for k in ours)
        return next(filter(None, found), "")
    if isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{path}: {ours}, not {theirs}"
        pairs = enumerate(zip(ours, theirs))
        found = (differ(f"{path}[{i}]", a, b, within) for i, (a, b) in pairs)
        return next(filter(None, found), "")
    if within and isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        same = math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=within)
    else:
        same = ours == theirs
    return "" if same else f"{path}: {ours!r}, not {theirs!r}"


def expect_same(name: str, ours: Any, theirs: Any) -> None:
    theirs.pop("failures")
    assert ours.keys() == theirs.keys(), f"{name}: keys {sorted(ours)}, not {sorted(theirs)}"
    for key in theirs:
        within = 0.0 if key in EXACT else TOLERANCE
        if key == "rounding":
            within = max(within, 2.0**-50 * theirs["lipschitz"])
        where = differ(key, ours[key], theirs[key], within)
        assert not where, f"{name}: {where}"


def gain_of(steps: List[List[float]], sigma: float) -> float:
    for a, b, c in steps:
        sigma *= a + sigma * sigma * (b + sigma * sigma * c)
    return sigma


def ask(browser: Browser, **question: Any) -> Any:
    return browser.run("return explorer.library.ask(arguments[0])", {"call": "shape", **question})


def test_fifty_filters_are_as_the_tool_says(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for i in range(50):
            normalizer, gain = NORMALIZERS[i % 5], [1e-6, 0.01, 0.5][i % 3]
            options = ["--normalizer", normalizer, "--gain", repr(gain)]
            if i < len(NAMED):
                ours = ask(browser, chain=NAMED[i], normalizer=normalizer, gain=gain)
                theirs = browser.tool("shape", NAMED[i], *options)
                steps = ours["steps"]
            else:  # random coefficients, about those of promotion
                steps = [[random.uniform(0, 3), random.uniform(-3, 1), random.uniform(-1, 1)]
                         for _ in range(1 + i % 4)]
                ours = ask(browser, steps=steps, name="own", normalizer=normalizer, gain=gain)
                theirs = None
            if theirs and NAMED[i].startswith(SOUGHT):
                for sigma in (k / 999 for k in range(1000)):
                    apart = gain_of(steps, sigma) - gain_of(theirs["steps"], sigma)
                    assert abs(apart) < SAME_CURVE, f"{NAMED[i]}: {apart} at {sigma}"
                theirs = None
            if not theirs:
                chain = {"name": ours["name"], "steps": steps}
                Path(folder, "own.json").write_text(json.dumps(chain), encoding="utf-8")
                theirs = browser.tool("shape", "@own.json", *options, cwd=Path(folder))
            expect_same(ours["name"], ours, theirs)


def test_what_the_tool_refuses_is_refused_in_its_words(browser: Browser) -> None:
    for chain, words in [("nonesuch", "unknown; there are muon"),
                         ("highpass", "the key kp is missing"),
                         ("highpass:kp=9", "9 promotion steps do not fit in 5"),
                         ("lowpass:tau= 0.5", 'not a number from 0.051 to 0.949'),
                         ("lowpass:tau=+0.5", 'not a number from 0.051 to 0.949'),
                         ("lowpass:tau=0x1p-1", 'not a number from 0.051 to 0.949'),
                         ("lowpass:tau=1e-400", 'not a number from 0.051 to 0.949'),
                         ("muon:steps=2.5", 'not a whole number from 1 to 64')]:
        said = browser.run(
            "try { explorer.library.ask({call: 'steps', chain: arguments[0]}); return '' }"
            "catch (error) { return error.message }", chain)
        assert words in said, f"{chain}: {said!r}"


def test_the_curve_is_the_chain(browser: Browser) -> None:
    """Gains at some sigmas after each step, against Python's own arithmetic, to the last bit."""
    steps = [[1.875, -1.25, 0.375], [0.0, 2.5, -1.5], [3.4445, -4.775, 2.0315]]
    sigma = [random.random() for _ in range(100)]
    rows = browser.run("return explorer.library.gains(arguments[0], arguments[1])"
                       ".map((row) => Array.from(row))", steps, sigma)
    x = sigma
    for (a, b, c), row in zip(steps, rows):
        x = [s * (a + s * s * (b + s * s * c)) for s in x]
        assert row == x


def test_the_table_shows_what_the_library_says(browser: Browser) -> None:
    browser.open("#chain=muon&with=highpass:kp=2~schatten4")
    assert browser.fact("Monotone") == "no"
    assert browser.fact("Monotone", 1) == "yes"
    assert browser.fact("Cutoff") == "–"
    assert browser.fact("Cutoff", 1) == "0.295733"
    assert browser.fact("Range", 1) == "0 to 1"
    schatten = ask(browser, chain="highpass:kp=2", normalizer="schatten4")
    assert browser.fact("Survivors", 1) == str(schatten["max_survivors"])
