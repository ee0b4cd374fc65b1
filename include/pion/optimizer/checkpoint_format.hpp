// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <cstdint>
#include <cstring>    // std::memcpy
#include <stdexcept>  // std::runtime_error
#include <string>
#include <type_traits>
#include <utility>  // std::move
#include <vector>

#include <pion/detail/atomic_file.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/crc64.hpp>
#include <pion/optimizer/state.hpp>

/// The bytes of a checkpoint (checkpoint.hpp).
///
/// A file is: 8 bytes "pionopti", the version and sizeof(T), 4 bytes each, the number of states;
/// each state's name and its members in the order of visit(), a text as its length and its bytes, a
/// matrix as its extents and its entries column by column, the parts as their number and each one's
/// name, values and codes; and the CRC-64 of all that came before.
/// Numbers are in the byte order of the machine, of 8 bytes but for those of Backoff, of 4.
namespace pion::detail {

inline constexpr char checkpoint_magic[8] = {'p', 'i', 'o', 'n', 'o', 'p', 't', 'i'};
/// Version 1 had no warm starts, 2 no backoff, 3 no recipes, 4 no parts.
inline constexpr std::uint32_t checkpoint_version = 5;

[[noreturn]] inline void refuse_checkpoint(const std::string& path, const std::string& why) {
  refuse<std::runtime_error>(path + ": " + why);
}

/// \throws std::runtime_error unless this program reads files of that version.
inline void require_known_version(const std::string& path, std::uint32_t version) {
  if (version >= 1 && version <= checkpoint_version) return;
  if (version != 0 && version % 0x10000U == 0) {  // 4 is 0x04000000 in the other order
    refuse_checkpoint(path, "written in the other byte order; load it on a machine of that order");
  }
  refuse_checkpoint(path, "has version " + std::to_string(version) +
                              ", this program reads versions 1 to " +
                              std::to_string(checkpoint_version));
}

/// Writes to a file, and sums what it writes.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(AtomicFile& file) : file_(file) {}

  void bytes(const void* data, std::size_t count) {
    file_.write(data, count);
    sum_.add(static_cast<const char*>(data), count);
  }
  template <class V, std::enable_if_t<std::is_integral_v<V>, int> = 0>
  void put(V number) {
    bytes(&number, sizeof number);
  }
  template <class M, std::enable_if_t<!std::is_integral_v<M>, int> = 0>
  void put(const M& matrix) {
    put(static_cast<std::int64_t>(matrix.rows()));
    put(static_cast<std::int64_t>(matrix.cols()));
    if (matrix.size() == 0) return;
    bytes(matrix.data(), sizeof(*matrix.data()) * static_cast<std::size_t>(matrix.size()));
  }
  template <class T>
  void put(const WarmStart<T>& start) {
    put(engine::as_eigen(start.basis()));
    put(start.backoff().failures());
    put(start.backoff().pause());
  }
  void put(const std::string& text) {
    const std::uint64_t letters = text.size();
    put(letters);
    bytes(text.data(), text.size());
  }
  template <class T>
  void put(const std::vector<optimizer::Buffer<T>>& parts) {
    put(static_cast<std::uint64_t>(parts.size()));
    for (const optimizer::Buffer<T>& part : parts) {
      put(part.name);
      put(part.values);
      put(part.codes);
    }
  }
  std::uint64_t sum() const { return sum_.value(); }

 private:
  AtomicFile& file_;
  Crc64 sum_;
};

/// Reads what the writer of any known version wrote from the bytes of a file, never beyond their
/// end. A member that the version does not have is left as it is.
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
  void version(std::uint32_t number) { version_ = number; }
  std::string text() {
    std::uint64_t letters = 0;
    get(letters);
    const char* first = bytes(letters);
    return {first, first + letters};
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
    if (version_ < 2) return;
    detail::OwnedMatrix<T> basis;
    get(basis);
    start.remember(engine::View<T>(basis.data(), basis.rows(), basis.cols()));
    if (version_ < 3) return;
    std::int32_t failures = 0, pause = 0;
    get(failures);
    get(pause);
    start.backoff() = Backoff::resumed(failures, pause);
  }
  void get(std::string& recipe) {
    if (version_ >= 4) recipe = text();
  }
  template <class T>
  void get(std::vector<optimizer::Buffer<T>>& parts) {
    if (version_ < 5) return;
    std::uint64_t count = 0;
    get(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      optimizer::Buffer<T> part;
      part.name = text();
      get(part.values);
      get(part.codes);
      parts.push_back(std::move(part));
    }
  }
  bool at_end() const { return left_ == 0; }

 private:
  const std::string& path_;
  const char* next_;
  std::size_t left_;
  std::uint32_t version_ = checkpoint_version;
};

}  // namespace pion::detail
