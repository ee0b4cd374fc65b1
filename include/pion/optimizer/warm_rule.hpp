// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>  // std::declval

#include <pion/apply/backoff.hpp>
#include <pion/apply/warm_start.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/direction.hpp>

/// How a step runs a rule that begins where the step before ended, and one that does not.
namespace pion::optimizer::detail {

/// Whether a rule takes a warm start and leaves one.
template <class R, class T, class = void>
struct keeps_warm_start : std::false_type {};
template <class R, class T>
struct keeps_warm_start<
    R, T,
    std::void_t<decltype(std::declval<const R&>().template direct<DefaultEngine>(
        std::declval<const engine::View<T>&>(), std::declval<Workspace&>(),
        std::declval<WarmStart<T>&>()))>> : std::true_type {};

/// Puts a warm start back as it was, unless the step is taken.
template <class T>
class WarmStartGuard {
 public:
  /// \param memory  for the values of the start.
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

/// The rule's direction in x's place; with the warm start if it takes one.
template <class Engine, class R, class T>
Direction direct(const R& rule, const engine::View<T>& x, Workspace& workspace,
                 [[maybe_unused]] WarmStart<T>& start) {
  if constexpr (keeps_warm_start<R, T>::value) {
    return rule.template direct<Engine>(x, workspace, start);
  } else {
    return rule.template direct<Engine>(x, workspace);
  }
}

}  // namespace pion::optimizer::detail
