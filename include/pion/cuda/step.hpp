// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::size_t
#include <cstdint>  // std::int64_t
#include <string>
#include <type_traits>

#include <pion/cuda/apply.hpp>
#include <pion/cuda/measure.hpp>
#include <pion/cuda/step_bodies.hpp>
#include <pion/optimizer/rules.hpp>
#include <pion/optimizer/step.hpp>

/// One step of an optimiser that does not leave the device.
namespace pion {
namespace cuda {

/// What an optimiser remembers of one parameter, in device memory of its own: optimizer::State
/// there. T is double for parameters of doubles, else float. The matrices lie in the parameter's
/// order, without gaps, and have no memory where the recipe has no use for them.
template <class T>
class State {
 public:
  /// Before the first step of `parameter`, whose memory is not looked at.
  /// \throws std::invalid_argument if a size is negative or a number of the recipe out of range;
  ///         device_error.
  template <class R, class M, class S, class D, class W>
  State(const optimizer::Recipe<R, M, S, D>& recipe, const Matrix<W>& parameter, Context& context)
      : rows_(parameter.rows), cols_(parameter.cols), order_(parameter.order) {
    static_assert(std::is_same_v<T, sum_t<W>>,
                  "pion: the state has another scalar than the parameter's steps are computed in");
    if (rows_ < 0 || cols_ < 0) {
      pion::detail::refuse_argument("State: a parameter cannot be " +
                                    pion::detail::shape(rows_, cols_));
    }
    recipe.momentum.require_valid();
    buffers_ = M::buffers;
    pion::detail::Arena counting;
    lay_out(counting);
    pion::detail::Arena arena(memory_.reserve(counting.used()));
    lay_out(arena);
    check(cudaMemsetAsync(memory_.reserve(0), 0, counting.used(), context.stream()),
          "cudaMemsetAsync");
  }

  Matrix<T> momentum() const { return {first_, rows_, cols_, order_}; }
  Matrix<T> second_moment() const { return {second_, rows_, cols_, order_}; }
  /// Steps taken, a number on the device; refused ones do not count.
  std::int64_t* steps() const { return steps_; }

 private:
  void lay_out(pion::detail::Arena& arena) {
    steps_ = arena.take<std::int64_t>(1);
    if (buffers_ >= 1) first_ = arena.take<T>(rows_ * cols_);
    if (buffers_ >= 2) second_ = arena.take<T>(rows_ * cols_);
  }

  Memory memory_;
  Index rows_, cols_;
  Order order_;
  int buffers_ = 0;
  std::int64_t* steps_ = nullptr;
  T* first_ = nullptr;
  T* second_ = nullptr;
};

/// How a step goes about its rule's filter, and where it tells what it did.
struct StepOptions {
  Method method = Method::automatic;
  Precision precision = Precision::storage;  ///< Of T, which momentum and direction are stored in.
  StepInfo* info = nullptr;                  ///< In device memory, or null.
};

// --- rules: how many infos each gives, and what it does to x in place with memory at `at`, or the
// bytes that it needs where that is null.

template <class Rule, class W>
Index heads_of(const Rule&, const Matrix<W>&) {
  return 1;
}
template <class Layout, class W>
Index heads_of(const optimizer::FilteredPerHead<Layout>& rule, const Matrix<W>&) {
  return head_count(rule.heads);
}

template <class T>
std::size_t direct(const optimizer::Identity&, const Matrix<T>& x, Context& context,
                   const Options& options, std::byte* at) {
  pion::detail::Arena arena(at);
  NormPartials* const moments = arena.take<NormPartials>(2);
  NormPartials* const partials = arena.take<NormPartials>(reduction_pieces(x.rows * x.cols));
  if (at == nullptr) return arena.used();
  const bool by_columns = x.order == Order::columns;
  const Batch<T> all{x.data, by_columns ? x.rows : x.cols, by_columns ? x.cols : x.rows, x.stride};
  const NormPartials* const size = measure(context.stream(), all, all.shape(), moments, partials);
  check(once(context.stream(), 1, Untouched{size, options.info}), "once");
  return arena.used();
}

template <class T>
std::size_t direct(const optimizer::Filtered& rule, const Matrix<T>& x, Context& context,
                   const Options& options, std::byte* at) {
  List<T, T> one;
  one.add(x, x);
  return filter_list(rule.filter, context, options, one, at);
}

template <class Layout, class T>
std::size_t direct(const optimizer::FilteredPerHead<Layout>& rule, const Matrix<T>& x,
                   Context& context, const Options& options, std::byte* at) {
  const Matrix<const T> in = x;
  return filter_list(rule.filter, context, options, list_of_heads("step", in, rule.heads, x), at);
}

/// A scale's factor on a device, where the direction's norm is: `factor`, or over the norm.
template <class Scale>
constexpr bool over_norm(const Scale&) {
  using namespace optimizer;
  constexpr bool of_shape = std::is_same_v<Scale, Unscaled> || std::is_same_v<Scale, JordanScale> ||
                            std::is_same_v<Scale, SqrtMaxScale> ||
                            std::is_same_v<Scale, SpectralScale>;
  static_assert(of_shape || std::is_same_v<Scale, RmsScale>,
                "pion: a scale rule that a step on the device does not know");
  return !of_shape;
}

}  // namespace cuda

namespace optimizer {

/// One step of one parameter on a device: optimizer::step(), which has the meaning of it all.
///
/// \param[in,out] parameter  in device memory, of any scalar and order.
/// \param gradient  of its shape, in any order (the parameter's is fastest), of its scalar or of
///            bfloat16 for float parameters or float for bfloat16 ones. It must not overlap it.
/// \param[in,out] state  made for this recipe and parameter. The rule is Identity, Filtered or
///         FilteredPerHead, or LowRank with cuda/svd.hpp. The call only adds to the context's
///         stream: what became of the step, and whether it was taken, is in options.info. A step
///         that is not taken leaves parameter and state as they were, bit for bit.
/// \throws std::invalid_argument as the host's; device_error, and if it is for want of memory,
///         nothing has been begun.
/// Cost: the rule's, and three passes over parameter and state. Determinism: as the rule's.
template <class R, class M, class S, class D, class W, class G>
void step(const Recipe<R, M, S, D>& recipe, const cuda::Matrix<W>& parameter,
          const cuda::Matrix<G>& gradient, double learning_rate, cuda::State<cuda::sum_t<W>>& state,
          cuda::Context& context, const cuda::StepOptions& options = {}) {
  using T = cuda::sum_t<W>;
  using cuda::Batch;
  using Gradient = std::remove_const_t<G>;
  const Index rows = parameter.rows, cols = parameter.cols;
  if (gradient.rows != rows || gradient.cols != cols) {
    pion::detail::refuse_argument("step: the gradient is " +
                                  pion::detail::shape(gradient.rows, gradient.cols) +
                                  " and the parameter is " + pion::detail::shape(rows, cols));
  }
  cuda::require_fit("step", gradient, parameter);
  detail::require_nonnegative("step: the learning rate", learning_rate);
  recipe.momentum.require_valid();
  detail::require_nonnegative("step: the weight decay", recipe.decay.rate);
  const cuda::Matrix<T> first = state.momentum(), second = state.second_moment();
  const bool fits = first.rows == rows && first.cols == cols && first.order == parameter.order &&
                    (rows * cols == 0 || ((first.data != nullptr) == (M::buffers >= 1) &&
                                          (second.data != nullptr) == (M::buffers >= 2)));
  if (!fits) {
    pion::detail::refuse_argument("step: the state is not for this recipe and a parameter of " +
                                  pion::detail::shape(rows, cols) + " in this order");
  }

  // As the parameter lies, inner dimension first.
  const bool by_columns = parameter.order == cuda::Order::columns;
  const Index m = by_columns ? rows : cols, n = by_columns ? cols : rows;
  const Index heads = cuda::heads_of(recipe.rule, parameter);
  cuda::StepMatrices<W> at;
  cuda::Info* infos = nullptr;
  cuda::StepInfo* info = nullptr;
  cuda::Unbias* factors = nullptr;
  cuda::Verdict* partials = nullptr;
  const auto lay_out = [&](pion::detail::Arena& arena) {
    at.x = cuda::take_batch<T>(arena, m, n, 1);
    if (M::buffers >= 1) at.new_first = cuda::take_batch<T>(arena, m, n, 1);
    if (M::buffers >= 2) at.new_second = cuda::take_batch<T>(arena, m, n, 1);
    infos = arena.take<cuda::Info>(heads);
    info = arena.take<cuda::StepInfo>(1);
    factors = arena.take<cuda::Unbias>(1);
    partials = arena.take<cuda::Verdict>(cuda::reduction_pieces(m * n));
  };
  pion::detail::Arena counting;
  lay_out(counting);
  const auto run_rule = [&](std::byte* memory) {
    const cuda::Options how{options.method, options.precision, infos};
    const cuda::Matrix<T> x(at.x.data, rows, cols, at.x.stride, parameter.order);
    return direct(recipe.rule, x, context, how, memory);  // of cuda, by its matrix
  };
  const bool empty = rows * cols == 0;
  const std::size_t own = counting.used();
  std::byte* const memory = context.reserve(own + (empty ? 0 : run_rule(nullptr)));
  pion::detail::Arena arena(memory);
  lay_out(arena);
  if (options.info != nullptr) info = options.info;
  const cudaStream_t stream = context.stream();

  at.parameter = {parameter.data, m, n, parameter.stride};
  at.first = {first.data, m, n, m};
  at.second = {second.data, m, n, m};
  cuda::PointerBatch<const Gradient> table;
  table.data[0] = gradient.data;
  table.stride = gradient.stride;
  table.crossed = gradient.order != parameter.order;
  const cuda::Shape shape{m, n, 1};
  if (empty) {
    cuda::check(cuda::once(stream, 1, cuda::Nothing{info}), "once");
  } else {
    cuda::check(cuda::once(stream, 1, cuda::Prepare<M>{recipe.momentum, state.steps(), factors}),
                "once");
    const cuda::Advance<W, Gradient, M> advance{
        at, table, recipe.momentum, recipe.decay.in_gradient(), factors, info};
    cuda::check(cuda::reduce(stream, shape, advance, partials), "reduce");
    run_rule(memory + own);
    Direction unit;
    unit.norm = 1.0;
    const double factor = learning_rate * recipe.scale.factor(rows, cols, unit);
    cuda::check(
        cuda::once(stream, 1,
                   cuda::ScaleStep{infos, heads, factor, cuda::over_norm(recipe.scale), info}),
        "once");
    const cuda::UpdateParameter<W> descend{at, recipe.decay.retention(learning_rate), info};
    cuda::check(cuda::reduce(stream, shape, descend, partials), "reduce");
    cuda::check(cuda::map(stream, shape, cuda::Commit<W>{at, info}), "map");
  }
  cuda::check(cuda::once(stream, 1, cuda::CountStep{state.steps(), info}), "once");
}

}  // namespace optimizer
}  // namespace pion
