// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/formats.hpp"

#include <fmt/format.h>

namespace pion::io {

Format format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".npy") return Format::npy;
  if (extension == ".safetensors") return Format::safetensors;
  throw Error(
      path.string(),
      fmt::format("unknown extension {}; .npy and .safetensors are supported", quote(extension)));
}

TensorFile::TensorFile(const std::filesystem::path& path)
    : file_([&]() -> std::variant<NpyFile, SafetensorsFile> {
        if (format_of(path) == Format::npy) return NpyFile(path);
        return SafetensorsFile(path);
      }()) {}

const std::vector<TensorInfo>& TensorFile::entries() const {
  return std::visit(
      [](const auto& file) -> const auto& { return file.entries(); }, file_);
}

Tensor TensorFile::load(std::string_view name) const {
  return std::visit([&](const auto& file) { return file.load(name); }, file_);
}

Tensor load(const std::filesystem::path& path, const std::optional<std::string>& name) {
  const TensorFile file(path);
  if (name) return file.load(*name);
  if (file.entries().size() == 1) return file.load(file.entries().front().name);
  throw Error(path.string(), file.entries().empty()
                                 ? "holds no tensors"
                                 : fmt::format("holds {} tensors: name one of {}",
                                               file.entries().size(), list_names(file.entries())));
}

void save(const std::filesystem::path& path, const Tensor& tensor) {
  switch (format_of(path)) {
    case Format::npy: return write_npy(path, tensor);
    case Format::safetensors: return write_safetensors(path, {tensor});
  }
}

}  // namespace pion::io
