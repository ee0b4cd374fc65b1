// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <limits>
#include <vector>

#include <pion/algorithm/krylov_memory.hpp>
#include <pion/algorithm/krylov_rules.hpp>
#include <pion/algorithm/orthonormalize.hpp>
#include <pion/algorithm/trace_bounds.hpp>
#include <pion/detail/random.hpp>
#include <pion/detail/svd.hpp>
#include <pion/engine/compiled.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::detail {

/// A block Krylov space of A = x x^T / ||x||_F^2, x m x n with m <= n, and what it shows of A's
/// spectrum (algorithm/trace_bounds.hpp). It is made in two parts: a search for what stands out,
/// from random columns (Musco and Musco 2015), and Gaussian probes orthogonal to that.
///
/// The basis V is in the scalar of x and orthonormal to its rounding, each block against all before
/// it. x^T V and A V are in double, as are all small matrices, so that a value is seen down to 1e-7
/// of the largest. Cost: 2 m n multiply-adds in double for a direction, and for rules()
/// 2 n d^2 and two decompositions of d x d matrices, d directions.
///
/// Determinism: that of the engine's products, for one seed.
template <class Engine, class T>
class KrylovSpace {
 public:
  /// With room for `most` directions, in blocks of `width`, an even number of at most max_rank.
  KrylovSpace(Index m, Index n, Index most, Index width);

  /// The place of the copy of x, m x n.
  engine::View<T> copy() { return {Arena(workspace_.data()).take<T>(m_ * n_), m_, n_}; }

  /// Begins with the copy, whose `largest` |entry| > 0 is given and which is scaled by a power of
  /// two, and with random columns. Returns ||x||_F after that.
  double begin(double largest, std::uint64_t seed);

  Index directions() const { return directions_; }
  bool has_room() const { return directions_ + last_ <= most_; }
  int steps() const { return steps_; }  ///< Blocks since the probes were drawn, theirs included.
  /// Whether the last block had no new direction: the space is invariant.
  bool complete() const { return last_ == 0; }

  /// Adds the directions of A times the last block.
  void extend();

  /// Takes out the directions found that have converged, and adds `probes` as a block: an even
  /// number, at most the width. False where there is no room for them.
  bool draw(std::uint64_t seed, Index probes);

  /// What the space shows, once probes are in it.
  algorithm::TraceRules rules();

 private:
  using Memory = KrylovMemory<Engine, T>;
  using Wide = engine::View<double>;
  using Square = KrylovProjection::Matrix;

  Memory memory() {
    Arena arena(workspace_.data());
    return Memory(arena, m_, n_, most_, width_);
  }
  void append(const Memory& at, engine::View<T> block);

  /// Brings the squares and the vectors of shown_ up to date.
  void decompose(const Memory& at);

  Index m_, n_, most_, width_;
  Workspace workspace_;
  double unit_ = 0.0;  // 1 / ||x||_F
  Index directions_ = 0, last_ = 0;
  int steps_ = 0;
  KrylovProjection shown_;
  std::vector<double> taken_squares_;
  double taken_residual_ = 0.0;
};

template <class Engine, class T>
KrylovSpace<Engine, T>::KrylovSpace(Index m, Index n, Index most, Index width)
    : m_(m), n_(n), most_(most), width_(width) {
  laid_out<Memory>(workspace_, m, n, most, width);
}

template <class Engine, class T>
double KrylovSpace<Engine, T>::begin(double largest, std::uint64_t seed) {
  const Memory at = memory();
  scale_to_one(largest, at.x);
  const double norm = at.kernels.frobenius_norm(at.x);
  unit_ = 1.0 / norm;
  directions_ = 0;
  shown_ = {};
  taken_squares_.clear();
  at.kernels.fill_gaussian(random_bits(seed, 0), at.block);
  append(at, at.block);
  return norm;
}

template <class Engine, class T>
void KrylovSpace<Engine, T>::append(const Memory& at, engine::View<T> block) {
  using Op = engine::Op;
  engine::View<T> other = block.data == at.block.data ? at.other : at.block;
  // Again and again until projecting takes nothing away any more: of a block that had little else,
  // rounding leaves what was projected out. A block that never comes to that has no new direction.
  bool apart = directions_ == 0;
  algorithm::orthonormalize(at.kernels, at.matrices, block, other);
  for (int pass = 0; pass < 6 && block.cols > 0 && !apart; ++pass) {
    const auto v = at.basis.block(0, 0, m_, directions_);
    const auto overlap = at.overlap.block(0, 0, directions_, block.cols);
    other.cols = block.cols;
    at.kernels.template multiply<Op::transposed, Op::plain>(v, block, overlap);
    at.kernels.multiply(v, overlap, other);
    at.kernels.subtract(other, block);
    const double norm = at.kernels.norm(block);
    apart = norm * norm > static_cast<double>(block.cols) - 0.5;
    algorithm::orthonormalize(at.kernels, at.matrices, block, other);
  }
  if (!apart) block.cols = 0;
  last_ = block.cols;
  if (last_ == 0) return;
  const auto v = at.basis.block(0, directions_, m_, last_);
  at.kernels.copy(block, v);
  at.kernels.sweep(unit_, at.x, v, at.image.block(0, directions_, n_, last_),
                   at.product.block(0, directions_, m_, last_));
  directions_ += last_;
}

template <class Engine, class T>
void KrylovSpace<Engine, T>::extend() {
  if (last_ == 0 || !has_room()) return;
  const Memory at = memory();
  const auto block = at.block.block(0, 0, m_, last_);
  at.kernels.copy(at.product.block(0, directions_ - last_, m_, last_), block);
  append(at, block);
  ++steps_;
}

template <class Engine, class T>
void KrylovSpace<Engine, T>::decompose(const Memory& at) {
  const Index d = directions_;
  if (static_cast<Index>(shown_.squares.size()) == d) return;  // as it was
  const auto size = static_cast<std::size_t>(d * d);
  Square gram(size), right(size);
  shown_.squares.resize(static_cast<std::size_t>(d));
  shown_.vectors.resize(size);
  at.kernels.gram(at.image.block(0, 0, n_, d), Small(gram.data(), d, d));
  detail::decompose<double>(d, d, gram.data(), shown_.vectors.data(), shown_.squares.data(),
                            right.data());
}

template <class Engine, class T>
bool KrylovSpace<Engine, T>::draw(std::uint64_t seed, Index probes) {
  using Op = engine::Op;
  const Index d = directions_;
  if (d + probes > most_) return false;
  const Memory at = memory();
  decompose(at);
  const Wide products = at.rotated.block(0, 0, m_, d);
  at.kernels.multiply_in_double(at.product.block(0, 0, m_, d), Small(shown_.vectors.data(), d, d),
                                products);
  // The residual of a Ritz vector q is ||A q||^2 - (q^T A q)^2.
  constexpr double converged = 0.1;
  taken_squares_.clear();
  double residual = 0.0;
  for (Index l = 0; l < d; ++l) {
    const double square = shown_.squares[static_cast<std::size_t>(l)];
    const double off = engine::as_eigen(products).col(l).squaredNorm() - square * square;
    if (!(off <= converged * converged * square * square)) break;
    residual += (std::max)(0.0, off);
    taken_squares_.push_back(square);
  }
  taken_residual_ = std::sqrt(residual);
  const auto taken = shown_.taken_out = static_cast<Index>(taken_squares_.size());
  shown_.taken.assign(shown_.vectors.begin(), shown_.vectors.begin() + d * taken);

  const auto w = at.probes.block(0, 0, m_, probes), block = at.block.block(0, 0, m_, probes);
  at.kernels.fill_gaussian(random_bits(seed, static_cast<std::uint64_t>(d)), w);
  if (taken > 0) {
    const auto q = at.taken.block(0, 0, m_, taken);
    const auto overlap = at.overlap.block(0, 0, taken, probes);
    at.kernels.multiply(at.basis.block(0, 0, m_, d), Small(shown_.taken.data(), d, taken), q);
    for (int pass = 0; pass < 2; ++pass) {
      at.kernels.template multiply<Op::transposed, Op::plain>(q, w, overlap);
      at.kernels.multiply(q, overlap, block);
      at.kernels.subtract(block, w);
    }
  }
  at.kernels.copy(w, block);
  append(at, block);
  steps_ = 1;
  shown_.probes = probes;
  const auto overlap = at.overlap.block(0, 0, directions_, probes);
  at.kernels.template multiply<Op::transposed, Op::plain>(at.basis.block(0, 0, m_, directions_), w,
                                                          overlap);
  shown_.probed.resize(static_cast<std::size_t>(directions_ * probes));
  engine::as_eigen(Wide(shown_.probed.data(), directions_, probes)) =
      engine::as_eigen(overlap).template cast<double>();
  return true;
}

template <class Engine, class T>
algorithm::TraceRules KrylovSpace<Engine, T>::rules() {
  const Memory at = memory();
  decompose(at);
  algorithm::TraceRules r;
  r.taken_squares = taken_squares_;
  r.taken_residual = taken_residual_;
  r.rows = m_;
  r.probes = shown_.probes;
  r.steps = steps_;
  r.rounding = 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon());
  r.upper = shown_.upper(at.buffers);

  const Index seen = shown_.seen();
  Square basis = shown_.scaled([](double square) { return 1.0 / std::sqrt(square); });
  const Wide columns = at.rotated.block(0, 0, m_, seen);
  at.kernels.multiply_in_double(at.product.block(0, 0, m_, directions_),
                                Small(basis.data(), directions_, seen), columns);
  const auto size = static_cast<std::size_t>(seen * seen);
  Square gram(size), rotation(size), unused(size), squares(static_cast<std::size_t>(seen));
  at.kernels.gram(columns, Small(gram.data(), seen, seen));
  detail::decompose<double>(seen, seen, gram.data(), rotation.data(), squares.data(),
                            unused.data());
  r.lower = shown_.lower(squares, rotation, at.buffers);
  return r;
}

#if defined(PION_COMPILED)
extern template class KrylovSpace<engine::compiled_eigen, float>;
extern template class KrylovSpace<engine::compiled_eigen, double>;
extern template class KrylovSpace<engine::compiled_openmp, float>;
extern template class KrylovSpace<engine::compiled_openmp, double>;
#endif

}  // namespace pion::detail
