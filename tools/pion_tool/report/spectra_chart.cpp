// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/spectra_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <pion/filter/chains.hpp>
#include <utility>

namespace pion::tool {
namespace {

/// The axes, and the cutoffs that a spectrum is compared with.
Chart empty_chart() {
  Chart chart{"Spectra, and the cutoffs of highpass",
              {"i, the number of the singular value", 1.0, 2.0, Scale::logarithmic},
              {"σᵢ / ‖X‖", 1e-3, 1.25, Scale::logarithmic},
              {}};
  for (int kp = 0; kp < filters; ++kp) {
    chart.markers.push_back(
        {false, cutoff(chains::high_pass(kp)).value(), fmt::format("kp={}", kp)});
  }
  return chart;
}

/// Adds the spectrum of a tensor that has one.
void add_spectrum(const Finding& f, Series s, Chart& chart) {
  const Eigen::VectorXd& sigma = f.spectrum->values();
  const double concentration = f.spectrum->concentration();
  for (Index i = 0; i < sigma.size(); ++i) {
    s.x.push_back(static_cast<double>(i + 1));
    s.y.push_back(sigma(i) / sigma(0) * concentration);
  }
  chart.x.hi = std::max(chart.x.hi, s.x.back());
  chart.series.push_back(std::move(s));
}

}  // namespace

Chart spectra_chart(const std::vector<std::string>& files,
                    const std::vector<std::vector<Finding>>& all) {
  Chart chart = empty_chart();
  for (std::size_t file = 0; file < all.size(); ++file) {
    std::size_t number = 0;  // in the file: the same tensors of two files have the same colour
    for (const Finding& f : all[file]) {
      if (!f.has_spectrum()) continue;
      Series s;
      s.label = short_name(f.info.name);
      if (all.size() > 1) s.label.insert(0, stem_of(files[file]) + ": ");
      s.colour = palette[number % palette.size()];
      s.dashes = line_dashes[(file + number / palette.size()) % line_dashes.size()];
      ++number;
      add_spectrum(f, std::move(s), chart);
    }
  }
  return chart;
}

std::vector<ModuleLook> module_looks(const std::vector<PlacedTensor>& tensors) {
  std::vector<std::pair<std::string, std::size_t>> lines;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].finding->has_spectrum()) lines.emplace_back(tensors[i].place.module, i);
  }
  return looks_of(lines);
}

Chart spectra_by_module(const std::vector<PlacedTensor>& tensors,
                        const std::vector<ModuleLook>& looks) {
  Chart chart = empty_chart();
  chart.legend = false;
  for (const ModuleLook& look : looks) {
    for (const std::size_t i : look.lines) {
      const Finding& f = *tensors[i].finding;
      add_spectrum(f, line_of(look, short_name(f.info.name), fmt::format("s{}", i)), chart);
    }
  }
  return chart;
}

}  // namespace pion::tool
