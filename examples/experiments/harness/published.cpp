// SPDX-License-Identifier: Apache-2.0
#include "harness/published.hpp"

#include <fmt/format.h>

#include <utility>

#include "pion_tool/recipes/catalogue.hpp"

namespace pion::experiment {

Contender published(std::string name, double rate, const std::string& recipe) {
  const auto made = recipes::recipe_named(recipe).recipes.of<float>();
  return {std::move(name), rate, [made](const std::optional<Heads>&) { return made; }};
}

Contender published_per_head(std::string name, double rate, const std::string& per_head,
                             const std::string& whole) {
  const auto all = recipes::recipe_named(whole).recipes.of<float>();
  return {std::move(name), rate, [all, per_head](const std::optional<Heads>& heads) {
            if (!heads) return all;
            const std::string text = fmt::format("{},heads={},by_cols={:d}", per_head, heads->count,
                                                 heads->axis == Axis::cols);
            return recipes::recipe_named(text).recipes.of<float>();
          }};
}

std::vector<Contender> newer(const Momenta& m) {
  const std::string momentum = fmt::format("weight_decay=0,momentum={}", m.momentum);
  const auto one = [&](const char* name, double rate, const char* recipe) {
    return published(name, rate, fmt::format("{}:{}", recipe, momentum));
  };
  return {one("NorMuon", 0.03, "normuon"),
          one("AdaMuon", 0.01, "adamuon"),
          one("NAMO", 0.01, "namo"),
          one("Dion", 0.01, "dion"),
          published("SOAP", 0.003,
                    fmt::format("soap:weight_decay=0,beta1={},beta2={}", m.beta1, m.beta2)),
          one("ROOT", 0.01, "root"),
          one("Muon-MVR1", 0.03, "muon_mvr1")};
}

}  // namespace pion::experiment
