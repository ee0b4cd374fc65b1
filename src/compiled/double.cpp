// SPDX-License-Identifier: Apache-2.0
#define PION_PART_SCALAR double
#include "parts.hpp"
