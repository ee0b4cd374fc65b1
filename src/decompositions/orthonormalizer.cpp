// SPDX-License-Identifier: Apache-2.0
#include <pion/algorithm/orthonormalize.hpp>

template pion::detail::Small pion::algorithm::orthonormalizer(detail::Small, double);
