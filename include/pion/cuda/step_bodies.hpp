// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // fabs, sqrt
#include <cstdint>  // std::int64_t

#include <pion/cuda/bodies.hpp>
#include <pion/optimizer/recipe/momentum.hpp>
#include <pion/optimizer/recipe/rms_normalized.hpp>

/// What an optimiser's step does to one element, and to its numbers. optimizer/step.hpp is the
/// host's counterpart and has the meaning.
namespace pion::cuda {

/// Tells what a step on the device did. The device writes it, in memory of the caller's or the
/// context's.
struct StepInfo {
  /// What became of it.
  enum Outcome : int {
    taken,                ///< Parameter and state have moved.
    gradient_not_finite,  ///< Nothing was changed.
    result_not_finite,    ///< Nothing was changed.
  };
  double update_norm = 0.0;     ///< ||W_new - retention W||_F
  double norm = 0.0;            ///< ||O||_F of the rule's direction
  double length = 0.0;          ///< lr * factor; lr alone where heads have factors of their own.
  std::int64_t dead_heads = 0;  ///< Heads that the filter has killed.
  Outcome outcome = taken;      ///< What became of it.
  bool dead = false;            ///< All heads are.
};

/// Says whether the gradient, and the result of the step, are finite so far.
struct Verdict {
  bool gradient = true;
  bool result = true;
  /// Finite where both are.
  PION_HOST_DEVICE Verdict operator+(const Verdict& other) const {
    return {gradient && other.gradient, result && other.result};
  }
};

/// info <- not taken, unless all that a step leaves is finite.
PION_HOST_DEVICE inline void refuse_unless(const Verdict& all, StepInfo* info) {
  if (info->outcome != StepInfo::taken || all.result) return;
  *info = StepInfo();
  info->outcome = StepInfo::result_not_finite;
}

/// factors <- the momentum form's corrections for the step that comes, whose number the device
/// alone knows.
template <class M>
struct Prepare {
  M momentum;
  const std::int64_t* steps;
  optimizer::Unbias* factors;
  PION_HOST_DEVICE void operator()(Index) const {
    *factors = momentum.unbias(static_cast<double>(*steps + 1));
  }
};

/// Holds what a step reads and makes before it commits: matrices in the layout of the parameter.
template <class W>
struct StepMatrices {
  using T = sum_t<W>;
  Batch<W> parameter;
  /// The state, first and second moment; without memory where the recipe has no use for it.
  Batch<T> first, second;
  Batch<T> x;  ///< In turn the rule's input, its direction, the new parameter.
  /// The state that the step leaves.
  Batch<T> new_first, new_second;
};

/// at.x <- the rule's input, and the new state beside the old: the update of `momentum`, by its
/// `factors`, of the gradient with `in_gradient` times the parameter.
template <class W, class G, class M>
struct Advance {
  using T = sum_t<W>;
  using Value = Verdict;
  StepMatrices<W> at;
  PointerBatch<const G> gradient;
  M momentum;
  double in_gradient;
  const optimizer::Unbias* factors;
  StepInfo* info;

  PION_HOST_DEVICE Verdict nothing(Index) const { return {}; }
  PION_HOST_DEVICE Verdict term(Index i, Index j, Index b) const {
    T x = static_cast<T>(gradient(i, j, b));
    Verdict verdict;
    verdict.gradient = finite(x);
    if (in_gradient != 0.0) {
      x += static_cast<T>(in_gradient) * static_cast<T>(at.parameter(i, j, b));
    }
    T first = M::buffers >= 1 ? at.first(i, j, b) : T(0);
    T second = M::buffers >= 2 ? at.second(i, j, b) : T(0);
    momentum.template update<T> (*factors)(x, first, second);
    verdict.result = finite(x) && finite(first) && finite(second);
    at.x(i, j, b) = x;
    if (M::buffers >= 1) at.new_first(i, j, b) = first;
    if (M::buffers >= 2) at.new_second(i, j, b) = second;
    return verdict;
  }
  PION_HOST_DEVICE void finish(Index, const Verdict& all) const {
    *info = StepInfo();
    if (!all.result) info->outcome = StepInfo::result_not_finite;
    if (!all.gradient) info->outcome = StepInfo::gradient_not_finite;
  }

 private:
  PION_HOST_DEVICE static bool finite(T value) {
    return ::fabs(static_cast<double>(value)) <= Scalar<T>::highest;
  }
};

/// info <- the step's length, from what the rule says of its heads. `factor` is the learning rate
/// times the scale's factor for a direction of norm 1. Where `over_norm`, it is divided by the
/// direction's norm, and is 0 for a dead direction. Where `weights` is not null, head i of the
/// direction has been multiplied by weights[i] since. Where `changed` is not null, parts behind the
/// rule have changed its direction: these are its moments, and `scaled` those since its heads were
/// multiplied.
struct ScaleStep {
  const Info* heads;
  std::int64_t count;
  double factor;
  bool over_norm;
  const double* weights;
  const NormPartials *changed, *scaled;
  StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const {
    if (info->outcome != StepInfo::taken) return;
    StepInfo told;
    double squares = 0.0, weighted = 0.0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double norm = heads[i].output_norm;
      const double part = weights == nullptr ? norm : weights[i] * norm;
      squares += norm * norm;
      weighted += part * part;
      if (heads[i].status != Info::done) told.outcome = StepInfo::result_not_finite;
      if (heads[i].dead) ++told.dead_heads;
    }
    if (told.outcome == StepInfo::taken) {
      told.norm = changed == nullptr ? ::sqrt(squares) : changed->norm();
      told.dead = count > 0 && told.dead_heads == count;
      const bool none = over_norm && (told.dead || told.norm == 0.0);
      told.length = none ? 0.0 : over_norm ? factor / told.norm : factor;
      told.update_norm = told.length * (changed == nullptr ? ::sqrt(weighted) : scaled->norm());
    }
    *info = told;
  }
};

/// to <- value.
struct SetNumber {
  double* to;
  double value;
  PION_HOST_DEVICE void operator()(Index) const { *to = value; }
};

/// info <- what a rule says that leaves its input as it is.
struct Untouched {
  const NormPartials* moments;
  Info* info;
  PION_HOST_DEVICE void operator()(Index) const {
    *info = Info();
    info->output_norm = moments->norm();
  }
};

/// at.x <- retention W - length x, the new parameter. Where `adaptive` is not null, it points to
/// the retention.
template <class W>
struct UpdateParameter {
  using T = sum_t<W>;
  using Value = Verdict;
  StepMatrices<W> at;
  double retention;
  const double* adaptive;
  StepInfo* info;

  PION_HOST_DEVICE Verdict nothing(Index) const { return {}; }
  PION_HOST_DEVICE Verdict term(Index i, Index j, Index b) const {
    T& x = at.x(i, j, b);
    x = static_cast<T>(adaptive == nullptr ? retention : *adaptive) *
            static_cast<T>(at.parameter(i, j, b)) -
        static_cast<T>(info->length) * x;
    return {true, ::fabs(static_cast<double>(x)) <= Scalar<W>::highest};
  }
  PION_HOST_DEVICE void finish(Index, const Verdict& all) const { refuse_unless(all, info); }
};

/// Parameter and state of `at` <- the new ones, if the step is taken.
template <class W>
struct Commit {
  StepMatrices<W> at;
  const StepInfo* info;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    if (info->outcome != StepInfo::taken) return;
    at.parameter(i, j, b) = static_cast<W>(at.x(i, j, b));
    if (at.first.data != nullptr) at.first(i, j, b) = at.new_first(i, j, b);
    if (at.second.data != nullptr) at.second(i, j, b) = at.new_second(i, j, b);
  }
};

/// info <- what a step of an empty parameter says.
struct Nothing {
  StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const { *info = StepInfo(); }
};

/// Counts the step, if it is taken.
struct CountStep {
  std::int64_t* steps;
  const StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const {
    if (info->outcome == StepInfo::taken) ++*steps;
  }
};

}  // namespace pion::cuda
