// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

/// Calls of operator new, and of Eigen's allocator where it is forbidden.
extern std::atomic<long> allocations;
