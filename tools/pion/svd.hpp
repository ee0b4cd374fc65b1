// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <pion/apply.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <pion/filter.hpp>

#include "pion/io/tensor.hpp"

/// The core's functions that go through Eigen's SVD, instantiated in one place: each translation
/// unit that has one takes some fifteen seconds longer to compile.
namespace pion::tool {

Spectrum spectrum_of(const io::Matrix<double>& x);

/// apply_svd(), for every scalar that files hold.
template <class Scalar>
ApplyInfo apply_by_svd(const Filter& f, const io::Matrix<Scalar>& x, io::Matrix<Scalar>& y);

/// low_rank_polar(), for float and double.
template <class Scalar>
ApplyInfo low_rank_by_svd(const io::Matrix<Scalar>& x, std::int64_t rank, io::Matrix<Scalar>& y);

/// apply() by any method.
template <class Scalar>
ApplyInfo apply_by(Method method, const Filter& f, const io::Matrix<Scalar>& x,
                   io::Matrix<Scalar>& y, Workspace& workspace) {
  if (method == Method::svd) return apply_by_svd(f, x, y);
  return apply(f, x, y, workspace, method);
}

}  // namespace pion::tool
