// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt
#include <string>

#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/parts/input_transforms.hpp>
#include <pion/optimizer/recipe/direction.hpp>

/// The rules of norms other than the spectral: the direction of length 1 along which a linear
/// function falls fastest (Scion, Pethick et al. 2025). For weights stored (out, in).
namespace pion {
namespace detail {

template <class T>
optimizer::Direction direction_with_norm(const engine::View<T>& x) {
  optimizer::Direction d;
  d.norm = norm_of(x);
  return d;
}

}  // namespace detail

namespace optimizer {

/// Gives the signs of the entries, over the number of columns where `per_input` is set (the norm
/// from the 1-norm to the max norm, which Scion takes for output layers).
struct SignRule {
  bool per_input = true;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    auto o = engine::as_eigen(x);
    const T size = per_input ? T(1) / static_cast<T>(x.cols) : T(1);
    o = o.unaryExpr([size](T entry) { return size * formulas::SignOf{}(entry); });
    return detail::direction_with_norm(x);
  }
  std::string signature() const { return per_input ? "SignRule{per input}" : "SignRule"; }
};

/// Gives each column the root mean square 1, over the number of columns where `per_input` is set:
/// M_j / (||M_j|| / sqrt(rows) [cols] + 1e-8).
struct ColumnNormRule {
  bool per_input = true;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    auto o = engine::as_eigen(x);
    const double over =
        (per_input ? static_cast<double>(x.cols) : 1.0) / std::sqrt(static_cast<double>(x.rows));
    for (Index j = 0; j < x.cols; ++j) {
      const double norm = std::sqrt(o.col(j).template cast<double>().squaredNorm());
      o.col(j) /= static_cast<T>(norm * over + 1e-8);
    }
    return detail::direction_with_norm(x);
  }
  std::string signature() const {
    return per_input ? "ColumnNormRule{per input}" : "ColumnNormRule";
  }
};

/// Gives each row the norm 1, over the root of the number of columns where `per_input` is set:
/// M_i / (||M_i|| [sqrt(cols)] + 1e-8).
struct RowNormRule {
  bool per_input = true;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    auto o = engine::as_eigen(x);
    const double over = per_input ? std::sqrt(static_cast<double>(x.cols)) : 1.0;
    for (Index i = 0; i < x.rows; ++i) {
      const double norm = std::sqrt(o.row(i).template cast<double>().squaredNorm());
      o.row(i) /= static_cast<T>(norm * over + 1e-8);
    }
    return detail::direction_with_norm(x);
  }
  std::string signature() const { return per_input ? "RowNormRule{per input}" : "RowNormRule"; }
};

/// Gives the whole the root mean square 1 (Scion's BiasRMS, for parameters that are one column):
/// G / (rms(G) + 1e-8).
struct RmsRule {
  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    const double rms = detail::norm_of(x) / std::sqrt(static_cast<double>(x.size()));
    engine::as_eigen(x) /= static_cast<T>(rms + 1e-8);
    return detail::direction_with_norm(x);
  }
  std::string signature() const { return "RmsRule"; }
};

}  // namespace optimizer
}  // namespace pion
