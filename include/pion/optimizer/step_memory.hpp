// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <string>
#include <string_view>

#include <pion/detail/check.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/state.hpp>

/// Where the buffers of a recipe lie: in a state, and while a step is taken.
namespace pion::detail {

/// Finds the buffers of a recipe in a state, asked in their order. The first of the names
/// "momentum" and "second_moment" are the state's members of those names, all others its parts.
class BufferPlaces {
 public:
  enum class Place { momentum, second_moment, part };

  Place next(const optimizer::BufferShape& shape) {
    const std::string_view name = shape.name;
    if (shape.storage == optimizer::Storage::values) {
      if (name == "momentum" && !momentum_) {
        momentum_ = true;
        return Place::momentum;
      }
      if (name == "second_moment" && !second_moment_) {
        second_moment_ = true;
        return Place::second_moment;
      }
    }
    ++parts_;
    return Place::part;
  }
  bool momentum() const { return momentum_; }
  bool second_moment() const { return second_moment_; }
  std::size_t parts() const { return parts_; }

 private:
  bool momentum_ = false, second_moment_ = false;
  std::size_t parts_ = 0;
};

/// Returns `name`, with a number behind it if a part of that name is there already.
template <class T>
std::string distinct_name(const optimizer::State<T>& state, const std::string& name) {
  int same = 1;
  for (const auto& part : state.parts) {
    const std::string& other = part.name;
    if (other == name || other.rfind(name + "_", 0) == 0) ++same;
  }
  return same == 1 ? name : name + "_" + std::to_string(same);
}

/// Makes the buffers of a recipe in a state that has none.
template <class R, class T>
void start_buffers(const R& recipe, Index rows, Index cols, optimizer::State<T>& state) {
  BufferPlaces places;
  for_each_buffer(recipe, [&](const auto& part, int i, int) {
    const optimizer::BufferShape shape = buffer_shape(part, i, rows, cols);
    if (shape.storage == optimizer::Storage::scratch) return;
    const auto place = places.next(shape);
    optimizer::Buffer<T> made;
    if (shape.storage == optimizer::Storage::codes) {
      made.codes.setZero(shape.rows, shape.cols);
      start_buffer(part, i, made.codes);
    } else {
      made.values.setZero(shape.rows, shape.cols);
      start_buffer(part, i, made.values);
    }
    if (place == BufferPlaces::Place::momentum) {
      state.momentum.swap(made.values);
    } else if (place == BufferPlaces::Place::second_moment) {
      state.second_moment.swap(made.values);
    } else {
      made.name = distinct_name(state, shape.name);
      state.parts.push_back(made);
    }
  });
}

/// \throws std::invalid_argument unless a matrix of the state has the shape that it must have.
template <class Matrix>
void require_buffer(const char* name, const Matrix& buffer, Index rows, Index cols) {
  if (buffer.rows() == rows && buffer.cols() == cols) return;
  refuse_argument(std::string("step: the state's ") + name + " is " +
                  shape(buffer.rows(), buffer.cols()) + ", this recipe and parameter have " +
                  shape(rows, cols) + "; make the state with initial_state()");
}

/// Calls f(i, shape, values, codes) for each buffer of a recipe: the matrices of a state that it is
/// kept in; null for those that it has none in.
template <class R, class S, class F>
BufferPlaces for_each_stored(const R& recipe, Index rows, Index cols, S& state, const F& f) {
  BufferPlaces places;
  using Part = std::remove_reference_t<decltype(state.parts[0])>;
  using Values = decltype(&state.momentum);
  using Codes = decltype(&std::declval<Part&>().codes);
  for_each_buffer(recipe, [&](const auto& part, int i, int at) {
    const optimizer::BufferShape shape = buffer_shape(part, i, rows, cols);
    if (shape.storage == optimizer::Storage::scratch) {
      f(at, shape, Values(nullptr), Codes(nullptr));
      return;
    }
    switch (places.next(shape)) {
      case BufferPlaces::Place::momentum: f(at, shape, &state.momentum, Codes(nullptr)); return;
      case BufferPlaces::Place::second_moment:
        f(at, shape, &state.second_moment, Codes(nullptr));
        return;
      case BufferPlaces::Place::part: break;
    }
    if (places.parts() > state.parts.size()) return;
    Part& kept = state.parts[places.parts() - 1];
    const bool codes = shape.storage == optimizer::Storage::codes;
    f(at, shape, codes ? nullptr : &kept.values, codes ? &kept.codes : nullptr);
  });
  return places;
}

/// \throws std::invalid_argument unless a state has the buffers of a recipe.
template <class R, class T>
void require_buffers(const R& recipe, Index rows, Index cols, const optimizer::State<T>& state) {
  const BufferPlaces places = for_each_stored(
      recipe, rows, cols, state,
      [](int, const optimizer::BufferShape& shape, const auto* values, auto* codes) {
        if (values != nullptr) {
          require_buffer(shape.name, *values, shape.rows, shape.cols);
        }
        if (codes != nullptr) {
          require_buffer(shape.name, *codes, shape.rows, shape.cols);
        }
      });
  if (!places.momentum()) require_buffer("momentum", state.momentum, 0, 0);
  if (!places.second_moment()) require_buffer("second_moment", state.second_moment, 0, 0);
  if (places.parts() != state.parts.size()) {
    refuse_argument("step: the state has " + std::to_string(state.parts.size()) +
                    " buffers besides the moments, this recipe has " +
                    std::to_string(places.parts()) + "; make the state with initial_state()");
  }
}

/// Lays out what a step works in: the matrix that is in turn the gradient, the rule's input, its
/// direction and the new parameter, and copies of the state's buffers.
template <class R, class T>
struct StepMemory {
  static constexpr int count = recipe_buffers<R>;
  static constexpr unsigned needs = recipe_needs<R>;

  StepMemory(Arena& arena, const R& recipe, const optimizer::State<T>& state, Index rows,
             Index cols) {
    const auto matrix = [&](Index m, Index n) {
      return engine::View<T>(arena.take<T>(m * n), m, n);
    };
    work = matrix(rows, cols);
    for_each_buffer(recipe, [&](const auto& part, int i, int at) {
      const optimizer::BufferShape shape = buffer_shape(part, i, rows, cols);
      if (shape.storage == optimizer::Storage::codes) {
        const auto size = shape.rows * shape.cols;
        slots[at].codes = {arena.take<std::int8_t>(size), shape.rows, shape.cols};
      } else {
        slots[at].values = matrix(shape.rows, shape.cols);
      }
    });
    const auto columns = [&](unsigned what) {
      return (needs & what) != 0 ? engine::View<double>(arena.take<double>(cols), cols, 1)
                                 : engine::View<double>();
    };
    gradient_columns = columns(optimizer::need::gradient_columns);
    input_columns = columns(optimizer::need::input_columns);
    adaptive = columns(optimizer::need::adaptive_columns);
    if ((needs & optimizer::need::input) != 0) input = matrix(rows, cols);
    old_start = arena.take<T>(static_cast<Index>(state.warm_start.values().size()));
  }

  /// Copies the state's buffers; `commit` copies them back.
  void read(const R& recipe, const optimizer::State<T>& state) const {
    for_each_stored(recipe, work.rows, work.cols, state,
                    [this](int at, const auto&, const auto* values, const auto* codes) {
                      if (values != nullptr) engine::as_eigen(slots[at].values) = *values;
                      if (codes != nullptr) engine::as_eigen(slots[at].codes) = *codes;
                    });
  }
  void commit(const R& recipe, optimizer::State<T>& state) const {
    for_each_stored(recipe, work.rows, work.cols, state,
                    [this](int at, const auto&, auto* values, auto* codes) {
                      if (values != nullptr) *values = engine::as_eigen(slots[at].values);
                      if (codes != nullptr) *codes = engine::as_eigen(slots[at].codes);
                    });
  }
  /// Whether all numbers that a state will keep are finite.
  bool finite(const R& recipe, const optimizer::State<T>& state) const {
    bool all = true;
    for_each_stored(recipe, work.rows, work.cols, state,
                    [&](int at, const auto&, const auto* values, const auto*) {
                      if (values != nullptr) all = all && size_of(slots[at].values).finite;
                    });
    return all;
  }

  engine::View<T> work, input;
  optimizer::Slot<T> slots[static_cast<std::size_t>(count > 0 ? count : 1)];
  engine::View<double> gradient_columns, input_columns, adaptive;
  T* old_start = nullptr;
};

}  // namespace pion::detail
