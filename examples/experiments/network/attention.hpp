// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/layers.hpp"

namespace pion::network {

/// Every row of a square matrix replaced by the softmax of its entries up to the diagonal; zero
/// beyond.
template <class T>
Matrix<T> causal_softmax(const Matrix<T>& scores) {
  Matrix<T> p = Matrix<T>::Zero(scores.rows(), scores.cols());
  for (Index i = 0; i < scores.rows(); ++i) {
    const auto seen = scores.row(i).head(i + 1);
    p.row(i).head(i + 1) = (seen.array() - seen.maxCoeff()).exp();
    p.row(i) /= p.row(i).sum();
  }
  return p;
}

/// A residual block of causal attention over sequences of `length` columns each, one after the
/// other: y = x + o [V_h P_h^T for each head h], P_h the causal softmax of Q_h^T K_h / sqrt(size).
template <class T>
struct Attention {
  Parameter<T> q, k, v, o;
  Index heads = 1;

  struct Seen {
    Matrix<T> x, normed, queries, keys, values, mixed;
    std::vector<Matrix<T>> weights;  ///< P of every sequence and head.
  };

  template <class Normal>
  void initialize(const std::string& module, const std::string& name, Index width, Index head_count,
                  Normal&& normal) {
    heads = head_count;
    q = {name + ".q_proj", module, {}, {}, Heads{heads, Axis::rows}};
    k = {name + ".k_proj", module, {}, {}, Heads{heads, Axis::rows}};
    v = {name + ".v_proj", module, {}, {}, Heads{heads, Axis::rows}};
    o = {name + ".o_proj", module, {}, {}, Heads{heads, Axis::cols}};
    for (Parameter<T>* p : {&q, &k, &v, &o}) p->initialize(width, width, normal);
  }

  Matrix<T> forward(const Matrix<T>& x, Index length, Seen& s) const {
    s.x = x;
    s.normed = rms_norm(x);
    s.queries = linear(q, s.normed);
    s.keys = linear(k, s.normed);
    s.values = linear(v, s.normed);
    s.mixed.resize(x.rows(), x.cols());
    s.weights.clear();
    const Index size = x.rows() / heads;
    const T scale = inverse_root(size);
    for (Index begin = 0; begin < x.cols(); begin += length) {
      for (Index h = 0; h < heads; ++h) {
        const auto part = [&](const Matrix<T>& m) {
          return m.block(h * size, begin, size, length);
        };
        s.weights.push_back(causal_softmax<T>(scale * part(s.queries).transpose() * part(s.keys)));
        s.mixed.block(h * size, begin, size, length).noalias() =
            part(s.values) * s.weights.back().transpose();
      }
    }
    return x + linear(o, s.mixed);
  }

  Matrix<T> backward(const Seen& s, Index length, const Matrix<T>& dy) {
    const Matrix<T> d_mixed = linear_backward(o, s.mixed, dy);
    Matrix<T> dq(d_mixed.rows(), d_mixed.cols()), dk = dq, dv = dq;
    const Index size = d_mixed.rows() / heads;
    const T scale = inverse_root(size);
    auto weights = s.weights.begin();
    for (Index begin = 0; begin < d_mixed.cols(); begin += length) {
      for (Index h = 0; h < heads; ++h, ++weights) {
        const auto part = [&](auto& m) { return m.block(h * size, begin, size, length); };
        const Matrix<T>& p = *weights;
        part(dv).noalias() = part(d_mixed) * p;
        const Matrix<T> dp = part(d_mixed).transpose() * part(s.values);
        const Eigen::Matrix<T, Eigen::Dynamic, 1> along = p.cwiseProduct(dp).rowwise().sum();
        const Matrix<T> d_scores = scale * p.cwiseProduct(dp.colwise() - along);
        part(dq).noalias() = part(s.keys) * d_scores.transpose();
        part(dk).noalias() = part(s.queries) * d_scores;
      }
    }
    Matrix<T> d_normed = linear_backward(q, s.normed, dq);
    d_normed += linear_backward(k, s.normed, dk);
    d_normed += linear_backward(v, s.normed, dv);
    return dy + rms_norm_backward(s.x, d_normed);
  }

 private:
  static T inverse_root(Index size) {
    return static_cast<T>(1.0 / std::sqrt(static_cast<double>(size)));
  }
};

}  // namespace pion::network
