// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::all_of
#include <cstdint>    // std::uint8_t
#include <string>
#include <type_traits>
#include <utility>  // std::pair
#include <vector>

#include <pion/distributed/within.hpp>
#include <pion/optimizer/parts/filtered_within.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/step.hpp>

namespace pion::distributed {
namespace detail {

/// Has a rule of optimizer/ for matrices of which each rank has a part
/// (optimizer/recipe/over_ranks.hpp).
template <class C, class Rule>
class RuleOverRanks {
  static constexpr bool within = std::is_same_v<Rule, optimizer::FilteredWithin>;
  static constexpr bool identity = std::is_same_v<Rule, optimizer::Identity>;
  static_assert(within || identity || std::is_same_v<Rule, optimizer::Filtered>,
                "pion: on many ranks a step's rule is Filtered, FilteredWithin or Identity; step "
                "other recipes where one rank has the whole parameter");

 public:
  /// Of the rule's matrix, `axis` is cut; of its `extent` the local part begins at `offset`.
  RuleOverRanks(const C& comm, const Rule& rule, Axis axis, Index extent, Index offset)
      : comm_(comm), rule_(rule), axis_(axis), extent_(extent), offset_(offset) {}

  bool holds_everywhere(bool here) const {
    const auto all = gathered(comm_, static_cast<std::uint8_t>(here));
    return std::all_of(all.begin(), all.end(), [](std::uint8_t one) { return one != 0; });
  }
  std::pair<Index, Index> whole_shape(Index rows, Index cols) const {
    return axis_ == Axis::rows ? std::pair{extent_, cols} : std::pair{rows, extent_};
  }
  std::string signature() const { return rule_.signature(); }

  template <class Engine, class T>
  optimizer::Direction direct(const engine::View<T>& x, Workspace& workspace,
                              [[maybe_unused]] WarmStart<T>& start) const {
    if constexpr (identity) {
      optimizer::Direction d = rule_.template direct<Engine>(x, workspace);
      d.norm = norm_over_ranks(comm_, d.norm);
      return d;
    } else {
      const auto [rows, cols] = whole_shape(x.rows, x.cols);
      auto matrix = engine::as_eigen(x);
      const auto part = sharded(matrix, axis_, extent_, offset_);
      if constexpr (within) {
        const auto f =
            plan<T, Engine>(rule_.filter, rows, cols, axis_, comm_.size(), rule_.tolerance);
        return pion::detail::direction_of(apply(comm_, f, part, part, workspace, &start));
      } else {
        const auto f = plan<T, Engine>(rule_.filter, rows, cols, axis_, comm_.size());
        return pion::detail::direction_of(apply(comm_, f, part, part, workspace));
      }
    }
  }

 private:
  const C& comm_;
  const Rule& rule_;
  Axis axis_;
  Index extent_, offset_;
};

/// Says whether a part works entry by entry, or takes nothing but the shape and the norm of the
/// whole: then each rank can run it on its part.
template <class Momentum, class Scale, class T, class = void>
inline constexpr bool is_local = false;
template <class Momentum, class Scale, class T>
inline constexpr bool
    is_local<Momentum, Scale, T,
             std::enable_if_t<pion::detail::is_momentum_form<Momentum, T>::value &&
                              !pion::detail::has_length<Scale, T>::value>> = true;

}  // namespace detail

/// Takes one step of a parameter that lies on many ranks. Every rank calls it, each with its part.
///
/// The recipe's rule is Filtered, FilteredWithin or Identity; its momentum works entry by entry
/// (recipe/momentum.hpp), and its scale takes the whole parameter's shape and the whole direction's
/// norm: Muon, Pion, LPMuon, SGD, AdamW and their kin. Another recipe does not compile.
///
/// \param recipe, learning_rate  the same on all ranks.
/// \param[in,out] parameter  this rank's part, writable; its entries must not share memory.
/// \param gradient   cut as the parameter is.
/// \param[in,out] state  of this rank's part: optimizer::initial_state(recipe, parameter.local). A
///                   warm start in it is the same on all ranks.
/// \param workspace  as in optimizer::step().
/// \return what happened, the same on all ranks; norms are those of the whole. If one rank's
///         gradient or result is not finite, no rank changes anything.
/// \throws on every rank, the line of the first rank in trouble, and nothing is changed on any: as
///         optimizer::step(), distributed::plan() and distributed::apply(); if the ranks' recipes,
///         learning rates, numbers of steps, shapes or cuts differ.
/// Cost: optimizer::step()'s on the part, the messages of distributed::apply(), and four small
/// ones. Determinism: as distributed::apply().
template <class Engine = DefaultEngine, class C, class R, class M, class S, class D, class W,
          class G, class T>
optimizer::StepInfo step(const C& comm, const optimizer::Recipe<R, M, S, D>& recipe,
                         Sharded<W> parameter, const Sharded<G>& gradient, double learning_rate,
                         optimizer::State<T>& state, optimizer::StepWorkspace& workspace) {
  static_assert(
      detail::is_local<M, S, T>,
      "pion: on many ranks a step's momentum must work entry by entry, and its scale take "
      "no more than shape and norm; step other recipes where one rank has the whole");
  require_communicator<C>();
  pion::detail::require_writable<W>();
  using Over = detail::RuleOverRanks<C, R>;
  const bool turned = recipe.orientation == optimizer::Orientation::in_out;
  const Axis axis = turned == (parameter.axis == Axis::rows) ? Axis::cols : Axis::rows;
  const optimizer::Recipe<Over, M, S, D> over{
      {comm, recipe.rule, axis, parameter.extent, parameter.offset},
      recipe.momentum,
      recipe.scale,
      recipe.decay,
      recipe.orientation};
  using Memory = pion::detail::StepMemory<optimizer::Recipe<Over, M, S, D>, T>;

  detail::Opening mine;
  const detail::Trouble trouble = detail::trouble_of([&] {
    detail::require_same_cut("step", parameter, gradient);
    const double kept = pion::detail::require_valid_step(recipe, learning_rate);
    pion::detail::require_distinct_entries(parameter.local);
    const Index rows = turned ? parameter.local.cols() : parameter.local.rows();
    const Index cols = turned ? parameter.local.rows() : parameter.local.cols();
    pion::detail::require_buffers(recipe, rows, cols, state);
    pion::detail::laid_out<Memory>(workspace.buffers, over, state, rows, cols);
    detail::Hash call;
    call.add(detail::Call::step).add(sizeof(T)).add(learning_rate).add(state.steps);
    call.add(kept).add(recipe.decay.in_gradient());
    optimizer::Direction unit;
    unit.norm = 1.0;
    call.add(recipe.scale.factor(2, 3, unit));
    for (const char c : signature(recipe)) call.add(c);
    mine = detail::opening_of(call, Filter{}, parameter);
  });
  detail::opened(comm, mine, trouble, parameter.extent);
  return optimizer::step<Engine>(over, parameter.local, gradient.local, learning_rate, state,
                                 workspace);
}

}  // namespace pion::distributed
