// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/chain_spec.hpp"

#include <algorithm>
#include <optional>
#include <pion/design/low_pass.hpp>
#include <pion/design/monotone.hpp>
#include <pion/design/sharp.hpp>
#include <pion/filter/chains.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "pion_tool/cli/parse.hpp"
#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

/// The values of a family's keys, in its order.
using Values = std::vector<double>;

}  // namespace

const std::vector<ChainFamily>& chain_families() {
  static const ChainKey steps{"steps", 1, max_steps, true, 5.0};
  static const ChainKey tau{"tau", 1e-3, 0.999, false, {}},
      ripple{"ripple", 1e-9, 0.4, false, 0.02};
  static const std::vector<ChainFamily> all = {
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

namespace {

// One chain's description; every error begins with it.
class Spec {
 public:
  explicit Spec(std::string_view text) : text_(text) {}

  Chain parse() const {
    const std::size_t colon = text_.find(':');
    const std::string_view name = text_.substr(0, colon);
    const auto& all = chain_families();
    const auto family =
        std::find_if(all.begin(), all.end(), [&](const ChainFamily& f) { return f.name == name; });
    if (family == all.end()) {
      fail("unknown; there are " + known_chains() + " and @FILE.json");
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

  void read_keys(std::string_view rest, const std::vector<ChainKey>& keys,
                 std::vector<std::optional<double>>& given) const {
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      read_key(rest.substr(0, comma), keys, given);
      more = comma != rest.npos;
      rest.remove_prefix(more ? comma + 1 : rest.size());
    }
  }

  void read_key(std::string_view pair, const std::vector<ChainKey>& keys,
                std::vector<std::optional<double>>& given) const {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) fail(io::quote(pair) + " is not key=value");
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const ChainKey& key = keys[i];
      if (key.name != name) continue;
      const std::string key_name(name);
      if (given[i]) fail("the key " + key_name + " is given twice");
      const std::string what = "chain " + io::quote(text_) + ": " + key_name;
      given[i] =
          key.whole
              ? static_cast<double>(whole_number(what, value, static_cast<std::int64_t>(key.lo),
                                                 static_cast<std::int64_t>(key.hi)))
              : real_number(what, value, key.lo, key.hi);
      return;
    }
    if (keys.empty()) fail("unknown key " + io::quote(name) + "; this chain has no keys");
    Choices<ChainKey> choices;
    for (const ChainKey& key : keys) choices.emplace_back(key.name, key);
    fail("unknown key " + io::quote(name) + "; there are " + list(choices));
  }

  Values complete(const std::vector<ChainKey>& keys,
                  const std::vector<std::optional<double>>& given) const {
    Values values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto value = given[i] ? given[i] : keys[i].otherwise;
      if (!value) fail("the key " + std::string(keys[i].name) + " is missing");
      values.push_back(*value);
    }
    return values;
  }

  std::string_view text_;
};

}  // namespace

NamedChain chain_named(std::string_view text) { return {std::string(text), Spec(text).parse()}; }

const std::vector<std::string>& stored_chains() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names = {"muon"};
    for (int kp = 0; kp <= 5; ++kp) names.push_back("highpass:kp=" + std::to_string(kp));
    for (int tenth = 1; tenth <= 9; ++tenth) {
      names.push_back("lowpass:tau=0." + std::to_string(tenth));
    }
    names.insert(names.end(), {"polar-express", "you-jiacheng", "cans"});
    return names;
  }();
  return all;
}

std::string known_chains() {
  std::string all;
  for (const ChainFamily& family : chain_families()) {
    std::string required, optional;
    for (const ChainKey& key : family.keys) {
      std::string& part = key.otherwise ? optional : required;
      part.append(part.empty() ? "" : ",").append(key.name).append("=..");
    }
    if (!required.empty()) required.insert(0, ":");
    if (!optional.empty()) optional = (required.empty() ? "[:" : "[,") + optional + "]";
    all.append(all.empty() ? "" : ", ").append(family.name).append(required).append(optional);
  }
  return all;
}

}  // namespace pion::tool
