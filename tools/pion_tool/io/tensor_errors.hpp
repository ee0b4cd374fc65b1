// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <string_view>

#include "pion_tool/io/tensor.hpp"

namespace pion::tool {

inline bool is_matrix(const io::TensorInfo& info) { return info.shape.size() == 2; }

/// "256x1024".
inline std::string dimensions(const io::Shape& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

/// The core's refusal, with the file and the tensor in place of the function that begins it.
[[noreturn]] inline void throw_about(std::string_view file, std::string_view tensor,
                                     std::string_view refusal) {
  const std::size_t colon = refusal.find(": ");
  const std::string_view reason = refusal.substr(colon == refusal.npos ? 0 : colon + 2);
  throw io::Error(file, fmt::format("tensor {}: {}", io::quote(tensor), reason));
}

/// Does the work on a tensor; what the core refuses about it leaves as an io::Error.
template <class Work>
auto about(std::string_view file, std::string_view tensor, const Work& work) {
  try {
    return work();
  } catch (const std::invalid_argument& error) {
    throw_about(file, tensor, error.what());
  } catch (const std::domain_error& error) {
    throw_about(file, tensor, error.what());
  }
}

}  // namespace pion::tool
