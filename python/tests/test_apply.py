# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from reference import bound, filtered

import pion

CHAINS = ["muon", "highpass:kp=2", "lowpass:tau=0.5", "polar-express"]
SHAPES = [(12, 12), (8, 30), (30, 8), (1, 7), (7, 1), (1, 1)]


def matrix(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def distance(y, exact):
    return np.linalg.norm(np.asarray(y, dtype=np.float64) - exact)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_apply_is_the_filter_of_the_singular_values(name, shape, dtype):
    x = matrix(shape, dtype)
    chain = pion.Chain(name)
    y = pion.apply(x, name)
    assert type(y) is np.ndarray and y.dtype == x.dtype and y.shape == x.shape
    exact = filtered(x, chain)
    # 16-bit numbers are computed in float32 and rounded once at the end.
    computed = np.float32 if dtype is np.float16 else dtype
    stored = np.finfo(dtype).eps * np.linalg.norm(exact) if dtype is np.float16 else 0.0
    assert distance(y, exact) <= bound(x, chain, np.finfo(computed).eps) + stored


@pytest.mark.parametrize("normalizer", ["frobenius", "schatten4"])
def test_the_normalizer_is_part_of_the_filter(normalizer):
    x = matrix((9, 14))
    chain = pion.Chain("highpass:kp=1")
    y = pion.apply(x, pion.Filter(chain, normalizer))
    assert distance(y, filtered(x, chain, normalizer)) <= bound(x, chain, np.finfo(float).eps)


def test_every_layout_gives_the_same_bits():
    x = matrix((20, 33))
    y = pion.apply(x, "highpass:kp=2")
    wide = np.zeros((40, 99))
    wide[::2, ::3] = x
    for layout in (np.asfortranarray(x), wide[::2, ::3], wide.T[::3, ::2].T):
        assert np.array_equal(pion.apply(layout, "highpass:kp=2"), y)
    fortran = pion.apply(np.asfortranarray(x), "highpass:kp=2")
    assert fortran.flags.f_contiguous
    assert np.array_equal(pion.apply(x.T, "highpass:kp=2"), y.T)


def test_the_result_goes_to_out_which_may_be_x():
    x = matrix((6, 9))
    y = pion.apply(x, "muon")
    out = np.zeros((12, 9))[::2]
    assert pion.apply(x, "muon", out=out) is out
    assert np.array_equal(out, y)
    read_only = x.copy()
    read_only.flags.writeable = False
    assert np.array_equal(pion.apply(read_only, "muon"), y)
    assert pion.apply(x, "muon", out=x) is x
    assert np.array_equal(x, y)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_tolerance_holds(order):
    rng = np.random.default_rng(3)
    u, _ = np.linalg.qr(rng.standard_normal((512, 40)))
    v, _ = np.linalg.qr(rng.standard_normal((640, 40)))
    sigma = np.exp(-np.arange(40) / 3.0)
    x = np.asarray((u * sigma) @ v.T, order=order)
    error = 1e-6
    assert pion.plan("highpass:kp=1", *x.shape, x.dtype, tolerance=error).method == "lowrank"
    y = pion.apply(x, "highpass:kp=1", tolerance=error)
    gains = pion.Chain("highpass:kp=1")(sigma / np.linalg.norm(sigma))
    assert 0 < distance(y, (u * gains) @ v.T) <= error
    assert y.flags["C_CONTIGUOUS" if order == "C" else "F_CONTIGUOUS"]


@pytest.mark.parametrize("heads", [3, (3, "rows"), (2, "cols")])
def test_each_head_is_filtered_by_itself(heads):
    x = matrix((12, 10))
    y = pion.apply(x, "highpass:kp=2", heads=heads)
    count, axis = heads if isinstance(heads, tuple) else (heads, "rows")
    along = 0 if axis == "rows" else 1
    blocks = [pion.apply(b, "highpass:kp=2") for b in np.split(x, count, axis=along)]
    assert np.array_equal(y, np.concatenate(blocks, axis=along))


def test_a_batch_is_one_call_after_another():
    xs = [matrix(shape, seed=i) for i, shape in enumerate(SHAPES)]
    ys = pion.apply_batch(xs, "highpass:kp=2")
    assert all(np.array_equal(y, pion.apply(x, "highpass:kp=2")) for x, y in zip(xs, ys))
    out = [np.asfortranarray(x) for x in xs]
    assert pion.apply_batch(out, "highpass:kp=2", out=out)[0] is out[0]
    assert all(np.array_equal(y, z) for y, z in zip(ys, out))
    assert pion.apply_batch([], "muon") == []
    near = pion.apply_batch(xs, "highpass:kp=2", tolerance=1e-4)
    assert all(distance(z, y) <= 1e-4 for y, z in zip(ys, near))


def test_the_polar_factor_keeps_what_is_asked_for():
    x = matrix((20, 12))
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    # Singular vectors turn by (m + n) eps s_1 over the gap to the next value.
    for k in (1, 5, 12):
        gap = s[k - 1] - (s[k] if k < 12 else 0.0)
        error = 32 * np.finfo(float).eps * s[0] / gap * np.sqrt(2.0 * k)
        assert distance(pion.polar(x, rank=k), u[:, :k] @ vt[:k]) <= error
        tau = (s[k - 1] - gap / 2) / np.linalg.norm(x)
        assert distance(pion.polar(x, above=tau), u[:, :k] @ vt[:k]) <= error
    ones = np.outer(np.linspace(1, 2, 40), np.ones(60))
    noise = matrix((40, 60), seed=5)
    kept = pion.polar(30 * ones / np.linalg.norm(ones) + 0.01 * noise, above="noise")
    assert np.linalg.matrix_rank(kept) == 1


def test_a_plan_says_what_a_call_will_do():
    dense = pion.plan("highpass:kp=2", 64, 64)
    assert dense.method == "dense" and (dense.rows, dense.cols) == (64, 64)
    assert dense.multiply_adds == 5 * (3 + 1) / 2 * 64**3
    assert pion.plan("highpass:kp=2", 64, 4096).method == "gram"
    within = pion.plan("highpass:kp=0", 2048, 2048, np.float64, tolerance=1e-4)
    assert within.method == "lowrank" and within.multiply_adds < dense.multiply_adds * 32**3
