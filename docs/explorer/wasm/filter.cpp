// SPDX-License-Identifier: Apache-2.0
#include <pion/filter/filter.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "calls.hpp"
#include "pion_tool/report/shape_facts.hpp"
#include "pion_tool/report/shape_json.hpp"

namespace pion::explorer {
namespace {

Normalizer normalizer_of(const Json& request) {
  const std::string text = request.value("normalizer", "frobenius");
  if (const auto found = normalizer_named(text)) return *found;
  throw std::invalid_argument("there is no normaliser \"" + text + "\"");
}

}  // namespace

tool::NamedChain chain_of(const Json& request) {
  if (!request.contains("steps")) return tool::chain_named(request.at("chain").get<std::string>());
  std::vector<OddQuintic> all;
  for (const Json& step : request["steps"]) {
    all.push_back({step.at(0).get<double>(), step.at(1).get<double>(), step.at(2).get<double>()});
  }
  if (all.empty() || all.size() > tool::max_steps) {
    throw std::invalid_argument("a chain has 1 to " + std::to_string(tool::max_steps) + " steps");
  }
  return {request.value("name", "own"), Chain(std::move(all))};
}

Filter filter_of(const Json& request) { return {chain_of(request).chain, normalizer_of(request)}; }

Json catalogue(const Json&) {
  Json answer{{"families", Json::array()}, {"normalizers", Json::array()}};
  for (const tool::ChainFamily& family : tool::chain_families()) {
    Json keys = Json::array();
    for (const tool::ChainKey& key : family.keys) {
      keys.push_back({{"name", key.name},
                      {"lo", key.lo},
                      {"hi", key.hi},
                      {"whole", key.whole},
                      {"otherwise", key.otherwise ? Json(*key.otherwise) : Json()}});
    }
    answer["families"].push_back({{"name", family.name}, {"keys", keys}});
  }
  for (const Normalizer n : all_normalizers) answer["normalizers"].push_back(name(n));
  return answer;
}

Json steps(const Json& request) {
  const tool::NamedChain chain = chain_of(request);
  Json all = Json::array();
  for (const OddQuintic& p : chain.chain.steps()) all.push_back({p.a, p.b, p.c});
  return {{"name", chain.name}, {"steps", all}};
}

Json shape(const Json& request) {
  const tool::NamedChain chain = chain_of(request);
  const tool::Shape s =
      tool::shape_of(chain.name, chain.name, {chain.chain, normalizer_of(request)});
  return tool::as_json(tool::facts_of(s, request.value("gain", survivor_gain)));
}

}  // namespace pion::explorer
