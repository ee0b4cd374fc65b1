// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>  // std::max
#include <cmath>      // std::sqrt

#include <pion/detail/finite.hpp>
#include <pion/detail/traits.hpp>

namespace pion::detail {

/// Gathers a sum of squares near a point from its residuals and their gradients, one at a time: its
/// value, J^T r, and the lower half of J^T J.
struct NormalEquations {
  explicit NormalEquations(Eigen::Index unknowns)
      : gradient(OwnedVector<double>::Zero(unknowns)),
        curvature(OwnedMatrix<double>::Zero(unknowns, unknowns)) {}

  void add(double residual, double slope, const OwnedVector<double>& row) {
    value += residual * residual;
    for (Eigen::Index j = 0; j < row.size(); ++j) {
      const double entry = slope * row[j];
      gradient[j] += residual * entry;
      for (Eigen::Index i = j; i < row.size(); ++i) curvature(i, j) += entry * (slope * row[i]);
    }
  }

  double value = 0.0;
  OwnedVector<double> gradient;
  OwnedMatrix<double> curvature;
};

/// Solves (A + diag(shift)) x = b by Cholesky's factorisation, for a positive definite matrix whose
/// lower half is given.
/// \param a      the lower half of A.
/// \param shift  what is added to the diagonal.
/// \param x      b at first, then the solution.
/// Returns false where rounding leaves the matrix indefinite; x then means nothing. It is written
/// out because Eigen's costs a user of chains::low_pass() more compilation than all the rest.
inline bool solve_shifted(OwnedMatrix<double> a, const OwnedVector<double>& shift,
                          OwnedVector<double>& x) {
  const Eigen::Index n = x.size();
  for (Eigen::Index j = 0; j < n; ++j) {
    double pivot = a(j, j) + shift[j];
    for (Eigen::Index k = 0; k < j; ++k) pivot -= a(j, k) * a(j, k);
    if (!(pivot > 0.0)) return false;
    a(j, j) = std::sqrt(pivot);
    for (Eigen::Index i = j + 1; i < n; ++i) {
      double entry = a(i, j);
      for (Eigen::Index k = 0; k < j; ++k) entry -= a(i, k) * a(j, k);
      a(i, j) = entry / a(j, j);
    }
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index k = 0; k < i; ++k) x[i] -= a(i, k) * x[k];
    x[i] /= a(i, i);
  }
  for (Eigen::Index i = n; i-- > 0;) {
    for (Eigen::Index k = i + 1; k < n; ++k) x[i] -= a(k, i) * x[k];
    x[i] /= a(i, i);
  }
  return true;
}

/// Finds a minimum of a sum of squares near theta by Levenberg and Marquardt's method, with
/// Marquardt's scaling and Nielsen's damping (Madsen, Nielsen and Tingleff 2004, Methods for
/// Non-linear Least Squares Problems, alg. 3.16); never worse than at theta. `sum(theta)` is its
/// value there and `sum.normal(theta)` its NormalEquations.
///
/// Ends when a step has gained less than 1e-10 of the value, or after so many evaluations.
template <class Sum>
OwnedVector<double> least_squares(const Sum& sum, OwnedVector<double> theta, int evaluations) {
  NormalEquations here = sum.normal(theta);
  OwnedVector<double> scale = OwnedVector<double>::Zero(theta.size());
  double damping = 1e-3, growth = 2.0;
  for (int n = 1; n < evaluations && here.value > 0.0 && damping < 1e16; ++n) {
    for (Eigen::Index j = 0; j < theta.size(); ++j) {
      scale[j] = (std::max)({scale[j], here.curvature(j, j), 1e-300});
    }
    OwnedVector<double> step = -here.gradient;
    if (!solve_shifted(here.curvature, damping * scale, step)) {
      damping *= growth;
      growth *= 2.0;
      continue;
    }
    const OwnedVector<double> there = theta + step;
    const double value = all_finite(there.data(), there.size()) ? sum(there) : HUGE_VAL;
    double promised = 0.0;  // by the quadratic, less what damping takes
    for (Eigen::Index j = 0; j < theta.size(); ++j) {
      promised += step[j] * (damping * scale[j] * step[j] - here.gradient[j]);
    }
    const double gained = here.value - value, ratio = gained / promised;
    if (!(gained > 0.0)) {
      if (promised < 1e-14 * here.value) break;
      damping *= growth;
      growth *= 2.0;
      continue;
    }
    const bool settled = gained <= 1e-10 * here.value && promised <= 1e-10 * here.value;
    theta = there;
    if (settled) break;
    here = sum.normal(theta);
    const double good = 2.0 * ratio - 1.0;
    damping *= (std::max)(1.0 / 3.0, 1.0 - good * good * good);
    growth = 2.0;
  }
  return theta;
}

}  // namespace pion::detail
