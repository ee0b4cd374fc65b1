// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/syntax.hpp"

#include <CLI/CLI.hpp>

#include "pion_tool/cli/chain_spec.hpp"

namespace pion::tool {
namespace {

/// The names that a help lists at its end, "Divide by: frobenius, aol" (add_choice() writes it so);
/// none where that is prose.
std::vector<std::string> names_listed(const std::string& help) {
  const std::size_t colon = help.rfind(": ");
  std::string rest = colon == help.npos ? help : help.substr(colon + 2);
  std::vector<std::string> names;
  for (std::size_t comma = 0; comma != rest.npos;) {
    comma = rest.find(", ");
    names.push_back(rest.substr(0, comma));
    if (names.back().find(' ') != rest.npos) return {};
    if (comma != rest.npos) rest.erase(0, comma + 2);
  }
  return names.size() > 1 ? names : std::vector<std::string>();
}

Parameter parameter(const CLI::Option& option) {
  Parameter p;
  for (const std::string& name : option.get_snames()) p.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) p.names.push_back("--" + name);
  const bool argument = p.names.empty();
  if (argument) p.names = {option.get_name()};
  if (option.get_items_expected_max() > 0) p.value = option.get_type_name();
  if (argument) p.value = p.names[0];
  p.help = option.get_description();
  p.required = option.get_required();
  p.repeated = option.get_items_expected_max() > 1;
  if (p.value == "CHAIN") {
    p.choices = stored_chains();
  } else if (!p.value.empty()) {
    p.choices = names_listed(p.help);
    p.file = p.value == "FILE" || (argument && p.choices.empty());
  }
  return p;
}

Command command(const CLI::App& app) {
  Command c;
  c.name = app.get_name();
  c.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // is not in --help either
    (option->get_positional() ? c.arguments : c.options).push_back(parameter(*option));
  }
  return c;
}

}  // namespace

Syntax syntax_of(const CLI::App& app) {
  Syntax s;
  s.tool = command(app);
  s.footer = app.get_footer();
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    s.verbs.push_back(command(*verb));
  }
  return s;
}

}  // namespace pion::tool
