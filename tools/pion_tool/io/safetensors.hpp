// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pion_tool/io/file.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// The free text that a .safetensors file carries beside its tensors.
using Metadata = std::map<std::string, std::string>;

/// A .safetensors file: the header is read and checked at once, a tensor's values when asked for.
/// Tensors of a type without a DType are listed like the others, and can be copied, not loaded.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path)
      : SafetensorsFile(Source::file(path)) {}
  explicit SafetensorsFile(Source source);

  const std::vector<TensorInfo>& entries() const { return entries_; }  ///< in the header's order
  const Metadata& metadata() const { return metadata_; }
  Tensor load(std::string_view name) const;
  RawTensor load_raw(std::string_view name) const;

 private:
  using Span = std::pair<std::uint64_t, std::uint64_t>;  // begin and end, counted from data_

  void parse(const std::string& header);
  void check_spans() const;
  std::size_t find(std::string_view name) const;

  Source source_;
  std::uint64_t data_ = 0;  // where the values begin
  std::vector<TensorInfo> entries_;
  std::vector<Span> spans_;  // where each entry's values lie
  std::map<std::string, std::size_t, std::less<>> index_;
  Metadata metadata_;
};

/// Writes the tensors in the given order.
void write_safetensors(const std::filesystem::path& path, const std::vector<RawTensor>& tensors,
                       const Metadata& metadata = {});

}  // namespace pion::io
