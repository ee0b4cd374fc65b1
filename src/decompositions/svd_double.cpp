// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/svd.hpp>

template pion::detail::ThinSvd<double> pion::detail::thin_svd(const Dense<double>&);
template Eigen::VectorXd pion::detail::singular_values(const Dense<double>&);
