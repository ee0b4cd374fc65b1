// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/recipes/options.hpp"

#include <algorithm>
#include <cmath>
#include <pion/optimizer/recipe/signature.hpp>

#include "pion_tool/io/error.hpp"

namespace pion::recipes {

const double* Options::find(const std::string& name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? nullptr : &found->second;
}

void Options::require_whole(const std::string& name, double given, double most) const {
  if (given >= 0.0 && given <= most && given == std::floor(given)) return;
  throw io::Error("recipe " + io::quote(recipe_), name + " is " + detail::number_text(given) +
                                                      "; it must be " +
                                                      (most == 1.0 ? "0 or 1" : "a whole number"));
}

void Options::note(const std::string& name, double value) {
  const auto same = [&name](const auto& taken) { return taken.first == name; };
  if (std::none_of(taken_.begin(), taken_.end(), same)) taken_.emplace_back(name, value);
}

void Options::require_all_taken(const std::vector<std::string>& others) const {
  for (const auto& given : given_) {
    const auto same = [&given](const auto& taken) { return taken.first == given.first; };
    if (std::any_of(taken_.begin(), taken_.end(), same)) continue;
    std::string all;
    for (const auto& option : taken_) all.append(all.empty() ? "" : ", ").append(option.first);
    for (const std::string& other : others) all.append(all.empty() ? "" : ", ").append(other);
    throw io::Error("recipe " + io::quote(recipe_),
                    "has no option " + io::quote(given.first) + "; there are " + all);
  }
}

}  // namespace pion::recipes
