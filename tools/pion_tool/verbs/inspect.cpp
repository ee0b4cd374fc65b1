// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
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
#include "pion_tool/io/checkpoint.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/quantized.hpp"
#include "pion_tool/io/run_file.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/report/inspection.hpp"
#include "pion_tool/report/page.hpp"
#include "pion_tool/report/spectra_chart.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/inspect_run.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion inspect`: what the matrices of a gradient or weight dump look like through the filters.
namespace pion::tool {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string minus;
  io::PartPatterns parts;
  std::optional<io::DType> untyped;
  std::vector<std::string> only;  // patterns of names
  std::vector<std::string> skip;
  HeadOptions heads;
  double gain = survivor_gain;
  std::optional<double> within;  // of the exact effective rank
  std::string svg;
  std::string html;
  bool json = false;
};

using Findings = std::vector<Finding>;  // of one model

// At the peak, measured on square matrices: of float32 whose values fade, for which two Gram
// matrices are formed, and of float64, by an SVD.
constexpr double bytes_per_value = 56.0;

/// What to look at in a shard. Counts the tensors that --tensor and --skip leave out.
std::vector<Subject> wanted(const Options& o, const std::vector<io::TensorInfo>& entries,
                            std::size_t& left_out) {
  std::vector<Subject> all;
  for (const io::TensorInfo& info : entries) {
    if ((!o.only.empty() && !io::fits(o.only, info.name)) || io::fits(o.skip, info.name)) {
      ++left_out;
      continue;
    }
    for (Subject& subject : subjects_of(info, o.parts)) all.push_back(std::move(subject));
  }
  return all;
}

/// Multiply-adds for the values of a matrix, but for a factor: what the time grows with.
double work_of(const Subject& subject) {
  if (!subject.matrix) return 0.0;
  const auto rows = static_cast<double>(subject.matrix->rows);
  const auto cols = static_cast<double>(subject.matrix->cols);
  return rows * cols * std::min(rows, cols);
}

/// Looks at a shard's subjects side by side, as many as there are threads: an eigensolver has one
/// thread. So a matrix for each thread is in memory.
void look_at_shard(const Look& look, const io::Checkpoint& model, std::size_t shard,
                   const io::QuantizedWeights& quantized, const std::vector<Subject>& subjects,
                   Progress& progress, Findings& findings) {
  if (subjects.empty()) return;
  const io::TensorFile file = model.open(shard);
  const std::size_t begin = findings.size();
  findings.resize(begin + subjects.size());
  std::vector<std::exception_ptr> refused(subjects.size());
  std::mutex one_step;
  const auto task = [&](Index i, int /*worker*/) {
    const auto at = static_cast<std::size_t>(i);
    const Subject& subject = subjects[at];
    const std::string& name = subject.matrix ? subject.matrix->name : subject.tensor.name;
    try {
      {
        const std::lock_guard<std::mutex> lock(one_step);
        progress.step(name);
      }
      const io::Shape shape = subject.matrix ? io::Shape{subject.matrix->rows, subject.matrix->cols}
                                             : subject.tensor.shape;
      findings[begin + at] = about(file.path(), name, shape, bytes_per_value, [&] {
        return look_at(model, file, subject, quantized.owner_of(subject.tensor), look);
      });
      const std::lock_guard<std::mutex> lock(one_step);
      progress.finished(work_of(subject));
    } catch (...) {  // an exception cannot leave a parallel region
      refused[at] = std::current_exception();
    }
  };
  DefaultEngine::for_each(DefaultEngine::workers(), static_cast<Index>(subjects.size()), task);
  for (const std::exception_ptr& error : refused) {
    if (error) std::rethrow_exception(error);
  }
}

Report look_at_all(const Options& o, const std::vector<io::Checkpoint>& models,
                   const io::Checkpoint* minus) {
  Report report{o.models, std::vector<Findings>(models.size()), o.gain, o.minus};
  std::vector<std::vector<std::vector<Subject>>> subjects;  // of a shard of a model
  std::size_t total = 0;
  double work = 0.0;
  for (const io::Checkpoint& model : models) {
    subjects.emplace_back();
    for (std::size_t shard = 0; shard < model.shards().size(); ++shard) {
      subjects.back().push_back(wanted(o, model.entries(shard), report.left_out));
      total += subjects.back().back().size();
      for (const Subject& subject : subjects.back().back()) work += work_of(subject);
    }
    report.warnings.insert(report.warnings.end(), model.warnings().begin(), model.warnings().end());
  }
  if (total == 0 && !(o.only.empty() && o.skip.empty())) {
    throw io::Error(o.models[0], "--tensor and --skip leave no tensor");
  }
  Progress progress(total, 0, work);
  for (std::size_t i = 0; i < models.size(); ++i) {
    const std::vector<io::TensorInfo> entries = models[i].all_entries();
    const io::QuantizedWeights quantized(entries);
    Look look{o.heads, o.gain, minus, o.within};
    look.heads.conv1d = stores_conv1d(entries);
    for (std::size_t shard = 0; shard < subjects[i].size(); ++shard) {
      look_at_shard(look, models[i], shard, quantized, subjects[i][shard], progress,
                    report.findings[i]);
    }
  }
  return report;
}

/// What could not be measured, a line for each model. \throws io::Error if nothing could be.
Warnings problems_of(const Report& report) {
  std::size_t sound = 0;
  Warnings problems;
  for (std::size_t i = 0; i < report.files.size(); ++i) {
    const Finding* first = nullptr;
    std::size_t count = 0;
    for (const Finding& f : report.findings[i]) {
      if (f.info.problem.empty()) continue;
      if (first == nullptr) first = &f;
      ++count;
    }
    sound += report.findings[i].size() - count;
    if (first == nullptr) continue;
    std::string what =
        fmt::format("tensor {}: {}", io::quote(first->info.name), first->info.problem);
    if (count > 1) what += fmt::format(" (and {} more such tensors)", count - 1);
    problems.emplace_back(report.files[i], std::move(what));
  }
  if (sound == 0 && !problems.empty()) throw io::Error(problems[0].first, problems[0].second);
  return problems;
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
      {"power_law_alpha", f.power_law ? Json(f.power_law->alpha) : Json()},
      {"survivors", matrix ? Json(f.survivors) : Json()},
      {"head_norms", norms},
      {"head_norm_mean", f.head_norms ? Json(spread.mean) : Json()},
      {"head_norm_variance", f.head_norms ? Json(spread.variance) : Json()},
      {"suggestion", s.optimizer ? Json(name(*s.optimizer)) : Json()},
      {"kp", or_null(s.kp)},
      {"per_head", s.per_head},
      {"reason", s.reason},
  };
  if (f.info.shape != f.stored.shape) {
    report["tensor"] = f.stored.name;
    report["stored_shape"] = f.stored.shape;
  }
  if (f.head_norms_of_both) {
    report["head_norm_variance_before"] = pion::spread((*f.head_norms_of_both)[0]).variance;
    report["head_norm_variance_after"] = pion::spread((*f.head_norms_of_both)[1]).variance;
  }
  if (f.sketch) {
    const auto put = [&](const char* key, const Estimate& e) {
      report[key] = e.value();
      report[std::string(key) + "_interval"] = {e.low, e.high};
    };
    put("erank", f.sketch->effective_rank());
    put("stable_rank", f.sketch->stable_rank());
    put("nuclear_rank", f.sketch->nuclear_rank());
    report["probability"] = f.sketch->probability();
  }
  if (!f.info.problem.empty()) report["problem"] = f.info.problem;
  return report;
}

void print_numbers(const Findings& findings, const Options& o) {
  std::vector<std::string> titles = {"tensor", "shape", "erank", "stable", "s1/||X||"};
  for (int kp = 0; kp < filters; ++kp) titles.push_back(fmt::format("kp={}", kp));
  if (o.heads.heads > 0) titles.emplace_back("heads");
  const bool both = o.heads.heads > 0 && !o.minus.empty();
  if (both) titles.insert(titles.end(), {"before", "after"});
  Table table("l" + std::string(titles.size() - 1, 'r'), titles);
  for (const Finding& f : findings) {
    std::vector<std::string> row = {f.info.name, shape_text(f)};
    if (f.spectrum) {
      row.push_back(fmt::format("{:.1f}", f.spectrum->effective_rank()));
      row.push_back(fmt::format("{:.2f}", f.spectrum->stable_rank()));
      row.push_back(fmt::format("{:.3f}", f.spectrum->concentration()));
      for (const Index count : f.survivors) row.push_back(fmt::format("{}", count));
      if (f.head_norms) row.push_back(head_spread(*f.head_norms));
      if (f.head_norms_of_both) {
        for (const Eigen::VectorXd& norms : *f.head_norms_of_both) {
          row.push_back(head_spread(norms));
        }
      }
    } else if (f.sketch) {
      const Estimate rank = f.sketch->effective_rank(), stable = f.sketch->stable_rank();
      row.push_back(fmt::format("{:.1f} ±{:.1f}", rank.value(), 0.5 * (rank.high - rank.low)));
      row.push_back(fmt::format("{:.2f}", stable.value()));
      row.push_back(fmt::format("{:.3f}", 1.0 / std::sqrt(stable.value())));
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
        [&](std::size_t i) { return to_json(o.models[list[i].first], *list[i].second); });
}

/// What is said of a recorded run. \throws io::Error for more than one file, and for what only
/// tensors have.
RunOptions run_options(const Options& o) {
  if (o.models.size() > 1) throw io::Error(o.models[0], "a recorded run is looked at alone");
  const std::pair<const char*, bool> of_tensors[] = {
      {"--flatten", !o.parts.flatten.empty()}, {"--stacked", !o.parts.stacked.empty()},
      {"--minus", !o.minus.empty()},           {"--as", o.untyped.has_value()},
      {"--heads", o.heads.heads > 0},          {"--gain", o.gain != survivor_gain},
      {"--within", o.within.has_value()},      {"--svg", !o.svg.empty()}};
  for (const auto& [option, given] : of_tensors) {
    if (given) throw io::Error(option, io::quote(o.models[0]) + " is a recorded run, not tensors");
  }
  return {o.models[0], o.only, o.skip, o.html, o.json};
}

/// Returns 1 if a tensor could not be measured, else 0.
int inspect(const Options& o) {
  const auto is_run = [](const std::string& path) { return io::is_run(io::path_of(path)); };
  if (std::any_of(o.models.begin(), o.models.end(), is_run)) return inspect_run(run_options(o));
  std::vector<io::Checkpoint> models;
  std::vector<NamedFile> inputs;
  for (const std::string& path : o.models) models.emplace_back(io::path_of(path), o.untyped);
  std::optional<io::Checkpoint> minus;
  if (!o.minus.empty()) minus.emplace(io::path_of(o.minus), o.untyped);
  const auto add = [&](const char* option, const io::Checkpoint& model) {
    for (const auto& shard : model.shards()) inputs.push_back({option, shard.string()});
  };
  for (const io::Checkpoint& model : models) add("FILE", model);
  if (minus) add("--minus", *minus);
  require_apart(inputs, {{"--svg", o.svg}, {"--html", o.html}});
  const Report report = look_at_all(o, models, minus ? &*minus : nullptr);
  const Warnings problems = problems_of(report);
  const std::vector<Findings>& all = report.findings;
  if (!o.svg.empty()) io::write_text(io::path_of(o.svg), svg(spectra_chart(o.models, all)));
  if (!o.html.empty()) io::write_text(io::path_of(o.html), page(report));
  for (const auto& [file, what] : report.warnings) warn(file, what);
  for (const auto& [file, what] : problems) warn(file, what + "; the other tensors are measured");
  const int status = problems.empty() ? 0 : 1;
  if (o.json) {
    print_json(o, all);
    return status;
  }
  for (std::size_t i = 0; i < all.size(); ++i) print_text(o.models[i], all[i], o);
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
  require(add_texts(*verb, "FILE", o->models, "TEXT",
                    ".npy, .npz, .safetensors, an index, a folder, a recorded run (.jsonl)"));
  add_texts(*verb, "--tensor", o->only, "GLOB", "Only tensors of such names: model.*.q_proj.*");
  add_texts(*verb, "--skip", o->skip, "GLOB", "No tensors of such names");
  add_texts(*verb, "--flatten", o->parts.flatten, "GLOB",
            "Take tensors of such names as one matrix, along their first axis");
  add_texts(*verb, "--stacked", o->parts.stacked, "GLOB",
            "Take tensors of such names as matrices along their last two axes");
  add_text(*verb, "--minus", o->minus, "FILE",
           "Look at what the tensors became since this checkpoint");
  add_choice(*verb, "--as", o->untyped, Choices<io::DType>{{"bf16", io::DType::bf16}},
             "What two bytes without a meaning (V2) in a .npy are");
  add_heads(*verb, o->heads);
  add_gain(*verb, o->gain);
  add_real(*verb, "--within", o->within, 1e-3, 0.5,
           "Sketch: the effective rank within X of itself, with probability .95");
  add_text(*verb, "--svg", o->svg, "FILE", "Draw the spectra and the filters' cutoffs here");
  add_text(*verb, "--html", o->html, "FILE", "Write a page here: heat maps, spectra, a table");
  add_json(*verb, o->json);
  return {verb, [o] { return inspect(*o); }};
}

}  // namespace pion::tool
