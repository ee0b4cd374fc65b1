// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte
#include <cstdint>    // std::uint64_t
#include <limits>

#include <pion/algorithm/dense.hpp>
#include <pion/algorithm/gram.hpp>
#include <pion/algorithm/normalize.hpp>
#include <pion/apply/method.hpp>
#include <pion/engine/compiled.hpp>
#include <pion/engine/concept.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/filter.hpp>

namespace pion::detail {

/// Everything a call works on, laid out in an arena. m <= n is the shape, short side first.
template <class Engine, class T>
struct Buffers {
  using Scalar = T;
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

/// Divides b.x, whose largest |entry| is given, by its normaliser, and leaves b.r = x x^T. False if
/// x is zero, and then there is nothing to do: f(0) = 0.
template <class Buffers>
bool normalize_loaded(Normalizer normalizer, double largest, const Buffers& b) {
  if (largest == 0.0) return false;
  if (normalizer != Normalizer::none) {
    scale_to_one(largest, b.x);
    b.kernels.scale(1.0 / b.kernels.frobenius_norm(b.x), b.x);
  }
  algorithm::normalize(b.kernels, normalizer, b.x, b.r, b.h, b.t);
  return true;
}

/// What filtering a matrix shows.
struct Filtered {
  double norm = 0.0;  ///< ||f(x)||_F
  bool dead = false;  ///< ApplyInfo::dead
};

template <class Buffers>
Filtered inspect_result(const Filter& f, double largest, const Buffers& b) {
  const double norm = b.kernels.frobenius_norm(b.x);
  const double unit = f.normalizer == Normalizer::none ? (std::min)(1.0, largest) : 1.0;
  using T = typename Buffers::Scalar;
  const auto epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const auto short_side = static_cast<double>((std::min)(b.x.rows, b.x.cols));
  return {norm, norm <= epsilon * std::sqrt(short_side) * unit};
}

/// b.x <- f(b.x), whose largest |entry| is given, by the method dense or gram. b has x and y of one
/// shape, r, h, t and for gram q, square of x's rows, and kernels for them.
template <class Buffers>
Filtered filter_buffers(const Filter& f, Method method, const algorithm::Restarts& restarts,
                        double largest, Buffers& b) {
  if (!normalize_loaded(f.normalizer, largest, b)) return {};
  if (method == Method::gram) {
    algorithm::gram(b.kernels, f.chain, restarts, b.x, b.y, b.r, b.h, b.q, b.t);
  } else {
    algorithm::dense(b.kernels, f.chain, b.x, b.y, b.r, b.h);
  }
  return inspect_result(f, largest, b);
}

/// The place in a call's memory of the rows x cols matrix to filter, short side first.
template <class T>
engine::View<T> filtering_input(std::byte* memory, Index rows, Index cols) {
  const Index m = (std::min)(rows, cols), n = (std::max)(rows, cols);
  return {Arena(memory).take<T>(m * n), m, n};
}

/// What a call does between load() and store(): it knows bare memory alone, not the caller's
/// matrices, and can be compiled apart from the caller (engine/compiled.hpp).
///
/// `memory` has workspace() bytes, and m <= n.
template <class Engine, class T>
struct Filtering {
  static std::uint64_t workspace(Method method, Index m, Index n);

  /// Filters x, which is filtering_input() and has the given largest |entry|, by the method dense
  /// or gram. Afterwards x shows the result, somewhere in `memory`.
  static Filtered run(const Filter& f, Method method, const algorithm::Restarts& restarts,
                      double largest, std::byte* memory, engine::View<T>& x);
};

template <class Engine, class T>
std::uint64_t Filtering<Engine, T>::workspace(Method method, Index m, Index n) {
  Arena counting;
  Buffers<Engine, T>(counting, method, m, n);
  return counting.used();
}

template <class Engine, class T>
Filtered Filtering<Engine, T>::run(const Filter& f, Method method,
                                   const algorithm::Restarts& restarts, double largest,
                                   std::byte* memory, engine::View<T>& x) {
  Arena arena(memory);
  Buffers<Engine, T> b(arena, method, x.rows, x.cols);
  const Filtered result = filter_buffers(f, method, restarts, largest, b);
  x = b.x;
  return result;
}

#if defined(PION_COMPILED)
extern template struct Filtering<engine::compiled_eigen, float>;
extern template struct Filtering<engine::compiled_eigen, double>;
extern template struct Filtering<engine::compiled_openmp, float>;
extern template struct Filtering<engine::compiled_openmp, double>;
#endif

}  // namespace pion::detail
