// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/chain_spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <pion/design/low_pass.hpp>
#include <pion/design/monotone.hpp>
#include <pion/design/sharp.hpp>
#include <pion/filter/chains.hpp>
#include <stdexcept>
#include <vector>

#include "pion_tool/cli/parse.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/io/file.hpp"
#include "pion_tool/io/identity.hpp"

namespace pion::tool {
namespace {

using nlohmann::json;

constexpr int max_steps = 64;  // as many as the Gram-space method takes

struct Key {
  std::string_view name;
  double lo;
  double hi;
  bool whole;
  std::optional<double> otherwise;  // none: the key must be given
};

/// The values of a family's keys, in its order.
using Values = std::vector<double>;

struct Family {
  std::string_view name;
  std::vector<Key> keys;
  std::function<Chain(const Values&)> make;
};

/// Every chain that can be asked for by name. A new one is an entry here.
const std::vector<Family>& families() {
  static const Key steps{"steps", 1, max_steps, true, 5.0};
  static const Key tau{"tau", 1e-3, 0.999, false, {}}, ripple{"ripple", 1e-9, 0.4, false, 0.02};
  static const std::vector<Family> all = {
      {"muon", {steps}, [](const Values& v) { return chains::muon(static_cast<int>(v[0])); }},
      {"highpass",
       {{"kp", 0, max_steps, true, {}}, steps},
       [](const Values& v) {
         return chains::high_pass(static_cast<int>(v[0]), static_cast<int>(v[1]));
       }},
      {"lowpass",
       {{"tau", 0.051, 0.949, false, {}}},
       [](const Values& v) { return chains::low_pass(v[0]); }},
      {"sharp-highpass",
       {tau, {"steps", 1, 12, true, 5.0}, ripple},
       [](const Values& v) {
         return design::sharp_high_pass(v[0], static_cast<int>(v[1]), v[2]).chain;
       }},
      {"sharp-lowpass",
       {{"tau", 0.051, 0.949, false, {}}, ripple},
       [](const Values& v) { return design::sharp_low_pass(v[0], v[1]).chain; }},
      {"rising-highpass",
       {tau, {"steps", 1, 8, true, 5.0}},
       [](const Values& v) {
         return design::monotone_high_pass(v[0], static_cast<int>(v[1])).chain;
       }},
      {"polar-express",
       {{"steps", 1, max_steps, true, 8.0}},
       [](const Values& v) { return chains::polar_express(static_cast<int>(v[0])); }},
      {"you-jiacheng", {}, [](const Values&) { return chains::you_jiacheng(); }},
      {"cans", {}, [](const Values&) { return chains::cans(); }},
      {"deepseek-v4", {}, [](const Values&) { return chains::deepseek_v4(); }},
      {"cubic5", {}, [](const Values&) { return chains::cubic5(); }},
      {"aol", {}, [](const Values&) { return chains::aol(); }},
  };
  return all;
}

// One chain's description; every error begins with it.
class Spec {
 public:
  explicit Spec(std::string_view text) : text_(text) {}

  Chain parse() const {
    const std::size_t colon = text_.find(':');
    const std::string_view name = text_.substr(0, colon);
    const auto& all = families();
    const auto family =
        std::find_if(all.begin(), all.end(), [&](const Family& f) { return f.name == name; });
    if (family == all.end()) {
      fail(fmt::format("unknown; there are {} and @FILE.json", known_chains()));
    }
    std::vector<std::optional<double>> given(family->keys.size());
    if (colon != text_.npos) read_keys(text_.substr(colon + 1), family->keys, given);
    try {
      return family->make(complete(family->keys, given));
    } catch (const std::invalid_argument& error) {
      fail(error.what());
    } catch (const std::domain_error& error) {
      fail(error.what());
    }
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw io::Error("chain " + io::quote(text_), reason);
  }

  void read_keys(std::string_view rest, const std::vector<Key>& keys,
                 std::vector<std::optional<double>>& given) const {
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      read_key(rest.substr(0, comma), keys, given);
      more = comma != rest.npos;
      rest.remove_prefix(more ? comma + 1 : rest.size());
    }
  }

  void read_key(std::string_view pair, const std::vector<Key>& keys,
                std::vector<std::optional<double>>& given) const {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) fail(fmt::format("{} is not key=value", io::quote(pair)));
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Key& key = keys[i];
      if (key.name != name) continue;
      if (given[i]) fail(fmt::format("the key {} is given twice", name));
      const std::string what = fmt::format("chain {}: {}", io::quote(text_), name);
      given[i] =
          key.whole
              ? static_cast<double>(whole_number(what, value, static_cast<std::int64_t>(key.lo),
                                                 static_cast<std::int64_t>(key.hi)))
              : real_number(what, value, key.lo, key.hi);
      return;
    }
    Choices<Key> choices;
    for (const Key& key : keys) choices.emplace_back(key.name, key);
    fail(fmt::format("unknown key {}; there are {}", io::quote(name), list(choices)));
  }

  Values complete(const std::vector<Key>& keys,
                  const std::vector<std::optional<double>>& given) const {
    Values values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto value = given[i] ? given[i] : keys[i].otherwise;
      if (!value) fail(fmt::format("the key {} is missing", keys[i].name));
      values.push_back(*value);
    }
    return values;
  }

  std::string_view text_;
};

NamedChain read_file(const std::filesystem::path& path) {
  if (path.empty()) throw io::Error("chain \"@\"", "names no file");
  const auto fail = [&](std::string_view reason) { throw io::Error(path.string(), reason); };
  const std::string text = io::read_text(path);
  const json file = json::parse(text, nullptr, false);
  if (file.is_discarded()) fail("cannot be parsed as JSON, or holds a number out of range");
  if (!file.is_object()) fail("is not a JSON object");
  if (!file.contains("steps") || !file["steps"].is_array()) {
    fail("has no \"steps\", a list of [a, b, c]");
  }
  std::vector<OddQuintic> steps;
  for (const json& step : file["steps"]) {
    const bool three_numbers =
        step.is_array() && step.size() == 3 &&
        std::all_of(step.begin(), step.end(), [](const json& c) { return c.is_number(); });
    if (!three_numbers) fail(fmt::format("step {} is not [a, b, c]", steps.size() + 1));
    steps.push_back({step[0].get<double>(), step[1].get<double>(), step[2].get<double>()});
  }
  if (steps.empty() || steps.size() > max_steps) {
    fail(fmt::format("has {} steps; a chain has 1 to {}", steps.size(), max_steps));
  }
  std::string name = path.stem().string();
  if (file.contains("name")) {
    if (!file["name"].is_string()) fail("\"name\" is not a string");
    name = file["name"].get<std::string>();
  }
  return {name, Chain(std::move(steps))};
}

}  // namespace

std::string file_of_chain(std::string_view text) {
  return std::string(!text.empty() && text[0] == '@' ? text.substr(1) : "");
}

NamedChain parse_chain(std::string_view text) {
  if (!text.empty() && text[0] == '@') return read_file(io::path_of(file_of_chain(text)));
  return {std::string(text), Spec(text).parse()};
}

const std::vector<std::string>& stored_chains() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names = {"muon"};
    for (int kp = 0; kp <= 5; ++kp) names.push_back(fmt::format("highpass:kp={}", kp));
    for (int tenth = 1; tenth <= 9; ++tenth)
      names.push_back(fmt::format("lowpass:tau=0.{}", tenth));
    names.insert(names.end(), {"polar-express", "you-jiacheng", "cans"});
    return names;
  }();
  return all;
}

std::string known_chains() {
  std::vector<std::string> all;
  for (const Family& family : families()) {
    std::string required, optional;
    for (const Key& key : family.keys) {
      std::string& part = key.otherwise ? optional : required;
      part += fmt::format("{}{}=..", part.empty() ? "" : ",", key.name);
    }
    if (!required.empty()) required.insert(0, ":");
    if (!optional.empty()) optional = fmt::format("[{}{}]", required.empty() ? ":" : ",", optional);
    all.push_back(fmt::format("{}{}{}", family.name, required, optional));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace pion::tool
