// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <pion/filter/filter.hpp>
#include <pion/optimizer/any_recipe.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pion_tool/recipes/any_part.hpp"
#include "pion_tool/recipes/options.hpp"
#include "pion_tool/recipes/orthogonalizer.hpp"

/// The published optimisers by name, with options by name, for parameters of any scalar.
namespace pion::recipes {

/// What a recipe is made from besides its numbers.
struct Given {
  std::optional<Filter> filter;     ///< In the place of the recipe's own.
  bool exact = false;               ///< The exact polar factor in the place of the filter.
  std::optional<double> tolerance;  ///< How far a direction may be from the exact one.
  std::string chain = {};           ///< The filter's name, where it has one.

  Orthogonalizer rule() const { return {filter.value(), exact, tolerance}; }
};

/// What a recipe can be given, in bits.
namespace takes {
inline constexpr unsigned exact = 1;  ///< Its filter stands for the polar factor.
inline constexpr unsigned tolerance = 2;
inline constexpr unsigned loss = 4;  ///< It needs StepInputs::loss.
}  // namespace takes

/// An entry of the catalogue: a preset of include/pion/optimizer/presets/ by its name.
struct NamedRecipe {
  const char* name;
  std::optional<double> learning_rate;  ///< The published one, where there is one.
  const char* chain;                    ///< Its filter, as chain_named() takes it; "" for none.
  unsigned takes;
  AnyParts (*make)(const Given& given, Options& options);
};

// A file each, because what they include takes long to compile.
std::vector<NamedRecipe> filtering_recipes();
std::vector<NamedRecipe> plain_recipes();
std::vector<NamedRecipe> adaptive_recipes();
std::vector<NamedRecipe> norm_recipes();
std::vector<NamedRecipe> gradient_recipes();
std::vector<NamedRecipe> basis_recipes();
std::vector<NamedRecipe> subspace_recipes();

/// All of them, in the order of docs/optimisers.md.
const std::vector<NamedRecipe>& catalogue();

/// A recipe whose step is compiled once, in both scalars.
class ScalarRecipes {
 public:
  explicit ScalarRecipes(const AnyParts& parts);

  template <class T>
  const optimizer::AnyRecipe<T>& of() const {
    return std::get<optimizer::AnyRecipe<T>>(all_);
  }

 private:
  std::tuple<optimizer::AnyRecipe<float>, optimizer::AnyRecipe<double>> all_;
};

/// A recipe that was asked for by name.
struct MadeRecipe {
  const NamedRecipe* named;
  AnyParts parts;
  Options::Taken options;  ///< All its numbers, by name.
  std::string base;        ///< NAME:key=value,... without the numbers.
  std::string text;        ///< The same with every number: it makes the recipe again.
  ScalarRecipes recipes;

  /// The buffers of the state of a parameter of rows x cols.
  std::vector<optimizer::BufferShape> buffers(Index rows, Index cols) const;
};

/// \throws io::Error that names the recipe or the option, and says which there are.
MadeRecipe make_recipe(const std::string& name, Numbers numbers, Given given = {});

/// A recipe as a text gives it: `NAME[:key=value,...]`. Keys are its options, and where it filters
/// `chain`, a chain by name, `exact` and `tolerance`; `kp=2` stands for `chain=highpass:kp=2` where
/// the recipe's own chain is such a one.
/// \param more  numbers that stand besides the text, such as those of command-line options.
MadeRecipe recipe_named(std::string_view text, bool exact = false, const Numbers& more = {});

}  // namespace pion::recipes
