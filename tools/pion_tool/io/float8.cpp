// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/float8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace pion::io {
namespace {

constexpr std::int64_t block = 128;

std::int64_t blocks_in(std::int64_t extent) {
  return extent / block + (extent % block > 0 ? 1 : 0);
}

std::vector<float> values_of(const Tensor& table) {
  std::vector<float> values;
  detail::with_type(table.dtype, [&](auto stored) {
    values.reserve(table.bytes.size() / sizeof stored);
    for (std::size_t at = 0; at < table.bytes.size(); at += sizeof stored) {
      detail::copy_value<decltype(stored)>(&stored, table.bytes.data() + at);
      values.push_back(detail::convert<float>(stored));
    }
  });
  return values;
}

}  // namespace

bool is_float8(std::string_view dtype_name) {
  return dtype_name == "F8_E4M3" || dtype_name == "F8_E5M2";
}

double epsilon_of_float8(std::string_view dtype_name) {
  return dtype_name == "F8_E4M3" ? 0x1p-3 : 0x1p-2;
}

float float8(std::string_view dtype_name, std::uint8_t bits) {
  const bool e4m3 = dtype_name == "F8_E4M3";
  const int fraction_bits = e4m3 ? 3 : 2, bias = e4m3 ? 7 : 15;
  const int exponent = (bits & 0x7f) >> fraction_bits;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const float sign = bits & 0x80 ? -1.0F : 1.0F;
  if (e4m3 ? (bits & 0x7f) == 0x7f : exponent == 31 && fraction > 0) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  if (!e4m3 && exponent == 31) return sign * std::numeric_limits<float>::infinity();
  const int leading = exponent > 0 ? 1 << fraction_bits : 0;  // none in subnormal numbers
  return sign * std::ldexp(static_cast<float>(leading + fraction),
                           std::max(exponent, 1) - bias - fraction_bits);
}

std::optional<BlockScales> layout_of(const Shape& table, std::int64_t rows, std::int64_t cols) {
  if (byte_count(table, 8) == 1U) return BlockScales{rows, cols, 1, {}};
  if (table == Shape{rows} || table == Shape{rows, 1}) return BlockScales{1, cols, 1, {}};
  if (table == Shape{blocks_in(rows), blocks_in(cols)}) {
    return BlockScales{block, block, table[1], {}};
  }
  return std::nullopt;
}

BlockScales scales_of(const TensorInfo& weight, const MatrixPart& part, const Tensor& table) {
  const std::vector<float> values = values_of(table);
  if (values.size() == 1) return {part.rows, part.cols, 1, values};
  Shape shape = table.shape;
  std::size_t first = 0;
  bool known = true;
  if (weight.shape.size() > 2) {  // the part's own of a stack of tables
    const auto matrices = weight.shape.end() - 2;
    known = shape.size() == weight.shape.size() &&
            std::equal(weight.shape.begin(), matrices, shape.begin());
    if (known) {
      shape.erase(shape.begin(), shape.end() - 2);
      first = static_cast<std::size_t>(part.first / part.size() *
                                       static_cast<std::uint64_t>(shape[0] * shape[1]));
    }
  }
  std::optional<BlockScales> scales;
  if (known) scales = layout_of(shape, part.rows, part.cols);
  if (!scales) {
    throw Error(table.file,
                fmt::format("tensor {}: scales of shape {} fit no weight of shape {}: one, one a "
                            "row, or {} for blocks of 128x128 are known",
                            quote(table.name), to_string(table.shape), to_string(weight.shape),
                            to_string({blocks_in(part.rows), blocks_in(part.cols)})));
  }
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  scales->values.assign(begin, begin + static_cast<std::ptrdiff_t>(*byte_count(shape, 8)));
  return *std::move(scales);
}

Tensor read_float8(const TensorInfo& weight, const MatrixPart& part,
                   const std::vector<std::byte>& bits, const std::optional<BlockScales>& scales,
                   std::string file) {
  std::array<float, 256> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = float8(weight.dtype_name, static_cast<std::uint8_t>(i));
  }
  Tensor tensor{part.name, DType::f32, {part.rows, part.cols}, {}, std::move(file)};
  tensor.bytes.resize(bits.size() * sizeof(float));
  std::byte* to = tensor.bytes.data();
  const std::byte* from = bits.data();
  for (std::int64_t row = 0; row < part.rows; ++row) {
    for (std::int64_t col = 0; col < part.cols; ++col, ++from, to += sizeof(float)) {
      float value = numbers[static_cast<std::size_t>(*from)];
      if (scales) {
        value *= scales->values[static_cast<std::size_t>(
            row / scales->block_rows * scales->blocks_across + col / scales->block_cols)];
      }
      detail::copy_value<float>(to, &value);
    }
  }
  return tensor;
}

}  // namespace pion::io
