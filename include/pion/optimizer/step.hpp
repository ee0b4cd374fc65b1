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
#include <pion/optimizer/direction.hpp>
#include <pion/optimizer/momentum.hpp>
#include <pion/optimizer/recipe.hpp>
#include <pion/optimizer/state.hpp>
#include <pion/optimizer/warm_rule.hpp>

namespace pion {
namespace optimizer {

enum class Outcome {
  taken,
  /// The gradient has an entry that is NaN or infinite: nothing was changed.
  gradient_not_finite,
  /// The step would leave an entry that is NaN or infinite in the parameter or the state: nothing
  /// was changed.
  result_not_finite,
};

/// Tells what a call of step() did.
struct StepInfo {
  Outcome outcome = Outcome::taken;
  double update_norm = 0.0;  ///< ||W_new - retention W||_F = lr * factor * ||direction||_F.
  Direction direction;       ///< What the rule says: norm, survivors, dead or not.

  bool taken() const { return outcome == Outcome::taken; }
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
  if (M::buffers >= 1) state.momentum.setZero(rows, cols);
  if (M::buffers >= 2) state.second_moment.setZero(rows, cols);
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

/// \throws std::invalid_argument unless a matrix of the state has the shape that it must have.
template <class Matrix>
void require_buffer(const char* name, const Matrix& buffer, bool used, Index rows, Index cols) {
  if (!used) rows = cols = 0;
  if (buffer.rows() == rows && buffer.cols() == cols) return;
  refuse_argument(std::string("step: the state's ") + name + " is " +
                  shape(buffer.rows(), buffer.cols()) + ", this recipe and parameter have " +
                  shape(rows, cols) + "; make the state with initial_state()");
}

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

/// Multiplies each block of a direction by the scale's factor for it. Returns the norm of all.
template <class Engine, class R, class S, class T>
double scale_blocks(const R& rule, const S& scale, const optimizer::Direction& direction,
                    const engine::View<T>& x) {
  auto all = engine::as_eigen(x);
  for_each_factor(rule, scale, x.rows, x.cols, direction,
                  [&all](Index, const optimizer::Block& block, double factor) {
                    all.block(block.row, block.col, block.rows, block.cols) *=
                        static_cast<T>(factor);
                  });
  return Engine::template Kernels<T>::frobenius_norm(x);
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
///                them where it is told their addresses (router.hpp).
/// \param gradient  of the parameter's shape: any expression, any order, evaluated once. It must
///                not overlap the parameter.
/// \param learning_rate  of this step; schedules are the caller's.
/// \param[in,out] state  made by initial_state() for this recipe and shape.
/// \param workspace  grows to what the largest parameter needs; once it is warm, rules without an
///                SVD allocate nothing.
/// \return what happened. A step that is not taken(), and a call that throws, leaves parameter and
///                state as they were, bit for bit: both are written last.
/// \throws std::invalid_argument if shapes do not fit, entries of the parameter share memory, the
///                learning rate is negative or not finite, a number of the recipe is out of its
///                range, or the decay's retention at this learning rate is not in [0, 1]; what the
///                rule throws.
/// Cost: the rule's, and some ten passes over the parameter. Determinism: as the rule's. Where the
/// processor flushes subnormal numbers to zero, entries of the state that decay below the smallest
/// normal number (1.2e-38 in float) become 0.
template <class Engine = DefaultEngine, class R, class M, class S, class D, class W, class G,
          class T, detail::require_matrix<W> = 0>
StepInfo step(const Recipe<R, M, S, D>& recipe, W&& parameter, const Eigen::MatrixBase<G>& gradient,
              double learning_rate, State<T>& state, StepWorkspace& workspace) {
  using Scalar = typename detail::plain_t<W>::Scalar;
  detail::require_writable<W>();
  static_assert(std::is_same_v<T, detail::compute_t<Scalar>>,
                "pion: the state has another scalar than the parameter's steps are computed in");
  const Index rows = parameter.rows();
  const Index cols = parameter.cols();
  if (gradient.rows() != rows || gradient.cols() != cols) {
    detail::refuse_argument("step: the gradient is " +
                            detail::shape(gradient.rows(), gradient.cols()) +
                            " and the parameter is " + detail::shape(rows, cols));
  }
  const double kept = detail::require_valid_step(recipe, learning_rate);
  detail::require_distinct_entries(parameter);
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
  const auto lay_out = [&](detail::Arena& arena) {
    const auto take = [&](bool used) {
      return used ? engine::View<T>(arena.take<T>(rows * cols), rows, cols) : engine::View<T>();
    };
    work = take(true);
    new_momentum = take(M::buffers >= 1);
    new_second = take(M::buffers >= 2);
    old_start = arena.take<T>(start_size);
  };
  detail::Arena counting;
  lay_out(counting);
  detail::Arena arena(workspace.buffers, counting.used());
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

  const auto finite = [](const engine::View<T>& v) { return detail::size_of(v).finite; };

  detail::assign(gradient.derived(), x);
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
  const std::optional<double> factor =
      detail::common_factor(recipe.rule, recipe.scale, rows, cols, info.direction);
  const double length = learning_rate * factor.value_or(1.0);
  info.update_norm = length * (factor ? info.direction.norm
                                      : detail::scale_blocks<Engine>(recipe.rule, recipe.scale,
                                                                     info.direction, work));

  x = static_cast<T>(kept) * parameter.template cast<T>() - static_cast<T>(length) * x;
  const detail::Size size = detail::size_of(work);
  const auto highest = static_cast<double>((std::numeric_limits<Scalar>::max)());
  if (!size.finite || size.largest > highest) return refused(Outcome::result_not_finite);

  guard.take();
  ++state.steps;
  state.momentum = momentum;
  state.second_moment = second_moment;
  detail::assign(x, parameter);
  return info;
}

}  // namespace optimizer
}  // namespace pion
