// SPDX-License-Identifier: Apache-2.0
#include "harness/pictures.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace pion::experiment {

std::string colour_of(const std::string& contender) {
  constexpr std::array<const char*, 5> greens = {"#a6dcb0", "#66c28c", "#009e73", "#00735a",
                                                 "#004a3f"};
  constexpr std::array<std::pair<const char*, const char*>, 16> others = {
      {{"AdamW", "#0072b2"},
       {"SGD", "#56b4e9"},
       {"Muon-MVR1", "#44aa99"},
       {"Muon", "#d55e00"},
       {"NorMuon", "#f4a582"},
       {"AdaMuon", "#a50f15"},
       {"NAMO", "#762a83"},
       {"Dion", "#882255"},
       {"SOAP", "#332288"},
       {"ROOT", "#999933"},
       {"Pion", "#009e73"},
       {"LRMuon", "#cc79a7"},
       {"LPMuon", "#777777"},
       {"AboveNoise or", "#b38600"},
       {"AboveNoise", "#e69f00"},
       {"sigma >", "#8b4513"}}};
  const std::string pion = "Pion kp=";
  if (contender.rfind(pion, 0) == 0) {
    return greens[static_cast<std::size_t>(contender[pion.size()] - '0') % greens.size()];
  }
  for (const auto& [name, colour] : others) {
    if (contender.rfind(name, 0) == 0) return colour;
  }
  return "#000000";
}

std::string tint(const std::string& colour) {
  std::string out = "#";
  for (std::size_t i = 1; i + 1 < colour.size(); i += 2) {
    const int dark = std::stoi(colour.substr(i, 2), nullptr, 16);
    out += fmt::format("{:02x}", 255 - (255 - dark) / 2);
  }
  return out;
}

tool::Series curve_of(const Result& result, const std::vector<double>& x) {
  tool::Series s;
  s.label = result.name;
  s.x = x;
  s.colour = colour_of(result.name);
  if (result.name.find("per head") != std::string::npos) s.dashes = "6 3";
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::vector<double> values;
    for (const Outcome& o : result.tuned.outcomes) values.push_back(o.curve.at(i));
    const Estimate e = mean_of(values);
    s.y.push_back(e.mean);
    s.below.push_back(e.low);
    s.above.push_back(e.high);
  }
  return s;
}

}  // namespace pion::experiment
