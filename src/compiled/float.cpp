// SPDX-License-Identifier: Apache-2.0
#define PION_PART_SCALAR float
#include "parts.hpp"
