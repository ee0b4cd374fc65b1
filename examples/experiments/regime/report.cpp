// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <pion/diagnostics/spectrum.hpp>
#include <utility>

#include "harness/heat_map.hpp"
#include "harness/pictures.hpp"
#include "pion_tool/report/suggestion.hpp"
#include "regime/map.hpp"

namespace pion::regime {
namespace {

using experiment::Cell;
using experiment::HeatMap;
using experiment::Result;

std::string name_of(const Regime& r) {
  std::string name = fmt::format("{}x{}", r.rows, r.cols);
  if (r.condition > 1.0) name += fmt::format(", condition {:g} a side", r.condition);
  return name;
}

std::string csv(const Regime& r) {
  return fmt::format("{},{},{:g},{},{:g}", r.rows, r.cols, r.condition, r.rank, r.snr);
}

constexpr const char* regime_titles = "rows,cols,condition,rank,snr";

/// cell(place) is what a cell shows.
template <class F>
HeatMap heat_map(const Map& map, std::string title, const F& cell) {
  HeatMap h{std::move(title), "SNR of one gradient", "rank", {}, {}, {}};
  auto place = map.places.begin();
  for (const double snr : map.plane.snrs) h.columns.push_back(fmt::format("{:g}", snr));
  for (const Eigen::Index rank : map.plane.ranks) {
    h.rows.push_back(fmt::format("{}", rank));
    h.cells.emplace_back();
    for (std::size_t j = 0; j < map.plane.snrs.size() && place != map.places.end(); ++j, ++place) {
      h.cells.back().push_back(cell(*place));
    }
  }
  return h;
}

/// A star says that another is as good within the 95% interval.
Cell winner(const std::vector<Result>& results) {
  const Result& best = results[experiment::best_of(results)];
  const auto rivals = std::count_if(results.begin(), results.end(), [&](const Result& r) {
    return experiment::ties_with(r, best);
  });
  return {experiment::tint(experiment::colour_of(best.name)), best.name + (rivals > 1 ? " *" : "")};
}

bool is_suggested(const Result& r) {
  return r.name == "AdamW" || r.name == "Muon" || r.name.rfind("Pion", 0) == 0;
}

}  // namespace

std::string csv(const std::vector<Map>& maps) {
  std::string out = fmt::format("{},{}\n", regime_titles, experiment::csv_titles());
  for (const Map& map : maps) {
    for (const Place& p : map.places) {
      for (const Result& r : p.results) {
        out += fmt::format("{},{}\n", csv(p.regime), experiment::csv(r));
      }
    }
  }
  return out;
}

std::string compressed_csv(const Map& map) {
  std::string out = fmt::format("{},optimiser,compressed,low,high\n", regime_titles);
  for (const Place& p : map.places) {
    for (const Result& r : p.results) {
      std::vector<double> parts;
      for (const experiment::Outcome& o : r.tuned.outcomes) parts.push_back(o.compressed);
      const experiment::Estimate e = experiment::mean_of(parts);
      out +=
          fmt::format("{},{},{:.3g},{:.3g},{:.3g}\n", csv(p.regime), r.name, e.mean, e.low, e.high);
    }
  }
  return out;
}

std::string spectra_csv(const std::vector<Map>& maps) {
  std::string out =
      fmt::format("{},erank,stable_rank,sigma1_over_fro,above_noise,faintest,gap\n", regime_titles);
  for (const Map& map : maps) {
    for (const Place& p : map.places) {
      const Regime& r = p.regime;
      const Spectrum s = spectrum(Task(r, 0).momentum(20));
      const tool::Outstanding o = tool::outstanding_directions(s, r.rows, r.cols);
      out += fmt::format("{},{:.4g},{:.4g},{:.4g},{},{:.4g},{:.4g}\n", csv(r), s.effective_rank(),
                         s.stable_rank(), s.concentration(), o.count, o.faintest, o.gap);
    }
  }
  return out;
}

std::string winners_svg(const std::vector<Map>& maps) {
  std::vector<HeatMap> panels;
  for (const Map& map : maps) {
    const std::string name = name_of(map.plane.form);
    panels.push_back(
        heat_map(map, name + ": of all", [](const Place& p) { return winner(p.results); }));
    panels.push_back(heat_map(map, name + ": of AdamW, Muon, Pion", [](const Place& p) {
      std::vector<Result> chosen;
      std::copy_if(p.results.begin(), p.results.end(), std::back_inserter(chosen), is_suggested);
      return winner(chosen);
    }));
  }
  return experiment::svg(panels, 2);
}

std::string ratios_svg(const Map& map) {
  std::vector<HeatMap> panels;
  for (const Result& r : map.places.front().results) {
    const auto i = static_cast<std::size_t>(&r - map.places.front().results.data());
    const bool is_muon = r.name == "Muon";
    const auto cell = [i, is_muon](const Place& p) {
      const Result& own = p.results[i];
      if (is_muon) return Cell{"#ffffff", fmt::format("{:.3f}", own.loss.mean)};
      return Cell{experiment::ratio_colour(own.ratio.mean), fmt::format("{:.2f}", own.ratio.mean)};
    };
    panels.push_back(heat_map(map, is_muon ? "Muon: the error itself" : r.name + " / Muon", cell));
  }
  return experiment::svg(panels, 3);
}

std::string curves_svg(const Place& p) {
  const Regime& r = p.regime;
  tool::Chart chart{fmt::format("{}, rank {}, SNR {:g}", name_of(r), r.rank, r.snr),
                    {"step", 0.0, steps},
                    {"error", 0.01, 1.1, tool::Scale::logarithmic},
                    {}};
  for (const Result& result : p.results) {
    std::vector<double> x;
    for (int t = recorded_every; t <= steps; t += recorded_every) x.push_back(t);
    chart.series.push_back(experiment::curve_of(result, x));
  }
  return tool::svg(chart);
}

}  // namespace pion::regime
