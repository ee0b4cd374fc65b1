// SPDX-License-Identifier: Apache-2.0
#include <pion/algorithm/orthonormalize.hpp>

template pion::Index pion::algorithm::orthonormalizer(pion::Index, const double*, double, double*);
