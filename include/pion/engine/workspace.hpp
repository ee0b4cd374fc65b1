// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::ptrdiff_t, std::size_t
#include <cstdint>  // std::int64_t, std::uint64_t, std::uintptr_t, PTRDIFF_MAX
#include <memory>   // std::unique_ptr
#include <string>   // std::to_string
#include <utility>  // std::move

#include <pion/detail/check.hpp>

namespace pion {

/// Memory that the functions taking it work in, kept by the caller between calls.
///
/// It grows to the largest need it has met and never shrinks, so that a call whose like came before
/// allocates nothing. It serves every scalar type. Not to be shared by two calls at the same time.
class Workspace {
 public:
  /// Makes at least `bytes` available. What was in the workspace is lost when it grows.
  /// \throws std::bad_alloc if there is not so much, std::invalid_argument if a pointer cannot tell
  ///         so many bytes apart; then the workspace is as it was.
  void reserve(std::uint64_t bytes) {
    if (bytes <= capacity()) return;
    if (bytes > static_cast<std::uint64_t>(PTRDIFF_MAX)) {
      detail::refuse_argument("workspace: " + std::to_string(bytes) +
                              " bytes are more than a program of this kind can address");
    }
    const auto size = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(bytes));
    std::unique_ptr<std::byte[]> larger(new std::byte[size]);
    memory_ = std::move(larger);
    capacity_ = size;
  }

  /// Bytes available; none after the workspace was moved from.
  std::size_t capacity() const { return memory_ == nullptr ? 0 : capacity_; }
  std::byte* data() { return memory_.get(); }  ///< Their begin, aligned for Eigen's packets.

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
};

namespace detail {

/// Hands out aligned pieces of one stretch of memory, front to back.
///
/// Without memory it only counts, so that a layout is written once: run it on `Arena()` for the
/// number of bytes, then on the workspace. Bytes are counted in 64 bits, whatever a pointer has.
class Arena {
 public:
  static constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register

  Arena() = default;

  explicit Arena(std::byte* memory) : memory_(memory) {}

  /// An arena over the whole workspace, which it makes large enough.
  Arena(Workspace& workspace, std::uint64_t bytes) {
    workspace.reserve(bytes);
    memory_ = workspace.data();
  }

  template <class T>
  T* take(std::int64_t count) {
    std::uint64_t start = used_;
    if (memory_ != nullptr) {
      const auto address = reinterpret_cast<std::uintptr_t>(memory_ + used_);
      start += (alignment - address % alignment) % alignment;
    }
    used_ += static_cast<std::uint64_t>(count) * sizeof(T) + alignment;
    return memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + start);
  }

  /// The bytes that the takes so far need, wherever the memory begins.
  std::uint64_t used() const { return used_; }

 private:
  std::byte* memory_ = nullptr;
  std::uint64_t used_ = 0;
};

/// The layout that its constructor makes in an arena, made in the workspace: the constructor runs
/// once to count the bytes, and once on the memory.
template <class Layout, class... Arguments>
Layout laid_out(Workspace& workspace, const Arguments&... arguments) {
  Arena counting;
  Layout(counting, arguments...);
  Arena arena(workspace, counting.used());
  return Layout(arena, arguments...);
}

}  // namespace detail
}  // namespace pion
