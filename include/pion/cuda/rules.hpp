// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte
#include <utility>  // std::declval

#include <pion/cuda/list.hpp>
#include <pion/cuda/measure.hpp>
#include <pion/cuda/step_bodies.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/recipe/recipe.hpp>

/// The rules of a recipe on a device: each has plan_rule() and direct().
namespace pion::cuda {

/// The number of infos that a rule writes.
template <class Rule, class W>
Index heads_of(const Rule&, const Matrix<W>&) {
  return 1;
}
template <class Layout, class W>
Index heads_of(const optimizer::FilteredPerHead<Layout>& rule, const Matrix<W>&) {
  return head_count(rule.heads);
}

/// Two sums, and the pieces of one.
struct Moments {
  NormPartials *sums, *pieces;
  Moments(detail::Arena& arena, Index size)
      : sums(arena.take<NormPartials>(2)),
        pieces(arena.take<NormPartials>(reduction_pieces(size))) {}
};

/// What the rule does with matrices of x's shape, and in how many bytes; x needs no memory.
template <class T>
PlannedBytes plan_rule(const optimizer::Identity&, const Matrix<T>& x, Context&, const Options&) {
  detail::Arena counting;
  Moments(counting, x.rows * x.cols);
  return {counting.used()};
}

/// Turns x into the direction in place, as planned, with memory at `at`.
template <class T>
void direct(const optimizer::Identity&, const PlannedBytes&, const Matrix<T>& x, Context& context,
            const Options& options, std::byte* at) {
  detail::Arena arena(at);
  const Moments moments(arena, x.rows * x.cols);
  const bool by_columns = x.order == Order::columns;
  const Batch<T> all{x.data, by_columns ? x.rows : x.cols, by_columns ? x.cols : x.rows, x.stride};
  const NormPartials* const size =
      measure(context.stream(), all, all.shape(), moments.sums, moments.pieces);
  check(once(context.stream(), 1, Untouched{size, options.info}), "once");
}

/// The matrices that a rule filters: x, or its heads.
template <class T>
List<T, T> list_of(const optimizer::Filtered&, const Matrix<T>& x) {
  List<T, T> one;
  one.add(x, x);
  return one;
}
template <class Layout, class T>
List<T, T> list_of(const optimizer::FilteredPerHead<Layout>& rule, const Matrix<T>& x) {
  const Matrix<const T> in = x;
  return list_of_heads("step", in, rule.heads, x);
}

/// As above, of a rule that filters.
template <class Rule, class T, class = decltype(std::declval<const Rule&>().filter)>
PlannedList plan_rule(const Rule& rule, const Matrix<T>& x, Context& context,
                      const Options& options) {
  return plan_list(rule.filter, context, options, list_of(rule, x));
}

/// As above, of a rule that filters.
template <class Rule, class T>
void direct(const Rule& rule, const PlannedList& planned, const Matrix<T>& x, Context& context,
            const Options& options, std::byte* at) {
  filter_list(rule.filter, planned, context, options, list_of(rule, x), at);
}

/// The rule itself, or the first part of a Sequence, whose other parts change its direction.
template <class Rule>
const auto& head_of(const Rule& rule) {
  if constexpr (detail::is_sequence<Rule>) {
    return rule.head();
  } else {
    return rule;
  }
}

}  // namespace pion::cuda
