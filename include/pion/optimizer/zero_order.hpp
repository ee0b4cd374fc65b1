// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int64_t, std::uint64_t

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/random.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/default.hpp>
#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/step.hpp>

namespace pion {
namespace optimizer {

/// ZO-Muon (Lang et al. 2026): Muon from values of the loss alone. With P orthonormal columns,
/// drawn anew every `every` steps, and Gaussian u_i of rank x cols,
///
///   g = mean of u_i (f(W + mu P u_i) - f(W)) / mu;  W <- W - lr (P rule(g) + decay W)
///
/// No gradient, no momentum, no state: the draws depend on the seed and the step alone. The runs
/// take rank 2 and `central` with one sample, or four samples. Parameters that are no matrices take
/// plain zeroth-order SGD.
template <class Rule = Filtered>
struct ZeroOrder {
  Rule rule{{chains::muon()}};
  Index rank = 2;
  double mu = 1e-3;
  int samples = 4;
  bool central = false;  ///< (f(W + mu P u) - f(W - mu P u)) / (2 mu).
  std::int64_t every = 100;
  double decay = 0.0;
  std::uint64_t seed = 0;

  void require_valid() const {
    detail::require_period("ZeroOrder: rank", rank);
    detail::require_period("ZeroOrder: samples", samples);
    detail::require_period("ZeroOrder: every", every);
    detail::require_nonnegative("ZeroOrder: decay", decay);
    if (!(mu > 0.0 && detail::is_finite(mu))) {
      detail::refuse_number("ZeroOrder: mu", mu, "finite and positive");
    }
  }
};

/// Takes a step of ZO-Muon. `loss()` returns the loss of the parameter as it then is.
///
/// The parameter is moved while the loss is asked for, and put back bit for bit. Where a loss, or
/// what the step would leave, is not finite, the parameter is as it was and the outcome
/// result_not_finite.
/// \param step  counted from 1.
/// \throws std::invalid_argument if a number is out of its range; what the loss throws, and then
///         the parameter is where the loss saw it. Cost: samples + 1 losses, or 2 samples if
///         central. Allocates.
template <class Engine = DefaultEngine, class Rule, class W, class Loss>
StepInfo zero_order_step(const ZeroOrder<Rule>& how, W&& parameter, const Loss& loss,
                         double learning_rate, std::int64_t step) {
  using Scalar = typename detail::plain_t<W>::Scalar;
  using T = detail::compute_t<Scalar>;
  using Matrix = detail::OwnedMatrix<T>;
  detail::require_writable<W>();
  how.require_valid();
  detail::require_nonnegative("zero_order_step: the learning rate", learning_rate);
  detail::require_period("zero_order_step: step", step);
  const Index m = parameter.rows(), n = parameter.cols(), r = (std::min)(how.rank, m);
  StepInfo info;
  if (parameter.size() == 0) return info;
  const auto view = [](Matrix& x) { return engine::View<T>(x.data(), x.rows(), x.cols()); };
  const auto fill = [&](std::uint64_t from, Matrix& x) {
    DefaultEngine::TallSkinnyKernels<T>::fill_gaussian(from, view(x));
  };
  Matrix p(m, r), u(r, n), g = Matrix::Zero(r, n);
  const auto period = static_cast<std::uint64_t>((step - 1) / how.every);
  fill(detail::random_bits(how.seed, 2 * period), p);
  detail::orthonormalize_columns(view(p));

  const typename detail::plain_t<W>::PlainObject before = parameter;
  const Matrix start = before.template cast<T>();
  const auto loss_at = [&](double distance) {
    parameter = (start + static_cast<T>(distance) * (p * u)).template cast<Scalar>();
    const auto value = static_cast<double>(loss());
    parameter = before;
    return value;
  };
  const double here = how.central ? 0.0 : static_cast<double>(loss());
  bool finite = detail::is_finite(here);
  const std::uint64_t now = detail::random_bits(how.seed, 2 * static_cast<std::uint64_t>(step) + 1);
  for (int i = 0; i < how.samples; ++i) {
    fill(detail::random_bits(now, static_cast<std::uint64_t>(i)), u);
    const double ahead = loss_at(how.mu);
    const double change = how.central ? 0.5 * (ahead - loss_at(-how.mu)) : ahead - here;
    finite = finite && detail::is_finite(change);
    if (!finite) break;
    g += static_cast<T>(change / how.mu / how.samples) * u;
  }
  const auto refused = [&info] {
    info = StepInfo();
    info.outcome = Outcome::result_not_finite;
    return info;
  };
  if (!finite || !g.allFinite()) return refused();
  Workspace workspace;
  info.direction = how.rule.template direct<Engine>(view(g), workspace);
  info.update_norm = learning_rate * info.direction.norm;
  Matrix after = static_cast<T>(1.0 - learning_rate * how.decay) * start -
                 static_cast<T>(learning_rate) * (p * g);
  const detail::Size size = detail::size_of(view(after));
  if (!size.finite || size.largest > static_cast<double>((std::numeric_limits<Scalar>::max)())) {
    return refused();
  }
  parameter = after.template cast<Scalar>();
  return info;
}

}  // namespace optimizer
}  // namespace pion
