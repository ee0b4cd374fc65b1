// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// What the calls of one file give, as bare numbers: memory that Eigen
/// aligns follows the flags that a file is compiled with, and must not go
/// from one file to another. rows x cols, column by column.
struct Results {
  std::string kernels;  ///< The name of what multiplies.
  std::string engine;   ///< The name of the engine.
  std::vector<double> dense, gram, within;
  std::vector<float> in_float;
  std::vector<double> singular_values;
  double effective_rank, effective_rank_in_float;
  double signal, noise;                ///< Of the samples x and 3 x.
  double stream_signal, stream_noise;  ///< The same as a stream of decay 1/2.
};

constexpr int rows = 300, cols = 500;
constexpr double tolerance = 1e-6;  // of `within`

// Compiled with vector instructions, and with threads where they are enabled.
Results results_of_a(const std::vector<double> &x);
Results results_of_b(const std::vector<double> &x);  // compiled with neither
