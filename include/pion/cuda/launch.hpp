// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <pion/cuda/batch.hpp>

/// The four ways in which kernels go through elements. Declared here for any compiler; defined in
/// launch.cuh for nvcc, and instantiated for the bodies of instances.inl in the library pion::cuda.
///
/// Each call only adds to the stream and allocates nothing. Sums have one order for a shape, so
/// results are bitwise repeatable. Nothing is launched for an empty shape.
namespace pion::cuda {

/// Counts the pieces in which reduce() adds up `elements` terms; a function of the shape alone.
constexpr Index reduction_pieces(Index elements) {
  const Index wanted = (elements + 1023) / 1024;
  return wanted < 1 ? 1 : wanted > 256 ? 256 : wanted;
}

/// Calls body.write(i, j, b, body.read(i, j, b)) for the elements that body wants, in tiles that
/// pass through shared memory, so that each side may lie by columns or by rows. Neighbours down a
/// column are read together, or neighbours along a row where `read_across`; written likewise.
template <class Body>
cudaError_t transfer(cudaStream_t stream, Shape shape, const Body& body, bool read_across,
                     bool write_across);

/// Calls body(i, j, b) for every element.
template <class Body>
cudaError_t map(cudaStream_t stream, Shape shape, const Body& body);

/// Calls body.finish(b, the sum of body.term(i, j, b) over i and j) for every matrix. term() is
/// called once for an element, so that it may write element (i, j, b).
/// \param partials  memory for reduction_pieces(shape.rows * shape.cols) values for each matrix.
template <class Body>
cudaError_t reduce(cudaStream_t stream, Shape shape, const Body& body,
                   typename Body::Value* partials);

/// Calls body(k) for k < count.
template <class Body>
cudaError_t once(cudaStream_t stream, Index count, const Body& body);

}  // namespace pion::cuda
