// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <numeric>  // std::gcd
#include <optional>
#include <string>
#include <type_traits>

#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/assign.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/find_direction.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/direction.hpp>
#include <pion/optimizer/recipe/momentum.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/recipe/rms_normalized.hpp>
#include <pion/optimizer/recipe/warm_rule.hpp>
#include <pion/optimizer/state.hpp>
#include <pion/optimizer/step_memory.hpp>

namespace pion {
namespace optimizer {

/// What became of a step.
enum class Outcome {
  taken,  ///< Parameter and state have moved.
  /// The gradient has an entry that is NaN or infinite: nothing was changed.
  gradient_not_finite,
  /// The step would leave an entry that is NaN or infinite in the parameter or the state: nothing
  /// was changed.
  result_not_finite,
};

/// Tells what a call of step() did.
struct StepInfo {
  Outcome outcome = Outcome::taken;  ///< What became of it.
  double update_norm = 0.0;          ///< ||W_new - retention W||_F = lr * factor * ||direction||_F.
  Direction direction;               ///< What the rule says: norm, survivors, dead or not.

  bool taken() const { return outcome == Outcome::taken; }  ///< Whether anything was changed.
};

/// Holds the memory that steps work in. The caller keeps it, one for all parameters stepped in
/// turn.
struct StepWorkspace {
  Workspace buffers;  ///< The new parameter and state, before they are committed.
  Workspace rule;     ///< What the rule works in.
};

/// Makes the state of a parameter of that shape before its first step.
/// \tparam Scalar  the parameter's; 16-bit types are stepped in float.
/// \throws std::invalid_argument if a size is negative or a number of the recipe is out of its
///         range.
template <class Scalar, class R, class M, class S, class D>
State<detail::compute_t<Scalar>> initial_state(const Recipe<R, M, S, D>& recipe, Index rows,
                                               Index cols) {
  if (rows < 0 || cols < 0) {
    detail::refuse_argument("initial_state: a parameter cannot be " + detail::shape(rows, cols));
  }
  detail::require_valid(recipe);
  State<detail::compute_t<Scalar>> state;
  const bool turned = recipe.orientation == Orientation::in_out;
  detail::start_buffers(recipe, turned ? cols : rows, turned ? rows : cols, state);
  state.recipe = signature(recipe);
  return state;
}

/// Makes the state of a given parameter.
/// \throws std::invalid_argument if a number of the recipe is out of its range.
template <class R, class M, class S, class D, class W>
auto initial_state(const Recipe<R, M, S, D>& recipe, const Eigen::MatrixBase<W>& parameter) {
  return initial_state<typename W::Scalar>(recipe, parameter.rows(), parameter.cols());
}

}  // namespace optimizer

namespace detail {

/// \throws std::invalid_argument if two entries of a parameter share memory: a step would write
///         one over the other. Entries di rows and dj columns apart do where di * rowStride =
///         -dj * colStride. The least such di and dj are colStride and rowStride over their
///         greatest common divisor.
template <class W>
void require_distinct_entries(const W& parameter) {
  if constexpr ((W::Flags & Eigen::DirectAccessBit) != 0) {
    if (parameter.size() <= 1) return;
    const Index down = parameter.rowStride(), across = parameter.colStride();
    const Index common = std::gcd(down, across);
    const auto steps = [common](Index stride) { return (stride < 0 ? -stride : stride) / common; };
    if (common != 0 && (steps(across) >= parameter.rows() || steps(down) >= parameter.cols())) {
      return;
    }
    refuse_argument("step: entries of the parameter share memory: it is " +
                    shape(parameter.rows(), parameter.cols()) + " with a stride of " +
                    std::to_string(down) + " between rows and of " + std::to_string(across) +
                    " between columns");
  }
}

/// Calls f with a parameter or gradient as rows of outputs.
template <class W, class F>
void with_outputs_as_rows(optimizer::Orientation orientation, W&& w, const F& f) {
  if (orientation == optimizer::Orientation::out_in) {
    f(w);
  } else {
    auto turned = w.transpose();
    f(turned);
  }
}

}  // namespace detail

namespace optimizer {

/// Takes one step of one parameter.
///
/// \tparam Engine  where the rule's products run.
/// \param[in,out] parameter  writable: a matrix, map or block of any scalar, storage order and
///                strides; a framework's tensor is stepped in place. Its entries must not share
///                memory. Nor may two parameters that are stepped in turn, such as a tied embedding
///                and head: a step sees one parameter alone, and each would move the weights. Name
///                such weights once and step them with the sum of their gradients; a router refuses
///                them where it is told their addresses (routing/router.hpp).
/// \param gradient  of the parameter's shape: any expression, any order, evaluated once. It must
///                not overlap the parameter.
/// \param learning_rate  of this step; schedules are the caller's.
/// \param[in,out] state  made by initial_state() for this recipe and shape.
/// \param workspace  grows to what the largest parameter needs; once it is warm, rules without an
///                SVD or QR allocate nothing.
/// \param inputs what some recipes need besides the gradient (context.hpp). Its previous gradient
///                has the parameter's shape.
/// \return what happened. A step that is not taken(), and a call that throws, leaves parameter and
///                state as they were, bit for bit: both are written last.
/// \throws std::invalid_argument if shapes do not fit, entries of the parameter share memory, the
///                learning rate is negative or not finite, a number of the recipe is out of its
///                range, or the decay's retention at this learning rate is not in [0, 1]; what the
///                rule throws; if the recipe needs what `inputs` does not have.
/// Cost: the rule's, and some ten passes over the parameter. Determinism: as the rule's. Where the
/// processor flushes subnormal numbers to zero, entries of the state that decay below the smallest
/// normal number (1.2e-38 in float) become 0.
template <class Engine = DefaultEngine, class R, class M, class S, class D, class W, class G,
          class T, detail::require_matrix<W> = 0>
StepInfo step(const Recipe<R, M, S, D>& recipe, W&& parameter, const Eigen::MatrixBase<G>& gradient,
              double learning_rate, State<T>& state, StepWorkspace& workspace,
              const StepInputs<T>& inputs = {}) {
  using Scalar = typename detail::plain_t<W>::Scalar;
  detail::require_writable<W>();
  static_assert(std::is_same_v<T, detail::compute_t<Scalar>>,
                "pion: the state has another scalar than the parameter's steps are computed in");
  if (gradient.rows() != parameter.rows() || gradient.cols() != parameter.cols()) {
    detail::refuse_argument(
        "step: the gradient is " + detail::shape(gradient.rows(), gradient.cols()) +
        " and the parameter is " + detail::shape(parameter.rows(), parameter.cols()));
  }
  const double kept = detail::require_valid_step(recipe, learning_rate);
  detail::require_distinct_entries(parameter);
  const bool turned = recipe.orientation == Orientation::in_out;
  const Index rows = turned ? parameter.cols() : parameter.rows();
  const Index cols = turned ? parameter.rows() : parameter.cols();
  detail::require_buffers(recipe, rows, cols, state);

  StepInfo info;
  if (parameter.size() == 0 && !detail::spans_ranks<R>) {
    ++state.steps;
    return info;
  }

  using Memory = detail::StepMemory<Recipe<R, M, S, D>, T>;
  const auto memory = detail::laid_out<Memory>(workspace.buffers, recipe, state, rows, cols);
  auto x = engine::as_eigen(memory.work);
  const auto refused = [&info](Outcome why) {
    info = StepInfo();
    info.outcome = why;
    return info;
  };

  detail::with_outputs_as_rows(recipe.orientation, gradient.derived(),
                               [&x](const auto& g) { detail::assign(g, x); });
  if (!detail::holds_everywhere(recipe.rule, detail::size_of(memory.work).finite)) {
    return refused(Outcome::gradient_not_finite);
  }
  if (recipe.decay.in_gradient() != 0.0) {
    detail::with_outputs_as_rows(recipe.orientation, parameter, [&](const auto& w) {
      x += static_cast<T>(recipe.decay.in_gradient()) * w.template cast<T>();
    });
  }
  memory.read(recipe, state);

  detail::WarmStartGuard<T> guard(state.warm_start, memory.old_start);
  StepContext<T> at{state.steps + 1, learning_rate, inputs, workspace.rule, state.warm_start};
  at.turned = turned;
  const std::optional<double> length =
      detail::find_direction<Engine>(recipe, memory, state, at, info.update_norm);
  if (!length) return refused(Outcome::result_not_finite);
  info.direction = at.direction;

  if (!at.still) {
    detail::with_outputs_as_rows(recipe.orientation, parameter, [&](const auto& w) {
      detail::decay_and_move(recipe.decay, w.template cast<T>(), x, kept, *length, at.adaptive);
    });
    const detail::Size size = detail::size_of(memory.work);
    const auto highest = static_cast<double>((std::numeric_limits<Scalar>::max)());
    if (!detail::holds_everywhere(recipe.rule, size.finite && size.largest <= highest)) {
      return refused(Outcome::result_not_finite);
    }
  }

  guard.take();
  ++state.steps;
  memory.commit(recipe, state);
  if (!at.still) {
    detail::with_outputs_as_rows(recipe.orientation, parameter,
                                 [&x](auto& w) { detail::assign(x, w); });
  }
  return info;
}

}  // namespace optimizer
}  // namespace pion
