// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::fill_n, std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp, std::sqrt
#include <limits>
#include <vector>

#include <pion/algorithm/decompositions.hpp>
#include <pion/engine/compiled.hpp>
#include <pion/engine/concept.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/workspace.hpp>

/// Singular values as the roots of the eigenvalues of x x^T: the small values lose digits, but it
/// takes a tenth of an SVD's time.
namespace pion::detail {

/// The sum of p p^T over the panels p of an m x n matrix's columns, m <= n, in double, and the
/// singular values in it. The caller writes a panel to the memory of panel() and add()s it. Cost:
/// m^2 n multiply-adds, in parallel by the engine, and 2/3 m^3 for the values. Memory: 2 m^2
/// doubles and a panel, m^2 more for Eigen's solver.
///
/// Every panel is divided by a power of two of its own, so nothing overflows, and nothing vanishes
/// that the sum could hold.
template <class Engine>
class GramSum {
 public:
  GramSum(Index m, Index n);

  /// The columns of all panels but the last.
  static Index panel_cols(Index m, Index n) {
    return (std::min)(n, (std::max)(2 * m, Index(4096)));
  }
  /// The memory for the next panel, which is the first piece of the workspace.
  engine::View<double> panel(Index cols) {
    return {Arena(workspace_.data()).take<double>(m_ * panel_cols(m_, n_)), m_, cols};
  }

  /// \param largest  the largest |entry| of the panel, which is destroyed.
  void add(const engine::View<double>& panel, double largest);

  struct Outcome {
    int exponent = 0;            ///< The values are to be multiplied by 2^exponent.
    double squares_error = 0.0;  ///< A likely bound of |sigma^2 - exact| over sigma_1^2.
  };
  /// Writes the m singular values, descending. Call it once: the sum is destroyed. What rounding
  /// could have made of 0, sigma^2 <= squares_error sigma_1^2, is written as 0.
  ///
  /// Roundings are taken to go either way, so that they add up like a random walk (Higham and Mary
  /// 2019, and Elementwise::product_rounding). The sum's error is then a matrix of independent
  /// entries, |e_ij| <= r ||x_i|| ||x_j||, and its norm at most 2 r max ||x_i|| ||x||_F; the
  /// solver's is at most r(m) ||x||^2. By Weyl's inequality no eigenvalue moves by more than both.
  Outcome values(double* sigma);

 private:
  Index m_, n_;
  Workspace workspace_;
  bool empty_ = true;  // so far every panel was 0
  int exponent_ = 0;   // the sum is in units of 4^exponent
};

/// What a GramSum has in its workspace. (It is apart: in the caller's file the kernels' type may
/// not be known.)
template <class Engine>
struct GramMemory {
  GramMemory(Arena& arena, Index m, Index n, Index width)
      : panel(arena.take<double>(m * width), m, width),
        sum(arena.take<double>(m * m), m, m),
        part(n > width ? arena.take<double>(m * m) : nullptr, m, m),
        kernels(arena, m, width) {}
  engine::View<double> panel, sum, part;
  typename engine::require_engine_t<Engine, double>::template Kernels<double> kernels;
};

template <class Engine>
GramSum<Engine>::GramSum(Index m, Index n) : m_(m), n_(n) {
  laid_out<GramMemory<Engine>>(workspace_, m, n, panel_cols(m, n));
}

template <class Engine>
void GramSum<Engine>::add(const engine::View<double>& panel, double largest) {
  if (largest == 0.0) return;
  const int exponent = std::ilogb(largest);
  scale_to_one(largest, panel);
  Arena arena(workspace_.data());
  const GramMemory<Engine> memory(arena, m_, n_, panel_cols(m_, n_));
  const engine::View<const double> in = panel;
  if (empty_) {
    memory.kernels.gram(in, memory.sum);
    exponent_ = exponent;
    empty_ = false;
    return;
  }
  memory.kernels.gram(in, memory.part);
  auto sum = engine::as_eigen(memory.sum);
  const auto part = engine::as_eigen(memory.part);
  if (exponent > exponent_) {
    sum = std::ldexp(1.0, 2 * (exponent_ - exponent)) * sum + part;
    exponent_ = exponent;
  } else {
    sum += std::ldexp(1.0, 2 * (exponent - exponent_)) * part;
  }
}

template <class Engine>
typename GramSum<Engine>::Outcome GramSum<Engine>::values(double* sigma) {
  std::fill_n(sigma, m_, 0.0);
  if (empty_) return {};
  // The rows that are 0 are left out: their singular values are 0 exactly.
  Arena arena(workspace_.data());
  double* const sum = GramMemory<Engine>(arena, m_, n_, panel_cols(m_, n_)).sum.data;
  std::vector<Index> kept;
  for (Index i = 0; i < m_; ++i) {
    if (sum[i + i * m_] > 0.0) kept.push_back(i);
  }
  const auto count = static_cast<Index>(kept.size());
  double energy = 0.0, longest = 0.0;
  for (Index j = 0; j < count; ++j) {
    const Index from = kept[static_cast<std::size_t>(j)];
    energy += sum[from + from * m_];
    longest = (std::max)(longest, sum[from + from * m_]);
    if (count == m_) continue;
    for (Index i = 0; i < count; ++i) {
      sum[i + j * count] = sum[kept[static_cast<std::size_t>(i)] + from * m_];
    }
  }
  std::vector<double> squares(static_cast<std::size_t>(count));
  decompositions_t<Engine>::symmetric_values(count, sum, squares.data());
  const double top = squares.back();
  const auto rounding = [](Index n) {
    return 4.0 * std::numeric_limits<double>::epsilon() * std::sqrt(static_cast<double>(n));
  };
  const double error =
      2.0 * rounding(n_) * std::sqrt(longest / top * (energy / top)) + rounding(m_);
  for (Index i = 0; i < count; ++i) {
    const double square = squares[static_cast<std::size_t>(count - 1 - i)];
    sigma[i] = square > error * top ? std::sqrt(square) : 0.0;
  }
  return {exponent_, error};
}

#if defined(PION_COMPILED)
extern template class GramSum<engine::compiled_eigen>;
extern template class GramSum<engine::compiled_openmp>;
#endif

}  // namespace pion::detail
