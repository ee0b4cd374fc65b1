// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max, std::min
#include <cmath>      // std::exp, std::hypot, std::log
#include <cstdint>    // std::uint64_t
#include <limits>

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/orthonormalize.hpp>
#include <pion/detail/random.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/workspace.hpp>

/// Compress, filter, expand: the leading singular triplets of a matrix by block power iteration
/// with a Rayleigh-Ritz step (Halko, Martinsson and Tropp 2011, alg. 4.4 and 5.1), and a proof that
/// they are all that a filter needs.
namespace pion::algorithm {

/// How Compression::find() goes about it.
template <class T>
struct Search {
  engine::View<const T> start;  ///< A basis to begin with (n x k); without columns, a cold start.
  Index rank = 32;              ///< Directions to begin with.
  double tolerance = 0.0;       ///< What Target::error() must reach.
  double failure = 1e-6;        ///< Probability that the bound is wrong.
  std::uint64_t seed = 0;
  double budget = 0.0;  ///< Multiply-adds after which it gives up.
};

/// Gaussian probes of what a basis leaves out.
inline constexpr Index compression_probes = 16;

/// The leading triplets of A = x / ||x||_F, x m x n, and what is proved of them.
///
/// x and the narrow matrices lie where the kernels work (engine/narrow.hpp); numbers, and matrices of
/// the rank's size, are the host's. What a kernel returns is all that the host waits for.
///
/// With room for `capacity` directions and the probes, width = capacity + probes:
///   basis_ m x width  [Q z]: an orthonormal basis, and the images z of the probes
///   image_ n x width  A^T [Q z]
///   left_  m x width  U = Q W       right_ n x width  V = A^T U / sigma, then random columns
/// in the scalar of x; in double, for the residuals, left_double_ and right_double_.
template <class Kernels, class T>
class Compression {
  using View = engine::View<T>;
  using Op = engine::Op;
  using Source = typename Kernels::Source;

 public:
  static constexpr Index probes = compression_probes;

  /// \param place  what else the kernels are made from.
  template <class... Place>
  Compression(detail::Arena& arena, Index m, Index n, Index capacity, Place&... place)
      : capacity_(std::min({capacity, m, n, detail::max_rank})),
        width_(capacity_ + probes),
        kernels_(arena, m, n, width_, place...),
        basis_(arena.take<T>(m * width_), m, width_),
        left_(arena.take<T>(m * width_), m, width_),
        image_(arena.take<T>(n * width_), n, width_),
        right_(arena.take<T>(n * width_), n, width_),
        left_double_(arena.take<double>(m * width_), m, width_),
        right_double_(arena.take<double>(n * width_), n, width_),
        overlap_(arena.take<T>(width_ * probes), width_, probes) {}

  const Kernels& kernels() const { return kernels_; }

  Index rank() const { return kept_; }                         ///< Triplets kept.
  View left() const { return first(left_, kept_); }            ///< U, m x rank
  View right() const { return first(right_, kept_); }          ///< V, n x rank
  const detail::SmallVector& sigma() const { return sigma_; }  ///< Descending; rank or more.
  double error() const { return error_; }                      ///< Target::error() of them.
  /// A bound of every singular value not in sigma().
  double unseen() const { return std::hypot(unseen_, dropped_); }
  double multiply_adds() const { return work_; }  ///< With A, so far.
  /// Numbers in m rows that nothing needs any more once the triplets are found.
  View scratch() const { return basis_; }
  /// The columns of V to begin the next search with: those kept and a few that come next.
  View next_start() const { return first(right_, std::min(found_, kept_ + oversampling)); }

  /// Finds the triplets that `target` wants, and more until the error that it proves of them is
  /// within the tolerance. False if that cannot be had within the budget.
  /// norm = ||x||_F > 0, whose square is within T's range.
  template <class Target>
  bool find(const Source& x, double norm, const Target& target, const Search<T>& how);

 private:
  static constexpr Index oversampling = 8;

  void begin(const Source& x, double norm, const Search<T>& how);

  /// One power step: Y = A W for the columns W of right_ at hand and random ones up to rank_, Q =
  /// orth(Y), and the triplets of Q Q^T A. With `probing`, Gaussian probes w ride along: z = E w and
  /// E^T z for E = (I - Q Q^T) A.
  void sweep(bool probing);

  /// The triplets (Q W, sigma, V) of Q Q^T A, from (A^T Q)^T (A^T Q) = W diag(sigma^2) W^T.
  void rayleigh_ritz();

  /// What can be said of the triplets that the target keeps without looking at the right residual.
  /// The probes become E E^T E w.
  template <class Target>
  Residuals measure_left(const Target& target);

  /// Adds ||A^T U - V S||_F to what was measured.
  template <class Target>
  void measure_right(Residuals& r);

  /// Takes the probes from (E E^T)^(j-1) E w to (E E^T)^j E w, and the bound of ||E||_2 with them.
  void sharpen_probes();
  void bound_unseen();

  /// What no sharpening will bring the bound below, most likely: if all that is unseen is as large as
  /// its largest, ||(E E^T)^j E w||_F is about ||E||_2^(2j+1) ||w||_F.
  double least_unseen() const {
    const double entries = static_cast<double>(probes * right_.rows);
    return std::exp((log_size_ - 0.5 * std::log(entries)) / (2 * powers_ + 1));
  }

  /// z <- (I - Q Q^T) z for the probes z.
  void project_probes();

  template <class V>
  static V first(const V& v, Index cols) {
    return columns(v, 0, cols);
  }
  template <class V>
  static V columns(const V& v, Index from, Index count) {
    return v.block(0, from, v.rows, count);
  }
  /// ||d - u diag(sigma)||_F of the columns from..to.
  double distance(const engine::View<double>& d, const View& u, Index from, Index to) const {
    return kernels_.distance(columns(d, from, to - from), columns(u, from, to - from),
                             sigma_.segment(from, to - from));
  }
  View probe_images() const { return basis_.block(0, rank_, basis_.rows, probes); }

  void count(Index columns) {
    work_ +=
        static_cast<double>(x_.rows) * static_cast<double>(x_.cols) * static_cast<double>(columns);
  }

  Index capacity_, width_;
  Kernels kernels_;
  View basis_, left_, image_, right_;
  engine::View<double> left_double_, right_double_;
  View overlap_;

  Source x_;
  double unit_ = 1.0;  // 1 / ||x||_F
  detail::SmallVector sigma_;
  Index rank_ = 0;         // columns of Q
  Index found_ = 0;        // of U and V
  Index kept_ = 0;         // of those, the ones that the target keeps
  double dropped_ = 0.0;   // a bound of the singular values of Q^T A that were not kept in sigma_
  int powers_ = 0;         // j of the probes
  double log_size_ = 0.0;  // log ||(E E^T)^j E w||_F; the probes themselves are kept at size 1
  double unseen_ = 0.0;    // a bound of ||E||_2
  double error_ = 0.0;
  double work_ = 0.0;
  double failure_ = 0.0;
  std::uint64_t seed_ = 0;
};

template <class Kernels, class T>
void Compression<Kernels, T>::begin(const Source& x, double norm, const Search<T>& how) {
  x_ = x;
  unit_ = 1.0 / norm;
  seed_ = how.seed;
  failure_ = how.failure;
  work_ = 0.0;
  kept_ = 0;
  found_ = std::min(how.start.cols, capacity_);
  rank_ = std::clamp(found_ == 0 ? how.rank : found_ + oversampling / 2, Index(1), capacity_);
  if (found_ > 0) kernels_.copy(first(how.start, found_), first(right_, found_));
}

template <class Kernels, class T>
void Compression<Kernels, T>::project_probes() {
  const View q = first(basis_, rank_), z = probe_images();
  const View overlap = overlap_.block(0, 0, rank_, probes);
  const View inside = left_.block(0, capacity_, left_.rows, probes);
  kernels_.template multiply<Op::transposed, Op::plain>(q, z, overlap);
  kernels_.multiply(q, overlap, inside);
  kernels_.subtract(inside, z);
}

template <class Kernels, class T>
void Compression<Kernels, T>::sweep(bool probing) {
  const Index extra = probing ? probes : 0;
  kernels_.fill_signs(detail::random_bits(seed_, 0),
                      right_.block(0, found_, right_.rows, rank_ - found_));
  if (probing) {
    kernels_.fill_gaussian(detail::random_bits(seed_, 1),
                           right_.block(0, rank_, right_.rows, probes));
  }
  seed_ = detail::random_bits(seed_, 2);

  const View y = first(basis_, rank_ + extra);
  kernels_.multiply(x_, first(right_, rank_ + extra), y);
  kernels_.scale(unit_, y);
  View q = first(basis_, rank_), other = first(left_, rank_);
  orthonormalize(kernels_, q, other);
  if (q.data != basis_.data) kernels_.copy(q, first(basis_, q.cols));
  if (q.cols < rank_) {  // the images of the probes move up, one after the other
    for (Index j = 0; j < extra; ++j) {
      kernels_.copy(basis_.block(0, rank_ + j, basis_.rows, 1),
                    basis_.block(0, q.cols + j, basis_.rows, 1));
    }
    rank_ = q.cols;
  }
  if (probing) project_probes();
  powers_ = 0;
  log_size_ = 0.0;

  const View images = first(image_, rank_ + extra);
  kernels_.template multiply<Op::transposed, Op::plain>(x_, first(basis_, rank_ + extra), images);
  kernels_.scale(unit_, images);
  count(2 * (rank_ + extra));
  rayleigh_ritz();
}

template <class Kernels, class T>
void Compression<Kernels, T>::rayleigh_ritz() {
  const View image = first(image_, rank_);
  const detail::SymmetricEigen eigen(kernels_.gram(image));
  sigma_ = eigen.values.cwiseMax(0.0).cwiseSqrt();
  const double noise = 8.0 * static_cast<double>(std::numeric_limits<T>::epsilon());
  found_ = rank_ == 0 ? 0 : (sigma_.array() > noise * sigma_(0)).count();
  sigma_.conservativeResize(found_);
  dropped_ = 0 < found_ && found_ < rank_ ? noise * sigma_(0) : 0.0;
  detail::Small w = eigen.vectors.leftCols(found_);
  kernels_.multiply(first(basis_, rank_), w, first(left_, found_));
  w *= sigma_.cwiseInverse().asDiagonal();
  kernels_.multiply(image, w, first(right_, found_));
}

template <class Kernels, class T>
template <class Target>
Residuals Compression<Kernels, T>::measure_left(const Target& target) {
  const Index k = kept_ = target.keep(sigma_);
  const Index all = Target::measures_next ? found_ : k;
  // A (V, E^T z), in double: rounding must not hide a residual of 1e-6.
  const engine::View<double> factors = first(right_double_, all + probes);
  const engine::View<double> products = first(left_double_, all + probes);
  kernels_.copy(first(right_, all), first(factors, all));
  kernels_.copy(image_.block(0, rank_, image_.rows, probes), columns(factors, all, probes));
  kernels_.template multiply_in_double<Op::plain>(unit_, x_, factors, products);
  count(2 * (all + probes));
  kernels_.copy(columns(products, all, probes), probe_images());
  bound_unseen();

  Residuals r;
  r.left = distance(products, left_, 0, k);
  r.next_left = distance(products, left_, k, all);
  for (const View& side : {first(left_, all), first(right_, all)}) {
    r.basis += (kernels_.gram(side) - detail::Small::Identity(all, all)).norm();
  }
  r.kept_norm = sigma_.head(k).norm();
  r.smallest = k > 0 ? sigma_(k - 1) : 0.0;
  r.next = k < found_ ? sigma_(k) : dropped_;
  r.unseen = unseen();
  const double unit_roundoff = 0.5 * static_cast<double>(std::numeric_limits<T>::epsilon());
  r.rounding = static_cast<double>(k * (k + 2)) * unit_roundoff;
  return r;
}

template <class Kernels, class T>
template <class Target>
void Compression<Kernels, T>::measure_right(Residuals& r) {
  const Index all = Target::measures_next ? found_ : kept_;
  const engine::View<double> products = first(right_double_, all);
  kernels_.copy(first(left_, all), first(left_double_, all));
  kernels_.template multiply_in_double<Op::transposed>(unit_, x_, first(left_double_, all),
                                                       products);
  count(2 * all);
  r.right = distance(products, right_, 0, kept_);
  r.next_right = distance(products, right_, kept_, all);
}

template <class Kernels, class T>
void Compression<Kernels, T>::bound_unseen() {
  project_probes();
  ++powers_;
  const double size = kernels_.norm(probe_images());
  if (size > 0.0) kernels_.scale(1.0 / size, probe_images());
  log_size_ += std::log(size);
  unseen_ = spectral_bound(log_size_, powers_, static_cast<int>(probes), failure_);
}

template <class Kernels, class T>
void Compression<Kernels, T>::sharpen_probes() {
  const View rows = image_.block(0, rank_, image_.rows, probes);
  kernels_.template multiply<Op::transposed, Op::plain>(x_, probe_images(), rows);
  kernels_.scale(unit_, rows);
  kernels_.multiply(x_, rows, probe_images());
  kernels_.scale(unit_, probe_images());
  count(2 * probes);
  bound_unseen();
}

template <class Kernels, class T>
template <class Target>
bool Compression<Kernels, T>::find(const Source& x, double norm, const Target& target,
                                   const Search<T>& how) {
  constexpr int most_checks = 6, cold_sweeps = 2;
  begin(x, norm, how);
  int sweeps = found_ > 0 ? 0 : cold_sweeps;  // before the next check
  for (int checks = 0; checks < most_checks && work_ < how.budget;) {
    const Index asked = rank_;
    sweep(sweeps == 0);
    if (found_ == 0) return false;
    const bool all = found_ < asked;  // x has no further directions
    bool grow = !all && target.wants_more(sigma_) && rank_ < capacity_;
    if (sweeps > 0) {
      --sweeps;
    } else if (!grow) {
      ++checks;
      failure_ *= 0.5;  // so that the bounds of all checks hold together
      Residuals r = measure_left(target);
      error_ = target.error(r);
      while (error_ > how.tolerance && powers_ < Target::most_powers) {
        Residuals best = r;  // with the unseen as small as can be hoped for
        best.unseen = least_unseen();
        if (target.error(best) > how.tolerance) break;
        sharpen_probes();
        r.unseen = unseen();
        error_ = target.error(r);
      }
      if (error_ <= how.tolerance) {
        measure_right<Target>(r);
        error_ = target.error(r);
        if (error_ <= how.tolerance) return true;
      }
      // A sweep takes the residual of the last direction kept down by (sigma_last / sigma_kept)^2.
      const double ratio = kept_ > 0 ? sigma_(found_ - 1) / sigma_(kept_ - 1) : 0.0;
      const double steps = std::log(4.0 * error_ / how.tolerance) / (-2.0 * std::log(ratio));
      sweeps = steps > 1.0 ? static_cast<int>(std::min(steps, 4.0)) - 1 : 0;
      grow = !all && ratio > 0.6 && rank_ < capacity_;
    }
    rank_ = std::min(capacity_, grow ? 2 * rank_ : std::max(rank_, how.rank));
  }
  return false;
}

}  // namespace pion::algorithm
