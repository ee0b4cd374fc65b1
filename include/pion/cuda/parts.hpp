// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::floor
#include <cstddef>    // std::byte
#include <cstdint>    // std::int64_t, std::uint64_t
#include <tuple>      // std::apply
#include <type_traits>
#include <utility>  // std::declval

#include <pion/cuda/context.hpp>
#include <pion/cuda/list.hpp>
#include <pion/cuda/measure.hpp>
#include <pion/cuda/part_bodies.hpp>
#include <pion/cuda/quantile_bodies.hpp>
#include <pion/optimizer/parts/adaptive_scale.hpp>
#include <pion/optimizer/parts/input_transforms.hpp>
#include <pion/optimizer/parts/second_moment.hpp>
#include <pion/optimizer/parts/variance_reduction.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/recipe/rms_normalized.hpp>

/// The parts of a recipe on a device. run(part, at, own) changes at.x and makes the `next` of the
/// part's buffers; it only adds to the stream. A part without run() here has no form on a device.
namespace pion::cuda {

/// Holds the memory that parts work in, besides their buffers. Each use begins when the one before
/// is over.
struct PartMemory {
  NormPartials* before;       ///< Two, as measure() takes them.
  NormPartials* after;        ///< Two.
  NormPartials* pieces;       ///< Of either.
  double* factor;             ///< What x is multiplied by.
  std::byte* limit;           ///< One number of any scalar.
  std::uint64_t* key;         ///< Of a quantile, as far as it is known.
  DigitCounts* digits;        ///< Pieces of a pass for a digit.
  KeysAbove* above;           ///< Pieces of the last pass.
  double* lines;              ///< Pieces of the sums of all lines.
  optimizer::Unbias* unbias;  ///< The corrections of a momentum form.

  PartMemory(detail::Arena& arena, Index rows, Index cols)
      : before(arena.take<NormPartials>(2)),
        after(arena.take<NormPartials>(2)),
        pieces(arena.take<NormPartials>(reduction_pieces(rows * cols))),
        factor(arena.take<double>(1)),
        limit(arena.take<std::byte>(sizeof(double))),
        key(arena.take<std::uint64_t>(1)),
        digits(arena.take<DigitCounts>(reduction_pieces(rows * cols))),
        above(arena.take<KeysAbove>(reduction_pieces(rows * cols))),
        lines(arena.take<double>(
            (std::max)(cols * reduction_pieces(rows), rows * reduction_pieces(cols)))),
        unbias(arena.take<optimizer::Unbias>(1)) {}
};

/// What a part is told on a device: optimizer::StepContext's counterpart.
template <class T>
struct PartContext {
  Context& context;           ///< What the parts run in.
  Batch<T> x;                 ///< As the parameter lies, inner dimension first.
  bool by_columns;            ///< Whether x's columns are the parameter's columns.
  const std::int64_t* steps;  ///< Taken before this one.
  const PartMemory& memory;   ///< What they work in.

  cudaStream_t stream() const { return context.stream(); }  ///< That all is added to.
  /// Measures x in memory for two moments, `sums`. Returns told(sums).
  const NormPartials* moments(NormPartials* sums) const {
    return measure(stream(), x, x.shape(), sums, memory.pieces);
  }
  /// Where measure() leaves the moments: doubles take two passes.
  static const NormPartials* told(const NormPartials* sums) {
    return std::is_same_v<T, double> ? sums + 1 : sums;
  }
  /// x <- memory.factor x.
  void scale() const { check(map(stream(), x.shape(), Scale<T>{x, memory.factor}), "map"); }
};

/// A momentum form, by the equations of optimizer/recipe/momentum.hpp.
template <class M, class T, class = decltype(std::declval<const M&>().unbias(1.0))>
void run(const M& form, const PartContext<T>& at, const Slot<T>* own) {
  check(once(at.stream(), 1, Prepare<M>{form, at.steps, at.memory.unbias}), "once");
  const Slot<T> none;
  const AdvanceForm<T, M> advance{at.x, M::buffers >= 1 ? own[0] : none,
                                  M::buffers >= 2 ? own[1] : none, form, at.memory.unbias};
  check(map(at.stream(), at.x.shape(), advance), "map");
}

/// Without momentum there is nothing to do.
template <class T>
void run(const optimizer::NoMomentum&, const PartContext<T>&, const Slot<T>*) {}

template <class T>
void run(const optimizer::Sign&, const PartContext<T>& at, const Slot<T>*) {
  check(map(at.stream(), at.x.shape(), TakeSigns<T>{at.x}), "map");
}

/// The gradient to compare with is the last one: a State refuses a part to which it is given.
template <class T>
void run(const optimizer::VarianceReduced& part, const PartContext<T>& at, const Slot<T>* own) {
  const auto by = part.change();
  check(map(at.stream(), at.x.shape(), CorrectByChange<T>{at.x, own[0], by}), "map");
  if (!by.clip) return;
  const ClipFactor clip{at.moments(at.memory.before), by, at.memory.factor};
  check(once(at.stream(), 1, clip), "once");
  at.scale();
}

/// Reads x once for each digit of its entries' sizes: 8 times in float, 16 in double.
template <class T>
void run(const optimizer::ClipAtQuantile& part, const PartContext<T>& at, const Slot<T>*) {
  const double place = part.share * static_cast<double>(at.x.rows * at.x.cols - 1);
  const auto below = static_cast<Index>(std::floor(place));
  constexpr int top = static_cast<int>(8 * sizeof(T)) - DigitCounts::bits;
  for (int shift = top; shift >= 0; shift -= DigitCounts::bits) {
    const FindDigit<T> find{at.x, below, shift, shift == top, at.memory.key};
    check(reduce(at.stream(), at.x.shape(), find, at.memory.digits), "reduce");
  }
  T* const limit = reinterpret_cast<T*>(at.memory.limit);
  const InterpolateSizes<T> between{at.x,       below, at.memory.key, place - std::floor(place),
                                    part.floor, limit};
  check(reduce(at.stream(), at.x.shape(), between, at.memory.above), "reduce");
  check(map(at.stream(), at.x.shape(), ClipEntries<T>{at.x, limit}), "map");
}

template <class T>
void run(const optimizer::SecondMoment& part, const PartContext<T>& at, const Slot<T>* own) {
  const auto mean = part.mean_square();
  const auto resize = part.resize();
  const Batch<T>& x = at.x;
  const NormPartials* const before = at.moments(at.memory.before);
  if (part.granularity == optimizer::Granularity::element) {
    check(map(at.stream(), x.shape(), DivideEntries<T>{x, own[0], mean}), "map");
  } else {
    const Index rows = at.by_columns ? x.rows : x.cols, cols = at.by_columns ? x.cols : x.rows;
    const bool across = part.by_rows(rows, cols) == at.by_columns;
    const Shape lines{across ? x.cols : x.rows, 1, across ? x.rows : x.cols};
    check(reduce(at.stream(), lines, MeanOfLine<T>{x, own[0], mean, across}, at.memory.lines),
          "reduce");
    check(map(at.stream(), x.shape(), DivideLines<T>{x, own[0].next, mean, across}), "map");
  }
  if (resize.how == optimizer::Renormalize::none) return;
  const ResizeFactor factor{before, at.moments(at.memory.after), resize,
                            static_cast<double>(x.rows * x.cols), at.memory.factor};
  check(once(at.stream(), 1, factor), "once");
  at.scale();
}

/// Whether a part has a run() here.
template <class Part, class T, class = void>
struct runs_here : std::false_type {};
template <class Part, class T>
struct runs_here<
    Part, T,
    std::void_t<decltype(run(std::declval<const Part&>(), std::declval<const PartContext<T>&>(),
                             std::declval<const Slot<T>*>()))>> : std::true_type {};

/// Runs one part, or those of a Sequence one after another.
template <class Part, class T>
void run_parts(const Part& part, const PartContext<T>& at, const Slot<T>* own) {
  static_assert(runs_here<Part, T>::value,
                "pion: this part of the recipe has no form on a device (cuda/parts.hpp)");
  if constexpr (runs_here<Part, T>::value) run(part, at, own);
}
template <class... Parts, class T>
void run_parts(const optimizer::Sequence<Parts...>& all, const PartContext<T>& at,
               const Slot<T>* own) {
  std::apply(
      [&](const auto&... part) {
        ((run_parts(part, at, own), own += detail::buffer_count<std::decay_t<decltype(part)>>),
         ...);
      },
      all.parts);
}

/// Runs the parts of a Sequence behind its first, a rule without buffers.
template <class Rule, class... Parts, class T>
void run_behind(const optimizer::Sequence<Rule, Parts...>& all, const PartContext<T>& at,
                const Slot<T>* own) {
  static_assert(detail::buffer_count<Rule> == 0);
  std::apply(
      [&](const auto&, const auto&... part) {
        run_parts(optimizer::Sequence<Parts...>(part...), at, own);
      },
      all.parts);
}

}  // namespace pion::cuda
