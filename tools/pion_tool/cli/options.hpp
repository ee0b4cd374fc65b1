// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <pion/apply/plan.hpp>
#include <pion/filter/normalizer.hpp>
#include <string>
#include <vector>

#include "pion_tool/cli/parse.hpp"
#include "pion_tool/io/error.hpp"

/// What the verbs share: how they say what they take, and the one JSON object that a verb prints.
///
/// CLI11 is behind it: a file that sees its header and templates takes six seconds more to compile.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pion::tool {

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& help);

/// An option, or an argument where the name has no dashes; `value` stands for its value in the
/// help.
CLI::Option* add_text(CLI::App& verb, const std::string& name, std::string& target,
                      const std::string& value, const std::string& help);

/// The same, where several may be given: `--name a --name b`, or all the arguments.
CLI::Option* add_texts(CLI::App& verb, const std::string& name, std::vector<std::string>& targets,
                       const std::string& value, const std::string& help);

/// The same, where `read` makes something of the text, or throws.
CLI::Option* add_reader(CLI::App& verb, const std::string& name,
                        const std::function<void(const std::string&)>& read,
                        const std::string& value, const std::string& help);

void add_flag(CLI::App& verb, const std::string& name, bool& target, const std::string& help);

void require(CLI::Option* option);
void require_with(CLI::Option* option, CLI::Option* other);

/// An option whose value is a number from `lo` to `hi`. The target may be a std::optional.
template <class Target>
CLI::Option* add_real(CLI::App& verb, const std::string& name, Target& target, double lo, double hi,
                      const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    target = real_number(name, text, lo, hi);
  };
  return add_reader(verb, name, read, "X", help);
}

template <class Target>
CLI::Option* add_whole(CLI::App& verb, const std::string& name, Target& target, std::int64_t lo,
                       std::int64_t hi, const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    target = whole_number(name, text, lo, hi);
  };
  return add_reader(verb, name, read, "N", help);
}

/// An option whose value is one of some names; the help and the error list the names there are.
template <class Target, class Value>
CLI::Option* add_choice(CLI::App& verb, const std::string& name, Target& target,
                        const Choices<Value>& choices, const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    for (const auto& [known, value] : choices) {
      if (known != text) continue;
      target = value;
      return;
    }
    throw io::Error(name, io::quote(text) + " is not known; there are " + list(choices));
  };
  return add_reader(verb, name, read, "NAME", help + ": " + list(choices));
}

void add_json(CLI::App& verb, bool& json);
void add_gain(CLI::App& verb, double& gain);
void add_normalizer(CLI::App& verb, Normalizer& normalizer);
void add_method(CLI::App& verb, Method& method);

using Json = nlohmann::ordered_json;

/// The value, or null where there is none.
template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

/// Sees to it that what was printed has left. \throws io::Error if it could not.
void flush_output();

/// On standard output, in one line. Numbers that are not finite become null.
void print(const Json& object);

}  // namespace pion::tool
