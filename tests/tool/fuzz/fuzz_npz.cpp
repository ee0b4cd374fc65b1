// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as .npz gives sound tensors or an io::Error of one line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "pion_tool/io/npz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto expect_error = [](auto&& action) {
    try {
      action();
    } catch (const pion::io::Error& error) {
      if (std::strpbrk(error.what(), "\r\n") != nullptr) std::abort();
    }
  };
  expect_error([&] {
    const pion::io::NpzFile file(pion::io::Source::memory("fuzz.npz", data, size));
    for (const pion::io::TensorInfo& info : file.entries()) {
      expect_error([&] { check(file.load(info.name)); });
    }
  });
  return 0;
}
