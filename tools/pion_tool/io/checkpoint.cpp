// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "pion_tool/io/float8.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/shard_index.hpp"

namespace pion::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view index_ending = ".index.json";

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

bool holds_tensors(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".safetensors" || extension == ".npy" || extension == ".npz";
}

}  // namespace

bool is_readable(const TensorInfo& info) {
  return info.dtype || (info.problem.empty() && is_float8(info.dtype_name));
}

double stored_epsilon(const TensorInfo& info) {
  return info.dtype ? epsilon_of(*info.dtype) : epsilon_of_float8(info.dtype_name);
}

Checkpoint::Checkpoint(const fs::path& path, std::optional<DType> untyped)
    : name_(path.string()), untyped_(untyped) {
  std::error_code none;
  if (fs::is_directory(path, none)) {
    use_folder(path);
  } else if (path.extension() == ".json") {
    use_index(path);
  } else {
    is_file_ = true;
    shards_.push_back(path);
    read_headers();
  }
}

void Checkpoint::use_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> indexes;
  for (fs::directory_iterator file(folder, error), end; !error && file != end;
       file.increment(error)) {
    if (ends_with(file->path().string(), index_ending)) indexes.push_back(file->path());
    if (holds_tensors(file->path())) shards_.push_back(file->path());
  }
  if (error) throw Error(name_, fmt::format("cannot read the folder: {}", error.message()));
  if (indexes.size() > 1) {
    throw Error(name_, fmt::format("holds {} indexes: name one of them", indexes.size()));
  }
  if (indexes.size() == 1) {
    shards_.clear();
    return use_index(indexes[0]);
  }
  if (shards_.empty()) throw Error(name_, "is a folder without a .safetensors, .npy or .npz file");
  std::sort(shards_.begin(), shards_.end());
  read_headers();
}

void Checkpoint::use_index(const fs::path& index) {
  index_ = index;
  const WeightMap map = parse_shard_index(index.string(), read_text(index, largest_index));
  std::set<std::string> names;
  for (const auto& [tensor, shard] : map) names.insert(shard);
  for (const std::string& name : names) {
    shards_.push_back(index.parent_path() / path_of(name));
    std::error_code none;
    if (!fs::exists(shards_.back(), none)) {
      throw Error(index.string(), fmt::format("index: the shard {} is missing", quote(name)));
    }
  }
  read_headers();
  for (const auto& [tensor, shard] : map) {
    const auto place = places_.find(tensor);
    if (place != places_.end() && shards_[place->second.first].filename() == path_of(shard)) {
      continue;
    }
    throw Error(index.string(), fmt::format("index: tensor {} is not in its shard {}",
                                            quote(tensor), quote(shard)));
  }
  if (places_.size() > map.size()) {
    warnings_.emplace_back(
        index.string(),
        fmt::format("{} tensors of its shards are not in the index", places_.size() - map.size()));
  }
}

void Checkpoint::read_headers() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const TensorFile file = open(i);
    if (!file.warning().empty()) warnings_.emplace_back(file.path(), file.warning());
    entries_.push_back(file.entries());
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    for (std::size_t j = 0; j < entries_[i].size(); ++j) {
      const auto [place, is_new] = places_.emplace(entries_[i][j].name, std::pair(i, j));
      if (is_new) continue;
      throw Error(name_, fmt::format("tensor {} is in two shards, {} and {}", quote(place->first),
                                     quote(shards_[place->second.first].filename().string()),
                                     quote(shards_[i].filename().string())));
    }
  }
}

std::vector<TensorInfo> Checkpoint::all_entries() const {
  std::vector<TensorInfo> all;
  for (const std::vector<TensorInfo>& shard : entries_) {
    all.insert(all.end(), shard.begin(), shard.end());
  }
  return all;
}

const TensorInfo* Checkpoint::find(std::string_view name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? nullptr : &entries_[place->second.first][place->second.second];
}

const TensorInfo* Checkpoint::table_of(const TensorInfo& weight) const {
  for (const char* ending : {"_scale_inv", "_scale"}) {
    if (const TensorInfo* const table = find(weight.name + ending)) return table;
  }
  return nullptr;
}

Tensor Checkpoint::load(const TensorFile& shard, const TensorInfo& info,
                        const MatrixPart& part) const {
  const SafetensorsFile* const file = shard.safetensors();
  if (info.dtype || file == nullptr || !is_float8(info.dtype_name)) return shard.load(info, part);
  std::optional<BlockScales> scales;
  if (const TensorInfo* const table = table_of(info)) {
    const std::size_t i = shard_of(*table);
    const bool here = shard.path() == shards_[i].string();
    scales = scales_of(info, part, here ? shard.load(table->name) : open(i).load(table->name));
  }
  return read_float8(info, part, file->load_bytes(info, part), scales, shard.path());
}

Tensor Checkpoint::load(const TensorInfo& info, const MatrixPart& part) const {
  return load(open(places_.at(info.name).first), info, part);
}

}  // namespace pion::io
