// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

/// Calls f() a dozen times. Blocks of every size that are taken in between and kept give what f()
/// allocates other addresses in each call: memory that Eigen has not aligned begins at any multiple
/// of 16 bytes.
template <class F>
void at_many_addresses(const F& f) {
  std::vector<std::unique_ptr<char[]>> kept;
  for (std::size_t call = 0; call < 12; ++call) {
    f();
    for (std::size_t bytes = 8; bytes < 3000; bytes += 16) {
      for (int i = 0; i < 8; ++i) kept.push_back(std::make_unique<char[]>(bytes));
    }
    kept.push_back(std::make_unique<char[]>(16 * call + 8));
  }
}
