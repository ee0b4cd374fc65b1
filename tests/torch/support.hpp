// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tensors beside plain matrices.

#include <torch/torch.h>

#include <pion/optimizer/presets/filtering.hpp>
#include <pion/torch.hpp>

#include "support/catch.hpp"

namespace torch_tests {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

template <class T>
inline constexpr auto scalar_of = c10::CppTypeToScalarType<T>::value;

inline torch::Tensor leaf(const torch::Tensor& x) { return x.detach().requires_grad_(true); }

/// A copy of a tensor as the matrix (out, rest), or one column.
template <class T>
Matrix<T> matrix_of(const torch::Tensor& x) {
  const torch::Tensor all = x.detach().to(scalar_of<T>).contiguous();
  const auto rows = x.dim() == 0 ? 1 : x.size(0);
  std::int64_t cols = 1;
  for (std::int64_t d = 1; d < x.dim(); ++d) cols *= x.size(d);
  return Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      all.data_ptr<T>(), rows, cols);
}

/// Whether two tensors have the same bits.
inline bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && torch::equal(a, b);
}

/// The message of what f throws, as std::exception has it.
template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace torch_tests
