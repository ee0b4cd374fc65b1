// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cstddef>    // std::size_t
#include <vector>

#include <pion/cuda/buffers.hpp>
#include <pion/cuda/kernels.hpp>
#include <pion/cuda/sharded_bodies.hpp>
#include <pion/distributed/buffers.hpp>
#include <pion/distributed/nccl.hpp>
#include <pion/distributed/sum.hpp>

namespace pion::distributed::detail {

/// Refers to a matrix in device memory whose columns are cut over ranks: rows x cols, of which
/// `local` has this rank's columns. A cuda::Batch, in the same call, is a matrix that every rank
/// has whole.
template <class T>
struct ShardedBatch {
  cuda::Batch<T> local;
  Index rows = 0;
  Index cols = 0;
};

/// Has the primitives of an engine on device memory where the columns of x are cut over ranks: what
/// distributed/kernels.hpp is on the host. Here, too, each call only adds to the stream.
template <class T>
class KernelsOnDevice : public cuda::Kernels<T> {
  using Local = cuda::Kernels<T>;
  using In = ShardedBatch<T>;
  using Square = cuda::Batch<T>;

 public:
  template <class V>
  using Number = typename Local::template Number<V>;

  /// \param comm  null where only bytes are counted.
  KernelsOnDevice(pion::detail::Arena& arena, cuda::Context& context, bool tf32,
                  const NcclOnDevice* comm, const Sizes& s, Index rows)
      : Local(arena, context, tf32, rows, (std::max)({rows, s.part(), s.given * s.whole}), 1),
        comm_(comm),
        triangle_size_(rows * (rows + 1) / 2) {
    triangle_ = arena.take<T>(triangle_size_);
    scratch_ = arena.take<T>(sum_scratch(triangle_size_, s.ranks));
    moments_ = arena.take<cuda::NormPartials>(s.ranks);
    for (int r = 0; r <= s.ranks; ++r) one_of_each_.push_back(r);
  }

  using Local::copy, Local::frobenius_norm, Local::multiply, Local::scale;

  /// Computes r = x x^T, both halves, exactly symmetric.
  void gram(const In& x, const Square& r) const {
    if (x.local.cols > 0) {
      Local::gram(x.local, r);
    } else {
      clear(r.data, r.stride * r.cols);
    }
    if (comm_->size() == 1) return;
    const cudaStream_t stream = this->stream();
    cuda::check(cuda::map(stream, r.shape(), cuda::PackLower<T>{r, triangle_}), "map");
    comm_->sum(triangle_, triangle_size_, scratch_);
    cuda::check(cuda::map(stream, r.shape(), cuda::UnpackLower<T>{triangle_, r}), "map");
  }

  /// Computes y = h x.
  void multiply(const Square& h, const In& x, const In& y) const {
    Local::multiply(h, x.local, y.local);
  }

  void scale(const Number<double>& factor, const In& x) const { Local::scale(factor, x.local); }

  void equilibrate(const In& x, const Square& r, const Square& scratch) const {
    Local::equilibrate(x.local, r, scratch);
  }

  /// The moments of a whole matrix, of which this rank has anything with elements.
  template <class Elements>
  Number<cuda::NormPartials> moments(const Elements& part, cuda::Shape shape) const {
    cuda::NormPartials* const mine = moments_ + comm_->rank();
    if (shape.empty()) {
      clear(mine, 1);
    } else {
      const auto local = Local::moments(part, shape);
      if (comm_->size() == 1) return local;
      cuda::check(cudaMemcpyAsync(mine, local.device, sizeof(*mine), cudaMemcpyDeviceToDevice,
                                  this->stream()),
                  "cudaMemcpyAsync");
    }
    comm_->gather(moments_, one_of_each_.data());
    const auto whole = this->template number<cuda::NormPartials>();
    cuda::check(
        cuda::once(this->stream(), 1, cuda::JoinMoments{moments_, comm_->size(), whole.device}),
        "once");
    return whole;
  }
  Number<cuda::NormPartials> moments(const In& x) const {
    return moments(x.local, x.local.shape());
  }

 private:
  /// Writes zeros.
  template <class V>
  void clear(V* values, Index count) const {
    cuda::check(
        cudaMemsetAsync(values, 0, static_cast<std::size_t>(count) * sizeof(V), this->stream()),
        "cudaMemsetAsync");
  }

  const NcclOnDevice* comm_;
  Index triangle_size_;
  T* triangle_ = nullptr;
  T* scratch_ = nullptr;
  cuda::NormPartials* moments_ = nullptr;  ///< Of each rank's part.
  std::vector<Index> one_of_each_;         ///< The offsets of one value from each rank.
};

}  // namespace pion::distributed::detail
