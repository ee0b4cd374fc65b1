// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>  // std::declval, std::pair

#include <pion/detail/traits.hpp>

/// What a step asks a rule whose matrix lies on many ranks (distributed/step.hpp). Such a rule has
///
///   bool holds_everywhere(bool here)                   whether something holds on all ranks
///   std::pair<Index, Index> whole_shape(rows, cols)    of the matrix of which x is a part
///
/// A step asks before it goes on, so that it is refused on all ranks or on none. For any other rule
/// the answer is what holds here, and the shape is that of x.
namespace pion::detail {

template <class Rule, class = void>
inline constexpr bool spans_ranks = false;
template <class Rule>
inline constexpr bool spans_ranks<
    Rule, std::void_t<decltype(std::declval<const Rule&>().holds_everywhere(true)),
                      decltype(std::declval<const Rule&>().whole_shape(Index(), Index()))>> = true;

template <class Rule>
bool holds_everywhere([[maybe_unused]] const Rule& rule, bool here) {
  if constexpr (spans_ranks<Rule>) {
    return rule.holds_everywhere(here);
  } else {
    return here;
  }
}

template <class Rule>
std::pair<Index, Index> whole_shape([[maybe_unused]] const Rule& rule, Index rows, Index cols) {
  if constexpr (spans_ranks<Rule>) {
    return rule.whole_shape(rows, cols);
  } else {
    return {rows, cols};
  }
}

}  // namespace pion::detail
