// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <vector>

#include <pion/apply/backoff.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/view.hpp>

namespace pion {

/// What a low-rank call leaves for the next one on a matrix that has changed little, as a momentum
/// does from step to step: an orthonormal basis of the directions that it kept, and a few more. It
/// saves the next call its power steps; it can spoil nothing, since every result is certified anew.
/// And where compression failed, for how long Method::automatic is not to try it again.
///
/// It is the caller's, for one matrix of one shape and storage order. T is the scalar computed in:
/// float for 16-bit matrices. The basis is extent() x directions(), column-major, in values().
template <class T>
class WarmStart {
 public:
  Index directions() const {
    return extent_ == 0 ? 0 : static_cast<Index>(values_.size()) / extent_;
  }
  Index extent() const { return extent_; }
  const std::vector<T>& values() const { return values_; }
  const Backoff& backoff() const { return backoff_; }  ///< For how long compression is not tried.
  Backoff& backoff() { return backoff_; }
  void clear() { *this = WarmStart(); }  ///< Forgets all; the next call starts cold.

  engine::View<const T> basis() const { return {values_.data(), extent_, directions()}; }

  /// Allocates only to grow.
  void remember(const engine::View<T>& basis) {
    values_.resize(static_cast<std::size_t>(basis.size()));
    extent_ = basis.rows;
    engine::as_eigen(engine::View<T>(values_.data(), basis.rows, basis.cols)) =
        engine::as_eigen(basis);
  }

 private:
  std::vector<T> values_;
  Index extent_ = 0;
  Backoff backoff_;
};

}  // namespace pion
