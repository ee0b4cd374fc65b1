// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <cstdint>
#include <cstring>  // std::memcmp, std::memcpy
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>  // std::move
#include <vector>

#include <pion/optimizer/checkpoint_format.hpp>
#include <pion/optimizer/state.hpp>

/// The states of a model's optimisers on disk, so that a run goes on bit for bit.
namespace pion {
namespace detail {

/// Writes a checkpoint, whole or not at all, and returns its checksum.
/// \param states    a range of pairs, the first of which is the name.
/// \param state_of  returns the state of a pair's second.
template <class T, class States, class StateOf>
std::uint64_t write_states(const std::string& path, const States& states, const StateOf& state_of) {
  AtomicFile file(path);
  CheckpointWriter writer(file);
  writer.bytes(checkpoint_magic, sizeof checkpoint_magic);
  writer.put(checkpoint_version);
  writer.put(static_cast<std::uint32_t>(sizeof(T)));
  writer.put(static_cast<std::uint64_t>(states.size()));
  for (const auto& [name, value] : states) {
    writer.put(name);
    visit(state_of(value), [&writer](const char*, const auto& member) { writer.put(member); });
  }
  const std::uint64_t sum = writer.sum();
  writer.put(sum);
  file.commit();
  return sum;
}

}  // namespace detail

namespace optimizer {

/// The states of the parameters of a model, by name.
template <class T>
using States = std::map<std::string, State<T>>;

/// Writes the states to `path`, whole or not at all (detail/atomic_file.hpp).
///
/// They go to a new file beside it, which takes its place when the disk has it: a program that
/// stops on the way leaves the old file whole, and may leave a file .pion-*.tmp. A symbolic link is
/// followed, and a file that is replaced keeps its mode. Where several save to one path at once,
/// one of their files stays, whole. Off POSIX systems, nothing waits for the disk.
/// \throws std::runtime_error that names the file and why it cannot be written, a file-size limit
///         too; the old one is then as it was.
template <class T>
void save(const std::string& path, const States<T>& states) {
  detail::write_states<T>(path, states, [](const State<T>& s) -> const State<T>& { return s; });
}

}  // namespace optimizer

namespace detail {

/// Reads all bytes of a file. It is opened before its size is asked, so that a file that takes its
/// place meanwhile is not read by halves.
inline std::vector<char> read_file(const std::string& path) {
  std::error_code failed;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (std::filesystem::is_directory(path, failed) || !in) refuse_checkpoint(path, "cannot be read");
  std::vector<char> bytes(static_cast<std::size_t>(in.tellg()));
  in.seekg(0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    refuse_checkpoint(path, "cannot be read");
  }
  return bytes;
}

/// Reads the states of a file, and checks all that can be checked without the model.
/// \param known_sum  its checksum, where another file says it.
template <class T>
std::map<std::string, optimizer::State<T>> read_states(
    const std::string& path, std::optional<std::uint64_t> known_sum = std::nullopt) {
  const std::vector<char> file = read_file(path);
  std::uint64_t sum = 0;
  const std::size_t head = sizeof checkpoint_magic + 2 * sizeof(std::uint32_t);
  if (file.size() < head + sizeof sum ||
      std::memcmp(file.data(), checkpoint_magic, sizeof checkpoint_magic) != 0) {
    refuse_checkpoint(path, "not a checkpoint of pion's optimisers");
  }
  const std::size_t length = file.size() - sizeof sum;
  std::memcpy(&sum, file.data() + length, sizeof sum);
  CheckpointReader reader(path, file.data(), length);
  reader.bytes(sizeof checkpoint_magic);
  std::uint32_t version = 0, scalar = 0;
  reader.get(version);
  require_known_version(path, version);
  reader.version(version);
  Crc64 found;
  found.add(file.data(), length);
  if (found.value() != sum) {
    refuse_checkpoint(path, "truncated or altered: its checksum does not match");
  }
  if (known_sum && *known_sum != sum) {
    refuse_checkpoint(path, "is not the part that the manifest names");
  }
  reader.get(scalar);
  if (scalar != sizeof(T)) {
    refuse_checkpoint(path, "its scalars have " + std::to_string(scalar) + " bytes, the model's " +
                                std::to_string(sizeof(T)));
  }
  std::uint64_t count = 0;
  reader.get(count);
  std::map<std::string, optimizer::State<T>> read;
  for (std::uint64_t i = 0; i < count; ++i) {
    optimizer::State<T>& state = read[reader.text()];
    visit(state, [&reader](const char*, auto& member) { reader.get(member); });
    if (state.steps < 0) {
      refuse_checkpoint(path, "counts " + std::to_string(state.steps) + " steps");
    }
  }
  if (!reader.at_end()) refuse_checkpoint(path, "has more bytes than its states");
  return read;
}

/// \throws std::runtime_error unless a state of the file is for the model's recipe and parameter.
template <class T>
void require_same_parameter(const std::string& path, const std::string& name,
                            const optimizer::State<T>& read, const optimizer::State<T>& model) {
  if (!read.recipe.empty() && !model.recipe.empty() && read.recipe != model.recipe) {
    refuse_checkpoint(path, "the state of \"" + name + "\" is of " + read.recipe +
                                "; the model's recipe is " + model.recipe);
  }
  const auto require_same = [&](const char* what, const auto& here, const auto& models) {
    if (here.rows() == models.rows() && here.cols() == models.cols()) return;
    refuse_checkpoint(path, "the " + std::string(what) + " of \"" + name + "\" is " +
                                shape(here.rows(), here.cols()) + ", the model's " +
                                shape(models.rows(), models.cols()));
  };
  require_same("momentum", read.momentum, model.momentum);
  require_same("second moment", read.second_moment, model.second_moment);
  if (read.parts.size() != model.parts.size()) {
    refuse_checkpoint(path, "the state of \"" + name + "\" has " +
                                std::to_string(read.parts.size()) +
                                " buffers besides the moments, the model's has " +
                                std::to_string(model.parts.size()));
  }
  for (std::size_t i = 0; i < read.parts.size(); ++i) {
    if (read.parts[i].name != model.parts[i].name) {
      refuse_checkpoint(path, "the state of \"" + name + "\" has a buffer " + read.parts[i].name +
                                  " where the model's has " + model.parts[i].name);
    }
    require_same(read.parts[i].name.c_str(), read.parts[i].values, model.parts[i].values);
    require_same(read.parts[i].name.c_str(), read.parts[i].codes, model.parts[i].codes);
  }
}

/// \throws std::runtime_error unless the warm start is for the rows of the model's momentum.
template <class T>
void require_same_extent(const std::string& path, const std::string& name,
                         const optimizer::State<T>& read, const optimizer::State<T>& model) {
  const WarmStart<T>& start = read.warm_start;
  const Index rows = model.momentum.rows();
  if (start.directions() > 0 && rows > 0 && start.extent() != rows) {
    refuse_checkpoint(path, "the warm start of \"" + name + "\" has " +
                                std::to_string(start.extent()) + " rows, the model's momentum " +
                                std::to_string(rows));
  }
}

}  // namespace detail

namespace optimizer {

/// Fills the states of a model, made by initial_state(), with what save() wrote.
///
/// The recipe of each parameter must be the one that the file's state was made for, in all that
/// signature() says (recipe.hpp): a momentum means something else under another recipe. To go on
/// under another recipe on purpose, load into states made for the old one and step with the new.
/// Files of the versions 1 to 3, which older programs wrote, hold no recipes: they load without
/// this check, and version 1 without warm starts. Those before version 5 know only recipes that
/// remember nothing but the moments.
/// \throws std::runtime_error that names the file and what is wrong with it: it cannot be read, is
///         not a checkpoint, of an unknown version, of another byte order or scalar, truncated or
///         altered, or its parameters, their recipes or their shapes are not the model's. Nothing
///         is then changed.
template <class T>
void load(const std::string& path, States<T>& states) {
  States<T> read = detail::read_states<T>(path);
  for (const auto& entry : states) {
    if (read.count(entry.first) == 0) {
      detail::refuse_checkpoint(path, "has no state of \"" + entry.first + "\"");
    }
  }
  for (auto& [name, state] : read) {
    const auto model = states.find(name);
    if (model == states.end()) {
      detail::refuse_checkpoint(path, "has a state of \"" + name + "\", which the model lacks");
    }
    detail::require_same_parameter(path, name, state, model->second);
    detail::require_same_extent(path, name, state, model->second);
    if (state.recipe.empty()) state.recipe = model->second.recipe;
  }
  states = std::move(read);
}

}  // namespace optimizer
}  // namespace pion
