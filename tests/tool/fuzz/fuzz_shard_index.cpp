// SPDX-License-Identifier: Apache-2.0
// Whatever the text, reading it as an index of shards gives names of files or an io::Error of one
// line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "pion_tool/io/error.hpp"
#include "pion_tool/io/shard_index.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const auto& [tensor, shard] : pion::io::parse_shard_index("fuzz", text)) {
      if (shard.empty() || shard.find('/') != shard.npos) std::abort();
    }
  } catch (const pion::io::Error& error) {
    if (std::strpbrk(error.what(), "\r\n") != nullptr) std::abort();
  }
  return 0;
}
