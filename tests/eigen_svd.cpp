// SPDX-License-Identifier: Apache-2.0
#include "eigen_svd.hpp"

#define PION_NOTHING
PION_EIGEN_SVDS(PION_NOTHING);
