// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The recipes and filters of the library on LibTorch's tensors; the target pion::torch.

#include <pion/torch/functions.hpp>
#include <pion/torch/optimizer.hpp>
#include <pion/torch/recipe.hpp>
#include <pion/torch/route.hpp>
