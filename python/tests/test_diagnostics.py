# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import pion


def test_a_spectrum_is_what_numpy_says():
    x = np.random.default_rng(1).standard_normal((9, 14)).astype(np.float32)
    s = np.linalg.svd(x.astype(np.float64), compute_uv=False)
    found = pion.spectrum(x)
    # Weyl: each value moves by at most the error of a backward stable SVD, (m + n) eps s_1.
    error = (9 + 14) * np.finfo(float).eps
    assert np.max(np.abs(found.values - s)) <= error * s[0]
    p = s / s.sum()
    assert found.rank == 9
    # The measures are sums of nine such values, relative to the sum; log p is at most 9 here.
    assert np.isclose(found.effective_rank, np.exp(-np.sum(p * np.log(p))), rtol=100 * error)
    assert np.isclose(found.stable_rank, np.sum(s**2) / s[0] ** 2, rtol=20 * error)
    assert np.isclose(found.nuclear_rank, s.sum() ** 2 / np.sum(s**2), rtol=20 * error)
    assert np.isclose(found.participation_ratio, np.sum(s**2) ** 2 / np.sum(s**4), rtol=40 * error)
    assert np.isclose(found.concentration, s[0] / np.linalg.norm(s), rtol=20 * error)
    assert pion.effective_rank(x) == found.effective_rank
    gains = pion.Chain("highpass:kp=0")(s / np.linalg.norm(s))
    assert found.survivors("highpass:kp=0") == np.sum(np.abs(gains) > 1e-6)
    del found
    assert pion.spectrum(x).values[0] > 0  # the array keeps its memory alive


def test_an_effective_rank_within_a_tolerance():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((520, 3)) @ rng.standard_normal((3, 600))
    x += 0.3 * rng.standard_normal((520, 600))
    exact = pion.effective_rank(x)
    for same in (x, np.asfortranarray(x), x.T, x.astype(np.float32)):
        found = pion.effective_rank(same, within=0.05, probability=0.999)
        assert found.low <= exact <= found.high
        assert found.high - found.low <= 0.1 * found.value
    assert pion.effective_rank(x, within=0.05) == pion.effective_rank(x, within=0.05)
    assert pion.effective_rank(x, within=0.05) != pion.effective_rank(x, within=0.05, seed=1)
    with pytest.raises(ValueError, match="within must be positive"):
        pion.effective_rank(x, within=-1.0)


def test_the_signal_is_found_in_the_noise():
    rng = np.random.default_rng(2)
    signal = np.ones((20, 30))
    samples = [signal + 2.0 * rng.standard_normal((20, 30)) for _ in range(16)]
    found = pion.snr(samples)
    stack = np.stack(samples)
    noise = np.sum((stack - stack.mean(0)) ** 2) / 15
    wanted = np.sum(stack.mean(0) ** 2) - noise / 16
    # Two ways to the same sums of 16 x 600 terms.
    assert np.isclose(found.noise, noise, rtol=9600 * np.finfo(float).eps)
    assert np.isclose(found.signal, wanted, rtol=9600 * np.finfo(float).eps)
    assert found.count == 16 and found.ratio == found.signal / found.noise
