// SPDX-License-Identifier: Apache-2.0
#pragma once

// Eigen's SVDs, compiled once for all tests (eigen_svd.cpp): each takes ten seconds and more.

#include <Eigen/SVD>

using LongMatrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;

#if EIGEN_VERSION_AT_LEAST(3, 4, 90)
// The options became arguments of the template, and what takes them cannot be instantiated as a
// whole: each file compiles its own.
#define PION_THIN , Eigen::ComputeThinU | Eigen::ComputeThinV
#define PION_EIGEN_SVDS(prefix) static_assert(true)
#else
#define PION_EIGEN_SVDS(prefix)                         \
  prefix template class Eigen::JacobiSVD<LongMatrix>;   \
  prefix template class Eigen::BDCSVD<Eigen::MatrixXf>; \
  prefix template class Eigen::BDCSVD<Eigen::MatrixXd>
#endif

PION_EIGEN_SVDS(extern);
