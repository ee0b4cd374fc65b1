// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/resumable_search.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "pion_tool/cli/progress.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/io/identity.hpp"

namespace pion::tool {
namespace {

using Json = nlohmann::ordered_json;

void save(const Json& order, const SearchState& state, const std::string& file) {
  Json best = Json::array();
  for (const design::Designed& fit : state.best) {
    Json steps = Json::array();
    for (const OddQuintic& p : fit.chain.steps()) steps.push_back({p.a, p.b, p.c});
    best.push_back({{"loss", fit.loss}, {"steps", steps}});
  }
  const Json all = {{"order", order}, {"trials", state.trials}, {"best", best}};
  io::write_text(io::path_of(file), all.dump(1) + "\n");
}

SearchState load(const Json& order, int total, const std::string& file) {
  SearchState state;
  try {
    const Json all = Json::parse(io::read_text(io::path_of(file)));
    if (all.at("order") != order) {
      throw io::Error(file, "holds a search for another order; finish or remove it");
    }
    const auto not_ours = [&file] { return io::Error(file, "is not the state of a search"); };
    const Json& trials = all.at("trials");
    if (!trials.is_number_unsigned() || trials > total) throw not_ours();
    state.trials = trials.get<int>();
    if (!all.at("best").is_array()) throw not_ours();
    for (const Json& fit : all.at("best")) {
      std::vector<OddQuintic> steps;
      for (const Json& p : fit.at("steps")) {
        steps.push_back({p.at(0).get<double>(), p.at(1).get<double>(), p.at(2).get<double>()});
      }
      if (steps.size() != order.at("steps")) throw not_ours();
      state.best.push_back({Chain(std::move(steps)), fit.at("loss").get<double>()});
    }
  } catch (const Json::exception&) {
    throw io::Error(file, "is not the state of a search");
  }
  return state;
}

}  // namespace

SearchState search(const Json& order, int total, const std::string& file,
                   const std::function<void(SearchState&)>& advance) {
  SearchState state;
  const bool kept = !file.empty();
  if (kept && std::filesystem::exists(io::path_of(file))) state = load(order, total, file);
  Progress progress(static_cast<std::size_t>(total), static_cast<std::size_t>(state.trials));
  std::chrono::steady_clock::time_point saved{};  // long ago: the first trial is kept at once
  while (state.trials < total) {
    progress.step(state.best.empty() ? "" : fmt::format("loss {:.3g}", state.best.front().loss));
    advance(state);
    const auto now = std::chrono::steady_clock::now();
    if (kept && now - saved >= std::chrono::seconds(1)) {
      save(order, state, file);
      saved = now;
    }
  }
  if (kept) save(order, state, file);
  return state;
}

}  // namespace pion::tool
