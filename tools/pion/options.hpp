// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <pion/normalizer.hpp>
#include <pion/plan.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pion/io/error.hpp"

/// What the verbs share: strict reading of numbers and names, options that several have, and the
/// one JSON object that a verb prints.
namespace pion::tool {

/// The whole of `text` as a number from `lo` to `hi`. `what`, an option or a key, begins the error.
double real_number(std::string_view what, std::string_view text, double lo, double hi);
std::int64_t whole_number(std::string_view what, std::string_view text, std::int64_t lo,
                          std::int64_t hi);

/// "a, b, c".
std::string list(const std::vector<std::string_view>& names);

template <class Value>
using Choices = std::vector<std::pair<std::string_view, Value>>;

template <class Value>
std::string list(const Choices<Value>& choices) {
  std::vector<std::string_view> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return list(names);
}

/// An option whose value is a number from `lo` to `hi`. The target may be a std::optional.
template <class Target>
CLI::Option* add_real(CLI::App& verb, const std::string& name, Target& target, double lo, double hi,
                      const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    target = real_number(name, text, lo, hi);
  };
  return verb.add_option_function<std::string>(name, read, help)->type_name("X");
}

template <class Target>
CLI::Option* add_whole(CLI::App& verb, const std::string& name, Target& target, std::int64_t lo,
                       std::int64_t hi, const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    target = whole_number(name, text, lo, hi);
  };
  return verb.add_option_function<std::string>(name, read, help)->type_name("N");
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
  return verb.add_option_function<std::string>(name, read, help + ": " + list(choices))
      ->type_name("NAME");
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
