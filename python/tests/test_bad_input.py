# SPDX-License-Identifier: Apache-2.0
"""One line says what is wrong, and nothing is changed."""

import numpy as np
import pytest

import pion

X = np.arange(6.0).reshape(2, 3)


def refusal(error, function, *arguments, **options):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    text = str(caught.value)
    assert text and "\n" not in text
    return text


@pytest.mark.parametrize(
    "x, error, says",
    [
        ([[1.0]], TypeError, "x is a list"),
        (X.astype(int), TypeError, "the dtype int64"),
        (X.astype(complex), TypeError, "the dtype complex128"),
        (X.astype(object), TypeError, "the dtype object"),
        (X.astype(">f8" if X.dtype.byteorder != ">" else "<f8"), TypeError, "byte order"),
        (X[0], ValueError, "1 dimension"),
        (X[None], ValueError, "3 dimensions"),
        (X[::-1], ValueError, "negative strides"),
        (np.array([[1.0, np.nan]]), ValueError, "x(0, 1) is not a number"),
        (np.array([[1.0], [np.inf]]), ValueError, "x(1, 0) is infinite"),
    ],
)
def test_x(x, error, says):
    assert says in refusal(error, pion.apply, x, "muon")
    assert says in refusal(error, pion.polar, x, 1).replace("polar_factor", "polar")
    assert says[1:] in refusal(error, pion.apply_batch, [x], "muon")


def test_out():
    frozen = np.zeros((2, 3))
    frozen.flags.writeable = False
    assert "read-only" in refusal(ValueError, pion.apply, X, "muon", out=frozen)
    assert not frozen.any()
    assert "3x2" in refusal(ValueError, pion.apply, X, "muon", out=np.zeros((3, 2)))
    assert "float32" in refusal(TypeError, pion.apply, X, "muon", out=np.zeros((2, 3), "f4"))
    same = np.lib.stride_tricks.as_strided(np.zeros(4), (2, 3), (8, 8))
    assert "share memory" in refusal(ValueError, pion.apply, X, "muon", out=same)
    assert not same.any()
    out = np.full((2, 3), 7.0)
    refusal(ValueError, pion.apply, X * np.nan, "muon", out=out)
    assert (out == 7.0).all()


@pytest.mark.parametrize(
    "options, error, says",
    [
        ({"filter": "high"}, ValueError, 'chain "high": unknown; there are muon'),
        ({"filter": "highpass:kp=x"}, ValueError, '"x" is not a whole number from 0 to 64'),
        ({"filter": 3}, TypeError, "the filter is a int"),
        ({"filter": "muon", "tolerance": -1.0}, ValueError, "is not positive"),
        ({"filter": "muon", "heads": 4}, ValueError, "2 rows do not divide into 4 heads"),
        ({"filter": "muon", "heads": (1, "x")}, ValueError, "the axis of heads"),
        ({"filter": "muon", "heads": 1, "tolerance": 1e-3}, ValueError, "heads or a tolerance"),
    ],
)
def test_options(options, error, says):
    assert says in refusal(error, pion.apply, X, **options)


def test_a_chain(tmp_path):
    assert "not finite" in refusal(ValueError, pion.Chain, [[1, np.inf, 0]])
    assert "no steps" in refusal(ValueError, pion.Chain, [1, 2])
    assert "normalizer" in refusal(ValueError, pion.Filter, "muon", "l2")
    with pytest.raises(OSError):
        pion.Chain(f"@{tmp_path}/none.json")
    path = tmp_path / "chain.json"
    for content, says in (("{", "JSON"), ("[]", "no steps"), ('{"steps": [[1]]}', "no steps")):
        path.write_text(content)
        assert says in refusal(ValueError, pion.Chain, f"@{path}")


def test_the_others():
    assert "rank or above" in refusal(ValueError, pion.polar, X)
    assert "not positive" in refusal(ValueError, pion.polar, X, rank=0)
    assert "(0, 1]" in refusal(ValueError, pion.polar, X, above=2.0)
    assert '"noise"' in refusal(ValueError, pion.polar, X, above="signal")
    assert "float32" in refusal(TypeError, pion.apply_batch, [X, X.astype("f4")], "muon")
    assert "2 out" in refusal(ValueError, pion.apply_batch, [X], "muon", out=[X, X])
    assert "int8" in refusal(ValueError, pion.plan, "muon", 2, 3, np.int8)
    assert "1 samples" in refusal(ValueError, pion.snr, [X])
    assert "2x3" in refusal(ValueError, pion.snr, [X, X.T])
    assert "out of range" in refusal(ValueError, pion.design.sharp_high_pass, 2.0)


def test_a_number_that_is_none_is_named_in_one_line():
    def line(*args, **options):
        text = refusal(TypeError, *args, **options)
        assert "\n" not in text
        return text

    assert line(pion.polar, X, rank=2.5) == "polar: rank is 2.5; it must be a whole number"
    assert "tolerance is 'x'; it must be a number" in line(pion.apply, X, "muon", tolerance="x")
    assert "plan: rows is '2'" in line(pion.plan, "muon", "2", 3)
    assert "steps is 5.0" in line(pion.design.sharp_high_pass, 0.1, steps=5.0)
    assert "tau is None" in line(pion.design.sharp_low_pass, None)
    assert "probability is 'a'" in line(pion.effective_rank, X, within=0.1, probability="a")


def test_a_batch_names_the_matrix_and_does_the_others():
    xs = [X, X * np.nan, X]
    out = [np.zeros((2, 3)) for _ in xs]
    assert "matrix 1" in refusal(ValueError, pion.apply_batch, xs, "muon", out=out)
    assert not out[1].any()
    assert np.array_equal(out[2], pion.apply(X, "muon"))


def test_a_batch_has_results_of_their_own():
    def says(a, b, out):
        return refusal(ValueError, pion.apply_batch, [a, b], "muon", out=out)

    a, b = X.copy(), 2 * X
    assert "share memory" in says(a, b, [b, a])
    assert "share memory" in says(a, b, [a, a])
    both = np.zeros((3, 3))
    assert "out[1] and out[0]" in says(a, b, [both[:2], both[1:]])
    assert np.array_equal(a, X) and np.array_equal(b, 2 * X) and not both.any()
    apart = np.zeros((2, 6))  # columns that lie between each other's
    results = pion.apply_batch([a, b], "muon", out=[apart[:, ::2], apart[:, 1::2]])
    for result, x in zip(results, (a, b)):
        assert np.array_equal(result, pion.apply(x, "muon"))
    assert np.array_equal(pion.apply_batch([a, b], "muon", out=[a, b])[0], results[0])
    assert np.array_equal(pion.apply_batch([b, b], "muon")[0], pion.apply(b, "muon"))
