// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::isfinite
#include <cstddef>  // std::size_t
#include <initializer_list>
#include <string>
#include <utility>  // std::move
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/filter/polynomial.hpp>

namespace pion {

/// A list of odd quintics, applied first to last: f = p_T o ... o p_1. An empty chain is f(s) = s.
///
/// A chain alone is not yet a filter: what its argument is measured against is the normaliser's
/// part (filter.hpp).
class Chain {
 public:
  Chain() = default;

  /// \throws std::invalid_argument if a coefficient is not finite; the message names the step.
  explicit Chain(std::vector<OddQuintic> steps) : steps_(std::move(steps)) {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const OddQuintic& p = steps_[i];
      if (!(std::isfinite(p.a) && std::isfinite(p.b) && std::isfinite(p.c))) {
        detail::refuse_argument("Chain: step " + std::to_string(i + 1) +
                                " has a coefficient that is not finite");
      }
    }
  }
  Chain(std::initializer_list<OddQuintic> steps) : Chain(std::vector<OddQuintic>(steps)) {}

  const std::vector<OddQuintic>& steps() const { return steps_; }
  int size() const { return static_cast<int>(steps_.size()); }
  bool empty() const { return steps_.empty(); }

  /// Computes f(s), in the wider of double and T.
  template <class T>
  auto operator()(const T& s) const {
    auto x = 1.0 * s;
    for (const OddQuintic& p : steps_) x = p(x);
    return x;
  }

  /// Computes f'(s) by the chain rule, in the wider of double and T.
  template <class T>
  auto derivative(const T& s) const {
    auto x = 1.0 * s;
    auto slope = 1.0 + 0.0 * s;
    for (const OddQuintic& p : steps_) {
      slope = p.derivative(x) * slope;
      x = p(x);
    }
    return slope;
  }

  /// Returns the composition "this, then `next`": s -> next(f(s)).
  Chain then(const Chain& next) const {
    std::vector<OddQuintic> all = steps_;
    all.insert(all.end(), next.steps_.begin(), next.steps_.end());
    return Chain(std::move(all));
  }

  friend bool operator==(const Chain& f, const Chain& g) { return f.steps_ == g.steps_; }
  friend bool operator!=(const Chain& f, const Chain& g) { return !(f == g); }

 private:
  std::vector<OddQuintic> steps_;
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
