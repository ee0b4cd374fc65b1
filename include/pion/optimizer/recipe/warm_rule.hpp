// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>  // std::declval

#include <pion/apply/backoff.hpp>
#include <pion/apply/warm_start.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/direction.hpp>

/// How a step runs a rule: with the state's warm start where the rule takes one, without where it
/// does not.
namespace pion::detail {

/// Says whether a rule takes a warm start and leaves one.
template <class R, class T, class = void>
struct keeps_warm_start : std::false_type {};
template <class R, class T>
struct keeps_warm_start<
    R, T,
    std::void_t<decltype(std::declval<const R&>().template direct<DefaultEngine>(
        std::declval<const engine::View<T>&>(), std::declval<Workspace&>(),
        std::declval<WarmStart<T>&>()))>> : std::true_type {};

/// Copies a warm start, and copies it back in the destructor unless take() has been called: a step
/// that is refused, or a rule that throws, must leave the state as it was.
template <class T>
class WarmStartGuard {
 public:
  /// \param memory  receives the copy; as many T as the start has values.
  WarmStartGuard(WarmStart<T>& start, T* memory)
      : start_(start),
        basis_(memory, start.extent(), start.directions()),
        backoff_(start.backoff()) {
    engine::as_eigen(basis_) = engine::as_eigen(start.basis());
  }
  ~WarmStartGuard() {
    if (taken_) return;
    start_.remember(basis_);  // allocates only where the rule has given its memory away
    start_.backoff() = backoff_;
  }
  WarmStartGuard(const WarmStartGuard&) = delete;
  WarmStartGuard& operator=(const WarmStartGuard&) = delete;

  void take() { taken_ = true; }

 private:
  WarmStart<T>& start_;
  engine::View<T> basis_;
  Backoff backoff_;
  bool taken_ = false;
};

/// x <- the rule's direction for x. The rule gets the warm start if it takes one.
template <class Engine, class R, class T>
optimizer::Direction direct(const R& rule, const engine::View<T>& x, Workspace& workspace,
                            [[maybe_unused]] WarmStart<T>& start) {
  if constexpr (keeps_warm_start<R, T>::value) {
    return rule.template direct<Engine>(x, workspace, start);
  } else {
    return rule.template direct<Engine>(x, workspace);
  }
}

}  // namespace pion::detail
