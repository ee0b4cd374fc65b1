// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "pion_tool/io/file.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/tensor.hpp"
#include "pion_tool/io/zip.hpp"

namespace pion::io {

/// Reads a .npz file: a zip archive of .npy files, each a tensor of its name. Of each, the header
/// is read and checked at once, and the values when asked for.
class NpzFile {
 public:
  /// \param untyped  as for NpyFile.
  explicit NpzFile(const std::filesystem::path& path, std::optional<DType> untyped = {})
      : NpzFile(Source::file(path), untyped) {}
  explicit NpzFile(Source source, std::optional<DType> untyped = {});

  const std::vector<TensorInfo>& entries() const { return entries_; }
  Tensor load(std::string_view name) const;

  /// Reads the tensor whole, and cuts the matrix out of it.
  Tensor load(const TensorInfo& info, const MatrixPart& part) const;

 private:
  Source source_;
  std::optional<DType> untyped_;
  std::vector<ZipEntry> files_;
  std::vector<TensorInfo> entries_;  // one for each file
};

}  // namespace pion::io
