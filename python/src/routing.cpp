// SPDX-License-Identifier: Apache-2.0
#include "routing.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <map>
#include <pion/optimizer/routing/assignments.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "pion_tool/io/error.hpp"

namespace pion::python {
namespace {

namespace nb = nanobind;
using Router = optimizer::Router<float>;

/// What an assignment is asked for with.
struct Assignment {
  std::string name;
  Index query_heads, key_value_heads;  ///< 0 where they are not given.
  int kp;

  Router router() const {
    if (name == "muon") return optimizer::muon_assignment<float>();
    if (name == "vla") return optimizer::vla_assignment<float>(kp);
    if (name != "rlvr") {
      throw io::Error("route", io::quote(name) + " is not known; there are muon, vla, rlvr");
    }
    if (query_heads < 1 || key_value_heads < 1) {
      throw io::Error("route",
                      "the assignment rlvr needs heads, and kv_heads where they are fewer");
    }
    return optimizer::rlvr_assignment<float>(query_heads, key_value_heads, kp);
  }

  /// The recipe of a label by its name in the catalogue.
  std::string recipe(const std::string& label) const {
    const std::string promotions = "kp=" + std::to_string(kp);
    const auto per_head = [&](Index heads, const char* axis) {
      return "pion_per_head:" + promotions + ",heads=" + std::to_string(heads) + axis;
    };
    const std::map<std::string, std::string> recipes = {
        {"AdamW", "adamw"},
        {"Muon", "muon"},
        {"Pion", "pion:" + promotions},
        {"Pion per query head", per_head(query_heads, "")},
        {"Pion per key-value head", per_head(key_value_heads, "")},
        {"Pion per output head", per_head(query_heads, ",by_cols=1")}};
    return recipes.at(label);
  }
};

/// The module, the label and the recipe of each parameter.
std::vector<std::tuple<std::string, std::string, std::string>> route(
    const std::vector<std::string>& names, const std::vector<std::vector<Index>>& shapes,
    const Assignment& assignment) {
  const Router router = assignment.router();
  std::vector<std::tuple<std::string, std::string, std::string>> routes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const optimizer::Parameter p{names[i], shapes.at(i),
                                 std::string(optimizer::module_of(names[i]))};
    const std::string& label = router.label(p);
    routes.emplace_back(p.module, label, assignment.recipe(label));
  }
  return routes;
}

}  // namespace

void bind_routing(nb::module_& m) {
  m.def(
      "route",
      [](const std::vector<std::string>& names, const std::vector<std::vector<Index>>& shapes,
         const std::string& assignment, Index heads, Index kv_heads, int kp) {
        return route(names, shapes, {assignment, heads, kv_heads, kp});
      },
      nb::arg("names"), nb::arg("shapes"), nb::arg("assignment"), nb::arg("heads"),
      nb::arg("kv_heads"), nb::arg("kp"));
}

}  // namespace pion::python
