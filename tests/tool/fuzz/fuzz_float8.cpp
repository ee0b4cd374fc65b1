// SPDX-License-Identifier: Apache-2.0
// Whatever the shapes of a weight in 8 bits and its table, each number gets a scale, or an
// io::Error of one line says that the table does not fit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "pion_tool/io/float8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pion::io;
  std::size_t at = 0;
  const auto next = [&](unsigned most) { return at < size ? data[at++] % (most + 1U) : 0U; };
  const auto shape = [&](std::size_t rank) {
    Shape out;
    for (std::size_t i = 0; i < rank; ++i) out.push_back(next(255));
    return out;
  };
  const TensorInfo weight{"w", next(1) ? "F8_E5M2" : "F8_E4M3", {}, shape(2 + next(1))};
  Tensor table{"w_scale", next(1) ? DType::f32 : DType::bf16, shape(next(3)), {}, "fuzz"};
  const auto bytes = byte_count(table.shape, static_cast<unsigned>(8 * size_of(table.dtype)));
  if (!bytes || *bytes > 1U << 20U) return 0;
  table.bytes.resize(*bytes);
  for (std::byte& byte : table.bytes) byte = static_cast<std::byte>(next(255));
  const std::vector<MatrixPart> parts = matrices_in(weight);
  if (parts.empty()) return 0;
  const MatrixPart& part = parts[next(255) % parts.size()];
  try {
    const std::vector<std::byte> bits(part.size(), static_cast<std::byte>(next(255)));
    check(read_float8(weight, part, bits, scales_of(weight, part, table), "fuzz"));
  } catch (const Error& error) {
    if (std::strpbrk(error.what(), "\r\n") != nullptr) std::abort();
  }
  return 0;
}
