// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int64_t
#include <string>
#include <type_traits>
#include <utility>  // std::declval

#include <pion/engine/default.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/warm_rule.hpp>

/// How a step runs one part of a recipe. There are three kinds of part, told apart by a member:
///
///   advance(t, x, first, second)     a momentum form (momentum.hpp)
///   direct<Engine>(x, workspace)     a rule without a memory of its own (parts/rules.hpp)
///   run<Engine>(x, buffers, context) any other: it changes x, its buffers and the context
///
/// Every part has signature(), its name and the numbers by which the same state would give another
/// direction. Where its numbers have a range it has require_valid(), which throws
/// std::invalid_argument outside; where it wants facts of the step, `needs` (context.hpp); where it
/// remembers something, `buffers` and buffer(i, rows, cols) (buffers.hpp).
namespace pion::detail {

template <class Part, class = void>
struct has_signature : std::false_type {};
template <class Part>
struct has_signature<Part, std::void_t<decltype(std::declval<const Part&>().signature())>>
    : std::true_type {};

template <class Part, class = void>
struct has_range : std::false_type {};
template <class Part>
struct has_range<Part, std::void_t<decltype(std::declval<const Part&>().require_valid())>>
    : std::true_type {};

template <class Part>
std::string part_signature(const Part& part) {
  static_assert(has_signature<Part>::value,
                "pion: a part of a recipe needs std::string signature() const, its name and the "
                "numbers that change what its state means; a checkpoint compares it");
  return part.signature();
}

template <class Part>
void require_valid_part(const Part& part) {
  if constexpr (has_range<Part>::value) part.require_valid();
}

template <class Part, class T>
using matrix_of = decltype(engine::as_eigen(std::declval<const engine::View<T>&>()));

template <class Part, class T, class = void>
struct is_momentum_form : std::false_type {};
template <class Part, class T>
struct is_momentum_form<
    Part, T,
    std::void_t<decltype(std::declval<const Part&>().advance(
        std::int64_t(), std::declval<matrix_of<Part, T>&>(), std::declval<matrix_of<Part, T>&>(),
        std::declval<matrix_of<Part, T>&>()))>> : std::true_type {};

template <class Part, class T, class = void>
struct has_run : std::false_type {};
template <class Part, class T>
struct has_run<
    Part, T,
    std::void_t<decltype(std::declval<const Part&>().template run<DefaultEngine>(
        std::declval<const engine::View<T>&>(), std::declval<const optimizer::Slot<T>*>(),
        std::declval<optimizer::StepContext<T>&>()))>> : std::true_type {};

/// Runs a part on x. `own` are its buffers.
template <class Engine, class Part, class T>
void run_part(const Part& part, const engine::View<T>& x,
              [[maybe_unused]] const optimizer::Slot<T>* own, optimizer::StepContext<T>& at) {
  if constexpr (has_run<Part, T>::value) {
    part.template run<Engine>(x, own, at);
  } else if constexpr (is_momentum_form<Part, T>::value) {
    const engine::View<T> none;
    auto input = engine::as_eigen(x);
    auto first = engine::as_eigen(buffer_count<Part> >= 1 ? own[0].values : none);
    auto second = engine::as_eigen(buffer_count<Part> >= 2 ? own[1].values : none);
    part.advance(at.t, input, first, second);
  } else {
    at.direction = direct<Engine>(part, x, at.scratch, at.warm_start);
    const bool whole = at.input.rows == x.rows && at.input.cols == x.cols;
    if (at.input.data != nullptr && whole) at.inner = inner_product(at.input, x);
  }
}

}  // namespace pion::detail
