// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <type_traits>

#include <pion/cuda/list.hpp>
#include <pion/cuda/measure.hpp>

namespace pion {

/// norms[i] <- ||head i||_F for every head of a matrix on a device, in the order in which they lie.
/// The call only adds to the context's stream. The norm of a head with an entry that is not finite
/// is not finite.
/// \param[out] norms  head_count(heads) numbers in device memory.
/// \throws std::invalid_argument if the shape or stride is not possible or the heads do not fill
///         the matrix; device_error if a call of CUDA fails.
template <class X, class Layout>
void head_norms(cuda::Matrix<X> x, const Layout& heads, double* norms, cuda::Context& context) {
  using S = std::remove_const_t<X>;
  using cuda::NormPartials;
  using cuda::PointerBatch;
  constexpr const char* here = "head_norms";
  const cuda::Matrix<const S> in = x;
  cuda::require_fit(here, in, in);
  const auto list = cuda::list_of_heads(here, in, heads, in);
  constexpr Index most = PointerBatch<const S>::most;
  Index largest = 0;
  for (const auto& head : list.x) largest = (std::max)(largest, head.rows * head.cols);
  NormPartials* results = nullptr;
  NormPartials* partials = nullptr;
  const auto lay_out = [&](detail::Arena& arena) {
    results = arena.take<NormPartials>(2 * most);
    partials = arena.take<NormPartials>(most * cuda::reduction_pieces(largest));
  };
  detail::Arena counting;
  lay_out(counting);
  detail::Arena arena(context.reserve(counting.used()));
  lay_out(arena);
  for (std::size_t i = 0, n = 0; i < list.size(); i += n) {
    n = (std::min)(list.batch_from(i), static_cast<std::size_t>(most));
    const cuda::Matrix<const S>& first = list.x[i];
    const bool by_columns = first.order == cuda::Order::columns;
    PointerBatch<const S> table;
    table.stride = first.stride;
    for (std::size_t b = 0; b < n; ++b) table.data[b] = list.x[i + b].data;
    const cuda::Shape shape{by_columns ? first.rows : first.cols,
                            by_columns ? first.cols : first.rows, static_cast<Index>(n)};
    if (shape.empty()) {
      const std::size_t bytes = n * sizeof(double);
      cuda::check(cudaMemsetAsync(norms + i, 0, bytes, context.stream()), "cudaMemsetAsync");
      continue;
    }
    const NormPartials* const moments =
        cuda::measure(context.stream(), table, shape, results, partials);
    using Norm = cuda::Compute1<NormPartials::Norm, double, NormPartials>;
    cuda::check(cuda::once(context.stream(), shape.count, Norm{{}, norms + i, moments}), "once");
  }
}

}  // namespace pion
