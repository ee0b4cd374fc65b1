// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::fill_n, std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp, std::sqrt
#include <cstdint>    // std::uint64_t
#include <limits>
#include <utility>  // std::move
#include <vector>

#include <pion/algorithm/decompositions.hpp>
#include <pion/detail/random.hpp>
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
  /// How many leading directions can be taken out, and where that pays.
  static constexpr Index deflated = 32;
  static bool deflates(Index m) { return m >= 4 * deflated; }

  /// Takes no memory before the first panel.
  GramSum(Index m, Index n) : GramSum(m, n, {}) {}

  /// For the same matrix again, less its leading directions q, which values() has found: each panel
  /// p is replaced by (I - q q^T) p. What remains is smaller, and so is its rounding.
  GramSum without_leading() const { return GramSum(m_, n_, leading_); }

  /// The columns of all panels but the last.
  static Index panel_cols(Index m, Index n) {
    return (std::min)(n, (std::max)(2 * m, Index(4096)));
  }
  /// The memory for the next panel.
  engine::View<double> panel(Index cols);

  /// \param largest  the largest |entry| of the panel, which is destroyed.
  void add(const engine::View<double>& panel, double largest);

  /// Where the matrix lies on many ranks: what was added here, in units of 4^exponent(), for the
  /// others' to be added to it. Zeros where empty(); panel() was called before.
  bool empty() const { return empty_; }       ///< Whether every panel was 0.
  int exponent() const { return exponent_; }  ///< Where it is not empty.
  engine::View<double> in_units_of(int exponent);

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
  GramSum(Index m, Index n, std::vector<double> left_out);

  template <class Kernels>
  void find_leading(const Kernels& kernels, const engine::View<const double>& sum);

  Index m_, n_;
  Workspace workspace_;
  std::vector<double> leading_;   // m x deflated, orthonormal; found by values()
  std::vector<double> left_out_;  // the same of another sum, or empty
  bool empty_ = true;             // so far every panel was 0
  int exponent_ = 0;              // the sum is in units of 4^exponent
};

/// What a GramSum has in its workspace. (It is apart: in the caller's file the kernels' type may
/// not be known.)
template <class Engine>
struct GramMemory {
  GramMemory(Arena& arena, Index m, Index n, Index width, Index deflated)
      : panel(arena.take<double>(m * width), m, width),
        sum(arena.take<double>(m * m), m, m),
        part(n > width || deflated > 0 ? arena.take<double>(m * m) : nullptr, m, m),
        along(arena.take<double>(deflated * m), deflated, m),
        kernels(arena, m, width) {}
  engine::View<double> panel, sum, part, along;
  typename engine::require_engine_t<Engine, double>::template Kernels<double> kernels;
};

template <class Engine>
GramSum<Engine>::GramSum(Index m, Index n, std::vector<double> left_out)
    : m_(m), n_(n), left_out_(std::move(left_out)) {}

template <class Engine>
engine::View<double> GramSum<Engine>::panel(Index cols) {
  const Index taken = left_out_.empty() ? 0 : deflated;
  return laid_out<GramMemory<Engine>>(workspace_, m_, n_, panel_cols(m_, n_), taken)
      .panel.block(0, 0, m_, cols);
}

template <class Engine>
void GramSum<Engine>::add(const engine::View<double>& panel, double largest) {
  if (largest == 0.0) return;
  const int exponent = std::ilogb(largest);
  scale_to_one(largest, panel);
  Arena arena(workspace_.data());
  const Index taken = left_out_.empty() ? 0 : deflated;
  const GramMemory<Engine> memory(arena, m_, n_, panel_cols(m_, n_), taken);
  const engine::View<const double> in = panel;
  const engine::View<const double> q(left_out_.data(), m_, taken);
  for (Index at = 0; taken > 0 && at < panel.cols; at += m_) {
    const auto x = panel.block(0, at, m_, (std::min)(m_, panel.cols - at));
    const auto along = memory.along.block(0, 0, taken, x.cols);
    const auto part = memory.part.block(0, 0, m_, x.cols);
    memory.kernels.template multiply<engine::Op::transposed>(q, x, along);
    memory.kernels.multiply(q, along, part);
    engine::as_eigen(x) -= engine::as_eigen(part);
  }
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
engine::View<double> GramSum<Engine>::in_units_of(int exponent) {
  Arena arena(workspace_.data());
  const Index taken = left_out_.empty() ? 0 : deflated;
  const engine::View<double> all = GramMemory<Engine>(arena, m_, n_, panel_cols(m_, n_), taken).sum;
  auto sum = engine::as_eigen(all);
  if (empty_) {
    sum.setZero();
  } else {
    sum *= std::ldexp(1.0, 2 * (exponent_ - exponent));
  }
  empty_ = false;
  exponent_ = exponent;
  return all;
}

template <class Engine>
typename GramSum<Engine>::Outcome GramSum<Engine>::values(double* sigma) {
  std::fill_n(sigma, m_, 0.0);
  if (empty_) return {};
  // The rows that are 0 are left out: their singular values are 0 exactly.
  Arena arena(workspace_.data());
  const Index taken = left_out_.empty() ? 0 : deflated;
  const GramMemory<Engine> memory(arena, m_, n_, panel_cols(m_, n_), taken);
  double* const sum = memory.sum.data;
  if (taken == 0 && deflates(m_)) {
    leading_.resize(static_cast<std::size_t>(m_ * deflated));
    find_leading(memory.kernels, memory.sum);
  }
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

/// Three steps of the power iteration from a random start, orthonormalised after each (Gram and
/// Schmidt, twice): a direction whose value is s times that of the last one taken out is in their
/// span by s^6 at most, but for a factor of the start.
template <class Engine>
template <class Kernels>
void GramSum<Engine>::find_leading(const Kernels& kernels, const engine::View<const double>& sum) {
  const engine::View<double> q(leading_.data(), m_, deflated);
  std::vector<double> memory(leading_.size());
  const engine::View<double> y(memory.data(), m_, deflated);
  std::uint64_t i = 0;
  for (double& entry : memory) entry = random_bits(1, i++) % 2 == 0 ? 1.0 : -1.0;
  for (int step = 0; step < 3; ++step) {
    kernels.multiply(sum, y, q);
    for (int pass = 0; pass < 2; ++pass) {
      for (Index j = 0; j < deflated; ++j) {
        auto column = engine::as_eigen(q).col(j);
        for (Index k = 0; k < j; ++k) {
          const auto before = engine::as_eigen(q).col(k);
          column -= before.dot(column) * before;
        }
        const double norm = column.norm();
        if (norm > 0.0) column /= norm;
      }
    }
    engine::as_eigen(y) = engine::as_eigen(q);
  }
}

#if defined(PION_COMPILED)
extern template class GramSum<engine::compiled_eigen>;
extern template class GramSum<engine::compiled_openmp>;
#endif

}  // namespace pion::detail
