// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <limits>
#include <string>
#include <type_traits>

#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/assign.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/check.hpp>
#include <pion/optimizer/decay.hpp>
#include <pion/optimizer/direction.hpp>
#include <pion/optimizer/momentum.hpp>
#include <pion/optimizer/scale.hpp>
#include <pion/optimizer/state.hpp>
#include <pion/optimizer/warm_rule.hpp>

namespace pion::optimizer {

/// An optimiser is four choices, combined at compile time: what the rule sees (momentum.hpp), the
/// rule itself (rules.hpp), what its direction is scaled by (scale.hpp) and how weights decay
/// (decay.hpp). Each is a plain value; presets.hpp has the published combinations.
///
///   X = momentum(G);  O = rule(X);  W <- keep(lr) W - lr * factor(O) * O
template <class Rule, class Momentum, class Scale = Unscaled, class Decay = DecoupledDecay>
struct Recipe {
  Rule rule;
  Momentum momentum;
  Scale scale{};
  Decay decay{};
};
template <class R, class M, class S, class D>
Recipe(R, M, S, D) -> Recipe<R, M, S, D>;
template <class R, class M, class S>
Recipe(R, M, S) -> Recipe<R, M, S>;
template <class R, class M>
Recipe(R, M) -> Recipe<R, M>;

enum class Outcome {
  taken,
  /// The gradient has an entry that is NaN or infinite: nothing was changed.
  gradient_not_finite,
  /// The step would leave such an entry in the parameter or the state: nothing was changed.
  result_not_finite,
};

/// What a call of step() did.
struct StepInfo {
  Outcome outcome = Outcome::taken;
  double update_norm = 0.0;  ///< ||W_new - keep W||_F = lr * factor * ||direction||_F.
  Direction direction;       ///< What the rule says: norm, survivors, dead or not.

  bool taken() const { return outcome == Outcome::taken; }
};

/// The memory that steps work in, kept by the caller; shared by all parameters stepped in turn.
struct StepWorkspace {
  Workspace buffers;  ///< The new parameter and state, before they are committed.
  Workspace rule;     ///< What the rule works in.
};

/// The state of a parameter of that shape before its first step.
/// \tparam Scalar  the parameter's; 16-bit types are stepped in float.
/// \throws std::invalid_argument if a size is negative or a number of the recipe out of range.
template <class Scalar, class R, class M, class S, class D>
State<pion::detail::compute_t<Scalar>> initial_state(const Recipe<R, M, S, D>& recipe, Index rows,
                                                     Index cols) {
  if (rows < 0 || cols < 0) {
    pion::detail::refuse_argument("start: a parameter cannot be " +
                                  pion::detail::shape(rows, cols));
  }
  recipe.momentum.require_valid();
  State<pion::detail::compute_t<Scalar>> state;
  if (M::buffers >= 1) state.momentum.setZero(rows, cols);
  if (M::buffers >= 2) state.second_moment.setZero(rows, cols);
  return state;
}

/// The same for a parameter at hand.
template <class R, class M, class S, class D, class W>
auto initial_state(const Recipe<R, M, S, D>& recipe, const Eigen::MatrixBase<W>& parameter) {
  return initial_state<typename W::Scalar>(recipe, parameter.rows(), parameter.cols());
}

namespace detail {

/// \throws std::invalid_argument unless a matrix of the state has the shape that it must have.
template <class Matrix>
void require_buffer(const char* name, const Matrix& buffer, bool used, Index rows, Index cols) {
  if (!used) rows = cols = 0;
  if (buffer.rows() == rows && buffer.cols() == cols) return;
  pion::detail::refuse_argument(
      std::string("step: the state's ") + name + " is " +
      pion::detail::shape(buffer.rows(), buffer.cols()) + ", this recipe and parameter have " +
      pion::detail::shape(rows, cols) + "; make the state with initial_state()");
}

}  // namespace detail

/// One step of one parameter.
///
/// \tparam Engine  where the rule's products run.
/// \param[in,out] parameter  writable: a matrix, map or block of any scalar, storage order and
///                strides; a framework's tensor is stepped in place.
/// \param gradient  of the parameter's shape: any expression, any order, evaluated once. It must
///                not overlap the parameter.
/// \param learning_rate  of this step; schedules are the caller's.
/// \param[in,out] state  made by initial_state() for this recipe and shape.
/// \param workspace  grows to what the largest parameter needs; once it is warm, rules without an
///                SVD allocate nothing.
/// \return what happened. A step that is not taken(), and a call that throws, leaves parameter and
///                state as they were, bit for bit: both are written last.
/// \throws std::invalid_argument if shapes do not fit, the learning rate is negative or not finite,
///                or a number of the recipe is out of range; what the rule throws.
/// Cost: the rule's, and some ten passes over the parameter. Determinism: as the rule's.
template <class Engine = DefaultEngine, class R, class M, class S, class D, class W, class G,
          class T, pion::detail::require_matrix<W> = 0>
StepInfo step(const Recipe<R, M, S, D>& recipe, W&& parameter, const Eigen::MatrixBase<G>& gradient,
              double learning_rate, State<T>& state, StepWorkspace& workspace) {
  using Scalar = typename pion::detail::plain_t<W>::Scalar;
  pion::detail::require_writable<W>();
  static_assert(std::is_same_v<T, pion::detail::compute_t<Scalar>>,
                "pion: the state has another scalar than the parameter's steps are computed in");
  const Index rows = parameter.rows();
  const Index cols = parameter.cols();
  if (gradient.rows() != rows || gradient.cols() != cols) {
    pion::detail::refuse_argument("step: the gradient is " +
                                  pion::detail::shape(gradient.rows(), gradient.cols()) +
                                  " and the parameter is " + pion::detail::shape(rows, cols));
  }
  detail::require_nonnegative("step: the learning rate", learning_rate);
  recipe.momentum.require_valid();
  detail::require_nonnegative("step: the weight decay", recipe.decay.rate);
  detail::require_buffer("momentum", state.momentum, M::buffers >= 1, rows, cols);
  detail::require_buffer("second_moment", state.second_moment, M::buffers >= 2, rows, cols);

  StepInfo info;
  if (parameter.size() == 0) {
    ++state.steps;
    return info;
  }

  const Index start_size = static_cast<Index>(state.warm_start.values().size());
  engine::View<T> work, new_momentum, new_second;
  T* old_start = nullptr;
  const auto lay_out = [&](pion::detail::Arena& arena) {
    const auto take = [&](bool used) {
      return used ? engine::View<T>(arena.take<T>(rows * cols), rows, cols) : engine::View<T>();
    };
    work = take(true);
    new_momentum = take(M::buffers >= 1);
    new_second = take(M::buffers >= 2);
    old_start = arena.take<T>(start_size);
  };
  pion::detail::Arena counting;
  lay_out(counting);
  pion::detail::Arena arena(workspace.buffers, counting.used());
  lay_out(arena);

  // One matrix is in turn the gradient, the rule's input, its direction and the new parameter.
  auto x = engine::as_eigen(work);
  auto momentum = engine::as_eigen(new_momentum);
  auto second_moment = engine::as_eigen(new_second);
  const auto refused = [&info](Outcome why) {
    info = StepInfo();
    info.outcome = why;
    return info;
  };

  const auto finite = [](const engine::View<T>& v) { return pion::detail::size_of(v).finite; };

  pion::detail::assign(gradient.derived(), x);
  if (!finite(work)) return refused(Outcome::gradient_not_finite);
  if (recipe.decay.in_gradient() != 0.0) {
    x += static_cast<T>(recipe.decay.in_gradient()) * parameter.template cast<T>();
  }
  momentum = state.momentum;
  second_moment = state.second_moment;
  recipe.momentum.advance(state.steps + 1, x, momentum, second_moment);
  if (!finite(work) || !finite(new_momentum) || !finite(new_second)) {
    return refused(Outcome::result_not_finite);
  }

  detail::WarmStartGuard<T> guard(state.warm_start, old_start);
  info.direction = detail::direct<Engine>(recipe.rule, work, workspace.rule, state.warm_start);
  const double length = learning_rate * recipe.scale.factor(rows, cols, info.direction);
  info.update_norm = length * info.direction.norm;

  x = static_cast<T>(recipe.decay.retention(learning_rate)) * parameter.template cast<T>() -
      static_cast<T>(length) * x;
  const pion::detail::Size size = pion::detail::size_of(work);
  const auto highest = static_cast<double>((std::numeric_limits<Scalar>::max)());
  if (!size.finite || size.largest > highest) return refused(Outcome::result_not_finite);

  guard.take();
  ++state.steps;
  state.momentum = momentum;
  state.second_moment = second_moment;
  pion::detail::assign(x, parameter);
  return info;
}

}  // namespace pion::optimizer
