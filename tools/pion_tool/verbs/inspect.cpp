// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <pion/diagnostics/head_norms.hpp>
#include <pion/engine/default.hpp>
#include <pion/optimizer/routing/parameter_names.hpp>
#include <utility>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/progress.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/quantized.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/report/inspection.hpp"
#include "pion_tool/report/spectra_chart.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion inspect`: what the matrices of a gradient or weight dump look like through the filters.
namespace pion::tool {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> only;  // patterns of names
  std::vector<std::string> skip;
  HeadOptions heads;
  double gain = survivor_gain;
  std::string svg;
  bool json = false;
};

using Findings = std::vector<Finding>;                              // of one file
using Warnings = std::vector<std::pair<std::string, std::string>>;  // a file, and what of it

// At the peak, measured on square matrices: of float32 whose values fade, for which two Gram
// matrices are formed, and of float64, by an SVD.
constexpr double bytes_per_value = 56.0;

/// The tensors of the file whose names --tensor and --skip let pass.
std::vector<io::TensorInfo> wanted(const Options& o, const io::TensorFile& file) {
  const auto any = [](const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return optimizer::matches(pattern, name);
    });
  };
  std::vector<io::TensorInfo> all;
  for (const io::TensorInfo& info : file.entries()) {
    if (!o.only.empty() && !any(o.only, info.name)) continue;
    if (!any(o.skip, info.name)) all.push_back(info);
  }
  return all;
}

/// Looks at the tensors side by side, as many as there are threads: an eigensolver has one thread.
Findings look_at_file(const Options& o, const std::string& path, Progress& progress,
                      Warnings& warnings) {
  const io::TensorFile file(io::path_of(path));
  const io::QuantizedWeights quantized(file.entries());
  if (!file.warning().empty()) warnings.emplace_back(path, file.warning());
  const std::vector<io::TensorInfo> entries = wanted(o, file);
  Findings findings(entries.size());
  std::vector<std::exception_ptr> refused(entries.size());
  std::mutex one_step;
  const auto task = [&](Index i, int /*worker*/) {
    const auto at = static_cast<std::size_t>(i);
    const io::TensorInfo& info = entries[at];
    try {
      {
        const std::lock_guard<std::mutex> lock(one_step);
        progress.step(info.name);
      }
      findings[at] = about(path, info.name, info.shape, bytes_per_value, [&] {
        return look_at(file, info, quantized.owner_of(info), o.heads, o.gain);
      });
    } catch (...) {  // an exception cannot leave a parallel region
      refused[at] = std::current_exception();
    }
  };
  DefaultEngine::for_each(DefaultEngine::workers(), static_cast<Index>(entries.size()), task);
  for (const std::exception_ptr& error : refused) {
    if (error) std::rethrow_exception(error);
  }
  return findings;
}

/// A file is open only while it is read: there may be more than a process can have open.
std::vector<Findings> look_at_all(const Options& o, Warnings& warnings) {
  std::size_t total = 0;
  for (const std::string& path : o.files) {
    total += wanted(o, io::TensorFile(io::path_of(path))).size();
  }
  if (total == 0 && !(o.only.empty() && o.skip.empty())) {
    throw io::Error(o.files[0], "--tensor and --skip leave no tensor");
  }
  Progress progress(total);
  std::vector<Findings> all;
  for (const std::string& path : o.files) {
    all.push_back(look_at_file(o, path, progress, warnings));
  }
  return all;
}

/// Adds what could not be measured, and says whether there was any. \throws io::Error if nothing
/// could be.
bool add_problems(const Options& o, const std::vector<Findings>& all, Warnings& warnings) {
  std::size_t sound = 0;
  Warnings problems;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Finding* first = nullptr;
    std::size_t count = 0;
    for (const Finding& f : all[i]) {
      if (f.info.problem.empty()) continue;
      if (first == nullptr) first = &f;
      ++count;
    }
    sound += all[i].size() - count;
    if (first == nullptr) continue;
    std::string what =
        fmt::format("tensor {}: {}", io::quote(first->info.name), first->info.problem);
    if (count > 1) what += fmt::format(" (and {} more such tensors)", count - 1);
    problems.emplace_back(o.files[i], std::move(what));
  }
  if (sound == 0 && !problems.empty()) throw io::Error(problems[0].first, problems[0].second);
  for (auto& [file, what] : problems) {
    warnings.emplace_back(std::move(file), what + "; the other tensors are measured");
  }
  return !problems.empty();
}

Json to_json(const std::string& file, const Finding& f) {
  const bool matrix = f.spectrum.has_value();
  const auto measure = [&](auto read) { return matrix ? Json(read(*f.spectrum)) : Json(); };
  Json norms;
  if (f.head_norms) norms = std::vector<double>(f.head_norms->begin(), f.head_norms->end());
  const Spread spread = f.head_norms ? pion::spread(*f.head_norms) : Spread{};
  const Suggestion& s = f.suggestion;
  Json report = {
      {"file", file},
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
  if (!f.info.problem.empty()) report["problem"] = f.info.problem;
  return report;
}

/// How far the norms of the heads lie apart: their deviation as a part of their mean.
std::string head_spread(const Eigen::VectorXd& norms) {
  const Spread s = spread(norms);
  const double part = s.mean > 0.0 ? std::sqrt(s.variance) / s.mean : 0.0;
  return fmt::format("{} ±{:.0f}%", norms.size(), 100.0 * part);
}

void print_numbers(const Findings& findings, const Options& o) {
  std::vector<std::string> titles = {"tensor", "shape", "erank", "stable", "s1/||X||"};
  for (int kp = 0; kp < filters; ++kp) titles.push_back(fmt::format("kp={}", kp));
  if (o.heads.heads > 0) titles.emplace_back("heads");
  Table table("l" + std::string(titles.size() - 1, 'r'), titles);
  for (const Finding& f : findings) {
    std::vector<std::string> row = {f.info.name, dimensions(f.info.shape)};
    if (f.spectrum) {
      row.push_back(fmt::format("{:.1f}", f.spectrum->effective_rank()));
      row.push_back(fmt::format("{:.2f}", f.spectrum->stable_rank()));
      row.push_back(fmt::format("{:.3f}", f.spectrum->concentration()));
      for (const Index count : f.survivors) row.push_back(fmt::format("{}", count));
      if (f.head_norms) row.push_back(head_spread(*f.head_norms));
    }
    table.add(row);
  }
  table.print(stdout);
}

void print_suggestions(const Findings& findings) {
  Table table("llp", {"tensor", "optimiser", "because"});
  for (const Finding& f : findings) {
    table.add({f.info.name, to_string(f.suggestion), f.suggestion.reason});
  }
  table.print(stdout);
}

void print_text(const std::string& file, const Findings& findings, const Options& o) {
  fmt::print("{}\n\n", printable(file));
  print_numbers(findings, o);
  fmt::print("\n");
  print_suggestions(findings);
  fmt::print("\n");
}

void print_json(const Options& o, const std::vector<Findings>& all) {
  std::vector<std::pair<std::size_t, const Finding*>> list;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Finding& f : all[i]) list.emplace_back(i, &f);
  }
  print({{"gain", o.gain}}, "tensors", list.size(),
        [&](std::size_t i) { return to_json(o.files[list[i].first], *list[i].second); });
}

/// Returns 1 if a tensor could not be measured, else 0.
int inspect(const Options& o) {
  std::vector<NamedFile> inputs;
  for (const std::string& path : o.files) inputs.push_back({"FILE", path});
  require_apart(inputs, {{"--svg", o.svg}});
  Warnings warnings;
  const std::vector<Findings> all = look_at_all(o, warnings);
  const int status = add_problems(o, all, warnings) ? 1 : 0;
  if (!o.svg.empty()) io::write_text(io::path_of(o.svg), svg(spectra_chart(o.files, all)));
  for (const auto& [file, what] : warnings) warn(file, what);
  if (o.json) {
    print_json(o, all);
    return status;
  }
  for (std::size_t i = 0; i < all.size(); ++i) print_text(o.files[i], all[i], o);
  fmt::print(
      "erank: effective rank; stable: ||X||^2 / s1^2; kp=N: directions that highpass:kp=N "
      "passes\nwith a gain above {}{}\n",
      o.gain, o.heads.heads > 0 ? "; heads: how many, and the deviation of their norms" : "");
  return status;
}

}  // namespace

Verb inspect_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "inspect", "Spectra of a dump's matrices, and the optimiser that fits them");
  const auto o = std::make_shared<Options>();
  require(add_texts(*verb, "FILE", o->files, "TEXT", ".npy or .safetensors"));
  add_texts(*verb, "--tensor", o->only, "GLOB", "Only tensors of such names: model.*.q_proj.*");
  add_texts(*verb, "--skip", o->skip, "GLOB", "No tensors of such names");
  add_heads(*verb, o->heads);
  add_gain(*verb, o->gain);
  add_text(*verb, "--svg", o->svg, "FILE", "Draw the spectra and the filters' cutoffs here");
  add_json(*verb, o->json);
  return {verb, [o] { return inspect(*o); }};
}

}  // namespace pion::tool
