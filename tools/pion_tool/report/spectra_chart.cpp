// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/spectra_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <pion/filter/chains.hpp>
#include <string_view>
#include <utility>

#include "pion_tool/io/identity.hpp"

namespace pion::tool {
namespace {

std::string without_ending(const std::string& name, std::string_view ending) {
  const std::size_t at = name.rfind(ending);
  return at != name.npos && at > 0 && at + ending.size() == name.size() ? name.substr(0, at) : name;
}

}  // namespace

Chart spectra_chart(const std::vector<std::string>& files,
                    const std::vector<std::vector<Finding>>& all) {
  Chart chart{"Spectra, and the cutoffs of highpass",
              {"i, the number of the singular value", 1.0, 2.0, Scale::logarithmic},
              {"σᵢ / ‖X‖", 1e-3, 1.25, Scale::logarithmic},
              {}};
  for (std::size_t file = 0; file < all.size(); ++file) {
    std::size_t number = 0;  // in the file: the same tensors of two files have the same colour
    for (const Finding& f : all[file]) {
      if (!f.spectrum || f.spectrum->largest() == 0.0) continue;
      Series s;
      s.label = without_ending(f.info.name, ".weight");
      if (all.size() > 1) s.label.insert(0, io::path_of(files[file]).stem().string() + ": ");
      constexpr std::array<const char*, 4> dashes = {"", "6 3", "2 2", "9 3 2 3"};
      s.colour = palette[number % palette.size()];
      s.dashes = dashes[(file + number / palette.size()) % dashes.size()];
      ++number;
      const Eigen::VectorXd& sigma = f.spectrum->values();
      for (Index i = 0; i < sigma.size(); ++i) {
        s.x.push_back(static_cast<double>(i + 1));
        s.y.push_back(sigma(i) / sigma(0) * f.spectrum->concentration());
      }
      chart.x.hi = std::max(chart.x.hi, s.x.back());
      chart.series.push_back(std::move(s));
    }
  }
  for (int kp = 0; kp < filters; ++kp) {
    chart.markers.push_back(
        {false, cutoff(chains::high_pass(kp)).value(), fmt::format("kp={}", kp)});
  }
  return chart;
}

}  // namespace pion::tool
