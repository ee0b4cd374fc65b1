// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <pion/apply/within.hpp>
#include <pion/diagnostics/sketch.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <pion/filter/filter.hpp>

#include "pion_tool/io/tensor.hpp"

/// Instantiates in one place the library's functions that take long to compile, above all those
/// that use Eigen's SVD.
namespace pion::tool {

/// spectrum() of a tensor's matrix, or of a block of it, for every scalar that files hold.
template <class Scalar>
Spectrum spectrum_of(const Eigen::Ref<const io::RowMajor<Scalar>>& x);

/// sketch_spectrum() of the same.
template <class Scalar>
SketchedSpectrum sketch_of(const Eigen::Ref<const io::RowMajor<Scalar>>& x, const Within& how);

/// apply_svd(), for every scalar that files hold.
template <class Scalar>
ApplyInfo apply_by_svd(const Filter& f, const io::Matrix<Scalar>& x, io::Matrix<Scalar>& y);

/// polar_factor(), for float and double.
template <class Scalar>
ApplyInfo low_rank_by_svd(const io::Matrix<Scalar>& x, std::int64_t rank, io::Matrix<Scalar>& y);

/// apply() with a tolerance, for every scalar that files hold.
template <class Scalar>
ApplyInfo apply_within(const Tolerance& tolerance, const Filter& f, const io::Matrix<Scalar>& x,
                       io::Matrix<Scalar>& y, Workspace& workspace);

/// apply() by any method; the tolerance is that of low_rank.
template <class Scalar>
ApplyInfo apply_by(const Tolerance& tolerance, const Filter& f, const io::Matrix<Scalar>& x,
                   io::Matrix<Scalar>& y, Workspace& workspace) {
  if (tolerance.method == Method::svd) return apply_by_svd(f, x, y);
  if (tolerance.method == Method::low_rank) return apply_within(tolerance, f, x, y, workspace);
  return apply(f, x, y, workspace, tolerance.method);
}

}  // namespace pion::tool
