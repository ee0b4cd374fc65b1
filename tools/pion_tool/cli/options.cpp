// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

// The core's own list of names, so that what it learns to do the tool can do.
template <class All>
auto choices(const All& all) {
  Choices<typename All::value_type> out;
  for (const auto value : all) out.emplace_back(name(value), value);
  return out;
}

// File names need not be UTF-8; JSON must be.
std::string text_of(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& help) {
  return app.add_subcommand(name, help);
}

CLI::Option* add_text(CLI::App& verb, const std::string& name, std::string& target,
                      const std::string& value, const std::string& help) {
  const auto read = [name, &target](const std::string& text) {
    if (text.empty()) {
      throw io::Error(name.substr(name.rfind(',') + 1),
                      "is empty: name something, or leave it out");
    }
    target = text;
  };
  return add_reader(verb, name, read, value, help);
}

CLI::Option* add_texts(CLI::App& verb, const std::string& name, std::vector<std::string>& targets,
                       const std::string& value, const std::string& help) {
  CLI::Option* option = verb.add_option(name, targets, help)->type_name(value);
  return option->allow_extra_args(option->get_positional());
}

CLI::Option* add_reader(CLI::App& verb, const std::string& name,
                        const std::function<void(const std::string&)>& read,
                        const std::string& value, const std::string& help) {
  return verb.add_option_function<std::string>(name, read, help)->type_name(value);
}

CLI::Option* add_reals(CLI::App& verb, const std::string& name, std::vector<double>& targets,
                       double lo, double hi, const std::string& help) {
  const auto read = [=, &targets](const std::vector<std::string>& texts) {
    targets.clear();
    for (const std::string& text : texts) targets.push_back(real_number(name, text, lo, hi));
  };
  return verb.add_option_function<std::vector<std::string>>(name, read, help)->type_name("X");
}

void add_flag(CLI::App& verb, const std::string& name, bool& target, const std::string& help) {
  verb.add_flag(name, target, help);
}

void require(CLI::Option* option) { option->required(); }
void require_with(CLI::Option* option, CLI::Option* other) { option->needs(other); }

void add_json(CLI::App& verb, bool& json) {
  add_flag(verb, "--json", json, "Print one JSON object and nothing else");
}

void add_gain(CLI::App& verb, double& gain) {
  add_real(verb, "--gain", gain, 1e-15, 1.0,
           fmt::format("A direction survives when its gain exceeds X ({} if not given)", gain));
}

void add_normalizer(CLI::App& verb, Normalizer& normalizer) {
  add_choice(verb, "--normalizer", normalizer, choices(all_normalizers), "Divide by");
}

void add_method(CLI::App& verb, Method& method) {
  add_choice(verb, "--method", method, choices(all_methods), "Compute the filter by this method");
}

void flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw io::Error("standard output", std::generic_category().message(errno));
}

void print(const Json& object) { fmt::print("{}\n", text_of(object)); }

void print(const Json& object, std::string_view list, std::size_t count,
           const std::function<Json(std::size_t)>& item) {
  std::string head = text_of(object);
  head.back() = ',';
  fmt::print("{}\"{}\":[", head, list);
  for (std::size_t i = 0; i < count; ++i) {
    fmt::print("{}{}", i == 0 ? "" : ",", text_of(item(i)));
  }
  fmt::print("]}}\n");
}

}  // namespace pion::tool
