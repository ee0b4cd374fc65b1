// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/checkpoint.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/jobs/apply_file.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion apply`: filters a matrix file.
namespace pion::tool {
namespace {

struct Options {
  std::string chain;
  std::string in;
  std::string out;
  std::string tensor;
  Normalizer normalizer = Normalizer::frobenius;
  Method method = Method::automatic;
  HeadOptions heads;
  std::optional<double> tolerance;
  bool json = false;
};

Json to_json(const Outcome& x) {
  return {{"name", x.tensor},
          {"shape", x.shape},
          {"method", name(x.method)},
          {"rank", x.rank},
          {"survivors", or_null(x.survivors)},
          {"output_norm", x.output_norm},
          {"bound", or_null(x.bound)},
          {"seconds", x.seconds},
          {"dead", x.dead > 0},
          {"heads", x.heads > 0 ? Json(x.heads) : Json()},
          {"dead_heads", x.heads > 0 ? Json(x.dead) : Json()}};
}

/// One tensor's report; for several, what can be said of them together, and null for the rest.
void print_json(const Options& o, const FilteredFile& r) {
  Json report = {{"output", o.out}};
  double norm = 0.0, seconds = 0.0;
  bool dead = false;
  for (const Outcome& x : r.filtered) {
    norm = std::hypot(norm, x.output_norm);
    seconds += x.seconds;
    dead = dead || x.dead > 0;
  }
  const Json first = to_json(r.filtered[0]);
  for (const auto& [key, value] : first.items()) {
    report[key] = r.filtered.size() == 1 ? value : Json();
  }
  report["output_norm"] = norm;
  report["seconds"] = seconds;
  report["dead"] = dead;
  report["copied"] = r.copied;
  if (r.widened > 0) report["left_out"] = r.tables;
  for (const auto* list : {&r.quantized, &r.bad}) {
    for (const Skipped& x : *list) {
      report["skipped"].push_back({{"name", x.tensor}, {"reason", x.reason}});
    }
  }
  print(report, "tensors", r.filtered.size(),
        [&](std::size_t i) { return to_json(r.filtered[i]); });
}

void print_text(const Options& o, const FilteredFile& r, std::FILE* to) {
  Table table("lrlrrrrr",
              {"tensor", "shape", "method", "heads", "rank", "survivors", "||Y||", "ms"});
  for (const Outcome& x : r.filtered) {
    table.add({x.tensor, dimensions(x.shape), std::string(name(x.method)),
               x.heads > 0 ? fmt::format("{}", x.heads) : "-", fmt::format("{}", x.rank),
               x.survivors ? fmt::format("{}", *x.survivors) : "-",
               fmt::format("{:.5g}", x.output_norm), fmt::format("{:.2f}", 1e3 * x.seconds)});
  }
  table.print(to);
  fmt::print(to, "\n{}: {} filtered", printable(o.out), r.filtered.size());
  const char* what = " copied unchanged";  // said once
  const auto copied = [&](std::size_t count, const char* why) {
    if (count > 0) fmt::print(to, ", {}{} ({})", count, std::exchange(what, ""), why);
  };
  copied(r.copied - r.quantized.size() - r.bad.size(), "no matrix of floats");
  copied(r.quantized.size(), "of quantised weights");
  copied(r.bad.size(), "cannot be filtered");
  fmt::print(to, "\n");
  if (r.widened > 0) {
    fmt::print(to, "in 8 bits before, in BF16 now: {}; tables of scales left out: {}\n", r.widened,
               r.tables.size());
  }
}

void warn_of_dead(const Options& o, const Outcome& x) {
  if (x.dead == 0) return;
  const std::string what = x.heads == 0 ? std::string("the update is dead")
                                        : fmt::format("{} of {} heads are dead", x.dead, x.heads);
  warn(o.in, fmt::format("tensor {}: {}, no direction comes near the cutoff: raise kp, or take "
                         "another --normalizer",
                         io::quote(x.tensor), what));
}

/// One line for a list: its first tensor, and how many more there are.
void warn_of_skipped(const Options& o, const std::vector<Skipped>& list) {
  if (list.empty()) return;
  const std::string first = fmt::format("tensor {}: {}", io::quote(list[0].tensor), list[0].reason);
  warn(o.in, list.size() == 1
                 ? first + "; it is copied unchanged"
                 : fmt::format("{} (and {} more such tensors); they are copied unchanged", first,
                               list.size() - 1));
}

/// Writes a file: all of IN, or one of its tensors.
void apply_to_file(const Options& o, const io::Checkpoint& model, const std::filesystem::path& path,
                   FileFiltering& filtering) {
  std::vector<NamedFile> inputs = {{"CHAIN", file_of_chain(o.chain)}};
  for (const auto& shard : model.shards()) inputs.push_back({"IN", io::text_of(shard)});
  require_inputs_kept(inputs, {{"--output", o.out}});
  const bool named = path.has_extension() || !io::is_stream(path);
  const io::Format out = io::format_of(named ? path : model.shards()[0]);
  const io::TensorFile first = model.open(0);
  if (o.tensor.empty() && out == io::Format::safetensors && first.safetensors() != nullptr &&
      first.entries().size() != 1) {
    filtering.file(path);
    return;
  }
  const io::TensorInfo* const one =
      o.tensor.empty() ? &first.only("name one by --tensor") : model.find(o.tensor);
  if (one == nullptr) io::throw_missing(model.name(), o.tensor, model.all_entries());
  const io::TensorFile shard = model.open(model.shard_of(*one));
  const io::SafetensorsFile* const from = shard.safetensors();
  io::save(path, filtering.one(*one), out, from != nullptr ? from->metadata() : io::Metadata{});
}

int apply(const Options& o) {
  const std::filesystem::path path = io::path_of(o.out);
  const bool to_standard_output = io::is_standard_output(path);
  if (o.json && to_standard_output) {
    throw io::Error("--json", "standard output carries the matrix; name a file for it");
  }
  const io::Checkpoint model(io::path_of(o.in));
  const std::vector<io::TensorInfo> entries = model.all_entries();
  HeadOptions heads = o.heads;
  heads.conv1d = stores_conv1d(entries);
  FileFiltering filtering(
      model, {{parse_chain(o.chain).chain, o.normalizer}, o.method, heads, o.tolerance}, heads,
      o.tolerance);
  if (!model.is_file() && o.tensor.empty()) {
    filtering.folder(path);
  } else {
    apply_to_file(o, model, path, filtering);
  }
  const FilteredFile& r = filtering.result();
  if (o.json) {
    print_json(o, r);
  } else {
    print_text(o, r, to_standard_output ? stderr : stdout);
  }
  flush_output();
  for (const auto& [file, what] : model.warnings()) warn(file, what);
  warn_of_skipped(o, r.quantized);
  warn_of_skipped(o, r.bad);
  if (!o.json) {
    for (const Outcome& x : r.filtered) warn_of_dead(o, x);
  }
  return 0;
}

}  // namespace

Verb apply_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "apply", "Filter a matrix, or every matrix of a file or a model");
  const auto o = std::make_shared<Options>();
  require(add_text(*verb, "CHAIN", o->chain, "TEXT", "NAME[:key=value,...], or @FILE.json"));
  require(add_text(*verb, "IN", o->in, "TEXT",
                   ".npy, .npz or .safetensors, an index of shards (.json), or a folder"));
  require(add_text(*verb, "-o,--output", o->out, "FILE",
                   "Write here: .npy, .safetensors or a pipe; of shards, a new folder"));
  add_text(*verb, "--tensor", o->tensor, "NAME", "Filter this tensor only; IN may hold several");
  add_normalizer(*verb, o->normalizer);
  add_method(*verb, o->method);
  add_heads(*verb, o->heads);
  add_real(*verb, "--tolerance", o->tolerance, 0.0, 1e300,
           "Write nothing unless ||Y - f(X)|| is proved to be at most this");
  add_json(*verb, o->json);
  return {verb, [o] { return apply(*o); }};
}

}  // namespace pion::tool
