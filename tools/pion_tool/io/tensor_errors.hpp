// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/io/tensor.hpp"

namespace pion::tool {

inline bool is_matrix(const io::TensorInfo& info) { return info.shape.size() == 2; }

/// "256x1024".
inline std::string dimensions(const io::Shape& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

/// Takes the name of the library's function off the beginning of its refusal.
inline std::string_view reason_in(std::string_view refusal) {
  const std::size_t colon = refusal.find(": ");
  return refusal.substr(colon == refusal.npos ? 0 : colon + 2);
}

/// Makes an error about one tensor of a file.
inline io::Error error_about(std::string_view file, std::string_view tensor,
                             std::string_view reason) {
  return {file, fmt::format("tensor {}: {}", io::quote(tensor), reason)};
}

/// Makes the error that no tensor of a file is a matrix to work on, with the reason of the first.
inline io::Error no_matrix(std::string_view file, const std::vector<io::TensorInfo>& entries) {
  std::string why = "it holds no tensors";
  if (!entries.empty()) {
    const io::TensorInfo& first = entries.front();
    const std::string reason = !is_matrix(first) ? "its shape is " + io::to_string(first.shape)
                                                 : "its values are " + first.dtype_name;
    why = fmt::format("tensor {}: {}", io::quote(first.name), reason);
  }
  return {file, fmt::format("holds no matrix of floats: {}", why)};
}

/// Does the work on a tensor. If the library refuses the tensor, or if memory is missing, an
/// io::Error about the tensor is thrown.
/// \param wanted  how many bytes the work takes for each value, at its peak.
template <class Work>
auto about(std::string_view file, std::string_view tensor, const io::Shape& shape, double wanted,
           const Work& work) {
  try {
    return work();
  } catch (const std::invalid_argument& error) {
    throw error_about(file, tensor, reason_in(error.what()));
  } catch (const std::domain_error& error) {
    throw error_about(file, tensor, reason_in(error.what()));
  } catch (const std::bad_alloc&) {
    double bytes = wanted;
    for (const std::int64_t extent : shape) bytes *= static_cast<double>(extent);
    throw error_about(file, tensor,
                      fmt::format("not enough memory: its {} values want about {:.0f} MB",
                                  dimensions(shape), std::ceil(1e-6 * bytes)));
  }
}

}  // namespace pion::tool
