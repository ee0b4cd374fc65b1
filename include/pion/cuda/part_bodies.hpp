// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int64_t

#include <pion/cuda/step_bodies.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

/// What the parts of a recipe that remember something, or look at a whole matrix, do to one element
/// and to their numbers (cuda/parts.hpp). The host's counterparts in optimizer/parts/ have the
/// meaning.
namespace pion::cuda {

/// A buffer of a part: as the last step left it, and as this one leaves it.
template <class T>
struct Slot {
  Batch<T> kept, next;
};

/// The number of a line in a buffer that has one for each, however it lies.
template <class T>
PION_HOST_DEVICE T& of_line(const Batch<T>& v, Index line) {
  return v.rows == 1 ? v(0, line, 0) : v(line, 0, 0);
}

/// The next `first` and `second` <- the kept ones and x, by the equations of `momentum` with its
/// `factors`; x <- the form's input.
template <class T, class M>
struct AdvanceForm {
  Batch<T> x;
  Slot<T> first, second;
  M momentum;
  const optimizer::Unbias* factors;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    T input = x(i, j, b);
    T one = M::buffers >= 1 ? first.kept(i, j, b) : T(0);
    T two = M::buffers >= 2 ? second.kept(i, j, b) : T(0);
    momentum.template update<T> (*factors)(input, one, two);
    x(i, j, b) = input;
    if (M::buffers >= 1) first.next(i, j, b) = one;
    if (M::buffers >= 2) second.next(i, j, b) = two;
  }
};

/// x <- x corrected by its change since `last`; the next `last` is x.
template <class T>
struct CorrectByChange {
  Batch<T> x;
  Slot<T> last;
  optimizer::formulas::GradientChange by;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    const T now = x(i, j, b);
    x(i, j, b) = by.corrected(now, last.kept(i, j, b));
    last.next(i, j, b) = now;
  }
};

/// factor <- what a corrected gradient of these moments is multiplied by.
struct ClipFactor {
  const NormPartials* moments;
  optimizer::formulas::GradientChange by;
  double* factor;
  PION_HOST_DEVICE void operator()(Index) const { *factor = by.clip_factor(moments->norm()); }
};

/// x <- sign(x).
template <class T>
struct TakeSigns {
  Batch<T> x;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    x(i, j, b) = optimizer::formulas::SignOf{}(x(i, j, b));
  }
};

// --- second moments of a direction

/// v <- the mean of each entry's square; x <- x over its root.
template <class T>
struct DivideEntries {
  Batch<T> x;
  Slot<T> v;
  optimizer::formulas::MeanSquare mean;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    T& o = x(i, j, b);
    T& next = v.next(i, j, b);
    next = mean.next(v.kept(i, j, b), o * o);
    o = mean.quotient(o, next);
  }
};

/// v <- the mean square of each line, each being a batch of its own: a column of x as it lies, or
/// where `across` a row.
template <class T>
struct MeanOfLine {
  using Value = double;
  Batch<T> x;
  Slot<T> v;
  optimizer::formulas::MeanSquare mean;
  bool across;

  PION_HOST_DEVICE double nothing(Index) const { return 0.0; }
  PION_HOST_DEVICE double term(Index k, Index, Index line) const {
    const double o = to_double(across ? x(line, k, 0) : x(k, line, 0));
    return o * o;
  }
  PION_HOST_DEVICE void finish(Index line, double sum) const {
    const double entries = static_cast<double>(across ? x.cols : x.rows);
    of_line(v.next, line) = mean.next(of_line(v.kept, line), static_cast<T>(sum / entries));
  }
};

/// x <- x over the root of its line's `mean`, which is in v: a column of x as it lies, or where
/// `across` a row.
template <class T>
struct DivideLines {
  Batch<T> x;
  Batch<T> v;
  optimizer::formulas::MeanSquare mean;
  bool across;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    x(i, j, b) = mean.quotient(x(i, j, b), of_line(v, across ? i : j));
  }
};

/// factor <- what a divided direction of so many `entries` is multiplied by, from its moments
/// before and after.
struct ResizeFactor {
  const NormPartials *before, *after;
  optimizer::formulas::Resize by;
  double entries;
  double* factor;
  PION_HOST_DEVICE void operator()(Index) const {
    *factor = by.factor(before->norm(), after->norm(), entries);
  }
};

// --- scales that remember a number

/// info <- the length that a formula finds from the moments of the `gradient` and of the rule's
/// `input`, and from the `number` that it keeps; retention <- what the weights are multiplied by,
/// where the decay follows the formula's step.
template <class T, class Formula>
struct AdaptLength {
  Formula formula;
  optimizer::formulas::StepSizes sizes;  ///< But for what the device alone knows.
  optimizer::formulas::AdaptiveRetention decay;
  const NormPartials *gradient, *input;
  const std::int64_t* steps;
  Slot<T> number;
  double* retention;
  StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const {
    *number.next.data = *number.kept.data;
    *retention = 1.0;
    if (info->outcome != StepInfo::taken) return;
    auto of = sizes;
    of.t = static_cast<double>(*steps + 1);
    of.gradient_norm = gradient->norm();
    of.input_norm = input->norm();
    double kept = static_cast<double>(*number.kept.data), adaptive = 0.0;
    info->length = formula(kept, of, adaptive);
    info->update_norm = info->length * info->norm;
    *number.next.data = static_cast<T>(kept);
    *retention = decay(adaptive);
  }
};

// --- the end of a step

/// Refuses the step if a number is not finite that a buffer would keep.
template <class T>
struct CheckBuffer {
  using Value = Verdict;
  Batch<T> next;
  StepInfo* info;

  PION_HOST_DEVICE Verdict nothing(Index) const { return {}; }
  PION_HOST_DEVICE Verdict term(Index i, Index j, Index b) const {
    return {true, ::fabs(static_cast<double>(next(i, j, b))) <= Scalar<T>::highest};
  }
  PION_HOST_DEVICE void finish(Index, const Verdict& all) const { refuse_unless(all, info); }
};

/// slot.kept <- slot.next, if the step is taken.
template <class T>
struct KeepBuffer {
  Slot<T> slot;
  const StepInfo* info;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    if (info->outcome == StepInfo::taken) slot.kept(i, j, b) = slot.next(i, j, b);
  }
};

}  // namespace pion::cuda
