// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrices on the device, for tests: brought there and back explicitly, poisoned before use.

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <Eigen/Core>

#include <pion/cuda.hpp>

#include "support/reference.hpp"

namespace support {

using pion::Index;
using pion::cuda::bfloat16;
using pion::cuda::Context;
using pion::cuda::half;
using pion::cuda::Info;
using pion::cuda::Matrix;
using pion::cuda::Order;
using pion::cuda::Precision;

/// Values in device memory, all bits set (so NaNs, or -1) until something is written.
template <class T>
class Array {
 public:
  explicit Array(Index count) : count_(static_cast<std::size_t>(count)) {
    void* memory = nullptr;
    pion::cuda::check(cudaMalloc(&memory, count_ * sizeof(T) + 1), "cudaMalloc");
    data_ = static_cast<T*>(memory);
    poison();
  }
  ~Array() { cudaFree(data_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  T* data() const { return data_; }
  void poison() { pion::cuda::check(cudaMemset(data_, 0xFF, count_ * sizeof(T)), "cudaMemset"); }
  void put(const std::vector<T>& values) {
    pion::cuda::check(
        cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
        "cudaMemcpy");
  }
  /// Waits for nothing but what the null stream waits for: synchronize the context first.
  std::vector<T> get() const {
    std::vector<T> values(count_);
    pion::cuda::check(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost),
                      "cudaMemcpy");
    return values;
  }

 private:
  std::size_t count_;
  T* data_ = nullptr;
};

/// A matrix in device memory of its own, with a gap after each column (or row).
template <class T>
class Held {
 public:
  Held(Index rows, Index cols, Order order, Index gap = 3)
      : array_((run(rows, cols, order) + gap) * across(rows, cols, order)),
        view_(array_.data(), rows, cols, run(rows, cols, order) + gap, order) {}

  /// With the values of x, rounded to T; the gap stays poisoned.
  template <class X>
  Held(const Eigen::MatrixBase<X>& values, Order order, Index gap = 3)
      : Held(values.rows(), values.cols(), order, gap) {
    const typename X::PlainObject x = values;
    std::vector<T> all = array_.get();
    for (Index j = 0; j < x.cols(); ++j) {
      for (Index i = 0; i < x.rows(); ++i) {
        all[at(i, j)] = pion::cuda::from_double<T>(static_cast<double>(x(i, j)));
      }
    }
    array_.put(all);
  }

  Matrix<T> view() const { return view_; }
  void poison() { array_.poison(); }

  /// What is there now.
  reference::Matrix get() const {
    const std::vector<T> all = array_.get();
    reference::Matrix x(view_.rows, view_.cols);
    for (Index j = 0; j < x.cols(); ++j) {
      for (Index i = 0; i < x.rows(); ++i) x(i, j) = pion::cuda::to_double(all[at(i, j)]);
    }
    return x;
  }

  /// Nothing was written between the columns (or rows).
  bool gaps_untouched() const {
    const std::vector<T> all = array_.get();
    const Index inside = run(view_.rows, view_.cols, view_.order);
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (static_cast<Index>(k) % view_.stride < inside) continue;
      const auto* bytes = reinterpret_cast<const unsigned char*>(&all[k]);
      for (std::size_t b = 0; b < sizeof(T); ++b) {
        if (bytes[b] != 0xFF) return false;
      }
    }
    return true;
  }

 private:
  static Index run(Index rows, Index cols, Order order) {
    return order == Order::columns ? rows : cols;
  }
  static Index across(Index rows, Index cols, Order order) {
    return order == Order::columns ? cols : rows;
  }
  std::size_t at(Index i, Index j) const {
    return static_cast<std::size_t>(view_.order == Order::columns ? i + j * view_.stride
                                                                  : i * view_.stride + j);
  }

  Array<T> array_;
  Matrix<T> view_;
};

/// y = f(x), there and back, into poisoned memory of type Y.
template <class Y, class S>
reference::Matrix filtered(const pion::Filter& f, const Held<S>& x, Order order, Context& context,
                           const pion::cuda::Options& options = {}) {
  Held<Y> y(x.view().rows, x.view().cols, order);
  pion::apply(f, x.view(), y.view(), context, options);
  context.synchronize();
  return y.get();
}

/// The arithmetic of a device's products of T matrices, as reference::rounding() takes it.
template <class T>
reference::Arithmetic arithmetic(bool tf32 = false) {
  using pion::cuda::Scalar;
  reference::Arithmetic a;
  a.sum = Scalar<pion::cuda::sum_t<T>>::epsilon;
  a.store = Scalar<T>::epsilon;
  if (tf32) a.store += 2 * 0x1p-10L;  // both factors
  a.least = std::is_same_v<T, half> ? 0x1p-24L : 0;
  return a;
}

}  // namespace support
