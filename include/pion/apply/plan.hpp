// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::size_t
#include <cstdint>    // std::int64_t, std::uint64_t
#include <limits>

#include <pion/algorithm/restarts.hpp>
#include <pion/algorithm/rounding_growth.hpp>
#include <pion/apply/filtering.hpp>
#include <pion/apply/method.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/concept.hpp>
#include <pion/engine/default.hpp>
#include <pion/filter/filter.hpp>

namespace pion {

/// The time of an SVD of m x n in multiply-adds of a large product, over m^2 n
/// (docs/performance.md).
inline constexpr double svd_cost = 30.0;

/// What apply() does with a matrix of a given shape, decided before it sees any entry.
struct Plan {
  Method method = Method::dense;  ///< Never automatic.
  Index rows = 0;                 ///< Of the caller's matrix.
  Index cols = 0;                 ///< Of the caller's matrix.
  /// Multiply-adds of the chain's products; the normaliser shares their first Gram matrix. (The
  /// squarings of `spectral`, whose number depends on the matrix, add at most 10 of m^3 / 2.)
  double multiply_adds = 0.0;
  /// Bytes that the products, the copy in and the copy out read and write, if each operand passes
  /// through memory once: a roofline sets them against the bandwidth. 0 for an SVD.
  double bytes = 0.0;
  /// Bytes, with the packing buffers of as many workers as there are where it is planned.
  std::size_t workspace = 0;
  algorithm::Restarts restarts;  ///< For Method::gram.
  double rounding_growth = 0.0;  ///< algorithm::rounding_growth() of the chain.
  Index rank = 0;                ///< For Method::low_rank: the directions that it begins with.
  double budget = 0.0;           ///< For Method::low_rank: multiply-adds that it may cost.
};

/// A filter with its plan for matrices of one shape, ready to run: apply(planned, x, y, workspace).
/// A call with a filter makes the same object; who filters many matrices of one shape makes it
/// once. It is a plain value. A copy of it allocates nothing.
/// \tparam Scalar  the scalar of the matrices.
template <class Scalar, class Engine = DefaultEngine>
struct PlannedFilter : Plan {
  Filter filter;
};

namespace detail {

/// What plan() decides by the chain alone, whatever the shape. Finding the restarts takes a third
/// of the time that filtering a 32 x 32 matrix takes, so a call that plans many shapes finds them
/// once.
struct ChainPlan {
  Method method = Method::automatic;  ///< dense where Gram space is impossible.
  algorithm::Restarts restarts;
  double rounding_growth = 0.0;
};

/// \throws std::invalid_argument if `method` is svd or low_rank, or gram for a chain of more than
///         64 steps.
inline ChainPlan plan_chain(const Chain& f, Method method) {
  if (method == Method::low_rank) {
    refuse_argument("plan: the low-rank method takes a tolerance: pass a Tolerance");
  }
  if (method == Method::svd) {
    refuse_argument("plan: the SVD is a function of its own, apply_svd()");
  }
  ChainPlan p{method, {}, algorithm::rounding_growth(f)};
  const bool gram_possible = f.size() <= algorithm::Restarts::max_steps;
  if (method == Method::gram && !gram_possible) {
    refuse_argument("plan: the Gram-space method takes at most 64 steps; use dense");
  }
  if (!gram_possible) p.method = Method::dense;
  if (p.method != Method::dense) p.restarts = algorithm::gram_restarts(f);
  return p;
}

/// The plan for one shape, from what was decided by the chain.
/// \throws std::invalid_argument if a size is negative or the bytes cannot be counted.
template <class Scalar, class Engine>
Plan plan_shape(const Chain& f, const ChainPlan& by_chain, Index rows, Index cols) {
  if (rows < 0 || cols < 0) refuse_argument("plan: a matrix cannot be " + shape(rows, cols));
  const Index m = (std::min)(rows, cols);
  const Index n = (std::max)(rows, cols);
  const auto require_countable = [rows, cols](bool countable) {
    if (countable) return;
    refuse_argument("plan: the bytes for " + shape(rows, cols) + " cannot be counted");
  };
  // In 64 bits, and the entries of a matrix in an Index, which may have fewer.
  constexpr auto most_bytes = (std::numeric_limits<std::int64_t>::max)() / 128;
  constexpr auto most_entries =
      std::min<std::int64_t>((std::numeric_limits<Index>::max)(), most_bytes);
  constexpr std::int64_t beside = 64;  // columns as long as a side that compression takes besides
  const std::int64_t columns = std::min<std::int64_t>(m, most_entries - beside) + beside;
  require_countable(n <= most_entries / columns);
  const double steps = f.size();
  const double segments = f.empty() ? 0.0 : 1.0 + by_chain.restarts.count();
  const double cube = static_cast<double>(m) * static_cast<double>(m) * static_cast<double>(m);
  const double alpha = m == 0 ? 0.0 : static_cast<double>(n) / static_cast<double>(m);
  const double dense = 0.5 * steps * (3.0 * alpha + 1.0) * cube;
  const double gram = 0.5 * (4.0 * steps - 3.0 * segments + 3.0 * segments * alpha) * cube;

  Plan p;
  p.method = by_chain.method;
  p.rows = rows;
  p.cols = cols;
  p.restarts = by_chain.restarts;
  p.rounding_growth = by_chain.rounding_growth;
  if (p.method == Method::automatic) p.method = gram < dense ? Method::gram : Method::dense;
  p.multiply_adds = p.method == Method::gram ? gram : dense;

  using T = compute_t<Scalar>;
  const double square = static_cast<double>(m) * static_cast<double>(m) * sizeof(T);
  const double entries = static_cast<double>(m) * static_cast<double>(n);
  const double whole = entries * sizeof(T);
  const double in_and_out = 2.0 * whole + 2.0 * entries * sizeof(Scalar);
  p.bytes = in_and_out + (p.method == Method::gram
                              ? segments * (3.0 * whole - 7.0 * square) + 11.0 * steps * square
                              : steps * (3.0 * whole + 4.0 * square));
  using Core = engine::core_t<engine::require_engine_t<Engine, T>>;
  const std::uint64_t bytes = Filtering<Core, T>::workspace(p.method, m, n);
  require_countable(bytes <= (std::numeric_limits<std::size_t>::max)());
  p.workspace = static_cast<std::size_t>(bytes);
  return p;
}

}  // namespace detail

/// Plans `f` for rows x cols matrices of `Scalar` on `Engine`.
///
/// Cost model: multiply-adds, products that are known to be symmetric at half. With m the short
/// side and alpha = n / m, T steps: dense T (3 alpha + 1) / 2 m^3; Gram space with s segments (4 T
/// - 3 s + 3 s alpha) / 2 m^3.
/// \throws std::invalid_argument if a size is negative or the bytes cannot be counted; if `method`
///         is svd or low_rank, or gram for a chain of more than 64 steps.
/// Cost: microseconds, for the restarts of the chain; no allocation.
template <class Scalar = float, class Engine = DefaultEngine>
PlannedFilter<Scalar, Engine> plan(const Filter& f, Index rows, Index cols,
                                   Method method = Method::automatic) {
  const detail::ChainPlan by_chain = detail::plan_chain(f.chain, method);
  return {detail::plan_shape<Scalar, Engine>(f.chain, by_chain, rows, cols), f};
}

}  // namespace pion
