// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pion_tool/io/npy.hpp"
#include "pion_tool/io/safetensors.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

enum class Format { npy, safetensors };

/// The format that a file's extension names; throws and lists those supported when it is another.
/// Call it on an output's name before the work whose result goes there.
Format format_of(const std::filesystem::path& path);

/// A file of tensors in any supported format.
class TensorFile {
 public:
  explicit TensorFile(const std::filesystem::path& path);

  const std::vector<TensorInfo>& entries() const;
  Tensor load(std::string_view name) const;

 private:
  std::variant<NpyFile, SafetensorsFile> file_;
};

/// One tensor of a file. Without a name the file must hold exactly one.
Tensor load(const std::filesystem::path& path, const std::optional<std::string>& name = {});

/// Writes one tensor in the format that the extension names.
void save(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace pion::io
