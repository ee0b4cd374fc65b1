// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/parameter.hpp"

/// Layers as pairs of functions: backward takes what forward saw, and the derivative of the loss in
/// what forward gave, `dy`; it returns the derivative in what forward saw.
namespace pion::network {

/// y = W x.
template <class T>
Matrix<T> linear(const Parameter<T>& w, const Matrix<T>& x) {
  return w.value * x;
}
template <class T>
Matrix<T> linear_backward(Parameter<T>& w, const Matrix<T>& x, const Matrix<T>& dy) {
  w.gradient.noalias() += dy * x.transpose();
  return w.value.transpose() * dy;
}

/// y = x sigmoid(x), entry by entry (SiLU).
template <class T>
Matrix<T> silu(const Matrix<T>& x) {
  return (x.array() / (T(1) + (-x.array()).exp())).matrix();
}
template <class T>
Matrix<T> silu_backward(const Matrix<T>& x, const Matrix<T>& dy) {
  const auto sigmoid = (T(1) + (-x.array()).exp()).inverse().eval();
  return (dy.array() * sigmoid * (T(1) + x.array() * (T(1) - sigmoid))).matrix();
}

/// Every column divided by its root mean square (of which 1e-6 is added to the square).
template <class T>
auto root_mean_square(const Matrix<T>& x) {
  return (x.colwise().squaredNorm() / static_cast<T>(x.rows()) +
          Eigen::Matrix<T, 1, Eigen::Dynamic>::Constant(x.cols(), T(1e-6)))
      .cwiseSqrt()
      .eval();
}
template <class T>
Matrix<T> rms_norm(const Matrix<T>& x) {
  return x * root_mean_square(x).cwiseInverse().asDiagonal();
}
template <class T>
Matrix<T> rms_norm_backward(const Matrix<T>& x, const Matrix<T>& dy) {
  const auto inverse = root_mean_square(x).cwiseInverse().eval();
  const Matrix<T> y = x * inverse.asDiagonal();
  const auto along = (y.cwiseProduct(dy).colwise().sum() / static_cast<T>(x.rows())).eval();
  return (dy - y * along.asDiagonal()) * inverse.asDiagonal();
}

/// A residual block: y = x + down silu(up rms_norm(x)).
template <class T>
struct Block {
  Parameter<T> up, down;

  struct Seen {
    Matrix<T> x, normed, raised, active;
  };

  template <class Normal>
  void initialize(const std::string& module, const std::string& name, Index width, Index inner,
                  Normal&& normal) {
    up = {name + ".up_proj", module, {}, {}};
    down = {name + ".down_proj", module, {}, {}};
    up.initialize(inner, width, normal);
    down.initialize(width, inner, normal);
  }

  Matrix<T> forward(const Matrix<T>& x, Seen& s) const {
    s.x = x;
    s.normed = rms_norm(x);
    s.raised = linear(up, s.normed);
    s.active = silu(s.raised);
    return x + linear(down, s.active);
  }

  Matrix<T> backward(const Seen& s, const Matrix<T>& dy) {
    const Matrix<T> d_active = linear_backward(down, s.active, dy);
    const Matrix<T> d_normed = linear_backward(up, s.normed, silu_backward(s.raised, d_active));
    return dy + rms_norm_backward(s.x, d_normed);
  }
};

}  // namespace pion::network
