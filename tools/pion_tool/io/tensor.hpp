// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pion_tool/io/error.hpp"

namespace pion::io {

static_assert(sizeof(std::size_t) == 8, "pion::io reads files of any size: 64 bits are needed");

/// The kinds of value that can be read and written.
enum class DType { f32, f64, f16, bf16 };

std::size_t size_of(DType dtype);
double epsilon_of(DType dtype);         ///< from 1 to the next larger number
std::string_view name_of(DType dtype);  ///< "F32", "F64", "F16" or "BF16"

using Shape = std::vector<std::int64_t>;

/// More dimensions than this are a damaged or hostile file (NumPy has the same limit).
constexpr std::size_t max_rank = 64;

std::string to_string(const Shape& shape);  ///< "[3, 4]"

/// How many bytes hold values of `bits` bits each in this shape; nothing when the product does not
/// fit or is no whole number of bytes. Strict about zeros: [0, huge, huge] does not fit either.
std::optional<std::uint64_t> byte_count(const Shape& shape, unsigned bits);

/// What a file says about one of its tensors.
struct TensorInfo {
  std::string name;
  std::string dtype_name;      ///< as the file spells it
  std::optional<DType> dtype;  ///< nothing when the values are of a kind that cannot be loaded
  Shape shape;
  std::string problem = {};  ///< what is wrong with the entry; it then has no dtype
};

/// A tensor in memory: values in row-major order, each with its lowest byte first, whatever the
/// file's order and the machine's.
struct Tensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::vector<std::byte> bytes;
  std::string file = {};  ///< where it was read, for messages; empty when it was made in memory
};

/// Throws unless the rank is one that can be read back, and the bytes are as many as the shape and
/// dtype say.
void check(const Tensor& tensor);

/// A tensor as a file holds it, of any type: bytes to be copied or written.
struct RawTensor {
  RawTensor(TensorInfo about, std::vector<std::byte> values)
      : info(std::move(about)), bytes(std::move(values)) {}
  RawTensor(Tensor tensor);  ///< Throws as check().

  TensorInfo info;
  std::vector<std::byte> bytes;
};

/// `"a", "b" and 3 more`, at most eight names.
std::string list_names(const std::vector<TensorInfo>& entries);

/// Throws the error for a name that `file` does not hold, and says which names there are.
[[noreturn]] void throw_missing(std::string_view file, std::string_view name,
                                const std::vector<TensorInfo>& entries);

/// Throws what is wrong with the entry of a file.
[[noreturn]] void throw_problem(std::string_view file, const TensorInfo& info);

namespace detail {

/// Throws unless the tensor is sound and has exactly two dimensions.
void check_matrix(const Tensor& tensor);

/// Calls `use` with a value of the type that stores `dtype`.
template <class Use>
void with_type(DType dtype, Use&& use) {
  switch (dtype) {
    case DType::f32: return use(float{});
    case DType::f64: return use(double{});
    case DType::f16: return use(Eigen::half{});
    case DType::bf16: return use(Eigen::bfloat16{});
  }
}

template <class Scalar>
float narrow(Scalar value) {
  return static_cast<float>(value);
}

// Rounds to odd: an inexact result gets an odd last bit, which no tie of the shorter types has.
// Rounding the float once more to 16 bits then gives what one rounding of the double would.
inline float narrow(double value) {
  float rounded = static_cast<float>(value);
  if (static_cast<double>(rounded) == value || std::isnan(value)) return rounded;
  if (std::abs(static_cast<double>(rounded)) > std::abs(value)) {
    rounded = std::nextafter(rounded, 0.0F);
  }
  std::uint32_t bits = 0;
  std::memcpy(&bits, &rounded, sizeof bits);
  bits |= 1U;
  std::memcpy(&rounded, &bits, sizeof bits);
  return rounded;
}

// The 16-bit types convert to and from float alone.
template <class To, class From>
To convert(From value) {
  if constexpr (sizeof(To) == 2) {
    return To(narrow(value));
  } else if constexpr (sizeof(From) == 2) {
    return static_cast<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
inline constexpr bool big_endian_machine = true;
#else
inline constexpr bool big_endian_machine = false;
#endif

/// Copies a value between a number of the machine and a tensor's bytes, in either direction.
template <class Scalar>
void copy_value(void* to, const void* from) {
  std::memcpy(to, from, sizeof(Scalar));
  if constexpr (big_endian_machine) {
    std::byte* const bytes = static_cast<std::byte*>(to);
    std::reverse(bytes, bytes + sizeof(Scalar));
  }
}

}  // namespace detail

template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

template <class Scalar>
using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The tensor's values as a matrix where they lie, without a copy, for as long as the tensor lives;
/// throws unless it has exactly two dimensions. Scalar is the type that the tensor stores. Call it
/// once: a machine that has the highest byte first turns the bytes.
template <class Scalar>
Eigen::Map<const RowMajor<Scalar>> matrix_in(Tensor& tensor) {
  detail::check_matrix(tensor);
  if constexpr (detail::big_endian_machine) {
    for (auto value = tensor.bytes.begin(); value != tensor.bytes.end();) {
      const auto next = value + static_cast<std::ptrdiff_t>(sizeof(Scalar));
      std::reverse(value, next);
      value = next;
    }
  }
  return {reinterpret_cast<const Scalar*>(tensor.bytes.data()), tensor.shape[0], tensor.shape[1]};
}

/// The tensor as a matrix; throws unless it has exactly two dimensions. Widening is exact, F64 read
/// as float is rounded to nearest.
template <class Scalar = double>
Matrix<Scalar> to_matrix(const Tensor& tensor) {
  detail::check_matrix(tensor);
  Matrix<Scalar> matrix(tensor.shape[0], tensor.shape[1]);
  if (matrix.size() == 0) return matrix;  // one extent may be huge
  detail::with_type(tensor.dtype, [&](auto stored) {
    const std::byte* from = tensor.bytes.data();
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
      for (Eigen::Index col = 0; col < matrix.cols(); ++col, from += sizeof stored) {
        detail::copy_value<decltype(stored)>(&stored, from);
        matrix(row, col) = detail::convert<Scalar>(stored);
      }
    }
  });
  return matrix;
}

/// A matrix of any dense type and storage order as a tensor, each value rounded once, to nearest.
template <class Derived>
Tensor from_matrix(std::string name, const Eigen::MatrixBase<Derived>& expression, DType dtype) {
  const auto& matrix = expression.derived().eval();
  Tensor tensor{std::move(name), dtype, {matrix.rows(), matrix.cols()}, {}};
  tensor.bytes.resize(static_cast<std::size_t>(matrix.size()) * size_of(dtype));
  if (matrix.size() == 0) return tensor;
  detail::with_type(dtype, [&](auto stored) {
    std::byte* to = tensor.bytes.data();
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
      for (Eigen::Index col = 0; col < matrix.cols(); ++col, to += sizeof stored) {
        stored = detail::convert<decltype(stored)>(matrix(row, col));
        detail::copy_value<decltype(stored)>(to, &stored);
      }
    }
  });
  return tensor;
}

}  // namespace pion::io
