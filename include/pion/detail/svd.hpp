// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/SVD>

namespace pion::detail {

template <class T>
using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// Eigen's divide-and-conquer SVD with thin factors, in the form that the version at hand wants:
/// since 3.4.90 the options are template arguments.
#if EIGEN_VERSION_AT_LEAST(3, 4, 90)
template <class T>
using ThinSvd = Eigen::BDCSVD<Dense<T>, Eigen::ComputeThinU | Eigen::ComputeThinV>;

template <class T>
ThinSvd<T> thin_svd(const Dense<T>& x) {
  return ThinSvd<T>(x);
}
#else
template <class T>
using ThinSvd = Eigen::BDCSVD<Dense<T>>;

template <class T>
ThinSvd<T> thin_svd(const Dense<T>& x) {
  return ThinSvd<T>(x, Eigen::ComputeThinU | Eigen::ComputeThinV);
}
#endif

/// The singular values alone, descending.
template <class T>
Eigen::Matrix<T, Eigen::Dynamic, 1> singular_values(const Dense<T>& x) {
  return Eigen::BDCSVD<Dense<T>>(x).singularValues();
}

#ifdef PION_DECOMPOSITIONS_COMPILED  // in a file of the program's own, once
extern template ThinSvd<float> thin_svd(const Dense<float>&);
extern template ThinSvd<double> thin_svd(const Dense<double>&);
extern template Eigen::VectorXd singular_values(const Dense<double>&);
#endif

}  // namespace pion::detail
