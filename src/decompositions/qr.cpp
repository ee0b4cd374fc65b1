// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/qr_by_eigen.hpp>

template void pion::detail::orthogonal_factor(std::ptrdiff_t, const double*, double*);
