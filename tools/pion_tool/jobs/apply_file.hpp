// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pion_tool/cli/progress.hpp"
#include "pion_tool/io/checkpoint.hpp"
#include "pion_tool/io/quantized.hpp"
#include "pion_tool/jobs/apply_tensors.hpp"

namespace pion::tool {

/// A tensor that was copied, though it may look like a matrix to be filtered, and why.
struct Skipped {
  std::string tensor;
  std::string reason;
};

/// Says what was done to a file, or to a model.
struct FilteredFile {
  std::vector<Outcome> filtered;
  std::size_t copied = 0;           ///< Tensors in all, those that follow among them.
  std::vector<Skipped> quantized;   ///< What belongs to quantised weights.
  std::vector<Skipped> bad;         ///< What cannot be read, or has values that are not finite.
  std::size_t widened = 0;          ///< Weights in 8 bits that are BF16 now.
  std::vector<std::string> tables;  ///< Their scales, which were left out.
};

/// Filters the tensors of one file, or of a model in shards. A matrix in 8 bits (F8_E4M3, F8_E5M2)
/// is filtered as the numbers that it and its table of scales stand for, and written as BF16; the
/// table is left out, and so is the scale of the module's input. What has a table of unknown shape
/// is copied with it.
class FileFiltering {
 public:
  FileFiltering(const io::Checkpoint& model, Filtering filtering, const HeadOptions& heads,
                std::optional<double> tolerance);

  /// Filters one tensor. \throws io::Error if it cannot be filtered, or not within the tolerance.
  io::Tensor one(const io::TensorInfo& info);

  /// Filters every matrix of the only file and writes all of the file to `out`; what is not
  /// filtered is copied. One tensor at a time is in memory. \throws io::Error if there is no matrix
  /// that can be filtered, or one cannot be filtered within the tolerance; `out` is then as it was.
  void file(const std::filesystem::path& out);

  /// The same of a model: its shards and its index go to the folder `out`, under their names.
  /// \throws io::Error also if there is a shard of another format than .safetensors, or `out` is a
  /// folder that is not empty.
  void folder(const std::filesystem::path& out);

  /// Says what was done so far.
  const FilteredFile& result() const { return result_; }

 private:
  void widen(const io::TensorInfo& weight);
  void filter(io::Tensor& tensor);
  io::Tensor load(const io::TensorFile& file, const io::TensorInfo& info) const;
  std::vector<std::byte> bytes(const io::TensorFile& file, const io::TensorInfo& info);
  /// Writes all of a shard but what is left out. Nothing is committed.
  io::SafetensorsWriter write(const io::TensorFile& shard, const std::filesystem::path& out,
                              Progress& progress);
  void require_filtered();
  void require_heads() const;

  const io::Checkpoint& model_;
  io::QuantizedWeights quantized_;
  std::set<std::string> widened_, left_out_;  // weights in 8 bits, and what goes with them
  Filtering filtering_;
  HeadOptions heads_;
  std::optional<double> tolerance_;
  FilteredFile result_;
  std::uint64_t bytes_ = 0;  // of values that were written
};

}  // namespace pion::tool
