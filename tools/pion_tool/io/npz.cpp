// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/npz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "pion_tool/io/foreign.hpp"
#include "pion_tool/io/npy.hpp"

namespace pion::io {
namespace {

constexpr std::uint64_t longest_header = 1U << 17U;  // of one array
constexpr std::string_view ending = ".npy";

/// The array in bytes of its file, all of them or the first.
NpyFile array_in(const Source& archive, const ZipEntry& file, const std::string& bytes,
                 std::optional<DType> untyped) {
  return NpyFile(Source::memory(archive.name() + ": " + file.name, bytes.data(), bytes.size()),
                 untyped, file.size);
}

}  // namespace

NpzFile::NpzFile(Source source, std::optional<DType> untyped)
    : source_(std::move(source)), untyped_(untyped) {
  if (source_.size() == 0) throw Error(source_.name(), "is empty");
  const std::string start = source_.text(0, std::min<std::uint64_t>(source_.size(), telling_bytes));
  if (start.compare(0, 2, "PK") != 0) {
    const std::string foreign = foreign_kind(start, ".npz");
    throw Error(source_.name(),
                foreign.empty() ? "is not a .npz file: it does not begin with \"PK\"" : foreign);
  }
  files_ = read_zip_directory(source_);
  for (const ZipEntry& file : files_) {
    const std::size_t stem = file.name.size() - std::min(file.name.size(), ending.size());
    if (stem == 0 || file.name.compare(stem, ending.size(), ending) != 0) {
      throw Error(source_.name(),
                  fmt::format("{} is no array: a .npz file holds .npy files", quote(file.name)));
    }
    const std::string bytes = read_zip_entry(source_, file, std::min(file.size, longest_header));
    TensorInfo info = array_in(source_, file, bytes, untyped_).entries().front();
    info.name = file.name.substr(0, stem);
    entries_.push_back(std::move(info));
  }
}

Tensor NpzFile::load(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const TensorInfo& info) { return info.name == name; });
  if (found == entries_.end()) throw_missing(source_.name(), name, entries_);
  const ZipEntry& file = files_[static_cast<std::size_t>(found - entries_.begin())];
  const std::string bytes = read_zip_entry(source_, file, file.size);
  const NpyFile array = array_in(source_, file, bytes, untyped_);
  Tensor tensor = array.load(array.entries().front().name);
  tensor.name = found->name;
  tensor.file = source_.name();
  return tensor;
}

Tensor NpzFile::load(const TensorInfo& info, const MatrixPart& part) const {
  return cut(load(info.name), part);
}

}  // namespace pion::io
