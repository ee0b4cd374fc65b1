// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>   // std::min, std::nth_element
#include <cmath>       // std::ceil, std::fabs
#include <functional>  // std::greater
#include <string>

#include <pion/algorithm/svd.hpp>
#include <pion/detail/svd.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

/// What a worker may send in place of a matrix x. Each is contractive: ||C(x) - x||^2 is at most
/// (1 - a) ||x||^2 with an a > 0. A compressor has compress<Engine>(x, workspace), which changes x
/// in place, and signature().
namespace pion::optimizer {

/// Sends all. a = 1.
struct SendAll {
  template <class Engine, class T>
  void compress(const engine::View<T>& /*x*/, Workspace& /*workspace*/) const {}
  std::string signature() const { return "SendAll"; }
};

/// Keeps the ceil(share N) of N entries that are largest; of equal ones those that come first,
/// column by column. a = share.
struct SendLargest {
  double share = 0.1;

  void require_valid() const { detail::require_share("SendLargest: share", share); }
  std::string signature() const { return detail::signature("SendLargest", {{"share", share}}); }

  template <class Engine, class T>
  void compress(const engine::View<T>& x, Workspace& workspace) const {
    const auto keep = static_cast<Index>(std::ceil(share * static_cast<double>(x.size())));
    auto matrix = engine::as_eigen(x);
    if (keep >= x.size()) return;
    if (keep == 0) {
      matrix.setZero();
      return;
    }
    detail::Arena counting;
    counting.take<T>(x.size());
    detail::Arena arena(workspace, counting.used());
    T* const sizes = arena.take<T>(x.size());
    engine::as_eigen(engine::View<T>(sizes, x.rows, x.cols)) = matrix.cwiseAbs();
    std::nth_element(sizes, sizes + keep - 1, sizes + x.size(), std::greater<T>());
    const T least = sizes[keep - 1];
    Index ties = keep - (matrix.cwiseAbs().array() > least).count();
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; ++i) {
        const T size = std::fabs(matrix(i, j));
        if (size > least || (size == least && ties-- > 0)) continue;
        matrix(i, j) = T(0);
      }
    }
  }
};

/// Keeps the `rank` largest singular triplets. a = rank / min(m, n) at least. By an SVD, which
/// allocates.
struct SendRank {
  Index rank = 1;

  void require_valid() const { detail::require_period("SendRank: rank", rank); }
  std::string signature() const {
    return detail::signature("SendRank", {{"rank", static_cast<double>(rank)}});
  }

  template <class Engine, class T>
  void compress(const engine::View<T>& x, Workspace& /*workspace*/) const {
    const Index k = (std::min)(rank, (std::min)(x.rows, x.cols));
    const detail::ThinSvd<T> svd = detail::thin_svd<T>(engine::as_eigen(x));
    algorithm::recompose(svd, svd.singularValues().head(k), x);
  }
};

/// Sends the signs, and the mean of the sizes. a = 1 / N at least, for N entries. The sign of 0 is
/// 0 here; a code that draws it sends other numbers.
struct SendSigns {
  std::string signature() const { return "SendSigns"; }

  template <class Engine, class T>
  void compress(const engine::View<T>& x, Workspace& /*workspace*/) const {
    auto matrix = engine::as_eigen(x);
    const T mean = matrix.cwiseAbs().mean();
    matrix = matrix.unaryExpr([mean](T entry) { return mean * formulas::SignOf{}(entry); });
  }
};

}  // namespace pion::optimizer
