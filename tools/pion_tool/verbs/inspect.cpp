// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <pion/diagnostics/head_norms.hpp>
#include <pion/filter/chains.hpp>
#include <utility>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/progress.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/file.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/report/inspection.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion inspect`: what the matrices of a gradient or weight dump look like through the filters.
namespace pion::tool {
namespace {

struct Options {
  std::vector<std::string> files;
  HeadOptions heads;
  double gain = survivor_gain;
  std::string svg;
  bool json = false;
};

using Findings = std::vector<Finding>;  // of one file

std::vector<Findings> look_at_all(const Options& o) {
  const std::vector<io::TensorFile> files(o.files.begin(), o.files.end());
  std::size_t total = 0;
  for (const io::TensorFile& file : files) total += file.entries().size();
  Progress progress(total);
  std::vector<Findings> all(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (const io::TensorInfo& info : files[i].entries()) {
      progress.step(info.name);
      all[i].push_back(about(o.files[i], info.name,
                             [&] { return look_at(o.files[i], files[i], info, o.heads, o.gain); }));
    }
  }
  return all;
}

Json to_json(const Finding& f) {
  const bool matrix = f.spectrum.has_value();
  const auto measure = [&](auto read) { return matrix ? Json(read(*f.spectrum)) : Json(); };
  Json norms;
  if (f.head_norms) norms = std::vector<double>(f.head_norms->begin(), f.head_norms->end());
  const Spread spread = f.head_norms ? pion::spread(*f.head_norms) : Spread{};
  const Suggestion& s = f.suggestion;
  return {
      {"file", f.file},
      {"name", f.info.name},
      {"shape", f.info.shape},
      {"dtype", f.info.dtype_name},
      {"norm", measure([](const Spectrum& x) { return x.values().stableNorm(); })},
      {"erank", measure([](const Spectrum& x) { return x.effective_rank(); })},
      {"stable_rank", measure([](const Spectrum& x) { return x.stable_rank(); })},
      {"nuclear_rank", measure([](const Spectrum& x) { return x.nuclear_rank(); })},
      {"participation_ratio", measure([](const Spectrum& x) { return x.participation_ratio(); })},
      {"sigma1_over_fro", measure([](const Spectrum& x) { return x.concentration(); })},
      {"survivors", matrix ? Json(f.survivors) : Json()},
      {"head_norms", norms},
      {"head_norm_mean", f.head_norms ? Json(spread.mean) : Json()},
      {"head_norm_variance", f.head_norms ? Json(spread.variance) : Json()},
      {"suggestion", s.optimizer ? Json(name(*s.optimizer)) : Json()},
      {"kp", or_null(s.kp)},
      {"per_head", s.per_head},
      {"reason", s.reason},
  };
}

/// How far the norms of the heads lie apart: their deviation as a part of their mean.
std::string head_spread(const Eigen::VectorXd& norms) {
  const Spread s = spread(norms);
  const double part = s.mean > 0.0 ? std::sqrt(s.variance) / s.mean : 0.0;
  return fmt::format("{} ±{:.0f}%", norms.size(), 100.0 * part);
}

void print_text(const std::string& file, const Findings& findings, const Options& o) {
  std::vector<std::string> titles = {"tensor", "shape", "erank", "stable", "s1/||X||"};
  for (int kp = 0; kp < filters; ++kp) titles.push_back(fmt::format("kp={}", kp));
  if (o.heads.heads > 0) titles.emplace_back("heads");
  Table numbers("l" + std::string(titles.size() - 1, 'r'), titles);
  Table suggestions("llp", {"tensor", "optimiser", "because"});
  for (const Finding& f : findings) {
    std::vector<std::string> row = {f.info.name, dimensions(f.info.shape)};
    if (f.spectrum) {
      row.push_back(fmt::format("{:.1f}", f.spectrum->effective_rank()));
      row.push_back(fmt::format("{:.2f}", f.spectrum->stable_rank()));
      row.push_back(fmt::format("{:.3f}", f.spectrum->concentration()));
      for (const Index count : f.survivors) row.push_back(fmt::format("{}", count));
      if (f.head_norms) row.push_back(head_spread(*f.head_norms));
    }
    numbers.add(row);
    suggestions.add({f.info.name, to_string(f.suggestion), f.suggestion.reason});
  }
  fmt::print("{}\n\n{}\n{}\n", printable(file), numbers.text(), suggestions.text());
}

std::string without_ending(const std::string& name, std::string_view ending) {
  const std::size_t at = name.rfind(ending);
  return at != name.npos && at > 0 && at + ending.size() == name.size() ? name.substr(0, at) : name;
}

Chart picture(const std::vector<Findings>& all) {
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
      if (all.size() > 1) s.label.insert(0, std::filesystem::path(f.file).stem().string() + ": ");
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

int inspect(const Options& o) {
  const std::vector<Findings> all = look_at_all(o);
  if (!o.svg.empty()) io::write_text(o.svg, svg(picture(all)));
  if (o.json) {
    Json tensors = Json::array();
    for (const Findings& findings : all) {
      for (const Finding& f : findings) tensors.push_back(to_json(f));
    }
    print({{"gain", o.gain}, {"tensors", tensors}});
    return 0;
  }
  for (std::size_t i = 0; i < all.size(); ++i) print_text(o.files[i], all[i], o);
  fmt::print(
      "erank: effective rank; stable: ||X||^2 / s1^2; kp=N: directions that highpass:kp=N "
      "passes\nwith a gain above {}{}\n",
      o.gain, o.heads.heads > 0 ? "; heads: how many, and the deviation of their norms" : "");
  return 0;
}

}  // namespace

Verb inspect_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "inspect", "Spectra of a dump's matrices, and the optimiser that fits them");
  const auto o = std::make_shared<Options>();
  require(add_texts(*verb, "FILE", o->files, "TEXT", ".npy or .safetensors"));
  add_heads(*verb, o->heads);
  add_gain(*verb, o->gain);
  add_text(*verb, "--svg", o->svg, "FILE", "Draw the spectra and the filters' cutoffs here");
  add_json(*verb, o->json);
  return {verb, [o] { return inspect(*o); }};
}

}  // namespace pion::tool
