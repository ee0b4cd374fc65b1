// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::pow
#include <cstdint>  // std::int64_t
#include <string>

#include <pion/detail/host_device.hpp>
#include <pion/optimizer/recipe/check.hpp>

/// The momentum forms: how the gradients so far become the matrix that a rule sees.
///
/// A form has `buffers`, the number of matrices that it remembers, require_valid(), signature()
/// (recipe.hpp) and advance(t, x, first, second). On entry x holds the gradient of step t (counted
/// from 1), and first and second hold what the last step left, zero before the first step. On
/// return x is the rule's input, and first and second are what this step leaves.
///
/// A form of this header writes its equations once, in Update<T>, for numbers of T and for Eigen
/// arrays of them: the host calls it on arrays, a kernel on the numbers of one entry
/// (cuda/step_bodies.hpp). update(unbias(t)) makes it for step t, with the form's numbers in T and
/// what they need to be multiplied by.
namespace pion {
namespace optimizer {

/// Holds the factors that correct the first and second moments of step t for their zero start; 1 in
/// forms that do not correct.
struct Unbias {
  double first = 1.0, second = 1.0;
};

}  // namespace optimizer

namespace detail {

/// Runs a form's equations on whole matrices.
template <class Form, class X, class M>
void advance(const Form& form, std::int64_t t, X& x, M& first, M& second) {
  const auto unbias = form.unbias(static_cast<double>(t));
  const auto update = form.template update<typename X::Scalar>(unbias);
  auto inputs = x.array();
  auto firsts = first.array(), seconds = second.array();
  update(inputs, firsts, seconds);
}

}  // namespace detail

namespace optimizer {

/// Gives the gradient itself; nothing is remembered.
struct NoMomentum {
  static constexpr int buffers = 0;
  std::string signature() const { return "NoMomentum"; }

  template <class T>
  struct Update {
    template <class X, class M>
    PION_HOST_DEVICE void operator()(X& /*x*/, M& /*first*/, M& /*second*/) const {}
  };
  PION_HOST_DEVICE Unbias unbias(double /*t*/) const { return {}; }
  template <class T>
  PION_HOST_DEVICE Update<T> update(const Unbias& /*unbias*/) const {
    return {};
  }

  template <class X, class M>
  void advance(std::int64_t /*t*/, X& /*x*/, M& /*first*/, M& /*second*/) const {}
};

/// M <- mu M + G (Fan et al. 2026, eq. 1); the input is M, or G + mu M (Nesterov).
struct HeavyBall {
  double momentum = 0.95;  ///< The mu above, in [0, 1).
  bool nesterov = false;   ///< Looks a step ahead.

  static constexpr int buffers = 1;
  void require_valid() const { detail::require_fraction("HeavyBall: momentum", momentum); }
  std::string signature() const {
    return detail::signature("HeavyBall",
                             {{"momentum", momentum}, {"nesterov", nesterov ? 1.0 : 0.0}});
  }

  template <class T>
  struct Update {
    /// The form's numbers.
    T mu;
    bool nesterov;
    template <class X, class M>
    PION_HOST_DEVICE void operator()(X& x, M& first, M& /*second*/) const {
      first = mu * first + x;
      if (nesterov) {
        x = x + mu * first;
      } else {
        x = first;
      }
    }
  };
  PION_HOST_DEVICE Unbias unbias(double /*t*/) const { return {}; }
  template <class T>
  PION_HOST_DEVICE Update<T> update(const Unbias& /*unbias*/) const {
    return {static_cast<T>(momentum), nesterov};
  }

  template <class X, class M>
  void advance(std::int64_t t, X& x, M& first, M& second) const {
    detail::advance(*this, t, x, first, second);
  }
};

/// M <- beta M + (1 - beta) G; the input is M, or (1 - beta) G + beta M (Nesterov). The input is
/// (1 - beta) times HeavyBall's: both give the same steps under rules that ignore the scale of
/// their input, and only under those.
struct Ema {
  double beta = 0.95;
  bool nesterov = false;  ///< Looks a step ahead.

  static constexpr int buffers = 1;
  void require_valid() const { detail::require_fraction("Ema: beta", beta); }
  std::string signature() const {
    return detail::signature("Ema", {{"beta", beta}, {"nesterov", nesterov ? 1.0 : 0.0}});
  }

  template <class T>
  struct Update {
    /// The form's numbers; rest is 1 - beta.
    T beta, rest;
    bool nesterov;
    template <class X, class M>
    PION_HOST_DEVICE void operator()(X& x, M& first, M& /*second*/) const {
      first = beta * first + rest * x;
      if (nesterov) {
        x = rest * x + beta * first;
      } else {
        x = first;
      }
    }
  };
  PION_HOST_DEVICE Unbias unbias(double /*t*/) const { return {}; }
  template <class T>
  PION_HOST_DEVICE Update<T> update(const Unbias& /*unbias*/) const {
    return {static_cast<T>(beta), static_cast<T>(1.0 - beta), nesterov};
  }

  template <class X, class M>
  void advance(std::int64_t t, X& x, M& first, M& second) const {
    detail::advance(*this, t, x, first, second);
  }
};

/// Ema corrected for its zero start, as optax has it: the input is M / (1 - beta^t), or with
/// Nesterov beta M / (1 - beta^(t+1)) + (1 - beta) G / (1 - beta^t). The two corrections differ, so
/// the first directions are others than Ema's.
struct CorrectedEma {
  double beta = 0.95;
  bool nesterov = true;  ///< Looks a step ahead.

  static constexpr int buffers = 1;
  void require_valid() const { detail::require_fraction("CorrectedEma: beta", beta); }
  std::string signature() const {
    return detail::signature("CorrectedEma", {{"beta", beta}, {"nesterov", nesterov ? 1.0 : 0.0}});
  }

  template <class T>
  struct Update {
    /// The form's numbers; rest is 1 - beta. The input has of_momentum M and of_gradient G.
    T beta, rest, of_momentum, of_gradient;
    template <class X, class M>
    PION_HOST_DEVICE void operator()(X& x, M& first, M& /*second*/) const {
      first = beta * first + rest * x;
      x = of_momentum * first + of_gradient * x;
    }
  };
  PION_HOST_DEVICE Unbias unbias(double t) const {
    using std::pow;
    return {1.0 / (1.0 - pow(beta, nesterov ? t + 1.0 : t)), 1.0 / (1.0 - pow(beta, t))};
  }
  template <class T>
  PION_HOST_DEVICE Update<T> update(const Unbias& unbias) const {
    return {static_cast<T>(beta), static_cast<T>(1.0 - beta),
            static_cast<T>((nesterov ? beta : 1.0) * unbias.first),
            static_cast<T>(nesterov ? (1.0 - beta) * unbias.second : 0.0)};
  }

  template <class X, class M>
  void advance(std::int64_t t, X& x, M& first, M& second) const {
    detail::advance(*this, t, x, first, second);
  }
};

}  // namespace optimizer
}  // namespace pion
