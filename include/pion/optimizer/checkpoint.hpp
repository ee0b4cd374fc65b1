// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <cstdint>
#include <cstring>  // std::memcmp, std::memcpy
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>  // std::runtime_error
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>  // std::move
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/crc64.hpp>
#include <pion/optimizer/state.hpp>

/// The states of a model's optimisers on disk, so that a run goes on bit for bit.
///
/// A file is: 8 bytes "pionopti", the version and sizeof(T), the number of states; each state's
/// name and the members in the order of visit(), matrices column by column; and the CRC-64 of all
/// that came before. Numbers are in the byte order of the machine; another one's is refused as a
/// version.
namespace pion::optimizer {

/// The states of the parameters of a model, by name.
template <class T>
using States = std::map<std::string, State<T>>;

namespace detail {

inline constexpr char checkpoint_magic[8] = {'p', 'i', 'o', 'n', 'o', 'p', 't', 'i'};
inline constexpr std::uint32_t checkpoint_version = 3;  // 1 had no warm starts, 2 no backoff

[[noreturn]] inline void refuse_checkpoint(const std::string& path, const std::string& why) {
  pion::detail::refuse<std::runtime_error>(path + ": " + why);
}

/// Writes to a stream, and sums what it writes.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::ostream& out) : out_(out) {}

  void bytes(const void* data, std::size_t count) {
    const auto* chars = static_cast<const char*>(data);
    out_.write(chars, static_cast<std::streamsize>(count));
    sum_.add(chars, count);
  }
  template <class V, std::enable_if_t<std::is_integral_v<V>, int> = 0>
  void put(V number) {
    bytes(&number, sizeof number);
  }
  template <class M, std::enable_if_t<!std::is_integral_v<M>, int> = 0>
  void put(const M& matrix) {
    put(static_cast<std::int64_t>(matrix.rows()));
    put(static_cast<std::int64_t>(matrix.cols()));
    bytes(matrix.data(), sizeof(*matrix.data()) * static_cast<std::size_t>(matrix.size()));
  }
  template <class T>
  void put(const WarmStart<T>& start) {
    put(engine::as_eigen(start.basis()));
    put(start.backoff().failures());
    put(start.backoff().pause());
  }
  std::uint64_t sum() const { return sum_.value(); }

 private:
  std::ostream& out_;
  pion::detail::Crc64 sum_;
};

/// Reads what the writer wrote from the bytes of a file, never beyond their end.
class CheckpointReader {
 public:
  CheckpointReader(const std::string& path, const char* bytes, std::size_t count)
      : path_(path), next_(bytes), left_(count) {}

  const char* bytes(std::uint64_t count) {
    if (count > left_) refuse_checkpoint(path_, "the file ends within a state");
    const char* here = next_;
    next_ += count;
    left_ -= static_cast<std::size_t>(next_ - here);
    return here;
  }
  template <class V, std::enable_if_t<std::is_integral_v<V>, int> = 0>
  void get(V& number) {
    std::memcpy(&number, bytes(sizeof number), sizeof number);
  }
  template <class M, std::enable_if_t<!std::is_integral_v<M>, int> = 0>
  void get(M& matrix) {
    std::int64_t rows = 0, cols = 0;
    get(rows);
    get(cols);
    constexpr auto size = static_cast<std::int64_t>(sizeof(typename M::Scalar));
    const auto most = static_cast<std::int64_t>(left_) / size;
    if (rows < 0 || cols < 0 || (rows > 0 && cols > most / rows)) {
      refuse_checkpoint(path_, "the file ends within a state");
    }
    const char* data = bytes(static_cast<std::uint64_t>(rows * cols * size));
    matrix.resize(rows, cols);
    if (matrix.size() > 0) {
      std::memcpy(matrix.data(), data, static_cast<std::size_t>(rows * cols * size));
    }
  }
  template <class T>
  void get(WarmStart<T>& start) {
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor> basis;
    get(basis);
    start.remember(engine::View<T>(basis.data(), basis.rows(), basis.cols()));
    std::int32_t failures = 0, pause = 0;
    get(failures);
    get(pause);
    start.backoff() = Backoff::resumed(failures, pause);
  }
  bool at_end() const { return left_ == 0; }

 private:
  const std::string& path_;
  const char* next_;
  std::size_t left_;
};

}  // namespace detail

/// Writes the states to `path`.
///
/// They go to `path`.tmp first, which is renamed when it is complete: a program that stops on the
/// way leaves the old file whole. Two programs must not save to one path at the same time.
/// \throws std::runtime_error that names the file, if it cannot be written; the old one is then
///         as it was.
template <class T>
void save(const std::string& path, const States<T>& states) {
  namespace fs = std::filesystem;
  const std::string temporary = path + ".tmp";
  std::error_code failed;
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    detail::CheckpointWriter writer(out);
    writer.bytes(detail::checkpoint_magic, sizeof detail::checkpoint_magic);
    writer.put(detail::checkpoint_version);
    writer.put(static_cast<std::uint32_t>(sizeof(T)));
    writer.put(static_cast<std::uint64_t>(states.size()));
    for (const auto& [name, state] : states) {
      writer.put(static_cast<std::uint64_t>(name.size()));
      writer.bytes(name.data(), name.size());
      visit(state, [&writer](const char*, const auto& member) { writer.put(member); });
    }
    writer.put(writer.sum());
    out.close();
    if (!out) {
      fs::remove(temporary, failed);
      detail::refuse_checkpoint(path, "cannot be written");
    }
  }
  fs::rename(temporary, path, failed);
  if (failed) {
    const std::string why = failed.message();
    fs::remove(temporary, failed);
    detail::refuse_checkpoint(path, "cannot be written: " + why);
  }
}

/// Fills the states of a model, made by initial_state(), with what save() wrote.
/// \throws std::runtime_error that names the file and what is wrong with it: it cannot be read, is
///         not a checkpoint, of another version or scalar, truncated or altered, or its parameters
///         or their shapes are not the model's. Nothing is then changed.
template <class T>
void load(const std::string& path, States<T>& states) {
  const auto refuse = [&path](const std::string& why) { detail::refuse_checkpoint(path, why); };
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  std::ifstream in(path, std::ios::binary);
  if (failed || !in) refuse("cannot be read");  // a folder can be opened, but has no size
  std::vector<char> file(static_cast<std::size_t>(size));
  if (!in.read(file.data(), static_cast<std::streamsize>(size))) refuse("cannot be read");

  std::uint64_t sum = 0;
  const std::size_t head = sizeof detail::checkpoint_magic + 2 * sizeof(std::uint32_t);
  if (file.size() < head + sizeof sum ||
      std::memcmp(file.data(), detail::checkpoint_magic, sizeof detail::checkpoint_magic) != 0) {
    refuse("not a checkpoint of pion's optimisers");
  }
  const std::size_t length = file.size() - sizeof sum;
  std::memcpy(&sum, file.data() + length, sizeof sum);
  detail::CheckpointReader reader(path, file.data(), length);
  reader.bytes(sizeof detail::checkpoint_magic);
  std::uint32_t version = 0, scalar = 0;
  reader.get(version);
  if (version != detail::checkpoint_version) {
    refuse("has version " + std::to_string(version) + ", this program reads version " +
           std::to_string(detail::checkpoint_version));
  }
  pion::detail::Crc64 found;
  found.add(file.data(), length);
  if (found.value() != sum) refuse("truncated or altered: its checksum does not match");
  reader.get(scalar);
  if (scalar != sizeof(T)) {
    refuse("its scalars have " + std::to_string(scalar) + " bytes, the model's " +
           std::to_string(sizeof(T)));
  }

  std::uint64_t count = 0;
  reader.get(count);
  States<T> read;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t letters = 0;
    reader.get(letters);
    const char* name = reader.bytes(letters);
    State<T>& state = read[std::string(name, name + letters)];
    visit(state, [&reader](const char*, auto& member) { reader.get(member); });
    if (state.steps < 0) refuse("counts " + std::to_string(state.steps) + " steps");
  }
  if (!reader.at_end()) refuse("has more bytes than its states");

  for (const auto& [name, state] : states) {
    if (read.count(name) == 0) refuse("has no state of \"" + name + "\"");
  }
  const auto shape_of = [](const auto& m) { return pion::detail::shape(m.rows(), m.cols()); };
  for (const auto& entry : read) {
    const auto model = states.find(entry.first);
    if (model == states.end()) {
      refuse("has a state of \"" + entry.first + "\", which the model lacks");
    }
    const auto require_same = [&](const char* what, const auto& here, const auto& models) {
      if (here.rows() == models.rows() && here.cols() == models.cols()) return;
      refuse("the " + std::string(what) + " of \"" + entry.first + "\" is " + shape_of(here) +
             ", the model's " + shape_of(models));
    };
    require_same("momentum", entry.second.momentum, model->second.momentum);
    require_same("second moment", entry.second.second_moment, model->second.second_moment);
    const WarmStart<T>& start = entry.second.warm_start;
    const Index rows = model->second.momentum.rows();
    if (start.directions() > 0 && rows > 0 && start.extent() != rows) {
      refuse("the warm start of \"" + entry.first + "\" has " + std::to_string(start.extent()) +
             " rows, the model's momentum " + std::to_string(rows));
    }
  }
  states = std::move(read);
}

}  // namespace pion::optimizer
