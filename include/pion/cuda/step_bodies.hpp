// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // fabs, pow, std::sqrt
#include <cstdint>  // std::int64_t

#include <pion/cuda/bodies.hpp>
#include <pion/optimizer/momentum.hpp>

/// What an optimiser's step does to one element, and to its numbers. Host's counterpart and
/// meaning: optimizer/step.hpp.
namespace pion::cuda {

/// What a step on the device did; written there, in memory of the caller's or the context's.
struct StepInfo {
  enum Outcome : int {
    taken,
    gradient_not_finite,  ///< Nothing was changed.
    result_not_finite,    ///< Nothing was changed.
  };
  double update_norm = 0.0;  ///< ||W_new - keep W||_F
  double norm = 0.0;         ///< ||O||_F of the rule's direction
  double length = 0.0;       ///< What the direction is multiplied by: lr * factor.
  std::int64_t dead_heads = 0;
  Outcome outcome = taken;
  bool dead = false;
};

/// Whether all is finite so far.
struct Verdict {
  bool gradient = true;
  bool result = true;
  PION_HOST_DEVICE Verdict operator+(const Verdict& other) const {
    return {gradient && other.gradient, result && other.result};
  }
};

// --- optimizer/momentum.hpp, entry by entry

/// What the forms want of the number of steps.
struct Unbias {
  double first = 1.0, second = 1.0;
};
template <class M>
PION_HOST_DEVICE Unbias unbias(const M&, double) {
  return {};
}
PION_HOST_DEVICE inline Unbias unbias(const optimizer::RmsNormalized& m, double steps) {
  return {1.0 / (1.0 - pow(m.beta1, steps)), 1.0 / (1.0 - pow(m.beta2, steps))};
}

template <class T>
PION_HOST_DEVICE void advance(const optimizer::HeavyBall& m, const Unbias&, T& x, T& first, T&) {
  const T mu = static_cast<T>(m.momentum);
  first = mu * first + x;
  x = m.nesterov ? x + mu * first : first;
}

template <class T>
PION_HOST_DEVICE void advance(const optimizer::Ema& m, const Unbias&, T& x, T& first, T&) {
  const T b = static_cast<T>(m.beta), rest = static_cast<T>(1.0 - m.beta);
  first = b * first + rest * x;
  x = m.nesterov ? rest * x + b * first : first;
}

template <class T>
PION_HOST_DEVICE void advance(const optimizer::RmsNormalized& m, const Unbias& unbias, T& x,
                              T& first, T& second) {
  first = static_cast<T>(m.beta1) * first + static_cast<T>(1.0 - m.beta1) * x;
  second = static_cast<T>(m.beta2) * second + static_cast<T>(1.0 - m.beta2) * (x * x);
  const T root = std::sqrt(static_cast<T>(unbias.second) * second);
  x = second > T(0) ? static_cast<T>(unbias.first) * first / (root + static_cast<T>(m.epsilon))
                    : T(0);
}

/// Before a step: what the momentum form wants to know.
template <class M>
struct Prepare {
  M momentum;
  const std::int64_t* steps;
  Unbias* factors;
  PION_HOST_DEVICE void operator()(Index) const {
    *factors = unbias(momentum, static_cast<double>(*steps + 1));
  }
};

/// What a step reads and makes before it commits: matrices in the layout of the parameter.
template <class W>
struct StepMatrices {
  using T = sum_t<W>;
  Batch<W> parameter;
  Batch<T> first, second;  // the state; without memory where the recipe has no use for it
  Batch<T> x, new_first,
      new_second;  // x: in turn the rule's input, its direction, the new parameter
};

/// x <- the rule's input, and the new state beside the old.
template <class W, class G, class M>
struct Advance {
  using T = sum_t<W>;
  using Value = Verdict;
  StepMatrices<W> at;
  PointerBatch<const G> gradient;
  M momentum;
  double in_gradient;
  const Unbias* factors;
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
    advance(momentum, *factors, x, first, second);
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
    return fabs(static_cast<double>(value)) <= Scalar<T>::highest;
  }
};

/// The step's length from what the rule says of its heads. `factor` is lr times the scale's, for a
/// direction of norm 1; where `over_norm`, the scale's falls as 1 / norm, and is 0 for a dead one.
struct ScaleStep {
  const Info* heads;
  std::int64_t count;
  double factor;
  bool over_norm;
  StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const {
    if (info->outcome != StepInfo::taken) return;
    StepInfo told;
    double squares = 0.0;
    for (std::int64_t i = 0; i < count; ++i) {
      squares += heads[i].output_norm * heads[i].output_norm;
      if (heads[i].status != Info::done) told.outcome = StepInfo::result_not_finite;
      if (heads[i].dead) ++told.dead_heads;
    }
    if (told.outcome == StepInfo::taken) {
      told.norm = sqrt(squares);
      told.dead = count > 0 && told.dead_heads == count;
      const bool none = over_norm && (told.dead || told.norm == 0.0);
      told.length = none ? 0.0 : over_norm ? factor / told.norm : factor;
      told.update_norm = told.length * told.norm;
    }
    *info = told;
  }
};

/// What a rule says that leaves its input as it is.
struct Untouched {
  const NormPartials* moments;
  Info* info;
  PION_HOST_DEVICE void operator()(Index) const {
    *info = Info();
    info->output_norm = moments->norm();
  }
};

/// x <- keep W - length x, the new parameter.
template <class W>
struct UpdateParameter {
  using T = sum_t<W>;
  using Value = Verdict;
  StepMatrices<W> at;
  double keep;
  StepInfo* info;

  PION_HOST_DEVICE Verdict nothing(Index) const { return {}; }
  PION_HOST_DEVICE Verdict term(Index i, Index j, Index b) const {
    T& x = at.x(i, j, b);
    x = static_cast<T>(keep) * static_cast<T>(at.parameter(i, j, b)) -
        static_cast<T>(info->length) * x;
    return {true, fabs(static_cast<double>(x)) <= Scalar<W>::highest};
  }
  PION_HOST_DEVICE void finish(Index, const Verdict& all) const {
    if (info->outcome != StepInfo::taken || all.result) return;
    *info = StepInfo();
    info->outcome = StepInfo::result_not_finite;
  }
};

/// Parameter and state <- the new ones, if the step is taken.
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

/// A step of an empty parameter.
struct Nothing {
  StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const { *info = StepInfo(); }
};

struct CountStep {
  std::int64_t* steps;
  const StepInfo* info;
  PION_HOST_DEVICE void operator()(Index) const {
    if (info->outcome == StepInfo::taken) ++*steps;
  }
};

}  // namespace pion::cuda
