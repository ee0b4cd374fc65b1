// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt
#include <cstddef>    // std::size_t
#include <limits>
#include <vector>

#include <pion/algorithm/trace_bounds.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/load_store.hpp>

namespace pion::detail {

/// What a subspace with the orthonormal basis V, d columns, shows of A = x x^T / ||x||_F^2, and the
/// two rules that follow (algorithm/trace_bounds.hpp). Matrices lie column by column.
struct KrylovProjection {
  using Matrix = std::vector<double>;
  using Buffers = engine::GemmBuffers<double>;

  std::vector<double> squares;  ///< V^T A V = vectors diag(squares) vectors^T, descending.
  Matrix vectors;               ///< d x d
  Matrix taken;                 ///< V^T Q for the directions Q that were taken out.
  Matrix probed;                ///< V^T W for the probes W; the first half of them comes first.
  Index taken_out = 0, probes = 0;

  Index size() const { return static_cast<Index>(squares.size()); }

  /// What rounding makes of a square, so that it cannot tell 0.
  double least() const { return 8.0 * std::numeric_limits<double>::epsilon() * squares[0]; }

  /// The number of squares above that, which come first.
  Index seen() const {
    Index count = 0;
    while (count < size() && squares[static_cast<std::size_t>(count)] > least()) ++count;
    return count;
  }

  /// The vectors seen, each times `factor` of its square.
  template <class F>
  Matrix scaled(const F& factor) const {
    const auto d = static_cast<std::size_t>(size());
    Matrix all(vectors.begin(), vectors.begin() + size() * seen());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] *= factor(squares[i / d]);
    return all;
  }

  /// The rule that bounds from above: its nodes are the squares.
  algorithm::NodeSums upper(const Buffers& buffers) const {
    const Matrix first(probed.begin(), probed.begin() + static_cast<Index>(probed.size()) / 2);
    const double mean = 1.0 / static_cast<double>(probes);
    algorithm::NodeSums sums;
    sums.squares = squares;
    for (double& square : sums.squares) square = (std::max)(square, least());
    sums.taken = weights(vectors, size(), taken, taken_out, 1.0, buffers);
    sums.probed = weights(vectors, size(), probed, probes, mean, buffers);
    sums.first_half = weights(vectors, size(), first, probes / 2, 2.0 * mean, buffers);
    return sums;
  }

  /// The rule that bounds from below. Its nodes are the squares of x^T x projected to x^T V, the
  /// eigenvalues of the seen() x seen() Gram matrix of A V scaled(1 / sqrt(square)); `rotation` has
  /// its eigenvectors.
  algorithm::NodeSums lower(const std::vector<double>& eigenvalues, const Matrix& rotation,
                            const Buffers& buffers) const {
    const Index count = seen();
    Matrix nodes(static_cast<std::size_t>(size() * count));
    algorithm::NodeSums sums;
    sums.squares = eigenvalues;
    // x^T w in that basis is sqrt(square) vectors^T w.
    const Matrix along = scaled([](double square) { return std::sqrt(square); });
    engine::gemm<engine::Op::plain, engine::Op::plain>(
        1.0, Const(along.data(), size(), count), Const(rotation.data(), count, count),
        Wide(nodes.data(), size(), count), buffers, engine::Write::overwrite);
    sums.taken = weights(nodes, count, taken, taken_out, 1.0, buffers);
    sums.probed = weights(nodes, count, probed, probes, 1.0 / static_cast<double>(probes), buffers);
    for (std::size_t l = 0; l < sums.squares.size(); ++l) {  // f(s) is s times f(s) / s
      const double over = sums.squares[l] > least() ? 1.0 / sums.squares[l] : 0.0;
      sums.taken[l] *= over;
      sums.probed[l] *= over;
      sums.squares[l] = (std::max)(sums.squares[l], least());  // f need not be finite at 0
    }
    return sums;
  }

 private:
  using Const = engine::View<const double>;
  using Wide = engine::View<double>;

  /// The weight of each node, a column of a: `factor` times the sum over columns of b of the
  /// squares of a^T b. b has the coefficients of Q or of the probes, and may have fewer rows than
  /// a: V had fewer columns when they were taken.
  static std::vector<double> weights(const Matrix& a, Index nodes, const Matrix& b, Index columns,
                                     double factor, const Buffers& buffers) {
    std::vector<double> all(static_cast<std::size_t>(nodes), 0.0);
    if (columns == 0) return all;
    const Index rows = static_cast<Index>(a.size()) / nodes;
    const Index used = static_cast<Index>(b.size()) / columns;
    Matrix product(static_cast<std::size_t>(nodes * columns));
    engine::gemm<engine::Op::transposed, engine::Op::plain>(
        1.0, Const(a.data(), used, nodes, rows), Const(b.data(), used, columns),
        Wide(product.data(), nodes, columns), buffers, engine::Write::overwrite);
    for (std::size_t i = 0; i < product.size(); ++i) all[i % all.size()] += product[i] * product[i];
    for (double& weight : all) weight *= factor;
    return all;
  }
};

}  // namespace pion::detail
