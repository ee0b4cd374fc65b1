# SPDX-License-Identifier: Apache-2.0
"""What filters make of a matrix, on the page and by the tool."""

import json
import random
import struct
import tempfile
from pathlib import Path
from typing import Any, List

from browser import Browser

# Of spectrum() for scalars shorter than double (include/pion/diagnostics/spectrum.hpp); the page
# has an SVD in double.
WITHIN = 1e-6
# Both apply the chain in double: some thousand operations of 2^-53 each, times the slope 12.
ROUNDING = 1e-11


def npy(path: Path, rows: List[List[float]], kind: str, turned: bool = False) -> None:
    """Writes a matrix; kind is a letter of struct."""
    shape = (len(rows), len(rows[0]))
    values = [x for line in (zip(*rows) if turned else rows) for x in line]
    name = {"d": "<f8", "f": "<f4", "e": "<f2"}[kind]
    header = repr({"descr": name, "fortran_order": turned, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
                     struct.pack(f"<{len(values)}{kind}", *values))


def safetensors(path: Path, matrix: List[List[float]]) -> None:
    """The matrix in float32 and cut to bfloat16, and a vector, which no page shows."""
    values = [x for row in matrix for x in row]
    shape, count = [len(matrix), len(matrix[0])], len(values)
    words = struct.pack(f"<{count}f", *values)
    halves = b"".join(words[i + 2:i + 4] for i in range(0, len(words), 4))
    header = json.dumps({
        "single": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * count]},
        "short": {"dtype": "BF16", "shape": shape, "data_offsets": [4 * count, 6 * count]},
        "vector": {"dtype": "F32", "shape": [1], "data_offsets": [6 * count, 6 * count + 4]},
    }).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + words + halves + bytes(4))


def numbers_of(path: Path) -> List[float]:
    """The numbers of a .npy in double, row by row."""
    data = path.read_bytes()
    assert b"'<f8'" in data[:128] and b"False" in data[:128], data[:128]
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    return list(struct.unpack(f"<{(len(data) - begin) // 8}d", data[begin:]))


def settled(browser: Browser) -> List[Any]:
    browser.frames()
    browser.wait_for("return document.getElementById('matrix-facts').ariaBusy === 'false'")
    return browser.run("return matrix.shown.columns")


def random_matrix(rows: int, cols: int) -> List[List[float]]:
    """Rank one and noise."""
    left, right = ([random.gauss(0, 1) for _ in range(n)] for n in (rows, cols))
    return [[struct.unpack("f", struct.pack("f", a * b + random.gauss(0, 0.5)))[0] for b in right]
            for a in left]


def test_a_file_is_measured_and_filtered_as_the_tool_does(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        matrix = random_matrix(7, 12)
        tall = [list(row) for row in zip(*matrix)]
        npy(folder / "double.npy", matrix, "d")
        npy(folder / "single.npy", matrix, "f", turned=True)
        npy(folder / "tall.npy", tall, "d", turned=True)
        npy(folder / "half.npy", matrix, "e")
        safetensors(folder / "two.safetensors", matrix)
        browser.open("#chain=highpass:kp=1&with=muon&matrix=64,64,4,1,1")
        settled(browser)
        for path in sorted(folder.iterdir()):
            browser.at("file").send_keys(str(path))
            browser.wait_for("return document.getElementById('source').options[1]?.text"
                             f"?.startsWith('{path.stem if path.suffix == '.npy' else 'single'}')")
            assert not browser.at("knobs").is_displayed()
            theirs = [x for x in browser.tool("inspect", str(path))["tensors"]
                      if len(x["shape"]) == 2 and x["name"] != "vector"]
            options = browser.all("#source option")[1:]
            assert len(options) == len(theirs)
            for i, tensor in enumerate(sorted(theirs, key=lambda x: x["name"] != "single")):
                browser.choose("source", str(i))
                ours = settled(browser)
                for key, said in [("effective_rank", "erank"), ("stable_rank", "stable_rank")]:
                    error = abs(ours[0][key] / tensor[said] - 1)
                    assert error < WITHIN, f"{path.name}: {key} {ours[0][key]}, {tensor[said]}"
                assert ours[1]["survivors"] == tensor["survivors"][1]
                assert ours[0]["cosine"] is None
        for file, filtered in [("double.npy", matrix), ("tall.npy", tall)]:
            browser.at("file").send_keys(str(folder / file))
            browser.wait_for("return document.getElementById('source').options[1]?.text"
                             f"?.startsWith('{file}')")
            settled(browser)
            size = len(filtered) * len(filtered[0])
            ours = browser.run("return Array.from(matrix.shown.numbers)")
            assert ours[:size] == [x for row in filtered for x in row]
            for i, chain in enumerate(["highpass:kp=1", "muon"]):
                out = folder / "out.npy"
                npy(folder / "in.npy", filtered, "d")
                browser.tool("apply", chain, str(folder / "in.npy"), "-o", str(out))
                pairs = zip(ours[(i + 1) * size:(i + 2) * size], numbers_of(out))
                assert max(abs(a - b) for a, b in pairs) < ROUNDING
                out.unlink()


def test_a_file_that_is_none_is_named(browser: Browser) -> None:
    browser.open("#matrix=64,64,4,1,1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.npy").write_bytes(b"")
        (folder / "text.npy").write_text("no matrix at all")
        npy(folder / "cut.npy", [[1.0, 2.0]], "d")
        (folder / "cut.npy").write_bytes((folder / "cut.npy").read_bytes()[:-1])
        npy(folder / "nan.npy", [[1.0, float("nan")]], "d")
        npy(folder / "whole.npy", [[1.0, 2.0]], "d")
        (folder / "whole.npy").write_bytes(
            (folder / "whole.npy").read_bytes().replace(b"<f8", b"<i8"))
        for file, words in [("empty", "empty.npy is neither"), ("text", "text.npy is neither"),
                            ("cut", "cut.npy is cut off"), ("nan", "not a number"),
                            ("whole", "whole.npy has no matrix")]:
            browser.at("file").send_keys(str(folder / f"{file}.npy"))
            browser.wait_for("return document.getElementById('matrix-error').textContent"
                             f".includes('{words}')")


def test_muon_turns_away_from_the_signal_and_pion_does_not(browser: Browser) -> None:
    """At the strength of the noise, for five seeds."""
    for seed in range(1, 6):
        browser.open(f"#chain=highpass:kp=2&with=muon&matrix=64,64,4,1,{seed}")
        before, pion, muon = settled(browser)
        assert muon["cosine"] < before["cosine"] - 0.1 < before["cosine"] < pion["cosine"], seed
        assert before["effective_rank"] > pion["effective_rank"]


def test_the_signal_is_as_strong_as_asked(browser: Browser) -> None:
    """Its 3 values are sqrt(100 / 3); noise moves each value by no more than its own largest, which
    is below (sqrt(64) + sqrt(256) + 6) / sqrt(64 256) but for a probability of e^-18 (Davidson and
    Szarek 2001)."""
    browser.open("#matrix=64,256,3,100,1")
    values = settled(browser)[0]["values"]
    noise = (8 + 16 + 6) / (8 * 16)
    for i, value in enumerate(values):
        expected = (100 / 3) ** 0.5 if i < 3 else 0.0
        assert abs(value - expected) < noise, f"{i}: {value}, {expected}"


def test_its_controls(browser: Browser) -> None:
    browser.all("#matrix summary")[0].click()
    settled(browser)
    assert browser.run("return explorer.state.matrix.rank") == 4
    assert len(browser.all("#matrix-facts canvas")) == 2
    for name, value in [("rank", 9), ("snr", -1)]:
        before = settled(browser)[0]["values"]
        browser.slide(browser.at(name), value)
        assert settled(browser)[0]["values"] != before, name
    assert browser.at("rank-text").text == "9" and browser.at("snr-text").text == "0.1"
    before = settled(browser)[0]["values"]
    browser.type(browser.at("seed"), "7")
    assert settled(browser)[0]["values"] != before
    browser.choose("size", "64x256")
    settled(browser)
    assert browser.run("return matrix.shown.numbers.length") == 64 * 256 * 2
    browser.at("compare").click()
    browser.choose("family", "muon")
    settled(browser)
    assert len(browser.all("#matrix-facts canvas")) == 3
    browser.wait_for("return decodeURI(location.hash).includes('matrix=64,256,9,0.1,7')")
    browser.all("#matrix summary")[0].click()
    browser.wait_for("return explorer.state.matrix === null")
    browser.open("#chain=muon&matrix=64,64,99,1,1")
    browser.wait_for("return document.getElementById('matrix-error').textContent"
                     ".includes('a rank from 1')")
