// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp
#include <limits>
#include <string>
#include <type_traits>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/assign.hpp>
#include <pion/engine/view.hpp>

/// The way of a matrix into a call's workspace and out of it: the only code that sees the caller's
/// storage order, strides and scalar. Inside, x is column-major with its short side first.
namespace pion::detail {
inline namespace PION_SETTINGS {

/// Says how large the entries of a matrix are.
struct Size {
  double largest = 0.0;  ///< The largest |entry|; no meaning where an entry is not finite.
  bool finite = true;    ///< Whether every entry is.
};

/// Finds the Size of x in one pass over memory, in stretches that stay in the nearest cache.
template <class T>
Size size_of(const engine::View<T>& x) {
  constexpr Index stretch = 2048;
  const bool gapless = x.stride == x.rows;
  const Index length = gapless ? x.size() : x.rows, count = gapless ? 1 : x.cols;
  std::remove_const_t<T> largest = 0;
  bool finite = true;
  for (Index j = 0; j < count; ++j) {
    for (Index i = 0; i < length; i += stretch) {
      const engine::View<T> part(x.data + i + j * x.stride, std::min<Index>(stretch, length - i),
                                 1);
      finite = finite && all_finite(part.data, part.rows);
      largest = (std::max)(largest, as_eigen(part).cwiseAbs().maxCoeff());
    }
  }
  return {static_cast<double>(largest), finite};
}

/// to <- x, or x^T if `turned`. x is evaluated once. Returns the largest |entry|.
/// \param start  where x is a part of the caller's matrix: how many columns of `to` came before.
/// \throws std::domain_error that names the first entry that is NaN or infinite.
template <class T, class X>
double load(const char* function, const Eigen::MatrixBase<X>& x, const engine::View<T>& to,
            bool turned, Index start = 0) {
  if (to.size() == 0) return 0.0;  // one extent may still be huge: no loop may run over it
  auto inside = engine::as_eigen(to);
  if (turned) {
    assign(x.derived().transpose(), inside);
  } else {
    assign(x.derived(), inside);
  }
  const Size size = size_of(to);
  if (size.finite) return size.largest;
  for (Index j = 0; j < inside.cols(); ++j) {
    for (Index i = 0; i < inside.rows(); ++i) {
      if (is_finite(inside(i, j))) continue;
      const Index row = turned ? start + j : i, col = turned ? i : start + j;
      refuse_values(std::string(function) + ": x(" + std::to_string(row) + ", " +
                    std::to_string(col) + ") is " +
                    (is_nan(inside(i, j)) ? "not a number" : "infinite"));
    }
  }
  return 0.0;  // not reached: one entry was not finite
}

/// The same with the short side first.
template <class T, class X>
double load(const char* function, const Eigen::MatrixBase<X>& x, const engine::View<T>& to) {
  return load(function, x, to, x.rows() > x.cols());
}

/// Divides x by 2^k, where 2^k <= largest < 2^(k+1). The division is exact, so that what follows
/// can neither overflow nor vanish and is bitwise the same for x and 2 x. It takes two factors,
/// because 2^-k may be out of range.
template <class T>
void scale_to_one(double largest, const engine::View<T>& x) {
  const int k = std::ilogb(largest);
  const T half_way = static_cast<T>(std::ldexp(1.0, -(k / 2)));
  const T the_rest = static_cast<T>(std::ldexp(1.0, -(k - k / 2)));
  engine::as_eigen(x) = (engine::as_eigen(x) * half_way) * the_rest;
}

/// \throws std::domain_error if an entry of x, ||x||_F = norm, is NaN or too large for `Scalar`.
template <class Scalar, class T>
void require_representable(const char* function, const engine::View<T>& x, double norm) {
  const auto highest = static_cast<double>((std::numeric_limits<Scalar>::max)());
  if (is_finite(norm) && norm <= highest) return;
  const Size size = size_of(x);
  if (size.finite && size.largest <= highest) return;
  refuse_values(std::string(function) +
                ": the result overflows; use a normaliser, or a chain bounded on [0, 1]");
}

/// Writes x to y, in y's orientation, storage order and scalar.
template <class T, class Y>
void store(const engine::View<T>& x, Y& y) {
  if constexpr (is_writable_v<Y>) {  // else require_writable() has said so, in one sentence
    if (x.size() == 0) return;
    const auto inside = engine::as_eigen(x);
    if (y.rows() <= y.cols()) {
      assign(inside, y);
    } else {
      assign(inside.transpose(), y);
    }
  }
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail
