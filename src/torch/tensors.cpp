// SPDX-License-Identifier: Apache-2.0
#include "tensors.hpp"

#include <stdexcept>
#include <vector>

#include <torch/types.h>

#include <ATen/MemoryOverlap.h>
#include <ATen/TensorUtils.h>

#include <pion/detail/check.hpp>
#include <pion/optimizer/step.hpp>

namespace pion::torch::detail {

Layout layout_of(const at::Tensor& x) {
  Layout l;
  if (x.dim() == 0) return l;
  l.rows = x.size(0);
  if (x.dim() == 1) {
    l.down = x.stride(0);
    return l;
  }
  for (std::int64_t d = 1; d < x.dim(); ++d) l.cols *= x.size(d);
  if (x.dim() == 2) {
    l.down = x.stride(0);
    l.across = x.stride(1);
  } else if (x.numel() > 0) {
    const std::vector<std::int64_t> shape = {l.rows, l.cols};
    const auto strides = at::detail::computeStride(x.sizes(), x.strides(), at::IntArrayRef(shape));
    l.in_place = strides.has_value();
    if (strides) l.down = (*strides)[0];
    if (strides) l.across = (*strides)[1];
  }
  return l;
}

std::string shape_text(const at::Tensor& x) {
  std::string text;
  for (const std::int64_t extent : x.sizes()) {
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  }
  return text.empty() ? "scalar" : text;
}

void require_matrix(const std::string& what, const at::Tensor& x) {
  const auto refuse = [&what](const std::string& why) {
    pion::detail::refuse_argument(what + " " + why);
  };
  if (!x.defined()) refuse("is undefined");
  if (x.layout() != at::kStrided) refuse("is sparse; give a dense one");
  if (x.is_complex()) refuse("is complex; the scalar is float, double, half or bfloat16");
  const at::ScalarType scalar = x.scalar_type();
  if (scalar != at::kFloat && scalar != at::kDouble && scalar != at::kHalf &&
      scalar != at::kBFloat16) {
    refuse(std::string("has the scalar ") + c10::toString(scalar) +
           "; it is float, double, half or bfloat16");
  }
  if (!x.device().is_cpu()) refuse("is on the device " + x.device().str() + "; move it to the CPU");
}

void require_writable(const std::string& what, const at::Tensor& x) {
  require_matrix(what, x);
  if (at::has_internal_overlap(x) == at::MemOverlap::Yes) {
    pion::detail::refuse_argument(what + " has entries that share memory");
  }
  if (!layout_of(x).in_place) return;
  try {
    pion::detail::require_distinct_entries(map_of<char>(x));
  } catch (const std::invalid_argument& error) {
    pion::detail::refuse_argument(what + ": " + error.what());
  }
}

at::ScalarType computed_in(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor mappable(const at::Tensor& x) {
  const at::Tensor in_scalar = x.detach().to(computed_in(x)).resolve_neg();
  return layout_of(in_scalar).in_place ? in_scalar : in_scalar.contiguous();
}

bool all_finite(const at::Tensor& x) {
  if (x.numel() == 0) return true;
  const auto [least, most] = at::aminmax(x.detach());  // NaN where an entry is
  return at::isfinite(least).item<bool>() && at::isfinite(most).item<bool>();
}

}  // namespace pion::torch::detail
