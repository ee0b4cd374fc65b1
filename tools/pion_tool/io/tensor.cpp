// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pion::io {
namespace {

[[noreturn]] void fail(const Tensor& tensor, std::string_view reason) {
  throw Error(tensor.file, fmt::format("tensor {}: {}", quote(tensor.name), reason));
}

}  // namespace

std::size_t size_of(DType dtype) {
  std::size_t size = 0;
  detail::with_type(dtype, [&](auto value) { size = sizeof value; });
  return size;
}

double epsilon_of(DType dtype) {
  switch (dtype) {
    case DType::f32: return 0x1p-23;
    case DType::f64: return 0x1p-52;
    case DType::f16: return 0x1p-10;
    case DType::bf16: return 0x1p-7;
  }
  return 1.0;
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::f32: return "F32";
    case DType::f64: return "F64";
    case DType::f16: return "F16";
    case DType::bf16: return "BF16";
  }
  return "?";
}

std::string to_string(const Shape& shape) {
  std::string out = "[";
  for (const std::int64_t extent : shape) {
    out += fmt::format("{}{}", out.size() == 1 ? "" : ", ", extent);
  }
  return out + "]";
}

std::optional<std::uint64_t> byte_count(const Shape& shape, unsigned bits) {
  std::uint64_t total = bits;
  bool empty = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return {};
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor == 0) {
      empty = true;
    } else if (total > std::numeric_limits<std::uint64_t>::max() / factor) {
      return {};
    } else {
      total *= factor;
    }
  }
  if (empty) return 0;
  if (total % 8 != 0) return {};
  return total / 8;
}

void check(const Tensor& tensor) {
  if (tensor.shape.size() > max_rank) {
    fail(tensor, fmt::format("more than {} dimensions", max_rank));
  }
  const auto needed = byte_count(tensor.shape, static_cast<unsigned>(8 * size_of(tensor.dtype)));
  if (needed != tensor.bytes.size()) {
    fail(tensor, fmt::format("{} bytes do not make a shape of {} of {}", tensor.bytes.size(),
                             to_string(tensor.shape), name_of(tensor.dtype)));
  }
}

RawTensor::RawTensor(Tensor tensor) {
  check(tensor);
  info = {std::move(tensor.name), std::string(name_of(tensor.dtype)), tensor.dtype,
          std::move(tensor.shape), ""};
  bytes = std::move(tensor.bytes);
}

std::string list_names(const std::vector<TensorInfo>& entries) {
  constexpr std::size_t limit = 8;
  const std::size_t shown = std::min(entries.size(), limit);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    out += (i == 0 ? "" : ", ") + quote(entries[i].name);
  }
  if (entries.size() > shown) out += fmt::format(" and {} more", entries.size() - shown);
  return out;
}

void throw_missing(std::string_view file, std::string_view name,
                   const std::vector<TensorInfo>& entries) {
  throw Error(file, fmt::format("tensor {}: not in this file, which holds {}", quote(name),
                                entries.empty() ? "no tensors" : list_names(entries)));
}

void throw_problem(std::string_view file, const TensorInfo& info) {
  throw Error(file, fmt::format("tensor {}: {}", quote(info.name), info.problem));
}

void detail::check_matrix(const Tensor& tensor) {
  check(tensor);
  if (tensor.shape.size() != 2) {
    fail(tensor, fmt::format("its shape {} is not that of a matrix: two dimensions are needed",
                             to_string(tensor.shape)));
  }
}

}  // namespace pion::io
