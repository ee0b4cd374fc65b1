// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp
#include <cstddef>    // std::byte, std::size_t
#include <optional>
#include <string>
#include <type_traits>

#include <pion/apply/within.hpp>
#include <pion/cuda/list.hpp>
#include <pion/cuda/tall_skinny.hpp>
#include <pion/cuda/warm_start.hpp>

/// apply() with a tolerance on a device: the loop of algorithm/subspace_iteration.hpp, with the
/// kernels of cuda/tall_skinny.hpp.
namespace pion {
namespace cuda {

/// The scalar that a large matrix stored in S is read as. A matrix of half is read as float: the
/// range of half is too small for the products.
template <class S>
using Read = std::conditional_t<std::is_same_v<S, half>, float, S>;

/// Lays out what the low-rank method works on for a matrix of S: a scaled copy of x where x cannot
/// be read in place, and the memory of the loop.
template <class S>
struct SubspaceBuffers {
  using T = sum_t<S>;  ///< What the loop computes in.

  SubspaceBuffers(detail::Arena& arena, Context& context, Index m, Index n, bool copied)
      : x(copied ? arena.take<Read<S>>(m * n) : nullptr, m, n),
        compression(arena, m, n, detail::max_rank, context) {}

  engine::View<Read<S>> x;  ///< The copy; without memory where there is none.
  algorithm::SubspaceIteration<TallSkinnyKernels<Read<S>, T>, T> compression;  ///< The loop.
};

/// Gives the cost of the low-rank method against the dense one, as estimates, not measured. A
/// multiply-add with a narrow matrix is bound by memory; the first number is how many times as long
/// it takes. The host waits for the device some twenty times, about a millisecond in all; the
/// second number is the multiply-adds that large products do in that time.
template <class S>
SubspaceCost compression_cost() {
  return sizeof(S) == 2 ? SubspaceCost{8.0, 3e11} : SubspaceCost{1.5, 3e10};
}

/// The plan of a device's apply() within a tolerance. The workspace of a device is laid out by the
/// call.
/// \throws std::invalid_argument as pion::plan().
template <class S>
PlannedWithin<float, engine::eigen> plan_for(const Filter& f, Index rows, Index cols,
                                             const Tolerance& tolerance) {
  pion::detail::require_valid(tolerance);
  const Method method = method_for<S>(f, pion::detail::exact_method(tolerance));
  const auto exact = pion::plan<float, engine::eigen>(f, rows, cols, method);
  PlannedWithin<float, engine::eigen> p{exact, exact, tolerance, std::nullopt};
  if (pion::detail::compression_may_pay(f, tolerance, exact, compression_cost<S>())) {
    p.criterion.emplace(f.chain, tolerance.error);
    static_cast<Plan&>(p) =
        pion::detail::plan_compression(*p.criterion, tolerance, exact, compression_cost<S>());
  }
  return p;
}

/// Views a matrix as it lies, inner dimension first: x itself where columns are adjacent, the
/// transpose of x where rows are.
template <class T>
engine::View<T> as_it_lies(const Matrix<T>& x) {
  return x.order == Order::columns ? engine::View<T>(x.data, x.rows, x.cols, x.stride)
                                   : engine::View<T>(x.data, x.cols, x.rows, x.stride);
}

/// y <- left right^T, for a view of y as it lies. Where y is of T, this is one product; else panels
/// of the product are computed in T and rounded.
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

/// \throws std::domain_error always: the input has a NaN or an infinity.
[[noreturn]] inline void refuse_not_finite(const char* function) {
  detail::refuse_values(std::string(function) + ": x has an entry that is not finite");
}
/// \throws std::domain_error always: the result has one.
[[noreturn]] inline void refuse_overflow(const char* function) {
  detail::refuse_values(std::string(function) + ": the result overflows");
}

/// Tries the low-rank method: y <- f(x) and what is known of it, or nothing where the criterion is
/// not met, and y is then untouched. The device's counterpart of detail::compress()
/// (apply/within.hpp); waits for the device.
template <class Criterion, class S, class Y>
std::optional<ApplyInfo> apply_low_rank(const char* function, const Criterion& criterion,
                                        const Matrix<const S>& x, const Matrix<Y>& y,
                                        Context& context, const Plan& plan,
                                        const Tolerance& tolerance, WarmStart<sum_t<S>>* start) {
  using T = sum_t<S>;
  if (!detail::compression_is_due(tolerance, start)) return std::nullopt;
  const engine::View<const S> given = as_it_lies(x);
  for (bool copied = !std::is_same_v<S, Read<S>>;; copied = true) {
    detail::Arena counting;
    SubspaceBuffers<S>(counting, context, given.rows, given.cols, copied);
    detail::Arena arena(context.reserve(counting.used()));
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
    if (!copied && !detail::well_scaled<T>(size.norm())) continue;

    if (!found.find(seen, size.norm(), criterion,
                    detail::search_for<T>(function, plan, tolerance, start, given.rows))) {
      if (start != nullptr) start->backoff().failed();
      return std::nullopt;
    }
    const ApplyInfo info = detail::found_info(found, criterion);
    if (!(info.output_norm <= Scalar<Y>::highest)) refuse_overflow(function);
    if (start != nullptr) {
      start->remember(kernels, found.next_start());
      start->backoff().succeeded();
    }
    detail::Small gains = found.small_matrices().at(0, info.rank, info.rank);
    gains.setZero();
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

/// y <- f(x) by another method. Waits for the device, and returns what became of the call.
template <class S, class Y>
ApplyInfo apply_and_wait(const char* function, const Filter& f, const Matrix<const S>& x,
                         const Matrix<Y>& y, Context& context, const Plan& plan) {
  List<S, Y> one;
  one.add(x, y);
  Options options;
  options.method = plan.method;
  constexpr std::size_t front = (sizeof(Info) + 63) / 64 * 64;
  const PlannedList planned = plan_list(f, context, options, one);
  std::byte* const memory = context.reserve(front + planned.bytes);
  options.info = reinterpret_cast<Info*>(memory);
  filter_list(f, planned, context, options, one, memory + front);
  const Info told = context.exchange().fetch(options.info);
  if (told.status == Info::not_finite) refuse_not_finite(function);
  if (told.status == Info::overflow) refuse_overflow(function);

  ApplyInfo info;
  info.method = plan.method;
  info.rank = (std::min)(x.rows, x.cols);
  info.multiply_adds = plan.multiply_adds;
  info.output_norm = told.output_norm;
  info.dead = told.dead;
  return info;
}

}  // namespace cuda

/// Computes y = f(x) within tolerance.error on a device, as the host's apply() with a tolerance.
///
/// x, y and context are those of the device's apply() without a tolerance. The call waits for the
/// device about five times a sweep: where the method's loop looks at numbers, and for small
/// matrices. These numbers and matrices, and what is known of the result, are all that crosses to
/// the host. The result itself may not yet be in y when the call returns. A graph cannot capture
/// the call.
/// \param start  where the search begins and what it leaves for the next call; or null.
/// \throws std::invalid_argument if shapes or strides do not fit, a number of the tolerance is out
///         of its range, the method cannot run this filter, or the stream is captured;
///         std::domain_error if an entry of x is not finite or the result overflows; device_error
///         if a call of CUDA fails. y is then untouched, unless a launch failed.
/// Accuracy: the info's bound, as on the host. Matrices of 16 bits are read as they are (half as
/// float, in a copy), so that the bound is for x as it is stored and for y before it is rounded.
/// Determinism: bitwise for one device and library version, and one seed.
template <class X, class Y>
ApplyInfo apply(const Filter& f, cuda::Matrix<X> x, cuda::Matrix<Y> y, cuda::Context& context,
                const Tolerance& tolerance,
                cuda::WarmStart<cuda::sum_t<std::remove_const_t<X>>>* start = nullptr) {
  using S = std::remove_const_t<X>;
  constexpr const char* here = "apply";
  const cuda::Matrix<const S> in = x;
  cuda::require_fit(here, in, y);
  context.require_no_capture(here);
  const auto p = cuda::plan_for<S>(f, x.rows, x.cols, tolerance);
  if (x.rows == 0 || x.cols == 0) return {};
  context.exchange();  // so that nothing is begun where there is no memory for it
  if (p.method == Method::low_rank) {
    const auto info = cuda::apply_low_rank(here, *p.criterion, in, y, context, p, tolerance, start);
    if (info) return *info;
  }
  return cuda::apply_and_wait(here, f, in, y, context, p.exact);
}

}  // namespace pion
