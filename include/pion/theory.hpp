// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Bounds that say how to use an optimiser: step sizes, the SNR of policy gradients, attention.

#include <pion/theory/attention.hpp>
#include <pion/theory/policy_snr.hpp>
#include <pion/theory/step_size.hpp>
