// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// What the calls of one file give, as bare numbers: memory that Eigen
/// allocates follows the flags that a file is compiled with, and must not go
/// from one file to another. rows x cols, column by column.
struct Results {
  std::string kernels;  ///< The name of what multiplies.
  std::string engine;   ///< The name of the engine.
  std::vector<double> dense, gram, within;
  std::vector<float> in_float;
};

constexpr int rows = 300, cols = 500;
constexpr double tolerance = 1e-6;  // of `within`

// Compiled with vector instructions, and with threads where they are enabled.
Results results_of_a(const std::vector<double> &x);
Results results_of_b(const std::vector<double> &x);  // compiled with neither
