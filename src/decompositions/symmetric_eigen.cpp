// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/symmetric_by_eigen.hpp>

template void pion::detail::decompose_symmetric(std::ptrdiff_t, const double*, double*, double*,
                                                std::byte*);
template void pion::detail::symmetric_values(std::ptrdiff_t, const double*, double*);
template void pion::detail::symmetric_vectors(std::ptrdiff_t, const double*, double*, double*);
