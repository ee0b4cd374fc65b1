// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <pion/detail/finite.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/elementwise.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/filter/heads.hpp>

/// How unequal the heads of a projection are (Fan et al. 2026, Fig. 4b, App. G).
namespace pion {

/// Computes ||head||_F of every head, in the order in which they lie, for Heads or FusedHeads.
/// Cost: one pass over x, in double; allocates a copy.
/// \throws std::invalid_argument if the heads do not fill the matrix; std::domain_error if a norm
///         is not finite.
template <class X, class Layout>
detail::OwnedVector<double> head_norms(const Eigen::MatrixBase<X>& x, const Layout& heads) {
  require_heads_fit("head_norms", heads, x.rows(), x.cols());
  if (x.size() == 0) return detail::OwnedVector<double>::Zero(head_count(heads));
  detail::OwnedMatrix<double> in_double = x.template cast<double>();
  detail::OwnedVector<double> norms(head_count(heads));
  for (Index i = 0; i < norms.size(); ++i) {
    auto block = head_block(in_double, heads, i);
    const auto head = detail::in_place<engine::View<double>>(block);
    norms(i) = engine::Elementwise<double>::frobenius_norm(head);
    const bool finite = detail::size_of(engine::View<const double>(head)).finite;
    if (!finite || !detail::is_finite(norms(i))) {
      detail::refuse_values("head_norms: the norm of head " + std::to_string(i) + " is not finite");
    }
  }
  return norms;
}

/// The mean, variance (of the population: divided by the count), smallest and largest of some
/// numbers.
struct Spread {
  double mean = 0.0;
  double variance = 0.0;
  double smallest = 0.0;
  double largest = 0.0;
};

/// Computes the spread of some numbers; all members are 0 where there are none.
inline Spread spread(const detail::OwnedVector<double>& numbers) {
  if (numbers.size() == 0) return {};
  const double mean = detail::sum(numbers) / static_cast<double>(numbers.size());
  return {mean, (numbers.array() - mean).square().mean(), numbers.minCoeff(), numbers.maxCoeff()};
}

}  // namespace pion
