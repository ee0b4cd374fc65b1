// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <pion/apply/plan.hpp>
#include <pion/filter/normalizer.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/cli/parse.hpp"
#include "pion_tool/io/error.hpp"

/// Declares the options and arguments of the verbs, and prints their JSON.
///
/// CLI11 stays behind this header: a file that includes CLI11 compiles six seconds longer.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pion::tool {

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& help);

/// Adds an option, or an argument where the name has no dashes. The help shows `value` in the place
/// of its value.
CLI::Option* add_text(CLI::App& verb, const std::string& name, std::string& target,
                      const std::string& value, const std::string& help);

/// Adds an option that may be given several times (`--name a --name b`), or an argument that takes
/// all the words that follow.
CLI::Option* add_texts(CLI::App& verb, const std::string& name, std::vector<std::string>& targets,
                       const std::string& value, const std::string& help);

/// Adds an option whose text goes to `read`, which throws where it cannot use it.
CLI::Option* add_reader(CLI::App& verb, const std::string& name,
                        const std::function<void(const std::string&)>& read,
                        const std::string& value, const std::string& help);

void add_flag(CLI::App& verb, const std::string& name, bool& target, const std::string& help);

void require(CLI::Option* option);
void require_with(CLI::Option* option, CLI::Option* other);

/// Adds an option whose value is a number from `lo` to `hi`. The target may be a std::optional.
template <class Target>
CLI::Option* add_real(CLI::App& verb, const std::string& name, Target& target, double lo, double hi,
                      const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    target = real_number(name, text, lo, hi);
  };
  return add_reader(verb, name, read, "X", help);
}

/// Adds an option with one number after another.
CLI::Option* add_reals(CLI::App& verb, const std::string& name, std::vector<double>& targets,
                       double lo, double hi, const std::string& help);

template <class Target>
CLI::Option* add_whole(CLI::App& verb, const std::string& name, Target& target, std::int64_t lo,
                       std::int64_t hi, const std::string& help) {
  const auto read = [=, &target](const std::string& text) {
    target = whole_number(name, text, lo, hi);
  };
  return add_reader(verb, name, read, "N", help);
}

/// Adds an option whose value is one of some names. The help and the error list these names.
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

/// Writes out what was printed so far. \throws io::Error if the standard output does not take it.
void flush_output();

/// Prints the object on standard output, in one line. Numbers that are not finite become null.
void print(const Json& object);

/// Prints the object with one more key at the end, a list of `count` items. The items are made one
/// by one, because all of them together may need much memory.
void print(const Json& object, std::string_view list, std::size_t count,
           const std::function<Json(std::size_t)>& item);

}  // namespace pion::tool
