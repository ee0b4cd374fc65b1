// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <optional>
#include <pion/filter/heads.hpp>
#include <string>
#include <vector>

/// The few layers that the experiments train, differentiated by hand. Activations are matrices with
/// one sample (or token) a column; weights are (out, in). T is float, or double for the tests.
namespace pion::network {

using Eigen::Index;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A matrix that is learned. backward() functions add to the gradient.
template <class T>
struct Parameter {
  std::string name;
  std::string module;
  Matrix<T> value;
  Matrix<T> gradient;
  std::optional<Heads> heads = {};  ///< Of an attention projection.

  /// Gaussian entries of deviation 1 / sqrt(in), drawn by `normal()`.
  template <class Normal>
  void initialize(Index out, Index in, Normal&& normal) {
    const auto deviation = static_cast<T>(1.0 / std::sqrt(static_cast<double>(in)));
    value = Matrix<T>::NullaryExpr(out, in, [&] { return deviation * static_cast<T>(normal()); });
    gradient = Matrix<T>::Zero(out, in);
  }
};

template <class T>
using Parameters = std::vector<Parameter<T>*>;

template <class T>
void clear_gradients(const Parameters<T>& parameters) {
  for (Parameter<T>* p : parameters) p->gradient.setZero();
}

}  // namespace pion::network
