# SPDX-License-Identifier: Apache-2.0
import numpy as np

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
