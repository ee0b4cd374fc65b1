// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <array>
#include <cstddef>  // std::size_t
#include <cstdint>  // std::int64_t, std::uint64_t
#include <limits>
#include <optional>
#include <string_view>

#include <pion/algorithm/gram.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/concept.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/filter.hpp>

namespace pion {

/// How a filter is applied. All give U f(S) V^T; they differ in cost and in rounding.
///
/// low_rank wants a tolerance (apply/within.hpp). The SVD is not among what apply() runs, because
/// it costs every translation unit that contains it some fifteen seconds of compilation.
enum class Method {
  automatic,  ///< The one with the least multiply-adds.
  dense,      ///< The chain on the matrix, step by step (algorithm/dense.hpp).
  gram,       ///< The chain on X X^T (algorithm/gram.hpp); cheaper far from square.
  low_rank,   ///< The few directions that pass, certified (algorithm/subspace_iteration.hpp).
  svd,        ///< The reference, a function of its own: apply_svd().
};

inline constexpr std::array<Method, 5> all_methods = {Method::automatic, Method::dense,
                                                      Method::gram, Method::low_rank, Method::svd};

constexpr std::string_view name(Method m) {
  switch (m) {
    case Method::automatic: return "auto";
    case Method::dense: return "dense";
    case Method::gram: return "gram";
    case Method::low_rank: return "lowrank";
    case Method::svd: return "svd";
  }
  return "unknown";
}

/// The method of that name, or nothing.
constexpr std::optional<Method> method_named(std::string_view text) {
  for (const Method m : all_methods) {
    if (name(m) == text) return m;
  }
  return std::nullopt;
}

/// The time of an SVD of m x n in multiply-adds of a large product, over m^2 n
/// (docs/performance.md).
inline constexpr double svd_cost = 30.0;

/// What apply() will do with a matrix of a given shape, decided before any of its entries is seen.
struct Plan {
  Method method = Method::dense;  ///< Never automatic.
  Index rows = 0;
  Index cols = 0;
  /// Multiply-adds of the chain's products; the normaliser shares their first Gram matrix. (The
  /// squarings of `spectral`, whose number depends on the matrix, are at most 10 of m^3 / 2 more.)
  double multiply_adds = 0.0;
  /// Bytes of the matrices that its products, the copy in and the copy out read and write, if each
  /// operand passes through memory once: what a roofline sets against the bandwidth. 0 for an SVD.
  double bytes = 0.0;
  std::size_t workspace = 0;     ///< Bytes, with the packing buffers of every worker.
  algorithm::Restarts restarts;  ///< For Method::gram.
  Index rank = 0;                ///< For Method::low_rank: the directions that it begins with.
  double budget = 0.0;           ///< For Method::low_rank: multiply-adds that it may cost.
};

namespace detail {

/// Everything a call works on, laid out in an arena. m <= n is the shape, short side first.
template <class Engine, class T>
struct Buffers {
  using View = engine::View<T>;

  Buffers(Arena& arena, Method method, Index m, Index n)
      : x(arena.take<T>(m * n), m, n), y(arena.take<T>(m * n), m, n), kernels(arena, m, n) {
    const auto square = [&] { return View(arena.take<T>(m * m), m, m); };
    r = square();
    h = square();
    t = square();
    if (method == Method::gram) q = square();
  }

  View x, y, r, h, t, q;
  typename engine::require_engine_t<Engine, T>::template Kernels<T> kernels;
};

template <class Engine, class T>
std::uint64_t workspace_bytes(Method method, Index m, Index n) {
  Arena counting;
  Buffers<Engine, T>(counting, method, m, n);
  return counting.used();
}

}  // namespace detail

/// The plan for applying `f` to rows x cols matrices with scalars `Scalar` on `Engine`.
///
/// Cost model: multiply-adds, products that are known to be symmetric at half. With m the short
/// side and alpha = n / m, T steps: dense T (3 alpha + 1) / 2 m^3; Gram space with s segments (4 T
/// - 3 s + 3 s alpha) / 2 m^3.
/// \throws std::invalid_argument if a size is negative or the bytes cannot be counted; if `method`
///         is svd or low_rank, or gram for a chain of more than 64 steps.
template <class Scalar = float, class Engine = DefaultEngine>
Plan plan(const Filter& f, Index rows, Index cols, Method method = Method::automatic) {
  if (rows < 0 || cols < 0) {
    detail::refuse_argument("plan: a matrix cannot be " + detail::shape(rows, cols));
  }
  if (method == Method::low_rank) {
    detail::refuse_argument("plan: the low-rank method takes a tolerance: pass Tolerance");
  }
  if (method == Method::svd) {
    detail::refuse_argument("plan: the SVD is a function of its own, apply_svd()");
  }
  const Index m = (std::min)(rows, cols);
  const Index n = (std::max)(rows, cols);
  const auto require_countable = [rows, cols](bool countable) {
    if (countable) return;
    detail::refuse_argument("plan: the bytes for " + detail::shape(rows, cols) +
                            " cannot be counted");
  };
  // In 64 bits, and the entries of a matrix in an Index, which may have fewer.
  constexpr auto most_bytes = (std::numeric_limits<std::int64_t>::max)() / 128;
  constexpr auto most_entries =
      std::min<std::int64_t>((std::numeric_limits<Index>::max)(), most_bytes);
  require_countable(n == 0 || m <= most_entries / n);
  const double steps = f.chain.size();
  const double cube = static_cast<double>(m) * static_cast<double>(m) * static_cast<double>(m);
  const double alpha = m == 0 ? 0.0 : static_cast<double>(n) / static_cast<double>(m);

  Plan p;
  p.method = method;
  p.rows = rows;
  p.cols = cols;
  const bool gram_possible = f.chain.size() <= algorithm::Restarts::max_steps;
  if (p.method == Method::gram && !gram_possible) {
    detail::refuse_argument("plan: the Gram-space method takes at most 64 steps; use dense");
  }
  if (p.method == Method::gram || (p.method == Method::automatic && gram_possible)) {
    p.restarts = algorithm::gram_restarts(f.chain);
  }
  const double segments = f.chain.empty() ? 0.0 : 1.0 + p.restarts.count();
  const double dense = 0.5 * steps * (3.0 * alpha + 1.0) * cube;
  const double gram = 0.5 * (4.0 * steps - 3.0 * segments + 3.0 * segments * alpha) * cube;
  if (p.method == Method::automatic) {
    p.method = gram_possible && gram < dense ? Method::gram : Method::dense;
  }
  p.multiply_adds = p.method == Method::gram ? gram : dense;
  using T = detail::compute_t<Scalar>;
  const double square = static_cast<double>(m) * static_cast<double>(m) * sizeof(T);
  const double whole = static_cast<double>(m) * static_cast<double>(n) * sizeof(T);
  const double in_and_out =
      2.0 * whole + 2.0 * static_cast<double>(m) * static_cast<double>(n) * sizeof(Scalar);
  p.bytes = in_and_out + (p.method == Method::gram
                              ? segments * (3.0 * whole - 7.0 * square) + 11.0 * steps * square
                              : steps * (3.0 * whole + 4.0 * square));
  const std::uint64_t bytes = detail::workspace_bytes<Engine, T>(p.method, m, n);
  require_countable(bytes <= (std::numeric_limits<std::size_t>::max)());
  p.workspace = static_cast<std::size_t>(bytes);
  return p;
}

}  // namespace pion
