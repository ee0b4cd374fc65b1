// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/matrix_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <pion/optimizer/routing/parameter_names.hpp>

namespace pion::io {
namespace {

std::int64_t product(Shape::const_iterator from, Shape::const_iterator to) {
  return std::accumulate(from, to, std::int64_t(1), std::multiplies<>());
}

/// Whether a tensor of three dimensions or more is a stack of matrices.
bool is_stack(const TensorInfo& info, const PartPatterns& patterns) {
  if (fits(patterns.flatten, info.name)) return false;
  if (fits(patterns.stacked, info.name)) return true;
  const Shape& shape = info.shape;
  return shape.size() == 3 && shape[1] > 1 && shape[2] > 1 && !optimizer::is_convolution(info.name);
}

}  // namespace

bool fits(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return optimizer::matches(pattern, name); });
}

std::vector<MatrixPart> matrices_in(const TensorInfo& info, const PartPatterns& patterns) {
  const Shape& shape = info.shape;
  if (shape.size() < 2) return {};
  if (shape.size() == 2) return {{info.name, shape[0], shape[1], 0}};
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return {};
  if (!is_stack(info, patterns)) {
    return {{info.name, shape[0], product(shape.begin() + 1, shape.end()), 0}};
  }
  const std::int64_t count = product(shape.begin(), shape.end() - 2);
  std::vector<MatrixPart> parts;
  for (std::int64_t i = 0; i < count; ++i) {
    MatrixPart part{count == 1 ? info.name : fmt::format("{}[{}]", info.name, i),
                    *(shape.end() - 2), shape.back(), 0};
    part.first = static_cast<std::uint64_t>(i) * part.size();
    parts.push_back(std::move(part));
  }
  return parts;
}

Tensor cut(Tensor tensor, const MatrixPart& part) {
  const std::size_t width = size_of(tensor.dtype);
  if (part.size() * width != tensor.bytes.size()) {
    const auto begin = tensor.bytes.begin() + static_cast<std::ptrdiff_t>(part.first * width);
    tensor.bytes = {begin, begin + static_cast<std::ptrdiff_t>(part.size() * width)};
  }
  tensor.name = part.name;
  tensor.shape = {part.rows, part.cols};
  return tensor;
}

}  // namespace pion::io
