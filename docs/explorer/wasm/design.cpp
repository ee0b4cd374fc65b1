// SPDX-License-Identifier: Apache-2.0
#include <pion/design/rounding.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "calls.hpp"
#include "pion_tool/jobs/band_order.hpp"

namespace pion::explorer {
namespace {

tool::BandOrder order_of(const Json& request) {
  tool::BandOrder order;
  const auto kind = request.at("kind").get<std::string>();
  if (kind == "highpass") order.kind = tool::BandKind::highpass;
  if (kind == "bandpass") order.kind = tool::BandKind::bandpass;
  order.tau = request.at("tau").get<double>();
  if (kind == "bandpass") order.upper = request.at("upper").get<double>();
  order.steps = request.at("steps").get<int>();
  for (const double cutoff : {order.tau, order.upper.value_or(order.tau)}) {
    if (tool::least_cutoff <= cutoff && cutoff <= tool::most_cutoff) continue;
    throw std::invalid_argument(
        "a cutoff lies between 0.051 and 0.949, where both bands have room");
  }
  if (order.upper && *order.upper - order.tau <= 2.0 * tool::half_gap) {
    throw std::invalid_argument("the upper cutoff must be more than 0.06 above the lower");
  }
  return order;
}

Json json_of(const Chain& f) {
  Json steps = Json::array();
  for (const OddQuintic& p : f.steps()) steps.push_back({p.a, p.b, p.c});
  return steps;
}

}  // namespace

Json fit(const Json& request) {
  const tool::BandOrder order = order_of(request);
  const design::BandLoss loss = tool::loss_of(order);
  std::vector<design::Designed> best;
  for (const Json& found : request.at("best")) {
    best.push_back({chain_of(found).chain, found.at("loss").get<double>()});
  }
  design::Search search(loss, tool::fit_options(order), request.at("trials").get<int>(), best);
  if (search.done()) {
    const design::Designed end = design::robust(loss, search.minima());
    return {{"loss", end.loss}, {"steps", json_of(end.chain)}};
  }
  search.advance();
  Json found = Json::array();
  for (const design::Designed& d : search.best()) {
    found.push_back({{"loss", d.loss}, {"steps", json_of(d.chain)}});
  }
  return {{"trials", search.trials()}, {"total", search.total()}, {"best", found}};
}

}  // namespace pion::explorer
