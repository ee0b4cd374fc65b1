// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/svd_by_eigen.hpp>

template void pion::detail::decompose(pion::Index, pion::Index, const double*, double*, double*,
                                      double*);
