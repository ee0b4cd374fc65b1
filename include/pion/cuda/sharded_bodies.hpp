// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // ldexp

#include <pion/cuda/batch.hpp>
#include <pion/cuda/moments.hpp>
#include <pion/cuda/scalar.hpp>

/// The bodies (bodies.hpp) for a matrix of which each device has a part.
namespace pion::cuda {

/// Returns the place of element (i, j), i >= j, in the lower half of a matrix of so many rows,
/// packed column by column.
PION_HOST_DEVICE inline Index packed_place(Index i, Index j, Index rows) {
  return j * rows - j * (j - 1) / 2 + (i - j);
}

/// packed <- the lower half of r.
template <class T>
struct PackLower {
  Batch<T> r;
  T* packed;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    if (i >= j) packed[packed_place(i, j, r.rows)] = r(i, j, b);
  }
};

/// r <- the symmetric matrix whose lower half is packed.
template <class T>
struct UnpackLower {
  const T* packed;
  Batch<T> r;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    r(i, j, b) = packed[i >= j ? packed_place(i, j, r.rows) : packed_place(j, i, r.rows)];
  }
};

/// sum[i] <- sum of pieces[i + r count] over r < ranks, added in double in the order of r, rounded
/// once.
template <class T>
struct AddPieces {
  const T* pieces;
  Index count, ranks;
  T* sum;
  PION_HOST_DEVICE void operator()(Index i, Index, Index) const {
    double all = 0.0;
    for (Index r = 0; r < ranks; ++r) all += to_double(pieces[i + r * count]);
    sum[i] = from_double<T>(all);
  }
};

/// whole <- the moments of a matrix, from those of its parts, in the order of the ranks. Parts of
/// doubles have exponents of their own.
struct JoinMoments {
  const NormPartials* parts;
  Index ranks;
  NormPartials* whole;
  PION_HOST_DEVICE void operator()(Index) const {
    NormPartials sum = parts[0];
    for (Index r = 1; r < ranks; ++r) {
      const NormPartials& part = parts[r];
      const int exponent = part.largest > sum.largest ? part.exponent : sum.exponent;
      sum = at(sum, exponent) + at(part, exponent);
    }
    *whole = sum;
  }

 private:
  PION_HOST_DEVICE static NormPartials at(const NormPartials& m, int exponent) {
    return {m.largest, ::ldexp(m.squares, 2 * (m.exponent - exponent)), exponent};
  }
};

}  // namespace pion::cuda
