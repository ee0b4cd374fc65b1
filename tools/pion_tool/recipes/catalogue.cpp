// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/recipes/catalogue.hpp"

#include <algorithm>
#include <pion/optimizer/recipe/signature.hpp>
#include <stdexcept>
#include <utility>

#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/cli/parse.hpp"
#include "pion_tool/io/error.hpp"

namespace pion::recipes {
namespace {

[[noreturn]] void refuse(std::string_view recipe, std::string_view why) {
  throw io::Error("recipe " + io::quote(recipe), why);
}

constexpr std::string_view high_pass_name = "highpass:kp=";

const NamedRecipe& find(const std::string& name) {
  const std::vector<NamedRecipe>& all = catalogue();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&name](const NamedRecipe& r) { return name == r.name; });
  if (found != all.end()) return *found;
  std::vector<std::string_view> names;
  for (const NamedRecipe& r : all) names.emplace_back(r.name);
  refuse(name, "is not known; there are " + tool::list(names));
}

bool filters(const NamedRecipe& recipe) { return *recipe.chain != '\0'; }

bool has_high_pass(const NamedRecipe& recipe) {
  return std::string_view(recipe.chain).substr(0, high_pass_name.size()) == high_pass_name;
}

/// What a text says of a recipe.
struct Spec {
  std::string name;
  std::optional<std::string> chain;
  std::optional<double> tolerance;
  std::optional<bool> exact;
  Numbers numbers;
};

Spec read(std::string_view text) {
  constexpr double any = 1.7976931348623157e308;
  const std::size_t colon = text.find(':');
  Spec spec;
  spec.name = text.substr(0, colon);
  for (std::size_t at = colon; at != text.npos;) {
    const std::size_t end = text.find(',', at + 1);
    const std::string_view pair = text.substr(at + 1, end == text.npos ? end : end - at - 1);
    at = end;
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) refuse(text, io::quote(pair) + " is not key=value");
    std::string key(pair.substr(0, equals)), value(pair.substr(equals + 1));
    if (key == "kp" && has_high_pass(find(spec.name))) {
      key = "chain";
      value.insert(0, high_pass_name);
    }
    const std::string what = "recipe " + io::quote(text) + ": " + key;
    bool is_new = true;
    if (key == "chain") {
      is_new = !std::exchange(spec.chain, value);
    } else if (key == "tolerance") {
      is_new = !std::exchange(spec.tolerance, tool::real_number(what, value, 0.0, any));
    } else if (key == "exact") {
      is_new = !std::exchange(spec.exact, tool::whole_number(what, value, 0, 1) == 1);
    } else {
      is_new = spec.numbers.emplace(key, tool::real_number(what, value, -any, any)).second;
    }
    if (!is_new) refuse(text, "the key " + key + " is given twice");
  }
  return spec;
}

/// NAME:key=value,...
std::string text_of(const NamedRecipe& named, const Given& given, const Options::Taken& numbers) {
  std::string text = named.name;
  const auto add = [&text](const std::string& key, const std::string& value) {
    text += (text.find(':') == text.npos ? ":" : ",") + key + "=" + value;
  };
  if (given.exact) add("exact", "1");
  if (!given.exact && !given.chain.empty()) add("chain", given.chain);
  if (given.tolerance) add("tolerance", detail::number_text(*given.tolerance));
  for (const auto& [key, value] : numbers) add(key, detail::number_text(value));
  return text;
}

MadeRecipe make(const NamedRecipe& named, Numbers numbers, const Given& given) {
  Options options(named.name, std::move(numbers));
  try {
    AnyParts parts = named.make(given, options);
    std::vector<std::string> others;
    if (filters(named)) others.emplace_back("chain");
    if (has_high_pass(named)) others.emplace_back("kp");
    if ((named.takes & takes::exact) != 0) others.emplace_back("exact");
    if ((named.takes & takes::tolerance) != 0) others.emplace_back("tolerance");
    options.require_all_taken(others);
    ScalarRecipes recipes(parts);
    static_cast<void>(recipes.of<float>().initial_state(0, 0));  // looks at the numbers
    return {&named,
            parts,
            options.taken(),
            text_of(named, given, {}),
            text_of(named, given, options.taken()),
            std::move(recipes)};
  } catch (const std::invalid_argument& error) {
    refuse(named.name, error.what());
  }
}

}  // namespace

const std::vector<NamedRecipe>& catalogue() {
  static const std::vector<NamedRecipe> all = [] {
    std::vector<NamedRecipe> list;
    for (const auto& family :
         {filtering_recipes(), adaptive_recipes(), norm_recipes(), gradient_recipes(),
          basis_recipes(), subspace_recipes(), plain_recipes()}) {
      list.insert(list.end(), family.begin(), family.end());
    }
    return list;
  }();
  return all;
}

MadeRecipe make_recipe(const std::string& name, Numbers numbers, Given given) {
  const NamedRecipe& named = find(name);
  if (given.filter && !filters(named)) refuse(name, "has no filter");
  if (given.tolerance && (named.takes & takes::tolerance) == 0) refuse(name, "has no tolerance");
  if (given.exact && (named.takes & takes::exact) == 0) {
    refuse(name, "has no filter that stands for the polar factor, so that none is exact");
  }
  if (given.exact && (given.filter || given.tolerance)) {
    refuse(name, "takes the exact polar factor in the place of a filter or a tolerance");
  }
  if (!given.filter && filters(named)) {
    given.filter = Filter{tool::chain_named(named.chain).chain};
    given.chain = named.chain;
  }
  return make(named, std::move(numbers), given);
}

MadeRecipe recipe_named(std::string_view text, bool exact, const Numbers& more) {
  Spec spec = read(text);
  for (const auto& [key, value] : more) {
    if (!spec.numbers.emplace(key, value).second) {
      refuse(text, "the key " + key + " is given by an option too");
    }
  }
  Given given;
  given.exact = exact || spec.exact.value_or(false);
  given.tolerance = spec.tolerance;
  if (spec.chain) {
    given.filter = Filter{tool::chain_named(*spec.chain).chain};
    given.chain = *spec.chain;
  }
  return make_recipe(spec.name, std::move(spec.numbers), std::move(given));
}

std::vector<optimizer::BufferShape> MadeRecipe::buffers(Index rows, Index cols) const {
  std::vector<optimizer::BufferShape> all;
  for (const auto& part : {parts.momentum, parts.rule, parts.scale}) {
    for (int i = 0; i < part->buffers(); ++i) {
      const optimizer::BufferShape shape = part->buffer(i, rows, cols);
      if (shape.storage != optimizer::Storage::scratch) all.push_back(shape);
    }
  }
  return all;
}

}  // namespace pion::recipes
