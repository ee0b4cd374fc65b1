// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/formats.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pion_tool/io/identity.hpp"

namespace pion::io {
namespace {

[[noreturn]] void throw_unknown(const std::filesystem::path& path, std::string_view possible) {
  throw Error(path.string(),
              fmt::format("unknown extension {}; {}", quote(path.extension().string()), possible));
}

std::variant<NpyFile, NpzFile, SafetensorsFile> open(const std::filesystem::path& path,
                                                     std::optional<DType> untyped) {
  if (!path.has_extension() && is_stream(path)) Source::file(path);  // says why it cannot be
  if (path.extension() == ".npy") return NpyFile(path, untyped);
  if (path.extension() == ".npz") return NpzFile(path, untyped);
  if (path.extension() == ".safetensors") return SafetensorsFile(path);
  throw_unknown(path, ".npy, .npz and .safetensors can be read");
}

}  // namespace

Format format_of(const std::filesystem::path& path) {
  if (path.extension() == ".npy") return Format::npy;
  if (path.extension() == ".safetensors") return Format::safetensors;
  throw_unknown(path, ".npy and .safetensors can be written");
}

TensorFile::TensorFile(const std::filesystem::path& path, std::optional<DType> untyped)
    : path_(path.string()), file_(open(path, untyped)) {}

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
