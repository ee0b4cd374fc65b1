// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::size_t
#include <cstdint>  // std::int64_t
#include <string>
#include <type_traits>
#include <vector>

#include <pion/cuda/context.hpp>
#include <pion/cuda/matrix.hpp>
#include <pion/cuda/scalar.hpp>
#include <pion/optimizer/parts/variance_reduction.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/recipe/sequence.hpp>

namespace pion {
namespace cuda {

/// Holds what an optimiser remembers of one parameter in device memory, as optimizer::State does on
/// the host. T is double for parameters of doubles, else float. A buffer of the parameter's shape
/// lies in the parameter's order, another by columns; none has gaps.
template <class T>
class State {
 public:
  /// Names a buffer and says where it lies.
  struct Buffer {
    std::string name;  ///< As in a checkpoint of the host (optimizer/recipe/buffers.hpp).
    Matrix<T> values;  ///< Without memory where the recipe remembers nothing here.
  };

  /// Makes the state before the first step of `parameter`, whose memory is not looked at. Copies
  /// from the host where a part does not begin with zeros.
  /// \throws std::invalid_argument if a size is negative, a number of the recipe is out of its
  ///         range, or the recipe does what steps on a device cannot: parameters of (in, out), a
  ///         state in bytes, VarianceReduced with a gradient that is given; device_error if a call
  ///         of CUDA fails.
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
    require_runs(recipe.momentum);
    require_runs(recipe.rule);
    detail::for_each_buffer(recipe, [&](const auto& part, int i, int) {
      buffers_.push_back(described(detail::buffer_shape(part, i, rows_, cols_)));
    });
    detail::Arena counting;
    lay_out(counting);
    detail::Arena arena(memory_.reserve(counting.used()));
    lay_out(arena);
    check(cudaMemsetAsync(memory_.reserve(0), 0, counting.used(), context.stream()),
          "cudaMemsetAsync");
    detail::for_each_buffer(recipe, [&](const auto& part, int i, int at) {
      start(part, i, buffers_[static_cast<std::size_t>(at)].values, context);
    });
  }

  /// The buffers of the recipe's parts, in the order in which the parts run.
  const std::vector<Buffer>& buffers() const { return buffers_; }
  /// The first buffer of the name "momentum", in the parameter's layout; null where there is none.
  Matrix<T> momentum() const { return find("momentum"); }
  /// That of the name "second_moment", likewise.
  Matrix<T> second_moment() const { return find("second_moment"); }
  /// Points to the number of steps taken, on the device; refused steps do not count.
  std::int64_t* steps() const { return steps_; }

  /// Whether a recipe's steps of that parameter can be taken with this state.
  template <class Recipe, class W>
  bool fits(const Recipe& recipe, const Matrix<W>& parameter) const {
    bool all = parameter.rows == rows_ && parameter.cols == cols_ && parameter.order == order_ &&
               buffers_.size() == static_cast<std::size_t>(detail::recipe_buffers<Recipe>);
    if (!all) return false;
    detail::for_each_buffer(recipe, [&](const auto& part, int i, int at) {
      const Buffer& mine = buffers_[static_cast<std::size_t>(at)];
      const auto wanted = detail::buffer_shape(part, i, rows_, cols_);
      all = all && mine.name == wanted.name && mine.values.rows == wanted.rows &&
            mine.values.cols == wanted.cols;
    });
    return all;
  }

 private:
  template <class Part>
  static void require_runs(const Part& /*part*/) {}
  static void require_runs(const optimizer::VarianceReduced& part) {
    if (part.previous == optimizer::Previous::last_gradient) return;
    detail::refuse_argument("State: on a device VarianceReduced compares with the last gradient");
  }
  template <class... Parts>
  static void require_runs(const optimizer::Sequence<Parts...>& sequence) {
    std::apply([](const auto&... part) { (require_runs(part), ...); }, sequence.parts);
  }
  Buffer described(const optimizer::BufferShape& shape) const {
    if (shape.storage != optimizer::Storage::values) {
      detail::refuse_argument(std::string("State: ") + shape.name +
                              " is kept in bytes, which steps on a device cannot yet");
    }
    const bool whole = shape.rows == rows_ && shape.cols == cols_;
    return {shape.name, {nullptr, shape.rows, shape.cols, whole ? order_ : Order::columns}};
  }
  void lay_out(detail::Arena& arena) {
    steps_ = arena.take<std::int64_t>(1);
    for (Buffer& b : buffers_) b.values.data = arena.take<T>(b.values.rows * b.values.cols);
  }
  /// What a part begins with, where that is not zeros.
  template <class Part>
  static void start(const Part& part, int i, const Matrix<T>& to, Context& context) {
    using Host = detail::ColumnMajor<T>;
    if constexpr (detail::starts_buffers<Part, Host>::value) {
      Host values = Host::Zero(to.rows, to.cols);
      detail::start_buffer(part, i, values);
      if (to.order == Order::rows) values = Host(values.transpose());
      check(cudaMemcpyAsync(to.data, values.data(),
                            sizeof(T) * static_cast<std::size_t>(values.size()),
                            cudaMemcpyHostToDevice, context.stream()),
            "cudaMemcpyAsync");
      context.synchronize();  // the values go when this returns
    }
  }
  Matrix<T> find(const char* name) const {
    for (const Buffer& b : buffers_) {
      if (b.name == name) return b.values;
    }
    return {nullptr, rows_, cols_, order_};
  }

  Memory memory_;
  Index rows_, cols_;
  Order order_;
  std::vector<Buffer> buffers_;
  std::int64_t* steps_ = nullptr;
};

}  // namespace cuda
}  // namespace pion
