// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp
#include <cstddef>    // std::byte, std::size_t
#include <optional>
#include <string>
#include <type_traits>

#include <pion/apply/within.hpp>
#include <pion/cuda/apply.hpp>
#include <pion/cuda/tall_skinny.hpp>

/// apply() with a tolerance on a device: algorithm/subspace_iteration.hpp over
/// cuda/tall_skinny.hpp.
namespace pion {
namespace cuda {

/// pion::WarmStart in device memory. T is double for matrices of doubles, else float.
template <class T>
class WarmStart {
 public:
  Index directions() const { return directions_; }
  Index extent() const { return extent_; }
  Backoff& backoff() { return backoff_; }
  void clear() {
    directions_ = extent_ = 0;
    backoff_ = Backoff();
  }

  engine::View<const T> basis() const { return {data_, extent_, directions_}; }

  /// Allocates only to grow. \throws device_error, and is then as it was.
  template <class Kernels>
  void remember(const Kernels& kernels, const engine::View<T>& basis) {
    data_ =
        reinterpret_cast<T*>(memory_.reserve(static_cast<std::size_t>(basis.size()) * sizeof(T)));
    extent_ = basis.rows;
    directions_ = basis.cols;
    kernels.copy(basis, engine::View<T>(data_, extent_, directions_));
  }

 private:
  Memory memory_;
  T* data_ = nullptr;
  Index directions_ = 0;
  Index extent_ = 0;
  Backoff backoff_;
};

/// What a large matrix stored in S is read as: half's range is too small for what it meets.
template <class S>
using Read = std::conditional_t<std::is_same_v<S, half>, float, S>;

/// What compression of S matrices works on: a scaled copy of x, where it cannot be read in place,
/// and its own.
template <class S>
struct SubspaceBuffers {
  using T = sum_t<S>;

  SubspaceBuffers(pion::detail::Arena& arena, Context& context, Index m, Index n, bool copied)
      : x(copied ? arena.take<Read<S>>(m * n) : nullptr, m, n),
        compression(arena, m, n, pion::detail::max_rank, context) {}

  engine::View<Read<S>> x;
  algorithm::SubspaceIteration<TallSkinnyKernels<Read<S>, T>, T> compression;
};

/// A multiply-add with narrow matrices is bound by memory, and some twenty times the host waits for
/// the device: about a millisecond, in which large products do this much. Estimates, not measured.
template <class S>
SubspaceCost compression_cost() {
  return sizeof(S) == 2 ? SubspaceCost{8.0, 3e11} : SubspaceCost{1.5, 3e10};
}

/// The plan for a device's apply() with a tolerance. Its workspace is the low-rank method's alone.
/// \throws std::invalid_argument as pion::plan().
template <class S>
Plan plan_for(const Filter& f, Index rows, Index cols, const Tolerance& tolerance) {
  pion::detail::require_valid(tolerance);
  return pion::detail::plan_compression(
      f, tolerance, compression_cost<S>(),
      [&] { return algorithm::ChainCriterion(f.chain, tolerance.error).initial_rank(); },
      [&](Method method) { return plan_for<S>(f, rows, cols, method); });
}

/// A matrix as it lies, inner dimension first: x, or where rows are adjacent its transpose.
template <class T>
engine::View<T> as_it_lies(const Matrix<T>& x) {
  return x.order == Order::columns ? engine::View<T>(x.data, x.rows, x.cols, x.stride)
                                   : engine::View<T>(x.data, x.cols, x.rows, x.stride);
}

/// y <- left right^T, y as it lies. In one product where y is T; else in panels that are rounded.
template <class S, class T, class Y>
void store_product(const TallSkinnyKernels<S, T>& kernels, const engine::View<T>& left,
                   const engine::View<T>& right, const engine::View<Y>& y) {
  if constexpr (std::is_same_v<T, Y>) {
    kernels.template multiply<Op::plain, Op::transposed>(left, right, y);
  } else {
    const engine::View<T> panel = kernels.panel(y.rows);
    for (Index j = 0; j < y.cols; j += panel.cols) {
      const Index some = (std::min)(panel.cols, y.cols - j);
      const engine::View<T> part = panel.block(0, 0, y.rows, some);
      kernels.template multiply<Op::plain, Op::transposed>(
          left, right.block(j, 0, some, right.cols), part);
      kernels.copy(part, y.block(0, j, y.rows, some));
    }
  }
}

[[noreturn]] inline void refuse_not_finite(const char* function) {
  pion::detail::refuse_values(std::string(function) + ": x has an entry that is not finite");
}
[[noreturn]] inline void refuse_overflow(const char* function) {
  pion::detail::refuse_values(std::string(function) + ": the result overflows");
}

/// As pion::detail::compress(), for any criterion of compression.
template <class Criterion, class S, class Y>
std::optional<ApplyInfo> apply_low_rank(const char* function, const Criterion& criterion,
                                        const Matrix<const S>& x, const Matrix<Y>& y,
                                        Context& context, const Plan& plan,
                                        const Tolerance& tolerance, WarmStart<sum_t<S>>* start) {
  using T = sum_t<S>;
  if (!pion::detail::compression_is_due(tolerance, start)) return std::nullopt;
  const engine::View<const S> given = as_it_lies(x);
  for (bool copied = !std::is_same_v<S, Read<S>>;; copied = true) {
    pion::detail::Arena counting;
    SubspaceBuffers<S>(counting, context, given.rows, given.cols, copied);
    pion::detail::Arena arena(context.reserve(counting.used()));
    SubspaceBuffers<S> b(arena, context, given.rows, given.cols, copied);
    auto& found = b.compression;
    const auto& kernels = found.kernels();

    engine::View<const Read<S>> seen = b.x;
    if constexpr (std::is_same_v<S, Read<S>>) {
      if (!copied) seen = given;
    }
    if (copied) {
      const NormPartials size = kernels.moments(given);
      if (!size.finite()) refuse_not_finite(function);
      if (!(size.largest > 0.0)) return std::nullopt;
      // 2^1000 brings the least of doubles within range, and no factor out of it.
      const int exponent = (std::max)(std::ilogb(size.largest), -1000);
      kernels.scaled_copy(std::ldexp(1.0, -exponent), given, b.x);
    }
    const NormPartials size = kernels.moments(seen);
    if (!size.finite()) refuse_not_finite(function);
    if (!(size.largest > 0.0)) return std::nullopt;
    if (!copied && !pion::detail::well_scaled<T>(size.norm())) continue;

    if (!found.find(seen, size.norm(), criterion,
                    pion::detail::search_for<T>(function, plan, tolerance, start, given.rows))) {
      if (start != nullptr) start->backoff().failed();
      return std::nullopt;
    }
    const ApplyInfo info = pion::detail::found_info(found, criterion);
    if (!(info.output_norm <= Scalar<Y>::highest)) refuse_overflow(function);
    if (start != nullptr) {
      start->remember(kernels, found.next_start());
      start->backoff().succeeded();
    }
    pion::detail::Small gains = pion::detail::Small::Zero(info.rank, info.rank);
    for (Index i = 0; i < info.rank; ++i) gains(i, i) = criterion.gain(found.sigma()(i));
    const engine::View<T> left = found.scratch().block(0, 0, given.rows, info.rank);
    kernels.multiply(found.left(), gains, left);
    if (x.order == y.order) {
      store_product(kernels, left, found.right(), as_it_lies(y));
    } else {
      store_product(kernels, found.right(), left, as_it_lies(y));
    }
    return info;
  }
}

/// y <- f(x) by another method, and what became of it, for which the host waits.
template <class S, class Y>
ApplyInfo apply_and_wait(const char* function, const Filter& f, const Matrix<const S>& x,
                         const Matrix<Y>& y, Context& context, Method method) {
  if (method == Method::low_rank) method = Method::automatic;
  List<S, Y> one;
  one.add(x, y);
  Options tolerance;
  tolerance.method = method;
  constexpr std::size_t front = (sizeof(Info) + 63) / 64 * 64;
  const std::size_t bytes = filter_list(f, context, tolerance, one, nullptr);
  std::byte* const memory = context.reserve(front + bytes);
  tolerance.info = reinterpret_cast<Info*>(memory);
  filter_list(f, context, tolerance, one, memory + front);
  const Info told = context.exchange().fetch(tolerance.info);
  if (told.status == Info::not_finite) refuse_not_finite(function);
  if (told.status == Info::overflow) refuse_overflow(function);

  const Plan plan = plan_for<S>(f, x.rows, x.cols, method);
  ApplyInfo info;
  info.method = plan.method;
  info.rank = (std::min)(x.rows, x.cols);
  info.multiply_adds = plan.multiply_adds;
  info.output_norm = told.output_norm;
  info.dead = told.dead;
  return info;
}

}  // namespace cuda

/// y = f(x) within tolerance.error on a device, as the host's apply() with a tolerance.
///
/// x, y and context as in the device's apply() without. The call waits for the device: where the
/// method's loop looks at numbers, and for small matrices, about five times a sweep. They, and what
/// is known of the result, are all that crosses to the host; the result itself may still be on its
/// way when the call returns. It cannot be captured in a graph.
/// \param start  where the search begins and what it leaves for the next call; or null.
/// \throws std::invalid_argument as the host's, and while the stream is captured; std::domain_error
///         if an entry of x is not finite or the result overflows; device_error. y is then
///         untouched, but for a failing launch. Accuracy: the info's bound, as on the host.
///         Matrices of 16 bits are read as they are (half as float, in a copy), so that the bound
///         is for x as it is stored and y before it is rounded. Determinism: bitwise for one device
///         and library version, and one seed.
template <class X, class Y>
ApplyInfo apply(const Filter& f, cuda::Matrix<X> x, cuda::Matrix<Y> y, cuda::Context& context,
                const Tolerance& tolerance,
                cuda::WarmStart<cuda::sum_t<std::remove_const_t<X>>>* start = nullptr) {
  using S = std::remove_const_t<X>;
  constexpr const char* here = "apply";
  const cuda::Matrix<const S> in = x;
  cuda::require_fit(here, in, y);
  context.require_no_capture(here);
  const Plan p = cuda::plan_for<S>(f, x.rows, x.cols, tolerance);
  if (x.rows == 0 || x.cols == 0) return {};
  context.exchange();  // so that nothing is begun where there is no memory for it
  if (p.method == Method::low_rank) {
    const algorithm::ChainCriterion criterion(f.chain, tolerance.error);
    const auto info = cuda::apply_low_rank(here, criterion, in, y, context, p, tolerance, start);
    if (info) return *info;
  }
  return cuda::apply_and_wait(here, f, in, y, context, p.method);
}

}  // namespace pion
