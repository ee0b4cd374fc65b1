// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::size_t
#include <cstdint>  // std::uintptr_t
#include <memory>   // std::unique_ptr
#include <utility>  // std::move

#include <Eigen/Core>

namespace pion {

/// Memory that the functions taking it work in, kept by the caller between calls.
///
/// It grows to the largest need it has met and never shrinks, so that a call whose like came before
/// allocates nothing. It serves every scalar type. Not to be shared by two calls at the same time.
class Workspace {
 public:
  /// Makes at least `bytes` available. What was in the workspace is lost when it grows.
  /// \throws std::bad_alloc, and then the workspace is as it was.
  void reserve(std::size_t bytes) {
    if (bytes <= capacity_) return;
    std::unique_ptr<std::byte[]> larger(new std::byte[bytes]);
    memory_ = std::move(larger);
    capacity_ = bytes;
  }

  std::size_t capacity() const { return capacity_; }
  std::byte* data() { return memory_.get(); }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
};

namespace detail {

/// Hands out aligned pieces of one stretch of memory, front to back.
///
/// Without memory it only counts, so that a layout is written once: run it on `Arena()` for the
/// number of bytes, then on the workspace.
class Arena {
 public:
  static constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register

  Arena() = default;

  explicit Arena(std::byte* memory) : memory_(memory) {}

  /// An arena over the whole workspace, which it makes large enough.
  Arena(Workspace& workspace, std::size_t bytes) {
    workspace.reserve(bytes);
    memory_ = workspace.data();
  }

  template <class T>
  T* take(Eigen::Index count) {
    std::size_t start = used_;
    if (memory_ != nullptr) {
      const auto address = reinterpret_cast<std::uintptr_t>(memory_ + used_);
      start += (alignment - address % alignment) % alignment;
    }
    used_ += static_cast<std::size_t>(count) * sizeof(T) + alignment;
    return memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + start);
  }

  /// The bytes that the takes so far need, wherever the memory begins.
  std::size_t used() const { return used_; }

 private:
  std::byte* memory_ = nullptr;
  std::size_t used_ = 0;
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
