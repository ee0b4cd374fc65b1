// SPDX-License-Identifier: Apache-2.0
#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <pion/filter/chain.hpp>
#include <pion/filter/filter.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "parts.hpp"
#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/report/shape_facts.hpp"

namespace pion::python {
namespace {

namespace nb = nanobind;
using Coefficients = std::array<double, 3>;

Chain chain_of(const std::vector<Coefficients>& steps) {
  std::vector<OddQuintic> all;
  for (const Coefficients& p : steps) all.push_back({p[0], p[1], p[2]});
  return Chain(std::move(all));
}

std::vector<Coefficients> steps_of(const Chain& f) {
  std::vector<Coefficients> all;
  for (const OddQuintic& p : f.steps()) all.push_back({p.a, p.b, p.c});
  return all;
}

Normalizer normalizer_of(std::string_view text) {
  if (const auto found = normalizer_named(text)) return *found;
  std::string all;
  for (const Normalizer n : all_normalizers) all.append(all.empty() ? "" : ", ").append(name(n));
  throw io::Error("normalizer", io::quote(text) + " is not known; there are " + all);
}

/// A fact, or one of the numbers in it.
template <class Variant>
nb::object as_object(const Variant& fact) {
  return std::visit(
      [](const auto& value) -> nb::object {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::monostate>) {
          return nb::none();
        } else if constexpr (std::is_same_v<Value, tool::Named>) {
          nb::dict all;
          for (const auto& [key, number] : value) all[key.c_str()] = as_object(number);
          return std::move(all);
        } else {
          return nb::cast(value);
        }
      },
      fact);
}

nb::dict shape(const std::string& name, const Filter& f, double gain) {
  std::vector<std::pair<std::string, tool::Fact>> facts;
  {
    const nb::gil_scoped_release others_run;
    facts = tool::facts_of(tool::shape_of(name, name, f), gain);
  }
  nb::dict all;
  for (const auto& [key, fact] : facts) all[key.c_str()] = as_object(fact);
  return all;
}

}  // namespace

void bind_filters(nb::module_& m) {
  nb::class_<Chain>(m, "Chain")
      .def(
          "__init__",
          [](Chain* self, const std::vector<Coefficients>& steps) {
            new (self) Chain(chain_of(steps));
          },
          nb::arg("steps"))
      .def_prop_ro("steps", &steps_of)
      .def("__len__", &Chain::size)
      .def(
          "__call__", [](const Chain& f, double s) { return f(s); }, nb::arg("sigma"))
      .def(
          "derivative", [](const Chain& f, double s) { return f.derivative(s); }, nb::arg("sigma"))
      .def("then", &Chain::then, nb::arg("next"))
      .def(nb::self == nb::self);

  nb::class_<Filter>(m, "Filter")
      .def(
          "__init__",
          [](Filter* self, const Chain& chain, const std::string& normalizer) {
            new (self) Filter{chain, normalizer_of(normalizer)};
          },
          nb::arg("chain"), nb::arg("normalizer") = "frobenius")
      .def_ro("chain", &Filter::chain)
      .def_prop_ro("normalizer", [](const Filter& f) { return std::string(name(f.normalizer)); });

  m.def(
      "chain_named", [](const std::string& text) { return tool::chain_named(text).chain; },
      nb::arg("text"));
  m.def("known_chains", &tool::known_chains, "How the known chains are written.");
  m.def("shape", &shape, nb::arg("name"), nb::arg("filter"), nb::arg("gain") = survivor_gain);
}

}  // namespace pion::python
