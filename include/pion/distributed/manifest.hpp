// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <cstdint>  // std::int64_t, std::uint32_t, std::uint64_t
#include <cstring>  // std::memcmp, std::memcpy
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include <pion/distributed/agree.hpp>
#include <pion/distributed/sharded.hpp>
#include <pion/optimizer/checkpoint.hpp>

namespace pion::distributed {

/// Says which part of a matrix a rank has.
struct Cut {
  Index rows = 0;          ///< Of the whole.
  Index cols = 0;          ///< Of the whole.
  Axis axis = Axis::rows;  ///< The one that is cut.
  Part part;               ///< The local stretch of it.

  /// Of the whole, along the axis.
  Index extent() const { return axis == Axis::rows ? rows : cols; }
  Index first_row() const { return axis == Axis::rows ? part.offset : 0; }    ///< Of the part.
  Index first_col() const { return axis == Axis::cols ? part.offset : 0; }    ///< Of the part.
  Index local_rows() const { return axis == Axis::rows ? part.size : rows; }  ///< Of the part.
  Index local_cols() const { return axis == Axis::cols ? part.size : cols; }  ///< Of the part.
};

}  // namespace pion::distributed

/// The manifest of a checkpoint of many ranks (distributed/checkpoint.hpp). The file is: 8 bytes
/// "pionrank", the version, 4 bytes, and the number of ranks, 4; the id; each rank's checksum; the
/// number of parameters; each one's name, rows, columns, axis (0: rows) and the offset and size of
/// every rank's part; and the CRC-64 of all that came before. Numbers have 8 bytes where nothing is
/// said, in the byte order of the machine.
namespace pion::distributed::detail {

inline constexpr char manifest_magic[8] = {'p', 'i', 'o', 'n', 'r', 'a', 'n', 'k'};
inline constexpr std::uint32_t manifest_version = 1;

/// What a manifest says.
struct Manifest {
  std::uint64_t id = 0;                                ///< In the names of the parts' files.
  std::vector<std::uint64_t> sums;                     ///< Of each rank's file.
  std::map<std::string, std::vector<Cut>> parameters;  ///< Every rank's part of each.
};

/// The file of a rank's part.
inline std::string part_path(const std::string& path, std::uint64_t id, std::size_t rank) {
  std::string hex(16, '0');
  for (std::size_t i = hex.size(); i-- > 0; id >>= 4U) hex[i] = "0123456789abcdef"[id & 15U];
  return path + "." + hex + "-" + std::to_string(rank) + ".part";
}

/// \throws std::runtime_error if the file cannot be written; the old one is then as it was.
inline void write_manifest(const std::string& path, const Manifest& manifest) {
  pion::detail::AtomicFile file(path);
  pion::detail::CheckpointWriter writer(file);
  writer.bytes(manifest_magic, sizeof manifest_magic);
  writer.put(manifest_version);
  writer.put(static_cast<std::uint32_t>(manifest.sums.size()));
  writer.put(manifest.id);
  for (const std::uint64_t sum : manifest.sums) writer.put(sum);
  const std::uint64_t count = manifest.parameters.size();
  writer.put(count);
  for (const auto& [name, cuts] : manifest.parameters) {
    writer.put(name);
    const std::int64_t rows = cuts.front().rows, cols = cuts.front().cols;
    writer.put(rows);
    writer.put(cols);
    writer.put(static_cast<std::int64_t>(cuts.front().axis));
    for (const Cut& cut : cuts) {
      const std::int64_t offset = cut.part.offset, size = cut.part.size;
      writer.put(offset);
      writer.put(size);
    }
  }
  writer.put(writer.sum());
  file.commit();
}

/// \throws std::runtime_error that names the file and what is wrong with it.
inline Manifest read_manifest(const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    pion::detail::refuse_checkpoint(path, why);
  };
  const std::vector<char> file = pion::detail::read_file(path);
  std::uint64_t sum = 0;
  if (file.size() < sizeof manifest_magic + sizeof sum ||
      std::memcmp(file.data(), manifest_magic, sizeof manifest_magic) != 0) {
    refuse("not the manifest of a checkpoint of many ranks");
  }
  const std::size_t length = file.size() - sizeof sum;
  std::memcpy(&sum, file.data() + length, sizeof sum);
  pion::detail::Crc64 found;
  found.add(file.data(), length);
  if (found.value() != sum) refuse("truncated or altered: its checksum does not match");
  pion::detail::CheckpointReader reader(path, file.data(), length);
  reader.bytes(sizeof manifest_magic);
  std::uint32_t version = 0, ranks = 0;
  reader.get(version);
  if (version != manifest_version) {
    refuse("has version " + std::to_string(version) +
           ", or another byte order; this program reads version " +
           std::to_string(manifest_version));
  }
  Manifest manifest;
  reader.get(ranks);
  reader.get(manifest.id);
  for (std::uint32_t r = 0; r < ranks; ++r) {
    manifest.sums.emplace_back();
    reader.get(manifest.sums.back());
  }
  std::uint64_t count = 0;
  reader.get(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::vector<Cut>& cuts = manifest.parameters[reader.text()];
    std::int64_t rows = 0, cols = 0, axis = 0, offset = 0, size = 0;
    reader.get(rows);
    reader.get(cols);
    reader.get(axis);
    for (std::uint32_t r = 0; r < ranks; ++r) {
      reader.get(offset);
      reader.get(size);
      cuts.push_back({rows, cols, axis == 0 ? Axis::rows : Axis::cols, {offset, size}});
    }
  }
  if (ranks == 0 || !reader.at_end()) refuse("is no manifest that this program writes");
  return manifest;
}

/// The files of the parts that the manifest at `path` names; none where there is no manifest.
inline std::vector<std::string> files_of_manifest(const std::string& path) {
  std::vector<std::string> files;
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return files;
  const Manifest manifest = read_manifest(path);
  for (std::size_t r = 0; r < manifest.sums.size(); ++r) {
    files.push_back(part_path(path, manifest.id, r));
  }
  return files;
}

/// \throws std::runtime_error unless the manifest is of these parameters, in their shapes.
template <class States>
void require_same_parameters(const std::string& path, const Manifest& manifest,
                             const States& states) {
  for (const auto& [name, one] : states) {
    const auto saved = manifest.parameters.find(name);
    if (saved == manifest.parameters.end()) {
      pion::detail::refuse_checkpoint(path, "has no state of \"" + name + "\"");
    }
    const Cut& cut = saved->second.front();
    if (cut.rows == one.cut.rows && cut.cols == one.cut.cols) continue;
    pion::detail::refuse_checkpoint(
        path, "\"" + name + "\" is " + pion::detail::shape(cut.rows, cut.cols) + ", the model's " +
                  pion::detail::shape(one.cut.rows, one.cut.cols));
  }
  for (const auto& entry : manifest.parameters) {
    if (states.count(entry.first) != 0) continue;
    pion::detail::refuse_checkpoint(
        path, "has a state of \"" + entry.first + "\", which the model lacks");
  }
}

}  // namespace pion::distributed::detail
