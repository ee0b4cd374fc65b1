// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/quantized.hpp"
#include "pion_tool/jobs/apply_tensors.hpp"

namespace pion::tool {

/// A tensor that was copied, though it may look like a matrix to be filtered, and why.
struct Skipped {
  std::string tensor;
  std::string reason;
};

/// Says what was done to a file.
struct FilteredFile {
  std::vector<Outcome> filtered;
  std::size_t copied = 0;          ///< Tensors in all, those that follow among them.
  std::vector<Skipped> quantized;  ///< What belongs to quantised weights.
  std::vector<Skipped> bad;        ///< What cannot be read, or has values that are not finite.
};

/// Filters the tensors of one file.
class FileFiltering {
 public:
  /// \param path  the file's name, for messages.
  FileFiltering(std::string path, const io::TensorFile& file, Filtering filtering,
                const HeadOptions& heads, std::optional<double> tolerance);

  /// Filters one tensor. \throws io::Error if it cannot be filtered, or not within the tolerance.
  io::Tensor one(const io::TensorInfo& info);

  /// Filters every matrix of the file and writes all of the file to `out`; what is not filtered is
  /// copied. One tensor at a time is in memory. \throws io::Error if there is no matrix that can be
  /// filtered, or one cannot be filtered within the tolerance; `out` is then as it was.
  void all(const io::SafetensorsFile& file, const std::filesystem::path& out);

  /// Says what was done so far.
  const FilteredFile& result() const { return result_; }

 private:
  void filter(io::Tensor& tensor);
  std::vector<std::byte> bytes(const io::SafetensorsFile& file, const io::TensorInfo& info);
  void require_heads() const;

  std::string path_;
  const io::TensorFile& file_;
  io::QuantizedWeights quantized_;
  Filtering filtering_;
  HeadOptions heads_;
  std::optional<double> tolerance_;
  FilteredFile result_;
};

}  // namespace pion::tool
