// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ATen/Tensor.h>

#include <pion/diagnostics/snr.hpp>
#include <pion/filter/filter.hpp>

/// Filters and diagnostics of LibTorch's tensors, which count as the matrices that Optimizer steps.
/// No gradient flows through them.
namespace pion::torch {

/// Returns U f(S) V^T for x = U S V^T, a new tensor of x's shape and scalar.
/// \param x          dense, on the CPU, float, double, half or bfloat16 (computed in float).
/// \param tolerance  how far the result may be from it (Frobenius norm); none: exact.
/// \throws std::invalid_argument if x is none of these or requires a gradient where gradients are
///         recorded (give x.detach()), or the tolerance is out of its range; std::domain_error if
///         an entry is not finite.
/// Cost: as pion::apply().
::at::Tensor apply(const Filter& filter, const ::at::Tensor& x,
                   std::optional<double> tolerance = std::nullopt);

/// The same by a chain's name, such as "highpass:kp=2", after the Frobenius norm.
/// \throws std::runtime_error too, if the name is not known; it says which there are.
::at::Tensor apply(const std::string& chain, const ::at::Tensor& x,
                   std::optional<double> tolerance = std::nullopt);

/// Returns exp of the entropy of the singular values over their sum.
/// \throws as apply().
double effective_rank(const ::at::Tensor& x);

/// Estimates the signal-to-noise ratio over samples of one gradient.
/// \throws as apply(); std::invalid_argument for fewer than two samples, or if their shapes differ.
Snr snr(const std::vector<::at::Tensor>& samples);

}  // namespace pion::torch
