// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <type_traits>
#include <utility>  // std::move
#include <vector>

#include <pion/algorithm/dense.hpp>
#include <pion/algorithm/gram.hpp>
#include <pion/algorithm/normalize.hpp>
#include <pion/cuda/list.hpp>
#include <pion/distributed/apply.hpp>
#include <pion/distributed/buffers.hpp>
#include <pion/distributed/kernels_on_device.hpp>
#include <pion/distributed/nccl.hpp>
#include <pion/distributed/plan.hpp>
#include <pion/distributed/sharded.hpp>

namespace pion::distributed {

/// Views a matrix of which each rank has a part in the memory of its device.
template <class T>
struct Sharded<cuda::Matrix<T>> {
  cuda::Matrix<T> local;   ///< This rank's part.
  Axis axis = Axis::rows;  ///< The one that is cut.
  Index extent = 0;        ///< Of the whole matrix, along the axis.
  Index offset = 0;        ///< Where the local part begins, along the axis.

  /// Of the whole matrix.
  Index rows() const { return axis == Axis::rows ? extent : local.rows; }
  /// Of the whole matrix.
  Index cols() const { return axis == Axis::cols ? extent : local.cols; }
  /// The extent of the local part, along the axis.
  Index part() const { return axis == Axis::rows ? local.rows : local.cols; }
};

/// Views `local`, in device memory, as the part of a matrix that is cut along `axis`, of whose
/// `extent` the part begins at `offset`.
template <class T>
Sharded<cuda::Matrix<T>> sharded(cuda::Matrix<T> local, Axis axis, Index extent, Index offset) {
  return {local, axis, extent, offset};
}

namespace detail {

/// Everything a call works on, as Buffers on the host. The part is read from the caller's matrix
/// as x, or as `packed`.
template <class T>
struct BuffersOnDevice {
  using Batch = cuda::Batch<T>;

  /// \param comm  null where only bytes are counted.
  BuffersOnDevice(pion::detail::Arena& arena, cuda::Context& context, bool tf32,
                  const NcclOnDevice* comm, const Sizes& s)
      : info(arena.take<cuda::Info>(1)),
        x(sharded_batch(arena, s)),
        y(sharded_batch(arena, s)),
        r(cuda::take_batch<T>(arena, x.rows, x.rows, 1)),
        h(cuda::take_batch<T>(arena, x.rows, x.rows, 1)),
        t(cuda::take_batch<T>(arena, x.rows, x.rows, 1)),
        kernels(arena, context, tf32, comm, s, x.rows) {
    if (s.method == Method::gram) q = cuda::take_batch<T>(arena, x.rows, x.rows, 1);
    if (s.way == Way::exchanged) {
      packed = matrix_at(arena.take<T>(s.given * s.whole), s.given, s.whole);
    }
  }

  void pack() const {}  // it is read so
  static Batch matrix_at(T* memory, Index rows, Index cols) {
    return {memory, rows, cols, (std::max)(rows, Index(1)), 1, 0};
  }
  void copy(const Batch& from, const Batch& to) const { kernels.copy(from, to); }

  cuda::Info* info;
  ShardedBatch<T> x, y;
  Batch r, h, t, q, packed;
  KernelsOnDevice<T> kernels;

 private:
  static ShardedBatch<T> sharded_batch(pion::detail::Arena& arena, const Sizes& s) {
    const bool exchanged = s.way == Way::exchanged;
    const Index rows = exchanged ? s.cut : s.whole, cols = exchanged ? s.whole : s.cut;
    return {cuda::take_batch<T>(arena, rows, s.part(), 1), rows, cols};
  }
};

/// The bytes of device memory that a call works on.
template <class T>
std::size_t bytes_on_device(cuda::Context& context, bool tf32, const Sizes& s) {
  pion::detail::Arena counting;
  BuffersOnDevice<T>(counting, context, tf32, nullptr, s);
  return counting.used();
}

/// Views a part with the axis that is whole first, or its transpose.
template <class S>
cuda::PointerBatch<S> part_table(const Sharded<cuda::Matrix<S>>& x, bool transposed) {
  cuda::PointerBatch<S> table;
  table.data[0] = x.local.data;
  table.stride = x.local.stride;
  const bool turned = (x.axis == Axis::rows) != transposed;
  table.crossed = (x.local.order == cuda::Order::rows) != turned;
  return table;
}

/// The whole of a call, computed in T.
template <class T, class S, class Y>
void run_on_device(const Nccl& comm, const Filter& f, const Sharded<cuda::Matrix<const S>>& x,
                   const Sharded<cuda::Matrix<Y>>& y, const cuda::Options& options, bool tf32,
                   const Network& network) {
  const NcclOnDevice& device = comm.on_device();
  cuda::Context& context = device.context();
  Plan plan;
  Sizes size;
  Opening mine;
  context.require_no_capture("apply");  // nothing could be told to the others
  const Trouble trouble = trouble_of([&] {
    cuda::require_fit("apply", x.local, y.local);
    require_same_place("apply", x, y);
    plan = distributed::plan<float>(f, x.rows(), x.cols(), x.axis, comm.size(),
                                    cuda::method_for<T>(f, options.method), network);
    size = sizes(plan, x.part(), comm.rank());
    const auto call = Hash()
                          .add(Call::apply_on_device)
                          .add(plan.way)
                          .add(plan.method)
                          .add(cuda::Scalar<T>::type)
                          .add(tf32);
    mine = opening_of(call, f, x);
    context.reserve(bytes_on_device<T>(context, tf32, size));
  });
  std::vector<Index> offsets = opened(comm, mine, trouble, plan.cut()).offsets;
  if (plan.rows == 0 || plan.cols == 0) {
    if (options.info == nullptr) return;
    return cuda::check(cudaMemsetAsync(options.info, 0, sizeof(cuda::Info), context.stream()),
                       "cudaMemsetAsync");
  }

  pion::detail::Arena arena(context.reserve(0));
  BuffersOnDevice<T> b(arena, context, tf32, &device, size);
  const bool exchanged = plan.way == Way::exchanged;
  const Recut recut(comm, std::move(offsets), plan.whole());
  cuda::load(b.kernels, part_table(x, exchanged), f.normalizer, b.info,
             exchanged ? b.packed : b.x.local);
  if (exchanged) recut.there(device, b);
  algorithm::normalize(b.kernels, f.normalizer, b.x, b.r, b.h, b.t);
  if (plan.method == Method::gram) {
    algorithm::gram(b.kernels, f.chain, plan.restarts, b.x, b.y, b.r, b.h, b.q, b.t);
  } else {
    algorithm::dense(b.kernels, f.chain, b.x, b.y, b.r, b.h);
  }
  cuda::classify<Y>(b.kernels, b.x, f.normalizer, (std::min)(plan.rows, plan.cols), b.info);
  if (exchanged) recut.back(device, b);
  cuda::store(context.stream(), exchanged ? b.packed : b.x.local, b.info, part_table(y, exchanged));
  cuda::check(cuda::once(context.stream(), 1, cuda::CopyInfo{b.info, {options.info}}), "once");
}

}  // namespace detail

/// Computes y = U f(S) V^T for a matrix x = U S V^T of which each rank's device has a part. Every
/// rank of `comm` calls it.
///
/// \param comm  the ranks, and the context on whose stream the call is done.
/// \param x     m x n, cut along an axis, of any storage order and scalar. The parts may be uneven
///              or empty.
/// \param[out] y  m x n, cut as x is; it may be x, but must not overlap it otherwise. It is written
///              last, and only where every entry of the whole of x is finite and the result fits
///              y's scalar: options.info tells, the same on every rank.
/// \param network  what the plan reckons with (distributed/plan.hpp), the same on all ranks.
/// The ranks first say what they are about to do, for which the call waits for the stream; all that
/// comes then is only added to it.
/// \throws std::invalid_argument on every rank, with one line, if on one of them shapes, strides or
///         cuts do not fit, the method cannot run this filter, or the ranks' filters, shapes, cuts,
///         scalars or options differ; std::runtime_error what else a rank has met, as a lack of
///         memory; std::invalid_argument, on that rank alone, if a graph captures its stream.
///         Nothing is begun then. device_error or std::runtime_error, on the rank that saw it, if a
///         call of CUDA or NCCL fails later.
/// Cost: what distributed::plan() says; sums over ranks are added in double. Accuracy: as
/// pion::apply() on a device. Determinism: bitwise the same on every rank, for one number of ranks
/// and one cut, on devices of one kind.
template <class X, class Y>
void apply(const Nccl& comm, const Filter& f, const Sharded<cuda::Matrix<X>>& x,
           const Sharded<cuda::Matrix<Y>>& y, const cuda::Options& options = {},
           const Network& network = {}) {
  using S = std::remove_const_t<X>;
  cuda::with_precision<S>(options.precision, [&](auto as, bool tf32) {
    using T = typename decltype(as)::type;
    const Sharded<cuda::Matrix<const S>> from{x.local, x.axis, x.extent, x.offset};
    detail::run_on_device<T>(comm, f, from, y, options, tf32, network);
  });
}

}  // namespace pion::distributed
