// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "pion_tool/report/inspection.hpp"

namespace pion::tool {

/// How often a part stands in a text.
inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// What would be found about a matrix with the singular values 1 / i^power.
inline Finding matrix_finding(std::string name, Index rows, Index cols, double power,
                              Optimizer optimizer = Optimizer::muon) {
  Eigen::VectorXd sigma((std::min)(rows, cols));
  for (Index i = 0; i < sigma.size(); ++i) {
    sigma(i) = std::pow(static_cast<double>(i + 1), -power);
  }
  Finding f;
  f.info = {std::move(name), "F32", io::DType::f32, {rows, cols}};
  f.spectrum.emplace(std::move(sigma), rows, cols);
  f.survivors = {1, 2, 3, 4, 5};
  f.suggestion = {optimizer, {}, false, "a reason"};
  if (optimizer == Optimizer::pion) f.suggestion.kp = 2;
  return f;
}

/// The same of a sketch, whose intervals are those of rounding.
inline Finding sketched_finding(const std::string& name, Index rows, Index cols, double power) {
  Finding f = matrix_finding(name, rows, cols, power);
  f.sketch.emplace(*std::move(f.spectrum));
  f.spectrum.reset();
  f.survivors = {};
  f.suggestion = {{}, {}, false, "a sketch"};
  return f;
}

inline Finding vector_finding(std::string name) {
  Finding f;
  f.info = {std::move(name), "F32", io::DType::f32, {8}};
  f.suggestion = {Optimizer::adamw, {}, false, "1 dimension: not a matrix"};
  return f;
}

inline Finding broken_finding(std::string name) {
  Finding f;
  f.info = {std::move(name), "F32", io::DType::f32, {8, 8}};
  f.info.problem = f.suggestion.reason = "x(0, 1) is not a number";
  return f;
}

}  // namespace pion::tool
