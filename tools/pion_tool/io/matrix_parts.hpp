// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// A matrix in a tensor: values that follow one another in its row-major order.
struct MatrixPart {
  std::string name;  ///< The tensor's, with the place in a stack: "experts.up_proj[3]".
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::uint64_t first = 0;  ///< How many values of the tensor lie before.

  std::uint64_t size() const {
    return static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(cols);
  }
};

/// Patterns of the names of tensors that are to be seen in another way than matrices_in() does.
struct PartPatterns {
  std::vector<std::string> flatten;  ///< As one matrix, whose rows go along the first axis.
  std::vector<std::string> stacked;  ///< As a stack of matrices along the last two axes.
};

/// Whether a name fits one of the patterns.
bool fits(const std::vector<std::string>& patterns, const std::string& name);

/// The matrices in a tensor. Of three dimensions it is a stack of matrices, such as experts or
/// layers; but a stack of single rows or columns, the kernel of a convolution by its name, and a
/// tensor of more dimensions are one matrix (out, in kh kw). A scalar and a vector hold none, nor
/// does a tensor of more than two dimensions without values.
std::vector<MatrixPart> matrices_in(const TensorInfo& info, const PartPatterns& patterns = {});

/// The values of a matrix, out of all values of its tensor.
Tensor cut(Tensor tensor, const MatrixPart& part);

}  // namespace pion::io
