// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <optional>
#include <pion/filter/chains.hpp>
#include <pion/filter/filter.hpp>
#include <pion/optimizer/any_recipe.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "pion_tool/io/error.hpp"

/// Recipes by name, for parameters of any scalar, with options by name.
namespace pion::python {

using Numbers = std::map<std::string, double>;

/// The numbers that a recipe is asked for with. Each part of a recipe takes those that it has.
class Options {
 public:
  explicit Options(Numbers given) : left_(std::move(given)) {}

  /// Sets `target` where the option is given, and notes what it is then.
  template <class T>
  void take(const char* name, T& target) {
    if (const auto found = left_.find(name); found != left_.end()) {
      target = static_cast<T>(found->second);
      left_.erase(found);
    }
    taken_[name] = static_cast<double>(target);
  }
  /// What the recipe has, by name.
  const Numbers& taken() const { return taken_; }

  /// \throws io::Error that names an option which no part has taken.
  void require_all_taken(const std::string& recipe) const {
    if (left_.empty()) return;
    std::string all;
    for (const auto& option : taken_) all.append(all.empty() ? "" : ", ").append(option.first);
    throw io::Error("recipe " + io::quote(recipe),
                    "has no option " + io::quote(left_.begin()->first) + "; there are " + all);
  }

 private:
  Numbers left_;
  Numbers taken_;
};

/// A recipe for each of the scalars that a step is computed in.
class ScalarRecipes {
 public:
  template <class R>
  explicit ScalarRecipes(const R& recipe) : all_(recipe, recipe) {}

  template <class T>
  const optimizer::AnyRecipe<T>& of() const {
    return std::get<optimizer::AnyRecipe<T>>(all_);
  }

 private:
  std::tuple<optimizer::AnyRecipe<float>, optimizer::AnyRecipe<double>> all_;
};

/// What a recipe is made from besides its numbers.
struct Given {
  std::optional<Filter> filter;
  std::optional<double> tolerance;

  /// The rule that filters: by the filter given, or by Muon's.
  optimizer::Filtered rule() const { return {filter.value_or(Filter{chains::muon()})}; }
};

enum class Takes { numbers, filter, filter_and_tolerance };

/// A recipe that can be asked for by name.
struct NamedRecipe {
  const char* name;
  double learning_rate;  ///< The published one, where there is one.
  Takes takes;
  ScalarRecipes (*make)(const Given& given, Options& options);
};

// A file each, because they take long to compile.
std::vector<NamedRecipe> filtering_recipes();
std::vector<NamedRecipe> plain_recipes();
std::vector<NamedRecipe> adaptive_recipes();

#define PION_PYTHON_OPTION(member, name)                                               \
  template <class Part, class = void>                                                  \
  struct has_##member : std::false_type {};                                            \
  template <class Part>                                                                \
  struct has_##member<Part, std::void_t<decltype(std::declval<Part&>().member)>>       \
      : std::true_type {};                                                             \
  template <class Part>                                                                \
  void take_##member([[maybe_unused]] Part& part, [[maybe_unused]] Options& options) { \
    if constexpr (has_##member<Part>::value) options.take(name, part.member);          \
  }
PION_PYTHON_OPTION(momentum, "momentum")
PION_PYTHON_OPTION(beta, "momentum")
PION_PYTHON_OPTION(nesterov, "nesterov")
PION_PYTHON_OPTION(beta1, "beta1")
PION_PYTHON_OPTION(beta2, "beta2")
PION_PYTHON_OPTION(epsilon, "eps")
PION_PYTHON_OPTION(rate, "weight_decay")
PION_PYTHON_OPTION(multiple, "scale")
#undef PION_PYTHON_OPTION

/// The recipe once its momentum, decay and scale have taken their options.
template <class R>
ScalarRecipes with_options(R recipe, Options& options) {
  take_momentum(recipe.momentum, options);
  take_beta(recipe.momentum, options);
  take_nesterov(recipe.momentum, options);
  take_beta1(recipe.momentum, options);
  take_beta2(recipe.momentum, options);
  take_epsilon(recipe.momentum, options);
  take_rate(recipe.decay, options);
  take_multiple(recipe.scale, options);
  return ScalarRecipes(recipe);
}

}  // namespace pion::python
