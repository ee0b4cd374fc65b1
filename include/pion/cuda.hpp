// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Filters on a GPU: the same chains, normalisers and algorithms on cuBLAS and cuSOLVER. Link
/// pion::cuda. A call runs on the device because its matrices are device matrices (cuda::Matrix);
/// nothing is copied between host and device, and no call waits for the device, unless it says so.
/// LRMuon and the spectrum (cuda/svd.hpp) are apart, as on the host.

#include <pion/cuda/apply.hpp>
#include <pion/cuda/context.hpp>
#include <pion/cuda/error.hpp>
#include <pion/cuda/head_norms.hpp>
#include <pion/cuda/low_rank.hpp>
#include <pion/cuda/matrix.hpp>
#include <pion/cuda/snr.hpp>
#include <pion/cuda/step.hpp>
