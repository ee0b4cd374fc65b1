// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/file.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/safetensors_header.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// A .safetensors file: the header is read and checked at once, a tensor's values when asked for.
/// A tensor of a type without a DType, or one that has a problem, is listed like the others. It
/// cannot be loaded; it can be copied, unless it is not known where its values lie.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path)
      : SafetensorsFile(Source::file(path)) {}
  explicit SafetensorsFile(Source source);

  const std::vector<TensorInfo>& entries() const { return header_.entries; }
  const Metadata& metadata() const { return header_.metadata; }
  const std::string& warning() const { return header_.warning; }  ///< What was passed over.
  Tensor load(std::string_view name) const;
  RawTensor load_raw(std::string_view name) const;

  /// Reads a matrix in a tensor, and no other values.
  Tensor load(const TensorInfo& info, const MatrixPart& part) const;

  /// The bytes of a matrix in a tensor whose values have one byte each.
  std::vector<std::byte> load_bytes(const TensorInfo& info, const MatrixPart& part) const;

  /// The bytes of each tensor's values. \throws Error about one that cannot be copied.
  std::vector<std::uint64_t> sizes() const;

 private:
  std::uint64_t size_of(std::size_t i) const;
  void check_spans() const;
  std::size_t find(std::string_view name) const;
  std::size_t find_readable(std::string_view name) const;

  Source source_;
  std::uint64_t data_ = 0;  // where the values begin
  SafetensorsHeader header_;
};

/// Writes a .safetensors file tensor by tensor, so that one at a time need be in memory.
class SafetensorsWriter {
 public:
  /// The header is written at once. A tensor has as many bytes as its shape and type say; where
  /// these say nothing (a type that is not known), `sizes` gives them.
  /// \param sizes  the bytes of each tensor.
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors,
                    const std::vector<std::uint64_t>& sizes, const Metadata& metadata);

  /// The values of the next tensor, in the order given.
  void write(const std::vector<std::byte>& values);
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
};

/// Writes the tensors in the given order.
void write_safetensors(const std::filesystem::path& path, const std::vector<RawTensor>& tensors,
                       const Metadata& metadata = {});

}  // namespace pion::io
