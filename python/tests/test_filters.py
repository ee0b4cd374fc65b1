# SPDX-License-Identifier: Apache-2.0
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import pion


def test_a_chain_is_a_list_of_quintics(tmp_path):
    f = pion.Chain("highpass:kp=1,steps=3")
    assert len(f) == 3 and f.name == "highpass:kp=1,steps=3"
    assert np.array_equal(f.steps[0], [1.875, -1.25, 0.375])
    assert f == pion.Chain(f.steps.tolist()) and f != pion.Chain("muon")
    assert pickle.loads(pickle.dumps(f)) == f and hash(f) == hash(pion.Chain(f))
    path = tmp_path / "chain.json"
    path.write_text(json.dumps({"steps": f.steps.tolist()}))
    assert pion.Chain(f"@{path}") == f
    assert pion.Chain("highpass:kp=1,steps=1").then("highpass:kp=0,steps=2") == f
    assert len(pion.Chain([])) == 0 and pion.Chain([])(0.3) == 0.3


def test_its_values_are_those_of_the_polynomials():
    f = pion.Chain([[1, 2, 3], [0.5, -1, 0.25]])
    first = 0.3 + 2 * 0.3**3 + 3 * 0.3**5
    # Each of some ten operations rounds once.
    assert abs(f(0.3) - (0.5 * first - first**3 + 0.25 * first**5)) <= 16 * np.finfo(float).eps
    assert np.array_equal(f(np.array([0.3, 0.0])), [f(0.3), 0.0])


def test_the_shape_is_certified():
    shape = pion.Filter("highpass:kp=2").shape()
    assert shape["monotone"] is True and shape["certified"] is True
    assert shape["max_survivors"] == 71 and shape["normalizer"] == "frobenius"
    assert pion.Filter("muon").shape()["cutoff"] is None
    f = pion.Chain("highpass:kp=2")
    for gain, sigma in shape["sigma_at_gain"].items():
        # The slope of the chain is known, and sigma to rounding.
        assert abs(f(sigma) - float(gain)) <= 64 * np.finfo(float).eps * shape["lipschitz"]
    assert pion.Filter("highpass:kp=2").shape(gain=0.5)["max_survivors"] < 71


def tool(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pion", *arguments], capture_output=True, text=True, check=False
    )


def test_the_shape_is_that_of_the_command():
    ran = tool("shape", "lowpass:tau=0.5", "--normalizer", "schatten4", "--json")
    if ran.returncode == 2 and "without the command" in ran.stderr:
        pytest.skip(ran.stderr.strip())
    said = json.loads(ran.stdout)
    assert said.pop("failures") == []
    assert list(said) == list(pion.Filter("lowpass:tau=0.5", "schatten4").shape())
    assert said == pion.Filter("lowpass:tau=0.5", "schatten4").shape()
    assert tool("none").returncode == 2


def test_designs_do_what_they_say():
    found = pion.design.sharp_high_pass(0.1)
    f, sigma = found.chain, np.linspace(0.0, 1.0, 2001)
    for bands, value in ((found.pass_bands, 1.0), (found.stop_bands, 0.0)):
        for low, high in bands:
            inside = f(sigma[(sigma >= low) & (sigma <= high)])
            assert np.max(np.abs(inside - value)) <= found.ripple * (1 + 1e-9)
    assert found.ripple <= 0.02 and found.ratio > 1.0
    rising = pion.design.rising_high_pass(0.13, steps=3)
    assert abs(rising.chain(rising.to_sigma) - 0.9) < 1e-6
    assert (np.diff(rising.chain(sigma)) > -1e-12).all()
    polar = pion.design.polar_express(0.1, 4)
    assert np.max(np.abs(polar(np.linspace(0.1, 1, 500)) - 1)) <= 1 - polar(0.1) + 1e-12
    assert abs(pion.design.cans(0.3, 2)(1.0) - 1) <= 0.3 + 1e-9


def test_it_draws_itself():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = pion.Filter("highpass:kp=2").plot()
    assert len(axes.lines) == 5 and axes.get_title() == "highpass:kp=2"
    assert np.array_equal(axes.lines[4].get_ydata()[[0, -1]], [0.0, 1.0])
