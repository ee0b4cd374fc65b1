// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/tensor.hpp"

/// Weights in 8 bits: F8_E4M3 without infinities, F8_E5M2 with them (Micikevicius et al., FP8
/// Formats for Deep Learning, 2022), and their tables of scales.
namespace pion::io {

bool is_float8(std::string_view dtype_name);

/// From 1 to the next larger number: 2^-3 for F8_E4M3, 2^-2 for F8_E5M2.
double epsilon_of_float8(std::string_view dtype_name);

/// The number that 8 bits stand for; exact.
float float8(std::string_view dtype_name, std::uint8_t bits);

/// The scales of one matrix: a table of which each entry is for a block of equal size, the last
/// ones shorter.
struct BlockScales {
  std::int64_t block_rows = 1;
  std::int64_t block_cols = 1;
  std::int64_t blocks_across = 1;  ///< In one row of the table.
  std::vector<float> values;
};

/// How a table of that shape would lie over a matrix, without values; nothing if scales_of() knows
/// no such table.
std::optional<BlockScales> layout_of(const Shape& table, std::int64_t rows, std::int64_t cols);

/// Finds out what a table is to a matrix of an F8 tensor: one scale for all of it, one for each
/// row, or one for each block of 128 x 128. To a stack, it is a stack of such tables, or one scale.
/// \throws Error if the table has no such shape.
BlockScales scales_of(const TensorInfo& weight, const MatrixPart& part, const Tensor& table);

/// The matrix in F32: each number times its scale, as the models multiply them. Without scales the
/// numbers as they are.
Tensor read_float8(const TensorInfo& weight, const MatrixPart& part,
                   const std::vector<std::byte>& bits, const std::optional<BlockScales>& scales,
                   std::string file);

}  // namespace pion::io
