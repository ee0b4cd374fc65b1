// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/io/checkpoint.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/jobs/routing.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion route`: which optimiser each parameter of a model gets.
namespace pion::tool {
namespace {

struct Options {
  std::string model;
  std::string assignment = "muon";
  HeadOptions heads;
  io::PartPatterns parts;
  bool json = false;
};

/// What an optimiser has got in all.
struct Share {
  std::string optimizer;
  std::size_t tensors = 0;
  std::uint64_t parameters = 0;
  std::uint64_t state_bytes = 0;
};

std::vector<Share> shares(const std::vector<Route>& routes) {
  std::vector<Share> all;
  for (const Route& r : routes) {
    std::size_t i = 0;
    while (i < all.size() && all[i].optimizer != r.optimizer) ++i;
    if (i == all.size()) all.push_back({r.optimizer});
    ++all[i].tensors;
    all[i].parameters += r.parameters;
    all[i].state_bytes += r.state_bytes;
  }
  return all;
}

Json name_or_null(const std::string& optimizer) {
  return optimizer.empty() ? Json() : Json(optimizer);
}

void print_json(const Options& o, const std::vector<Route>& routes) {
  Json optimizers = Json::array();
  for (const Share& share : shares(routes)) {
    optimizers.push_back({{"optimizer", name_or_null(share.optimizer)},
                          {"tensors", share.tensors},
                          {"parameters", share.parameters},
                          {"state_bytes", share.state_bytes}});
  }
  print({{"model", o.model}, {"assignment", o.assignment}, {"optimizers", optimizers}},
        "parameters", routes.size(), [&](std::size_t i) {
          const Route& r = routes[i];
          return Json{{"name", r.tensor.name},
                      {"shape", r.tensor.shape},
                      {"dtype", r.tensor.dtype_name},
                      {"module", r.module},
                      {"optimizer", name_or_null(r.optimizer)},
                      {"reason", r.why},
                      {"parameters", r.parameters},
                      {"state_bytes", r.state_bytes}};
        });
}

std::string name_or_dash(const std::string& optimizer) {
  return optimizer.empty() ? "-" : optimizer;
}

void print_text(const std::vector<Route>& routes) {
  Table table("lrllp", {"tensor", "shape", "module", "optimiser", "because"});
  for (const Route& r : routes) {
    table.add(
        {r.tensor.name, dimensions(r.tensor.shape), r.module, name_or_dash(r.optimizer), r.why});
  }
  table.print(stdout);
  fmt::print("\n");
  Table sums("lrrr", {"optimiser", "tensors", "parameters", "bytes of state"});
  for (const Share& share : shares(routes)) {
    sums.add({name_or_dash(share.optimizer), fmt::format("{}", share.tensors),
              fmt::format("{}", share.parameters), fmt::format("{}", share.state_bytes)});
  }
  sums.print(stdout);
}

int route_model(const Options& o) {
  const io::Checkpoint model(io::path_of(o.model));
  const std::vector<Route> routes = route(model.all_entries(), o.assignment, o.heads, o.parts);
  if (o.json) {
    print_json(o, routes);
  } else {
    print_text(routes);
  }
  flush_output();
  for (const auto& [file, what] : model.warnings()) warn(file, what);
  return 0;
}

}  // namespace

Verb route_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "route", "Which optimiser each parameter of a model gets, and why");
  const auto o = std::make_shared<Options>();
  require(add_text(*verb, "MODEL", o->model, "TEXT",
                   ".npy, .npz or .safetensors, an index of shards (.json), or a folder"));
  add_text(*verb, "--assignment", o->assignment, "TEXT",
           "muon (if not given), vla, rlvr, or the rules of a .json file");
  add_heads(*verb, o->heads);
  add_texts(*verb, "--flatten", o->parts.flatten, "GLOB",
            "Take tensors of such names as one matrix, along their first axis");
  add_texts(*verb, "--stacked", o->parts.stacked, "GLOB",
            "Take tensors of such names as matrices along their last two axes");
  add_json(*verb, o->json);
  return {verb, [o] { return route_model(*o); }};
}

}  // namespace pion::tool
