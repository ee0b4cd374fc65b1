// SPDX-License-Identifier: Apache-2.0
#pragma once

#if !__has_include(<nccl.h>)
#error "pion/distributed/nccl.hpp needs NCCL: link pion::nccl; Debian: libnccl-dev"
#endif

#include <cstddef>  // std::byte, std::size_t
#include <stdexcept>
#include <string>
#include <type_traits>

#include <nccl.h>

#include <pion/cuda/context.hpp>
#include <pion/cuda/launch.hpp>
#include <pion/cuda/sharded_bodies.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/distributed/sum.hpp>

namespace pion::distributed {

namespace detail {

/// \throws std::runtime_error unless the code says success.
inline void check(ncclResult_t code, const char* call) {
  if (code == ncclSuccess) return;
  pion::detail::refuse<std::runtime_error>(std::string("nccl: ") + call + ": " +
                                           ncclGetErrorString(code));
}

}  // namespace detail

/// A communicator (distributed/concept.hpp) on NCCL, for device memory: the addresses that it is
/// given are the device's, and what it is told is done in the order of the context's stream, so
/// that no call waits. It refers to the caller's ncclComm_t and context, which must stay.
///
/// A rank that dies leaves the others' streams waiting, as NCCL has it: ncclCommAbort() by a
/// watchdog of the caller's ends that. After an error the communicator is of no more use.
class NcclOnDevice {
 public:
  NcclOnDevice(ncclComm_t comm, cuda::Context& context) : comm_(comm), context_(&context) {
    detail::check(ncclCommUserRank(comm_, &rank_), "ncclCommUserRank");
    detail::check(ncclCommCount(comm_, &size_), "ncclCommCount");
  }

  int rank() const { return rank_; }
  int size() const { return size_; }
  cuda::Context& context() const { return *context_; }  ///< Whose stream the calls are added to.

  template <class T>
  void gather(T* all, const Index* offsets) const {
    together([&](int r) {
      const ncclResult_t sent = send(all, offsets, rank_, r);
      return sent == ncclSuccess ? receive(all, offsets, r) : sent;
    });
  }

  template <class T>
  void exchange(const T* from, const Index* from_offsets, T* to, const Index* to_offsets) const {
    const std::size_t own = bytes<T>(from_offsets, rank_);
    if (own > 0) {
      cuda::check(cudaMemcpyAsync(to + to_offsets[rank_], from + from_offsets[rank_], own,
                                  cudaMemcpyDeviceToDevice, context_->stream()),
                  "cudaMemcpyAsync");
    }
    together([&](int r) {
      const ncclResult_t sent = send(from, from_offsets, r, r);
      return sent == ncclSuccess ? receive(to, to_offsets, r) : sent;
    });
  }

  template <class T>
  void broadcast(T* values, Index count, int root) const {
    detail::check(ncclBroadcast(values, values, static_cast<std::size_t>(count) * sizeof(T),
                                ncclUint8, root, comm_, context_->stream()),
                  "ncclBroadcast");
  }

  /// Adds in double, in the order of the ranks, and rounds once. T is a scalar of cuda::Matrix.
  template <class T>
  void sum(T* values, Index count, T* scratch) const {
    sum_in_rank_order(*this, values, count, scratch, [&](const T* pieces, Index mine, T* sum) {
      cuda::check(
          cuda::map(context_->stream(), {mine, 1, 1}, cuda::AddPieces<T>{pieces, mine, size_, sum}),
          "map");
    });
  }

 private:
  /// Entries only move, so that NCCL needs to know their bytes alone.
  template <class T>
  static std::size_t bytes(const Index* offsets, int piece) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<std::size_t>(offsets[piece + 1] - offsets[piece]) * sizeof(T);
  }

  template <class T>
  ncclResult_t send(const T* from, const Index* offsets, int piece, int to) const {
    const std::size_t count = bytes<T>(offsets, piece);
    if (count == 0) return ncclSuccess;
    return ncclSend(from + offsets[piece], count, ncclUint8, to, comm_, context_->stream());
  }

  template <class T>
  ncclResult_t receive(T* to, const Index* offsets, int from) const {
    const std::size_t count = bytes<T>(offsets, from);
    if (count == 0) return ncclSuccess;
    return ncclRecv(to + offsets[from], count, ncclUint8, from, comm_, context_->stream());
  }

  /// Makes the messages of all other ranks one operation, which must be closed whatever happens.
  template <class Messages>
  void together(const Messages& messages) const {
    if (size_ == 1) return;
    detail::check(ncclGroupStart(), "ncclGroupStart");
    ncclResult_t first = ncclSuccess;
    for (int r = 0; r < size_ && first == ncclSuccess; ++r) {
      if (r != rank_) first = messages(r);
    }
    const ncclResult_t closed = ncclGroupEnd();
    detail::check(first, "ncclSend or ncclRecv");
    detail::check(closed, "ncclGroupEnd");
  }

  ncclComm_t comm_;
  cuda::Context* context_;
  int rank_ = 0, size_ = 1;
};

/// A communicator on NCCL for memory of the host, as the functions of distributed/ for host
/// matrices take it: what is sent goes by way of device memory, and each call waits for the stream.
/// So the same ranks agree, save checkpoints and filter device matrices (apply_on_device.hpp).
///
/// One thread at a time calls it.
class Nccl {
 public:
  /// \param comm  of ncclCommInitRank() or its kin, whose device is current. Both must stay.
  /// \throws std::runtime_error if a call of NCCL fails, here and below; device_error if one of
  ///         CUDA does.
  Nccl(ncclComm_t comm, cuda::Context& context) : device_(comm, context) {
    stage<std::byte>(1 << 16);  // for what ranks tell each other: a lack of memory is seen here
  }

  const NcclOnDevice& on_device() const { return device_; }  ///< The same, for device memory.
  int rank() const { return device_.rank(); }
  int size() const { return device_.size(); }

  template <class T>
  void gather(T* all, const Index* offsets) const {
    if (size() == 1) return;
    const Index count = offsets[size()], mine = offsets[rank()];
    T* const staged = stage<T>(count);
    copy(all + mine, offsets[rank() + 1] - mine, staged + mine, cudaMemcpyHostToDevice);
    device_.gather(staged, offsets);
    fetch(staged, count, all);
  }

  template <class T>
  void exchange(const T* from, const Index* from_offsets, T* to, const Index* to_offsets) const {
    const Index sent = from_offsets[size()], received = to_offsets[size()];
    T* const staged = stage<T>(sent + received);
    copy(from, sent, staged, cudaMemcpyHostToDevice);
    device_.exchange(staged, from_offsets, staged + sent, to_offsets);
    fetch(staged + sent, received, to);
  }

  template <class T>
  void broadcast(T* values, Index count, int root) const {
    if (size() == 1) return;
    T* const staged = stage<T>(count);
    if (rank() == root) copy(values, count, staged, cudaMemcpyHostToDevice);
    device_.broadcast(staged, count, root);
    fetch(staged, count, values);
  }

  template <class T>
  void sum(T* values, Index count, T* scratch) const {
    sum_in_rank_order(*this, values, count, scratch);
  }

 private:
  template <class T>
  T* stage(Index count) const {
    return reinterpret_cast<T*>(memory_.reserve(static_cast<std::size_t>(count) * sizeof(T)));
  }

  template <class T>
  void copy(const T* from, Index count, T* to, cudaMemcpyKind kind) const {
    if (count == 0) return;
    cuda::check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(count) * sizeof(T), kind,
                                device_.context().stream()),
                "cudaMemcpyAsync");
  }

  /// Copies to the host, and waits.
  template <class T>
  void fetch(const T* from, Index count, T* to) const {
    copy(from, count, to, cudaMemcpyDeviceToHost);
    device_.context().synchronize();
  }

  NcclOnDevice device_;
  mutable cuda::Memory memory_;
};

}  // namespace pion::distributed
