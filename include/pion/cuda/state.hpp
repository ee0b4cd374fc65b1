// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte
#include <cstdint>  // std::int64_t
#include <type_traits>

#include <pion/cuda/context.hpp>
#include <pion/cuda/matrix.hpp>
#include <pion/cuda/scalar.hpp>
#include <pion/optimizer/recipe/recipe.hpp>

namespace pion {
namespace cuda {

/// Holds what an optimiser remembers of one parameter in device memory, as optimizer::State does on
/// the host. T is double for parameters of doubles, else float. The matrices lie in the parameter's
/// order, without gaps, and have no memory where the recipe has no use for them.
template <class T>
class State {
 public:
  /// Makes the state before the first step of `parameter`, whose memory is not looked at.
  /// \throws std::invalid_argument if a size is negative or a number of the recipe is out of its
  ///         range; device_error if a call of CUDA fails.
  template <class R, class M, class S, class D, class W>
  State(const optimizer::Recipe<R, M, S, D>& recipe, const Matrix<W>& parameter, Context& context)
      : rows_(parameter.rows), cols_(parameter.cols), order_(parameter.order) {
    static_assert(std::is_same_v<T, sum_t<W>>,
                  "pion: the state has another scalar than the parameter's steps are computed in");
    if (rows_ < 0 || cols_ < 0) {
      detail::refuse_argument("State: a parameter cannot be " + detail::shape(rows_, cols_));
    }
    detail::require_valid(recipe);
    if (recipe.orientation != optimizer::Orientation::out_in) {
      detail::refuse_argument(
          "State: on a device parameters are (out, in); give the transpose, "
          "a Matrix of the other order");
    }
    buffers_ = M::buffers;
    detail::Arena counting;
    lay_out(counting);
    detail::Arena arena(memory_.reserve(counting.used()));
    lay_out(arena);
    check(cudaMemsetAsync(memory_.reserve(0), 0, counting.used(), context.stream()),
          "cudaMemsetAsync");
  }

  /// The first moment, in the parameter's layout; null where there is none.
  Matrix<T> momentum() const { return {first_, rows_, cols_, order_}; }
  /// The second, likewise.
  Matrix<T> second_moment() const { return {second_, rows_, cols_, order_}; }
  /// Points to the number of steps taken, on the device; refused steps do not count.
  std::int64_t* steps() const { return steps_; }

 private:
  void lay_out(detail::Arena& arena) {
    steps_ = arena.take<std::int64_t>(1);
    if (buffers_ >= 1) first_ = arena.take<T>(rows_ * cols_);
    if (buffers_ >= 2) second_ = arena.take<T>(rows_ * cols_);
  }

  Memory memory_;
  Index rows_, cols_;
  Order order_;
  int buffers_ = 0;
  std::int64_t* steps_ = nullptr;
  T* first_ = nullptr;
  T* second_ = nullptr;
};

}  // namespace cuda
}  // namespace pion
