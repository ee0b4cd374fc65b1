// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/progress.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/jobs/apply_tensors.hpp"
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

/// What is not proved is not promised.
void require_tolerance(const Options& o, const Outcome& x) {
  if (!o.tolerance || (x.bound && *x.bound <= *o.tolerance)) return;
  const std::string proved = x.bound ? fmt::format("an error of at most {}", *x.bound)
                                     : std::string("no bound of its error");
  throw io::Error("--tolerance",
                  fmt::format("{} cannot be certified for tensor {}: the method {} proves {}",
                              *o.tolerance, io::quote(x.tensor), name(x.method), proved));
}

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
Json to_json(const Options& o, const std::vector<Outcome>& all, std::size_t copied) {
  Json report = {{"output", o.out}};
  Json tensors = Json::array();
  double norm = 0.0, seconds = 0.0;
  bool dead = false;
  for (const Outcome& x : all) {
    tensors.push_back(to_json(x));
    norm = std::hypot(norm, x.output_norm);
    seconds += x.seconds;
    dead = dead || x.dead > 0;
  }
  for (const auto& [key, value] : tensors[0].items()) {
    report[key] = all.size() == 1 ? value : Json();
  }
  report["output_norm"] = norm;
  report["seconds"] = seconds;
  report["dead"] = dead;
  report["copied"] = copied;
  report["tensors"] = std::move(tensors);
  return report;
}

void print_text(const Options& o, const std::vector<Outcome>& all, std::size_t copied) {
  Table table("lrlrrrrr",
              {"tensor", "shape", "method", "heads", "rank", "survivors", "||Y||", "ms"});
  for (const Outcome& x : all) {
    table.add({x.tensor, dimensions(x.shape), std::string(name(x.method)),
               x.heads > 0 ? fmt::format("{}", x.heads) : "-", fmt::format("{}", x.rank),
               x.survivors ? fmt::format("{}", *x.survivors) : "-",
               fmt::format("{:.5g}", x.output_norm), fmt::format("{:.2f}", 1e3 * x.seconds)});
  }
  fmt::print("{}\n{}: {} filtered", table.text(), printable(o.out), all.size());
  if (copied > 0) fmt::print(", {} copied unchanged (no matrix of floats)", copied);
  fmt::print("\n");
}

void warn_of_dead(const Options& o, const Outcome& x) {
  if (x.dead == 0) return;
  const std::string what = x.heads == 0 ? std::string("the update is dead")
                                        : fmt::format("{} of {} heads are dead", x.dead, x.heads);
  const std::string line = fmt::format(
      "warning: {}: tensor {}: {}, no direction comes near the cutoff: raise kp, or take another "
      "--normalizer",
      o.in, io::quote(x.tensor), what);
  fmt::print(stderr, "pion: {}\n", printable(line));
}

/// Filters tensors one after the other.
class Run {
 public:
  explicit Run(const Options& o)
      : o_(o),
        filter_({parse_chain(o.chain).chain, o.normalizer}, o.method, o.heads, o.tolerance) {}

  io::Tensor operator()(io::Tensor tensor) {
    outcomes_.push_back(about(o_.in, tensor.name, [&] { return filter_(tensor); }));
    require_tolerance(o_, outcomes_.back());
    return tensor;
  }

  /// Of those filtered so far.
  const std::vector<Outcome>& outcomes() const { return outcomes_; }

  void require_heads() const {
    const auto whole = [](const Outcome& x) { return x.heads == 0; };
    if (o_.heads.heads > 0 && std::all_of(outcomes_.begin(), outcomes_.end(), whole)) {
      throw io::Error("--heads", "no tensor's name tells how its heads lie; say it with --axis");
    }
  }

 private:
  const Options& o_;
  Filtering filter_;
  std::vector<Outcome> outcomes_;
};

/// The tensor asked for, or the only one.
void apply_to_one(const Options& o, Run& run) {
  const io::Tensor filtered =
      run(io::load(o.in, o.tensor.empty() ? std::nullopt : std::optional(o.tensor)));
  run.require_heads();
  io::save(o.out, filtered);
}

/// Every matrix of the file; what else it holds is copied. Returns how many tensors were copied.
std::size_t apply_to_all(const Options& o, Run& run) {
  const io::SafetensorsFile file(o.in);
  std::vector<io::RawTensor> out;
  {
    Progress progress(file.entries().size());
    for (const io::TensorInfo& info : file.entries()) {
      progress.step(info.name);
      const bool filterable = file.entries().size() == 1 || (info.dtype && is_matrix(info));
      out.push_back(filterable ? run(file.load(info.name)) : file.load_raw(info.name));
    }
  }
  if (run.outcomes().empty()) throw io::Error(o.in, "holds no matrix");
  run.require_heads();
  io::write_safetensors(o.out, out, file.metadata());
  return out.size() - run.outcomes().size();
}

int apply(const Options& o) {
  Run run(o);
  const io::Format in = io::format_of(o.in), out = io::format_of(o.out);
  const bool all = o.tensor.empty() && in == out && out == io::Format::safetensors;
  std::size_t copied = 0;
  if (all) {
    copied = apply_to_all(o, run);
  } else {
    apply_to_one(o, run);
  }
  if (o.json) {
    print(to_json(o, run.outcomes(), copied));
    return 0;
  }
  print_text(o, run.outcomes(), copied);
  flush_output();
  for (const Outcome& x : run.outcomes()) warn_of_dead(o, x);
  return 0;
}

}  // namespace

Verb apply_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "apply", "Filter a matrix, or every matrix of a file");
  const auto o = std::make_shared<Options>();
  require(add_text(*verb, "CHAIN", o->chain, "TEXT", "NAME[:key=value,...], or @FILE.json"));
  require(add_text(*verb, "IN", o->in, "TEXT", ".npy or .safetensors"));
  require(add_text(*verb, "-o,--output", o->out, "FILE", ".npy or .safetensors"));
  add_text(*verb, "--tensor", o->tensor, "NAME", "The one to filter, where IN holds several");
  add_normalizer(*verb, o->normalizer);
  add_method(*verb, o->method);
  add_heads(*verb, o->heads);
  add_real(*verb, "--tolerance", o->tolerance, 0.0, 1e300,
           "Write nothing unless ||Y - f(X)|| is proved to be at most this");
  add_json(*verb, o->json);
  return {verb, [o] { return apply(*o); }};
}

}  // namespace pion::tool
