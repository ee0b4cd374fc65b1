// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t

#include <pion/apply/backoff.hpp>
#include <pion/cuda/context.hpp>
#include <pion/engine/view.hpp>

namespace pion::cuda {

/// Keeps what pion::WarmStart keeps, its basis in device memory. T is double for matrices of
/// doubles, else float.
template <class T>
class WarmStart {
 public:
  Index directions() const { return directions_; }  ///< Columns of the basis.
  Index extent() const { return extent_; }          ///< Rows of the basis.
  Backoff& backoff() { return backoff_; }           ///< For how long compression is not tried.
  /// Forgets all; the memory stays.
  void clear() {
    directions_ = extent_ = 0;
    backoff_ = Backoff();
  }

  engine::View<const T> basis() const { return {data_, extent_, directions_}; }

  /// Copies the basis; allocates only to grow.
  /// \throws device_error if there is no memory; the warm start is then as it was.
  template <class Kernels>
  void remember(const Kernels& kernels, const engine::View<T>& basis) {
    data_ =
        reinterpret_cast<T*>(memory_.reserve(static_cast<std::size_t>(basis.size()) * sizeof(T)));
    extent_ = basis.rows;
    directions_ = basis.cols;
    kernels.copy(basis, engine::View<T>(data_, extent_, directions_));
  }

 private:
  Memory memory_;
  T* data_ = nullptr;
  Index directions_ = 0;
  Index extent_ = 0;
  Backoff backoff_;
};

}  // namespace pion::cuda
