// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/detail/language.hpp>

/// Marks functions that run on the host and, compiled by nvcc, on a device.
#if defined(__CUDACC__)
#define PION_HOST_DEVICE __host__ __device__
#else
#define PION_HOST_DEVICE
#endif
