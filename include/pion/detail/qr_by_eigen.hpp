// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::ptrdiff_t

#include <Eigen/QR>

#include <pion/detail/qr.hpp>
#include <pion/detail/traits.hpp>

/// The definition of orthogonal_factor(), apart as that of decompose() (svd_by_eigen.hpp).
namespace pion::detail {

template <class T>
[[gnu::noinline]] void orthogonal_factor(std::ptrdiff_t n, const T* a, T* q) {
  using Matrix = ColumnMajor<T>;
  const Eigen::HouseholderQR<Matrix> qr(Eigen::Map<const Matrix>(a, n, n));
  Eigen::Map<Matrix>(q, n, n) = qr.householderQ();
}

}  // namespace pion::detail
