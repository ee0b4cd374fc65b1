// SPDX-License-Identifier: Apache-2.0
// The launches of the test double: the bodies of the kernels, by loops, last tile first, so that
// nothing may rely on an order.

#include <algorithm>
#include <vector>

#include <pion/cuda/launch.hpp>

#include "device.hpp"

namespace pion::cuda {
namespace {

cudaError_t launched(const char* name, cudaStream_t stream, Operation operation) {
  if (const int code = device_double::called(name); code != 0) {
    return static_cast<cudaError_t>(code);
  }
  device_double::put(stream, std::move(operation));
  return cudaSuccess;
}

constexpr Index edge = 32;

}  // namespace

template <class Body>
cudaError_t transfer(cudaStream_t stream, Shape shape, const Body& body, bool, bool) {
  if (shape.empty()) return cudaSuccess;
  return launched("transfer", stream, [=] {
    const Index down = (shape.rows + edge - 1) / edge, across = (shape.cols + edge - 1) / edge;
    for (Index t = down * across * shape.count; t-- > 0;) {
      const Index b = t / (down * across), place = t % (down * across);
      const Index i0 = place % down * edge, j0 = place / down * edge;
      const Index i1 = std::min(i0 + edge, shape.rows), j1 = std::min(j0 + edge, shape.cols);
      std::vector<typename Body::Value> tile(edge * edge);
      const auto at = [&](Index i, Index j) -> auto& {
        return tile[static_cast<std::size_t>((i - i0) + (j - j0) * edge)];
      };
      const auto for_wanted = [&](const auto& use) {
        for (Index j = j0; j < j1; ++j) {
          for (Index i = i0; i < i1; ++i) {
            if (body.wanted(i, j, b)) use(i, j);
          }
        }
      };
      for_wanted([&](Index i, Index j) { at(i, j) = body.read(i, j, b); });
      for_wanted([&](Index i, Index j) { body.write(i, j, b, at(i, j)); });
    }
  });
}

template <class Body>
cudaError_t map(cudaStream_t stream, Shape shape, const Body& body) {
  if (shape.empty()) return cudaSuccess;
  return launched("map", stream, [=] {
    for (Index k = shape.rows * shape.cols * shape.count; k-- > 0;) {
      const Index within = k % (shape.rows * shape.cols);
      body(within % shape.rows, within / shape.rows, k / (shape.rows * shape.cols));
    }
  });
}

template <class Body>
cudaError_t reduce(cudaStream_t stream, Shape shape, const Body& body,
                   typename Body::Value* partials) {
  if (shape.empty()) return cudaSuccess;
  return launched("reduce", stream, [=] {
    const Index elements = shape.rows * shape.cols, pieces = reduction_pieces(elements);
    for (Index b = 0; b < shape.count; ++b) {
      for (Index p = 0; p < pieces; ++p) {
        auto sum = body.nothing(b);
        for (Index k = p; k < elements; k += pieces) {
          sum = sum + body.term(k % shape.rows, k / shape.rows, b);
        }
        partials[b * pieces + p] = sum;
      }
    }
    for (Index b = 0; b < shape.count; ++b) {
      auto sum = body.nothing(b);
      for (Index p = 0; p < pieces; ++p) sum = sum + partials[b * pieces + p];
      body.finish(b, sum);
    }
  });
}

template <class Body>
cudaError_t once(cudaStream_t stream, Index count, const Body& body) {
  if (count == 0) return cudaSuccess;
  return launched("once", stream, [=] {
    for (Index k = count; k-- > 0;) body(k);
  });
}

}  // namespace pion::cuda

// Last: it instantiates what is above.
#include <pion/cuda/instances.inl>
