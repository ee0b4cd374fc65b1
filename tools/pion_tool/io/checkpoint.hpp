// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// The tensors of a model, in one file or in shards. Their headers are read and checked at once;
/// a shard is open only while it is read, for a model may have more than a process can open.
class Checkpoint {
 public:
  /// \param path     a file of tensors; an index (.json) that names shards beside it; or a folder,
  ///                 which has one index, or whose files of tensors are the shards.
  /// \param untyped  what two bytes without a meaning are in a .npy file.
  /// \throws Error about a file that cannot be read, a shard that is missing, a tensor that two
  ///         shards have or that its shard lacks.
  explicit Checkpoint(const std::filesystem::path& path, std::optional<DType> untyped = {});
  Checkpoint(Checkpoint&&) = default;

  const std::string& name() const { return name_; }

  /// Whether it was named as a file of tensors, and not as an index or a folder.
  bool is_file() const { return is_file_; }

  /// The index that names the shards; empty where there is none.
  const std::filesystem::path& index() const { return index_; }
  const std::vector<std::filesystem::path>& shards() const { return shards_; }

  /// The tensors of a shard, as open() has them.
  const std::vector<TensorInfo>& entries(std::size_t shard) const { return entries_[shard]; }

  /// Every tensor of every shard.
  std::vector<TensorInfo> all_entries() const;

  /// What was passed over, with the name of the shard.
  const std::vector<std::pair<std::string, std::string>>& warnings() const { return warnings_; }

  /// The tensor of that name, or null.
  const TensorInfo* find(std::string_view name) const;

  /// The number of the shard that holds the tensor.
  std::size_t shard_of(const TensorInfo& info) const { return places_.at(info.name).first; }

  /// The table of scales that lies beside a weight in 8 bits, under its name and "_scale_inv" or
  /// "_scale", in whatever shard; or null.
  const TensorInfo* table_of(const TensorInfo& weight) const;

  TensorFile open(std::size_t shard) const { return TensorFile(shards_[shard], untyped_); }

  /// Reads a matrix in a tensor of an open shard. A weight in 8 bits is multiplied by the scales of
  /// its table.
  Tensor load(const TensorFile& shard, const TensorInfo& info, const MatrixPart& part) const;

  /// Opens the tensor's shard and reads a matrix in it.
  Tensor load(const TensorInfo& info, const MatrixPart& part) const;

 private:
  void use_index(const std::filesystem::path& index);
  void use_folder(const std::filesystem::path& folder);
  void read_headers();

  std::string name_;
  std::optional<DType> untyped_;
  bool is_file_ = false;
  std::filesystem::path index_;
  std::vector<std::filesystem::path> shards_;
  std::vector<std::vector<TensorInfo>> entries_;
  std::map<std::string_view, std::pair<std::size_t, std::size_t>> places_;  // shard and number
  std::vector<std::pair<std::string, std::string>> warnings_;
};

/// Whether a weight of this type can be measured: floats, and those of 8 bits.
bool is_readable(const TensorInfo& info);

/// epsilon_of() the type in which the values are stored.
double stored_epsilon(const TensorInfo& info);

}  // namespace pion::io
