// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/cli/progress.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/io/file.hpp"
#include "pion_tool/io/identity.hpp"

namespace pion::tool {
namespace {

using nlohmann::json;

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
  Progress progress(1);  // some chains are searched for, which takes seconds
  progress.step(text);
  return chain_named(text);
}

}  // namespace pion::tool
