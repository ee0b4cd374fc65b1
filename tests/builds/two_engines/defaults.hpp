// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <Eigen/Core>

/// What the calls of one translation unit that name no engine do.
struct Default {
  std::string engine;
  Eigen::MatrixXf filtered;
};

Default default_of_a(const Eigen::MatrixXf& x);  // compiled without OpenMP
Default default_of_b(const Eigen::MatrixXf& x);  // linked to pion::openmp
