// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/npy.hpp"
#include "pion_tool/io/npz.hpp"
#include "pion_tool/io/safetensors.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// What can be written; a .npz file can be read alone.
enum class Format { npy, safetensors };

/// Tells by an output's extension how the file is to be written. Call it before the work whose
/// result goes there. \throws Error that lists the formats, if the extension is another.
Format format_of(const std::filesystem::path& path);

/// Reads a file of tensors in any supported format.
class TensorFile {
 public:
  /// \param untyped  what two bytes without a meaning are in a .npy file.
  explicit TensorFile(const std::filesystem::path& path, std::optional<DType> untyped = {});

  const std::vector<TensorInfo>& entries() const;
  Tensor load(std::string_view name) const;

  /// Reads a matrix in a tensor. Of a weight in 8 bits, the numbers without their scales.
  Tensor load(const TensorInfo& info, const MatrixPart& part) const;

  const std::string& path() const { return path_; }
  const std::string& warning() const;  ///< What was passed over; empty where nothing was.

  /// The entry of that name.
  const TensorInfo& find(std::string_view name) const;

  /// The only entry. Where there are several, the error lists them and ends with `advice`.
  const TensorInfo& only(std::string_view advice) const;

  /// The file, if it is of this format; else null.
  const SafetensorsFile* safetensors() const { return std::get_if<SafetensorsFile>(&file_); }

 private:
  std::string path_;
  std::variant<NpyFile, NpzFile, SafetensorsFile> file_;
};

/// Loads one tensor of a file. Without a name the file must hold exactly one.
Tensor load(const std::filesystem::path& path, const std::optional<std::string>& name = {});

/// Writes one tensor. A .npy file has no place for metadata.
void save(const std::filesystem::path& path, const Tensor& tensor, Format format,
          const Metadata& metadata = {});
inline void save(const std::filesystem::path& path, const Tensor& tensor) {
  save(path, tensor, format_of(path));
}

}  // namespace pion::io
