// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>  // std::move

#include <Eigen/Core>

#include <pion/optimizer/any_recipe.hpp>
#include <pion/optimizer/recipe/recipe.hpp>

namespace pion::torch {
namespace detail {

/// \throws std::invalid_argument unless Eigen aligns the memory of the caller's file as it does the
///         library's: a state that one of them allocates is freed by the other.
void require_same_alignment(int bytes);

}  // namespace detail

/// Holds a recipe for parameters of any scalar: by value, one of optimizer/presets/ or of one's
/// own, or by the name that the tool and the package for Python have for it.
///
/// Recipes by value are compiled where they are given. Such a file needs the flags of the
/// instruction set that the library was built with (by default none).
class Recipe {
 public:
  /// \throws std::invalid_argument if the caller's file has flags that change Eigen's alignment.
  template <class R, class M, class S, class D>
  Recipe(const optimizer::Recipe<R, M, S, D>& recipe)  // NOLINT(google-explicit-constructor)
      : steps_(optimizer::AnyRecipe<float>(recipe), optimizer::AnyRecipe<double>(recipe)),
        name_(optimizer::signature(recipe)),
        require_valid_([recipe](double rate) { pion::detail::require_valid_step(recipe, rate); }) {
    detail::require_same_alignment(EIGEN_DEFAULT_ALIGN_BYTES);
  }

  /// A recipe of a router, for parameters of one scalar alone: float, which those of 16 bits have
  /// too, or double.
  /// \throws std::invalid_argument as above.
  template <class T>
  Recipe(optimizer::AnyRecipe<T> recipe, std::string name) : name_(std::move(name)) {
    std::get<Steps<T>>(steps_) = std::move(recipe);
    detail::require_same_alignment(EIGEN_DEFAULT_ALIGN_BYTES);
  }

  /// NAME[:key=value,...], such as "muon", "pion:kp=1", "adamw:weight_decay=0.1".
  /// \throws std::runtime_error that names what is not known, and says what there is instead.
  Recipe(const std::string& text);                         // NOLINT(google-explicit-constructor)
  Recipe(const char* text) : Recipe(std::string(text)) {}  // NOLINT(google-explicit-constructor)

  /// Returns the text that makes the recipe by name, a router's label, or signature(recipe).
  const std::string& name() const { return name_; }

  /// Returns the published learning rate of a recipe by name, where there is one.
  std::optional<double> learning_rate() const { return learning_rate_; }

  /// Returns the steps of parameters that are computed in T, float or double.
  /// \throws std::invalid_argument if the recipe is a router's of the other scalar.
  template <class T>
  const optimizer::AnyRecipe<T>& of() const {
    const Steps<T>& steps = std::get<Steps<T>>(steps_);
    if (!steps) {
      pion::detail::refuse_argument("pion::torch: the recipe " + name_ + " is for parameters of " +
                                    (sizeof(T) == sizeof(float) ? "double" : "float") + " alone");
    }
    return *steps;
  }

  /// \throws std::invalid_argument if a number of the recipe is out of its range, or its decay at
  ///         this learning rate. A router's recipe says so only when it steps.
  void require_valid(double learning_rate) const {
    if (require_valid_) require_valid_(learning_rate);
  }

 private:
  template <class T>
  using Steps = std::optional<optimizer::AnyRecipe<T>>;

  std::tuple<Steps<float>, Steps<double>> steps_;
  std::string name_;
  std::optional<double> learning_rate_;
  std::function<void(double)> require_valid_;
};

}  // namespace pion::torch
