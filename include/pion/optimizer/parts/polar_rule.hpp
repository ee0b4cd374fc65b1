// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt
#include <string>

#include <pion/algorithm/svd.hpp>
#include <pion/detail/svd.hpp>
#include <pion/engine/view.hpp>
#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/recipe/direction.hpp>

namespace pion {
namespace detail {

/// x <- U V^T over the directions whose singular value is not rounding. Returns their number.
/// Allocates: it takes an SVD. \see decomposition_rounding()
template <class T>
Index exact_polar(const engine::View<T>& x) {
  const ThinSvd<T> svd = thin_svd<T>(engine::as_eigen(x));
  const auto sigma = svd.singularValues();
  const T least = sigma.size() == 0 ? T(0) : decomposition_rounding<T>(x.rows, x.cols) * sigma(0);
  const Index rank = (sigma.array() > least).count();
  algorithm::recompose(svd, OwnedVector<T>::Ones(rank), x);
  return rank;
}

}  // namespace detail

namespace optimizer {

/// Orthogonalises, as a filter approximates it or exactly: a rule for programs that choose while
/// they run. The exact polar factor maps directions without a singular value to 0, as filters do;
/// that of a plain SVD is not unique there, and inputs of that kind occur (the signs of a matrix,
/// centred rows).
///
/// Exact, it takes an SVD and allocates. A file that steps it compiles Eigen's SVD (low_rank.hpp).
struct Polar {
  Filter filter{chains::muon()};
  bool exact = false;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace) const {
    if (!exact) return Filtered{filter}.template direct<Engine>(x, workspace);
    Direction d;
    d.survivors = detail::exact_polar(x);
    d.norm = std::sqrt(static_cast<double>(*d.survivors));
    return d;
  }
  std::string signature() const {
    return exact ? std::string("Polar{exact}") : Filtered{filter}.signature();
  }
};

}  // namespace optimizer
}  // namespace pion
