// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/cuda/batch.hpp>
#include <pion/cuda/info.hpp>
#include <pion/cuda/moments.hpp>
#include <pion/cuda/scalar.hpp>

/// What the kernels do to one element, on the device and in the test double on the host. The four
/// launches of launch.hpp call these bodies: transfer() reads and writes a matrix, map() visits
/// each element, reduce() adds terms up, once() does one thing for each matrix of a batch.
///
/// A body's members are the operands of the formula that stands above it. Besides them it has:
///
///   operator()(i, j, b)                       for map(): what is done to an element of matrix b
///   wanted(i, j, b), read(...), write(...)    for transfer(): whether an element is moved, its
///       value of type `Value`, and where that goes
///   nothing(b), term(i, j, b), finish(b, sum) for reduce(): the sum of type `Value` that there is
///       before the first term, a term, and what is done with the sum
///
/// `T` is the scalar computed in. `info` says what became of each matrix, `moments` the largest
/// entry and the sum of squares, `count` how many numbers there are, `steps` the steps taken,
/// `seed` what random entries depend on, and `failed` whether cuSOLVER's SVD has.
namespace pion::cuda {

/// to <- from times a factor for each matrix, rounded once: the normaliser's norm is divided by
/// before an entry is narrowed. A matrix that is not finite is read as zeros.
template <class S, class T>
struct Load {
  using Value = T;
  PointerBatch<const S> from;
  Batch<T> to;
  const Info* info;

  PION_HOST_DEVICE bool wanted(Index, Index, Index) const { return true; }
  PION_HOST_DEVICE T read(Index i, Index j, Index b) const {
    if (info[b].status != Info::done) return from_double<T>(0.0);
    return from_double<T>(to_double(from(i, j, b)) * info[b].factor);
  }
  PION_HOST_DEVICE void write(Index i, Index j, Index b, T value) const { to(i, j, b) = value; }
};

/// to <- from, unless the matrix's status forbids it.
template <class T, class S>
struct Store {
  using Value = S;
  Batch<T> from;
  PointerBatch<S> to;
  const Info* info;

  PION_HOST_DEVICE bool wanted(Index, Index, Index b) const { return info[b].status == Info::done; }
  PION_HOST_DEVICE S read(Index i, Index j, Index b) const {
    return from_double<S>(to_double(from(i, j, b)));
  }
  PION_HOST_DEVICE void write(Index i, Index j, Index b, S value) const { to(i, j, b) = value; }
};

/// c <- a I + b r + c, mirrored, from the lower half of c. Where b is 0, r is not read.
template <class T>
struct Symmetrize {
  using Value = T;
  Batch<T> c;
  Batch<T> r;
  sum_t<T> a, b;

  PION_HOST_DEVICE bool wanted(Index i, Index j, Index) const { return i >= j; }
  PION_HOST_DEVICE T read(Index i, Index j, Index k) const {
    sum_t<T> value = static_cast<sum_t<T>>(c(i, j, k));
    if (b != sum_t<T>(0)) value += b * static_cast<sum_t<T>>(r(i, j, k));
    if (i == j) value += a;
    c(i, j, k) = static_cast<T>(value);
    return c(i, j, k);
  }
  PION_HOST_DEVICE void write(Index i, Index j, Index k, T value) const {
    if (i != j) c(j, i, k) = value;
  }
};

/// x <- factor x, one factor for each matrix.
template <class T>
struct Scale {
  Batch<T> x;
  const double* factor;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    x(i, j, b) = from_double<T>(to_double(x(i, j, b)) * factor[b]);
  }
};

/// to <- factor from.
template <class S, class T = S>
struct Copy {
  Batch<S> from;
  Batch<T> to;
  double factor;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    to(i, j, b) = from_double<T>(factor * to_double(from(i, j, b)));
  }
};

/// x <- D x, or D x D where `both` sides are scaled; D_ii is d[i + b * rows].
template <class T>
struct ScaleRows {
  Batch<T> x;
  const double* d;
  bool both;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    const double* mine = d + b * x.rows;
    const double factor = both ? mine[i] * mine[j] : mine[i];
    x(i, j, b) = from_double<T>(to_double(x(i, j, b)) * factor);
  }
};

/// result <- the moments of each matrix x of a batch. The squares are divided by 4^e, where e is
/// the exponent of the largest entry in `first`, or 0 where `first` is null.
template <class Elements>
struct Measure {
  using Value = NormPartials;
  Elements x;
  const NormPartials* first;
  NormPartials* result;

  PION_HOST_DEVICE NormPartials nothing(Index b) const {
    return NormPartials::of(0.0, exponent(b));
  }
  PION_HOST_DEVICE NormPartials term(Index i, Index j, Index b) const {
    return NormPartials::of(to_double(x(i, j, b)), exponent(b));
  }
  PION_HOST_DEVICE void finish(Index b, const NormPartials& sum) const { result[b] = sum; }

 private:
  PION_HOST_DEVICE int exponent(Index b) const {
    if (first == nullptr || !(first[b].largest > 0.0) || !first[b].finite()) return 0;
    return ilogb(first[b].largest);
  }
};

/// d <- (sum_j |r_ij|)^(-1/2), each row of each matrix r being a batch of its own: row i of matrix
/// b is number i + b * rows. A sum whose rounding is that of subnormal numbers counts as a zero
/// row.
template <class T>
struct Equilibrate {
  using Value = double;
  Batch<T> r;
  double* d;

  PION_HOST_DEVICE double nothing(Index) const { return 0.0; }
  PION_HOST_DEVICE double term(Index i, Index, Index row) const {
    // r is symmetric, and neighbours down a column are adjacent.
    return ::fabs(to_double(r(i, row % r.rows, row / r.rows)));
  }
  PION_HOST_DEVICE void finish(Index row, double sum) const {
    const bool counts = sum > Scalar<T>::least / Scalar<T>::epsilon;
    d[row] = counts ? 1.0 / ::sqrt(sum) : 1.0;
  }
};

/// out[b] <- f(in[b]...), for a number of each matrix of a batch.
template <class F, class R, class A>
struct Compute1 {
  F f;
  R* out;
  const A* a;
  PION_HOST_DEVICE void operator()(Index b) const { out[b] = f(a[b]); }
};
template <class F, class R, class A, class B>
struct Compute2 {
  F f;
  R* out;
  const A* a;
  const B* b;
  PION_HOST_DEVICE void operator()(Index k) const { out[k] = f(a[k], b[k]); }
};

/// Writes the addresses of the tiles of c = a op(b) that cover its lower half, for a batched
/// product.
///
/// Tiles are `tile` x `tile`; tile t of a matrix is the one in row i, column j <= i, with
/// t = i (i + 1) / 2 + j. All matrices lie column by column; where `crossed`, b is multiplied
/// transposed, so that the tile's columns are rows of it.
template <class T>
struct Tiles {
  Batch<T> a, b, c;
  Index tile, tiles;  ///< Tiles of one matrix.
  bool crossed;
  const void** from_a;  ///< Where a tile's rows of a begin.
  const void** from_b;  ///< Where its columns of op(b) begin.
  void** to;            ///< Where the tile begins.
  PION_HOST_DEVICE void operator()(Index k) const {
    const Index matrix = k / tiles, t = k % tiles;
    Index i = static_cast<Index>((::sqrt(8.0 * static_cast<double>(t) + 1.0) - 1.0) / 2.0);
    while (i * (i + 1) / 2 > t) --i;
    while ((i + 1) * (i + 2) / 2 <= t) ++i;
    const Index j = t - i * (i + 1) / 2;
    from_a[k] = &a(i * tile, 0, matrix);
    from_b[k] = crossed ? &b(j * tile, 0, matrix) : &b(0, j * tile, matrix);
    to[k] = &c(i * tile, j * tile, matrix);
  }
};

}  // namespace pion::cuda
