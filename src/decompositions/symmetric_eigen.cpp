// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/symmetric_eigen.hpp>

template struct pion::detail::SymmetricEigen<pion::detail::Small>;
