// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/formats.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pion_tool/io/identity.hpp"

namespace pion::io {

Format format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".npy") return Format::npy;
  if (extension == ".safetensors") return Format::safetensors;
  throw Error(
      path.string(),
      fmt::format("unknown extension {}; .npy and .safetensors are supported", quote(extension)));
}

TensorFile::TensorFile(const std::filesystem::path& path, std::optional<DType> untyped)
    : path_(path.string()), file_([&]() -> std::variant<NpyFile, NpzFile, SafetensorsFile> {
        if (!path.has_extension() && is_stream(path)) Source::file(path);  // says why it cannot be
        if (path.extension() == ".npz") return NpzFile(path, untyped);
        if (format_of(path) == Format::npy) return NpyFile(path, untyped);
        return SafetensorsFile(path);
      }()) {}

const std::vector<TensorInfo>& TensorFile::entries() const {
  return std::visit(
      [](const auto& file) -> const auto& { return file.entries(); }, file_);
}

Tensor TensorFile::load(std::string_view name) const {
  return std::visit([&](const auto& file) { return file.load(name); }, file_);
}

Tensor TensorFile::load(const TensorInfo& info, const MatrixPart& part) const {
  if (const auto* const array = std::get_if<NpyFile>(&file_)) return array->load(part);
  if (const auto* const arrays = std::get_if<NpzFile>(&file_)) return arrays->load(info, part);
  return safetensors()->load(info, part);
}

const TensorInfo& TensorFile::find(std::string_view name) const {
  const std::vector<TensorInfo>& all = entries();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const TensorInfo& info) { return info.name == name; });
  if (found == all.end()) throw_missing(path_, name, all);
  return *found;
}

const TensorInfo& TensorFile::only(std::string_view advice) const {
  const std::vector<TensorInfo>& all = entries();
  if (all.size() == 1) return all.front();
  throw Error(path_, all.empty() ? "holds no tensors"
                                 : fmt::format("holds {} tensors, {}: {}", all.size(),
                                               list_names(all), advice));
}

Tensor load(const std::filesystem::path& path, const std::optional<std::string>& name) {
  const TensorFile file(path);
  const TensorInfo& info = name ? file.find(*name) : file.only("give a file that holds one");
  return file.load(info.name);
}

const std::string& TensorFile::warning() const {
  static const std::string none;
  return safetensors() != nullptr ? safetensors()->warning() : none;
}

void save(const std::filesystem::path& path, const Tensor& tensor, Format format,
          const Metadata& metadata) {
  switch (format) {
    case Format::npy: return write_npy(path, tensor);
    case Format::safetensors: return write_safetensors(path, {tensor}, metadata);
  }
}

}  // namespace pion::io
