// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::any_of, std::find, std::max, std::none_of
#include <cstddef>    // std::size_t
#include <map>
#include <string>
#include <string_view>
#include <utility>  // std::move
#include <vector>

#include <pion/optimizer/any_recipe.hpp>
#include <pion/optimizer/routing/parameter_names.hpp>

namespace pion::optimizer {

/// Describes a parameter to a router.
struct Parameter {
  std::string name;  ///< As the model has it.
  std::vector<Index> shape;
  std::string module;  ///< A word that the claims know: "vision", "language", "action".
  /// The address of the first entry, or null where it is not given: print() refuses two parameters
  /// that begin at one address.
  const void* data = nullptr;
};

/// How many dimensions a parameter has: any number, two, or another number than two (other).
enum class Dimensions { any, two, other };

/// Claims the parameters that meet every condition given.
struct Claim {
  std::vector<std::string> names;    ///< Patterns, one of which the name fits; empty: any name.
  std::vector<std::string> except;   ///< Patterns, none of which it fits.
  std::vector<std::string> modules;  ///< One of which is the module; empty: any module.
  Dimensions dimensions = Dimensions::any;  ///< Of the parameter.
  std::vector<Role> roles = {};  ///< One of which the name tells, role_of(); empty: any role.

  bool operator()(const Parameter& p) const {
    const auto name_fits = [&p](const std::string& pattern) { return matches(pattern, p.name); };
    const bool two = p.shape.size() == 2;
    return (names.empty() || std::any_of(names.begin(), names.end(), name_fits)) &&
           std::none_of(except.begin(), except.end(), name_fits) &&
           (modules.empty() ||
            std::find(modules.begin(), modules.end(), p.module) != modules.end()) &&
           (dimensions == Dimensions::any || two == (dimensions == Dimensions::two)) &&
           (roles.empty() || std::find(roles.begin(), roles.end(), role_of(p.name)) != roles.end());
  }
};

/// Gives each parameter of a model to exactly one recipe.
template <class Scalar, class Engine = DefaultEngine>
class Router {
 public:
  using Recipe = AnyRecipe<Scalar, Engine>;  ///< What a parameter is given.

  /// Adds a rule. It claims a parameter that meets one of its claims.
  /// \param label  what print() and refusals call it.
  Router& add(std::string label, std::vector<Claim> claims, Recipe recipe) {
    rules_.push_back({std::move(label), std::move(claims), std::move(recipe)});
    return *this;
  }

  /// Returns the recipe of the rule that claims the parameter.
  /// \throws std::invalid_argument if no rule claims the parameter, or two do; the message has
  ///         their names.
  const Recipe& recipe(const Parameter& p) const { return rule_of(p).recipe; }

  /// Returns the label of the rule that claims the parameter.
  /// \throws std::invalid_argument if no rule claims the parameter, or two do.
  const std::string& label(const Parameter& p) const { return rule_of(p).label; }

  /// Writes the assignment: a line for each parameter with its name, shape, module and rule's
  /// label. A model whose assignment prints is routed whole, and no weight twice.
  /// \throws std::invalid_argument if no rule claims a parameter, or two do; if two parameters have
  ///         entries and begin at one address, as tied weights do. Memory that overlaps in another
  ///         way is not seen, and none where Parameter::data is null.
  std::string print(const std::vector<Parameter>& parameters) const {
    require_distinct(parameters);
    const auto shape_of = [](const Parameter& p) {
      std::string text;
      for (const Index extent : p.shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
      return text.empty() ? std::string("scalar") : text;
    };
    std::size_t widths[3] = {0, 0, 0};
    for (const Parameter& p : parameters) {
      widths[0] = (std::max)(widths[0], p.name.size());
      widths[1] = (std::max)(widths[1], shape_of(p).size());
      widths[2] = (std::max)(widths[2], p.module.size());
    }
    std::string text;
    for (const Parameter& p : parameters) {
      const std::string columns[3] = {p.name, shape_of(p), p.module};
      for (std::size_t i = 0; i < 3; ++i) {
        text += columns[i] + std::string(widths[i] - columns[i].size() + 2, ' ');
      }
      text += label(p) + "\n";
    }
    return text;
  }

 private:
  struct Rule {
    std::string label;
    std::vector<Claim> claims;
    Recipe recipe;
  };

  static void require_distinct(const std::vector<Parameter>& parameters) {
    std::map<const void*, const Parameter*> seen;
    for (const Parameter& p : parameters) {
      const bool empty = std::find(p.shape.begin(), p.shape.end(), Index(0)) != p.shape.end();
      if (p.data == nullptr || empty) continue;
      const auto [first, is_new] = seen.emplace(p.data, &p);
      if (is_new) continue;
      detail::refuse_argument("Router: \"" + first->second->name + "\" and \"" + p.name +
                              "\" share memory and would be stepped twice; name the weights once, "
                              "and step them with the sum of their gradients");
    }
  }

  const Rule& rule_of(const Parameter& p) const {
    const Rule* found = nullptr;
    for (const Rule& rule : rules_) {
      const auto claims_it = [&p](const Claim& claim) { return claim(p); };
      if (std::none_of(rule.claims.begin(), rule.claims.end(), claims_it)) continue;
      if (found != nullptr) {
        detail::refuse_argument("Router: \"" + p.name + "\" is claimed by " + found->label +
                                " and by " + rule.label);
      }
      found = &rule;
    }
    if (found == nullptr) {
      detail::refuse_argument("Router: no rule claims \"" + p.name + "\"");
    }
    return *found;
  }

  std::vector<Rule> rules_;
};

}  // namespace pion::optimizer
