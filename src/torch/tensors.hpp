// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <ATen/Tensor.h>

#include <pion/optimizer/recipe/any_map.hpp>

/// Tensors seen as matrices; pion/torch/optimizer.hpp says how.
namespace pion::torch::detail {

/// The matrix that a tensor counts as: rows x cols, entry (i, j) at i * down + j * across.
struct Layout {
  Index rows = 1, cols = 1;
  Index down = 1, across = 1;
  bool in_place = true;  ///< No strides say where the entries lie: only rows and cols hold.
};
Layout layout_of(const at::Tensor& x);

/// "4x5".
std::string shape_text(const at::Tensor& x);

/// \param what  begins the message.
/// \throws std::invalid_argument if x is not dense, on the CPU and of float, double, half or
///         bfloat16.
void require_matrix(const std::string& what, const at::Tensor& x);

/// The same of a tensor that is written to: its entries must not share memory.
void require_writable(const std::string& what, const at::Tensor& x);

/// Double for double, float for the others.
at::ScalarType computed_in(const at::Tensor& x);

/// x itself where map_of() can show it in the scalar it is computed in, else a copy.
at::Tensor mappable(const at::Tensor& x);

/// \param x  mappable().
template <class T>
optimizer::AnyMap<T> map_of(const at::Tensor& x) {
  const Layout l = layout_of(x);
  return optimizer::any_map(static_cast<T*>(x.data_ptr()), l.rows, l.cols, l.down, l.across);
}

/// Whether no entry of x is NaN or infinite.
bool all_finite(const at::Tensor& x);

/// Calls f(T()) with the scalar that x is computed in.
template <class F>
decltype(auto) with_scalar(const at::Tensor& x, const F& f) {
  return computed_in(x) == at::kDouble ? f(double()) : f(float());
}

}  // namespace pion::torch::detail
