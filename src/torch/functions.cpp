// SPDX-License-Identifier: Apache-2.0
#include <pion/torch/functions.hpp>

#include <torch/types.h>

#include <ATen/core/grad_mode.h>

#include <pion/apply/apply.hpp>
#include <pion/apply/within.hpp>
#include <pion/diagnostics/spectrum.hpp>

#include "pion_tool/cli/chain_spec.hpp"
#include "tensors.hpp"

namespace pion::torch {
namespace {

void require_input(const char* function, const at::Tensor& x) {
  const std::string what = std::string(function) + ": the tensor";
  detail::require_matrix(what, x);
  if (x.requires_grad() && at::GradMode::is_enabled()) {
    pion::detail::refuse_argument(what +
                                  " requires a gradient, which does not flow through here; "
                                  "give its detach()");
  }
}

}  // namespace

at::Tensor apply(const Filter& filter, const at::Tensor& x, std::optional<double> tolerance) {
  require_input("pion::torch::apply", x);
  return detail::with_scalar(x, [&](auto scalar) {
    using T = decltype(scalar);
    const at::Tensor from = detail::mappable(x);
    const at::Tensor to = at::empty(x.sizes(), from.options(), at::MemoryFormat::Contiguous);
    auto y = detail::map_of<T>(to);
    Workspace workspace;
    if (tolerance) {
      Tolerance how;
      how.error = *tolerance;
      static_cast<void>(pion::apply(filter, detail::map_of<const T>(from), y, workspace, how));
    } else {
      static_cast<void>(pion::apply(filter, detail::map_of<const T>(from), y, workspace));
    }
    return to.to(x.scalar_type());
  });
}

at::Tensor apply(const std::string& chain, const at::Tensor& x, std::optional<double> tolerance) {
  return apply(Filter{tool::chain_named(chain).chain}, x, tolerance);
}

double effective_rank(const at::Tensor& x) {
  require_input("pion::torch::effective_rank", x);
  const at::Tensor from = detail::mappable(x);
  return detail::with_scalar(x, [&from](auto scalar) {
    return spectrum(detail::map_of<const decltype(scalar)>(from)).effective_rank();
  });
}

Snr snr(const std::vector<at::Tensor>& samples) {
  for (const at::Tensor& g : samples) require_input("pion::torch::snr", g);
  SnrSamples all;
  for (const at::Tensor& g : samples) {
    const at::Tensor from = detail::mappable(g);
    detail::with_scalar(
        g, [&](auto scalar) { all.add(detail::map_of<const decltype(scalar)>(from)); });
  }
  return all.estimate();
}

}  // namespace pion::torch
