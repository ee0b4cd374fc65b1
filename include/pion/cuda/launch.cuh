// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min

#include <pion/cuda/launch.hpp>

namespace pion::cuda {

namespace kernels {

constexpr int edge = 32;   // of a transfer's tile: a warp reads one column or row of it
constexpr int strips = 8;  // rows of a tile that a block of edge x strips threads handles at once
constexpr int threads = 256;

/// 16-bit and wider values alike; the last column of padding keeps the banks apart.
template <class Body>
__global__ void __launch_bounds__(edge* strips)
    transfer(Shape shape, Body body, bool read_across, bool write_across, Index down) {
  __shared__ typename Body::Value tile[edge][edge + 1];
  const Index i0 = static_cast<Index>(blockIdx.x) % down * edge;
  const Index j0 = static_cast<Index>(blockIdx.x) / down * edge;
  for (Index b = blockIdx.y; b < shape.count; b += gridDim.y) {
    for (int s = static_cast<int>(threadIdx.y); s < edge; s += strips) {
      const int x = static_cast<int>(threadIdx.x);
      const int di = read_across ? s : x, dj = read_across ? x : s;
      const Index i = i0 + di, j = j0 + dj;
      if (i < shape.rows && j < shape.cols && body.wanted(i, j, b)) {
        tile[dj][di] = body.read(i, j, b);
      }
    }
    __syncthreads();
    for (int s = static_cast<int>(threadIdx.y); s < edge; s += strips) {
      const int x = static_cast<int>(threadIdx.x);
      const int di = write_across ? s : x, dj = write_across ? x : s;
      const Index i = i0 + di, j = j0 + dj;
      if (i < shape.rows && j < shape.cols && body.wanted(i, j, b)) {
        body.write(i, j, b, tile[dj][di]);
      }
    }
    __syncthreads();
  }
}

/// A walk through one matrix's elements in steps of `step`, column by column, with one division.
struct Walk {
  Index i, j, down, across, rows;
  __device__ Walk(Index start, Index step, Index rows_)
      : i(start % rows_), j(start / rows_), down(step % rows_), across(step / rows_), rows(rows_) {}
  __device__ void next() {
    i += down;
    j += across;
    if (i >= rows) {
      i -= rows;
      ++j;
    }
  }
};

template <class Body>
__global__ void __launch_bounds__(threads) map(Shape shape, Body body) {
  const Index step = static_cast<Index>(gridDim.x) * threads;
  for (Index b = blockIdx.y; b < shape.count; b += gridDim.y) {
    Walk at(static_cast<Index>(blockIdx.x) * threads + threadIdx.x, step, shape.rows);
    for (; at.j < shape.cols; at.next()) body(at.i, at.j, b);
  }
}

/// The sum of all threads' values, in thread 0, by halves.
template <class V>
__device__ V sum_of_block(V value) {
  __shared__ alignas(V) unsigned char memory[threads * sizeof(V)];  // V may have a constructor
  V* all = reinterpret_cast<V*>(memory);
  all[threadIdx.x] = value;
  __syncthreads();
  for (int reach = threads / 2; reach > 0; reach /= 2) {
    if (static_cast<int>(threadIdx.x) < reach) {
      all[threadIdx.x] = all[threadIdx.x] + all[threadIdx.x + reach];
    }
    __syncthreads();
  }
  const V sum = all[0];
  __syncthreads();
  return sum;
}

template <class Body>
__global__ void __launch_bounds__(threads)
    partial_sums(Shape shape, Body body, typename Body::Value* partials) {
  const Index step = static_cast<Index>(gridDim.x) * threads;
  for (Index b = blockIdx.y; b < shape.count; b += gridDim.y) {
    auto sum = body.nothing(b);
    Walk at(static_cast<Index>(blockIdx.x) * threads + threadIdx.x, step, shape.rows);
    for (; at.j < shape.cols; at.next()) sum = sum + body.term(at.i, at.j, b);
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) partials[b * gridDim.x + blockIdx.x] = sum;
  }
}

template <class Body>
__global__ void __launch_bounds__(threads)
    finish_sums(Index count, int pieces, Body body, const typename Body::Value* partials) {
  for (Index b = blockIdx.x; b < count; b += gridDim.x) {
    auto sum = body.nothing(b);
    if (static_cast<int>(threadIdx.x) < pieces) sum = partials[b * pieces + threadIdx.x];
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) body.finish(b, sum);
  }
}

template <class Body>
__global__ void __launch_bounds__(threads) once(Index count, Body body) {
  const Index k = static_cast<Index>(blockIdx.x) * threads + threadIdx.x;
  if (k < count) body(k);
}

}  // namespace kernels

inline Index pieces_of(Index extent, Index piece) { return (extent + piece - 1) / piece; }

/// A grid's second extent is at most 65535; kernels go round.
inline unsigned along_batch(Index count) {
  return static_cast<unsigned>((std::min)(count, Index(65535)));
}

template <class Body>
cudaError_t transfer(cudaStream_t stream, Shape shape, const Body& body, bool read_across,
                     bool write_across) {
  if (shape.empty()) return cudaSuccess;
  const Index down = pieces_of(shape.rows, kernels::edge);
  const Index blocks = down * pieces_of(shape.cols, kernels::edge);
  if (blocks > 0x7fffffff) return cudaErrorInvalidConfiguration;
  const dim3 grid(static_cast<unsigned>(blocks), along_batch(shape.count));
  kernels::transfer<<<grid, dim3(kernels::edge, kernels::strips), 0, stream>>>(
      shape, body, read_across, write_across, down);
  return cudaGetLastError();
}

template <class Body>
cudaError_t map(cudaStream_t stream, Shape shape, const Body& body) {
  if (shape.empty()) return cudaSuccess;
  // A few elements a thread, and enough threads to fill a device of some 150 multiprocessors.
  const Index blocks =
      (std::min)(pieces_of(shape.rows * shape.cols, 4 * kernels::threads), Index(8192));
  const dim3 grid(static_cast<unsigned>(blocks), along_batch(shape.count));
  kernels::map<<<grid, kernels::threads, 0, stream>>>(shape, body);
  return cudaGetLastError();
}

template <class Body>
cudaError_t reduce(cudaStream_t stream, Shape shape, const Body& body,
                   typename Body::Value* partials) {
  if (shape.empty()) return cudaSuccess;
  static_assert(reduction_pieces(Index(1) << 60) <= kernels::threads,
                "finish_sums gives each thread one partial sum");
  const Index pieces = reduction_pieces(shape.rows * shape.cols);
  const dim3 grid(static_cast<unsigned>(pieces), along_batch(shape.count));
  kernels::partial_sums<<<grid, kernels::threads, 0, stream>>>(shape, body, partials);
  if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) return error;
  kernels::finish_sums<<<along_batch(shape.count), kernels::threads, 0, stream>>>(
      shape.count, static_cast<int>(pieces), body, partials);
  return cudaGetLastError();
}

template <class Body>
cudaError_t once(cudaStream_t stream, Index count, const Body& body) {
  if (count == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>(pieces_of(count, kernels::threads));
  kernels::once<<<blocks, kernels::threads, 0, stream>>>(count, body);
  return cudaGetLastError();
}

}  // namespace pion::cuda
