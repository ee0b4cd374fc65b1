// SPDX-License-Identifier: Apache-2.0
#pragma once

// Eigen's SVD, compiled once for all programs of this tree: every translation unit that compiles
// its own takes some twenty seconds longer. Who links pion_svd_once includes this file first.

#include <pion/detail/svd.hpp>

namespace pion::detail {

extern template ThinSvd<float> thin_svd(const Dense<float>&);
extern template ThinSvd<double> thin_svd(const Dense<double>&);
extern template Eigen::VectorXd singular_values(const Dense<double>&);

}  // namespace pion::detail
