// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "pion_tool/io/file.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// Reads a .npy file of versions 1.0 to 3.0. It holds one tensor, whose name is the file's stem.
/// Floats of 2, 4 and 8 bytes are loaded, in either byte order and either storage order. An array
/// of another kind can be listed, and cannot be loaded.
class NpyFile {
 public:
  /// \param untyped    what two bytes without a meaning (V2) are: NumPy saves bfloat16 so.
  /// \param announced  the bytes of the whole file, where the source has the first of them alone;
  ///                   then the array can be listed, and not loaded.
  explicit NpyFile(const std::filesystem::path& path, std::optional<DType> untyped = {})
      : NpyFile(Source::file(path), untyped) {}
  explicit NpyFile(Source source, std::optional<DType> untyped = {},
                   std::optional<std::uint64_t> announced = {});

  const std::vector<TensorInfo>& entries() const { return entries_; }
  Tensor load(std::string_view name) const;

  /// Reads a matrix in the tensor; of row-major values, and no others.
  Tensor load(const MatrixPart& part) const;

 private:
  Source source_;
  std::vector<TensorInfo> entries_;  // always one
  std::uint64_t data_ = 0;           // where the values begin
  bool big_endian_ = false;
  bool fortran_order_ = false;
};

/// How the values lie in the file: c has the last index fastest (row-major), fortran the first.
enum class Order { c, fortran };

/// Writes a .npy file of version 1.0, which every reader knows. The format has no name for
/// bfloat16: such a tensor is refused.
void write_npy(const std::filesystem::path& path, const Tensor& tensor, Order order = Order::c);

}  // namespace pion::io
