// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/symmetric_eigen.hpp>

template void pion::detail::SymmetricEigen<pion::detail::SmallStorage>::compute(
    const pion::detail::Small& g);
