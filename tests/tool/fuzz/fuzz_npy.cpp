// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as .npy gives a sound tensor or an io::Error of one line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "pion_tool/io/npy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const pion::io::NpyFile file(pion::io::Source::memory("fuzz.npy", data, size));
    const pion::io::Tensor tensor = file.load("fuzz");
    check(tensor);
    pion::io::to_matrix<float>(tensor);
  } catch (const pion::io::Error& error) {
    if (std::strpbrk(error.what(), "\r\n") != nullptr) std::abort();
  }
  return 0;
}
