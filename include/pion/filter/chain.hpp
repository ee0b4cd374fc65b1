// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <initializer_list>
#include <memory>  // std::make_shared, std::shared_ptr
#include <string>
#include <utility>  // std::move
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/filter/polynomial.hpp>

namespace pion {

/// A list of odd quintics, applied first to last: f = p_T o ... o p_1. An empty chain is f(s) = s.
///
/// A chain alone is not yet a filter: a normaliser says what its argument is measured against
/// (filter/filter.hpp). A chain never changes, and its copies share its steps: to copy one
/// allocates nothing.
class Chain {
 public:
  Chain() = default;

  /// \throws std::invalid_argument if a coefficient is not finite; the message names the step.
  explicit Chain(std::vector<OddQuintic> steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const OddQuintic& p = steps[i];
      if (!(detail::is_finite(p.a) && detail::is_finite(p.b) && detail::is_finite(p.c))) {
        detail::refuse_argument("Chain: step " + std::to_string(i + 1) +
                                " has a coefficient that is not finite");
      }
    }
    if (!steps.empty()) {
      steps_ = std::make_shared<const std::vector<OddQuintic>>(std::move(steps));
    }
  }
  /// The steps, in the order in which they are applied.
  Chain(std::initializer_list<OddQuintic> steps) : Chain(std::vector<OddQuintic>(steps)) {}

  const std::vector<OddQuintic>& steps() const {
    static const std::vector<OddQuintic> none;
    return steps_ ? *steps_ : none;
  }
  int size() const { return static_cast<int>(steps().size()); }  ///< How many steps it has.
  bool empty() const { return steps().empty(); }

  /// Computes f(s), in the wider of double and T.
  template <class T>
  auto operator()(const T& s) const {
    auto x = 1.0 * s;
    for (const OddQuintic& p : steps()) x = p(x);
    return x;
  }

  /// Computes f'(s) by the chain rule, in the wider of double and T.
  template <class T>
  auto derivative(const T& s) const {
    auto x = 1.0 * s;
    auto slope = 1.0 + 0.0 * s;
    for (const OddQuintic& p : steps()) {
      slope = p.derivative(x) * slope;
      x = p(x);
    }
    return slope;
  }

  /// Returns the composition "this, then `next`": s -> next(f(s)).
  Chain then(const Chain& next) const {
    std::vector<OddQuintic> all = steps();
    all.insert(all.end(), next.steps().begin(), next.steps().end());
    return Chain(std::move(all));
  }

  friend bool operator==(const Chain& f, const Chain& g) { return f.steps() == g.steps(); }
  friend bool operator!=(const Chain& f, const Chain& g) { return !(f == g); }

 private:
  std::shared_ptr<const std::vector<OddQuintic>> steps_;  // none where there are no steps
};

/// Returns the chain that repeats one step.
/// \throws std::invalid_argument if `times` is negative or a coefficient is not finite.
inline Chain repeat(const OddQuintic& step, int times) {
  if (times < 0) {
    detail::refuse_argument("repeat: a chain has " + std::to_string(times) + " steps");
  }
  return Chain(std::vector<OddQuintic>(static_cast<std::size_t>(times), step));
}

}  // namespace pion
