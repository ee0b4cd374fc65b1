// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <pion/certify.hpp>
#include <pion/design/fit.hpp>
#include <pion/design/monotone.hpp>
#include <pion/design/rounding.hpp>
#include <pion/design/sharp.hpp>
#include <pion/filter/shape.hpp>
#include <string>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/jobs/band_order.hpp"
#include "pion_tool/jobs/lbfgsb.hpp"
#include "pion_tool/jobs/resumable_search.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion fit`: a chain made to order, in the form that every verb reads back as @FILE.
namespace pion::tool {
namespace {

using Kind = BandKind;
enum class Solver { least_squares, lbfgsb };
/// What a fit is to bear the rounding of its coefficients to.
enum class Robust { all, none, float32, bfloat16, decimals3 };

struct Options {
  Kind kind = Kind::lowpass;
  std::string kind_name;
  std::optional<double> tau;
  std::optional<double> upper;
  std::optional<double> ripple;
  bool monotone = false;
  Solver solver = Solver::least_squares;
  Robust robust = Robust::all;
  bool arithmetic = false;
  std::int64_t steps = 5, seed = 1;
  std::optional<std::int64_t> starts;
  std::string out;
  bool json = false;
};

/// A fitted chain, and how it is measured: by the loss (A56), by its ripple or by how narrow it is.
struct Fitted {
  std::string name;
  Chain chain;
  std::string measure;
  std::function<double(const Chain&)> loss;
  Json more = Json::object();  ///< What only this kind of fit has to say.
};

void check(const Options& o) {
  if (!o.tau) throw io::Error("--tau", "is required");
  if (o.kind == Kind::bandpass && !o.upper) {
    throw io::Error("--upper", "a bandpass needs its upper cutoff too");
  }
  if (o.kind != Kind::bandpass && o.upper) {
    throw io::Error("--upper", "is for bandpass alone");
  }
  if (o.monotone && o.kind != Kind::highpass) {
    throw io::Error("--monotone", "is for highpass alone");
  }
  if (o.monotone && o.ripple) throw io::Error("--monotone", "leaves nothing to --ripple");
  if (o.kind == Kind::lowpass && o.ripple && o.steps != 5) {
    throw io::Error("--steps", "a lowpass with --ripple has 5");
  }
  const bool banded = !o.ripple && !o.monotone;
  for (const auto& tau : {o.tau, o.upper}) {
    const bool in_reach = tau && least_cutoff <= *tau && *tau <= most_cutoff;
    if (!tau || in_reach || !(banded || o.kind == Kind::lowpass)) continue;
    const char* which = tau == o.tau ? "--tau" : "--upper";
    throw io::Error(which, fmt::format("{} is not from {} to {}, where both bands have room", *tau,
                                       least_cutoff, most_cutoff));
  }
  const double room = banded ? 2.0 * half_gap : 0.0;
  if (o.upper && *o.upper - *o.tau <= room) {
    throw io::Error("--upper",
                    fmt::format("{} must be more than {} above --tau {}", *o.upper, room, *o.tau));
  }
}

std::string name_of(const Options& o) {
  std::string name = fmt::format("{}:tau={}", o.kind_name, *o.tau);
  if (o.upper) name += fmt::format(",upper={}", *o.upper);
  return name;
}

/// Where a search keeps its state; empty for what is no search, and for a stream, which has no file
/// beside it.
std::string state_file(const Options& o) {
  if (o.ripple || o.monotone || o.out.empty() || io::is_stream(io::path_of(o.out))) return {};
  return o.out + ".partial";
}

std::vector<design::Rounding> kinds_of(Robust robust) {
  switch (robust) {
    case Robust::none: return {};
    case Robust::float32: return {design::Rounding::float32};
    case Robust::bfloat16: return {design::Rounding::bfloat16};
    case Robust::decimals3: return {design::Rounding::decimals3};
    case Robust::all: break;
  }
  return {design::Rounding::bfloat16, design::Rounding::decimals3};
}

/// The least loss (A56) found.
Fitted searched(const Options& o) {
  const bool printed = o.solver == Solver::lbfgsb;  // Alg. 4 as printed
  const int starts = static_cast<int>(o.starts.value_or(printed ? 8 : 40));
  const int steps = static_cast<int>(o.steps);
  const auto seed = static_cast<std::uint64_t>(o.seed);
  const BandOrder wanted{o.kind, *o.tau, o.upper, steps, starts, seed};
  const design::BandLoss loss = loss_of(wanted);
  const design::FitOptions options = fit_options(wanted);
  const auto advance = [&](SearchState& state) {
    if (printed) {
      const auto found = lbfgsb_trial(loss, steps, state.trials++, seed);
      if (found && (state.best.empty() || found->loss < state.best[0].loss)) state.best = {*found};
      return;
    }
    design::Search next(loss, options, state.trials, state.best);
    next.advance();
    state = {next.trials(), next.best()};
  };
  const Json order = {{"name", name_of(o)},
                      {"solver", printed ? "lbfgsb" : "least-squares"},
                      {"steps", steps},
                      {"seed", o.seed},
                      {"starts", starts}};
  const int total = printed ? starts : 2 * starts;
  const SearchState end = search(order, total, state_file(o), advance);

  Fitted fitted{name_of(o), {}, "A56", [loss](const Chain& f) { return loss(f); }};
  if (printed && end.best.empty()) throw io::Error(fitted.name, "every start diverges");
  fitted.chain = printed
                     ? end.best.front().chain
                     : design::robust(loss, design::Search(loss, options, total, end.best).minima(),
                                      {kinds_of(o.robust), o.arithmetic})
                           .chain;
  fitted.more = {{"solver", order["solver"]},
                 {"seed", o.seed},
                 {"starts", starts},
                 {"loss_bfloat16_arithmetic",
                  loss.of(design::RoundedFilter(fitted.chain, design::Rounding::bfloat16))}};
  return fitted;
}

/// The narrowest gap for a ripple.
Fitted sharp(const Options& o) {
  const int steps = static_cast<int>(o.steps);
  const design::SharpFilter s =
      o.kind == Kind::highpass  ? design::sharp_high_pass(*o.tau, steps, *o.ripple)
      : o.kind == Kind::lowpass ? design::sharp_low_pass(*o.tau, *o.ripple)
                                : design::sharp_band_pass({*o.tau, *o.upper}, steps, *o.ripple);
  Interval proved = 0.0;
  Json pass = Json::array(), stop = Json::array();
  for (const design::Band& band : s.bands.pass) {
    proved = max(proved, certified::pass_ripple(s.chain, band.lo, band.hi));
    pass.push_back({band.lo, band.hi});
  }
  for (const design::Band& band : s.bands.stop) {
    proved = max(proved, certified::deviation(s.chain, 0.0, band.lo, band.hi));
    stop.push_back({band.lo, band.hi});
  }
  Fitted fitted{fmt::format("{},ripple={}", name_of(o), *o.ripple), s.chain, "ripple",
                [s](const Chain& f) { return design::ripple(f, s.bands); }};
  fitted.more = {{"ratio", s.ratio},
                 {"pass", pass},
                 {"stop", stop},
                 {"ripple", proved.hi()},
                 {"certified", proved.hi() <= *o.ripple}};
  return fitted;
}

/// The narrowest rise from .1 to .9 that keeps the order of the singular values.
Fitted monotone(const Options& o) {
  const design::RisingHighPass m = design::monotone_high_pass(*o.tau, static_cast<int>(o.steps),
                                                              static_cast<std::uint64_t>(o.seed));
  const auto rise = [](const Chain& f) {
    const auto from = sigma_at_gain(f, 0.1), to = sigma_at_gain(f, 0.9);
    return from && to ? *to / *from : HUGE_VAL;
  };
  Fitted fitted{fmt::format("{},monotone", name_of(o)), m.chain, "ratio", rise};
  fitted.more = {{"ratio", m.ratio()},
                 {"certified", certified::monotone(m.chain).verdict == Verdict::proved},
                 {"seed", o.seed}};
  return fitted;
}

Json report(const Options& o, const Fitted& fitted) {
  Json steps = Json::array();
  for (const OddQuintic& p : fitted.chain.steps()) steps.push_back({p.a, p.b, p.c});
  const auto loss_in = [&](design::Rounding to) {
    return fitted.loss(design::rounded(fitted.chain, to));
  };
  Json r = {{"name", fitted.name},
            {"tau", *o.tau},
            {"upper", or_null(o.upper)},
            {"steps", steps},
            {"measure", fitted.measure},
            {"loss", fitted.loss(fitted.chain)},
            {"loss_float32", loss_in(design::Rounding::float32)},
            {"loss_bfloat16", loss_in(design::Rounding::bfloat16)},
            {"loss_rounded3", loss_in(design::Rounding::decimals3)},
            {"sensitivity", design::sensitivity(fitted.chain)}};
  r.update(fitted.more);
  return r;
}

void print_text(const Json& r, const std::string& out, std::FILE* to) {
  Table steps("lrrr", {"step", "a", "b", "c"});
  int number = 0;
  for (const Json& p : r["steps"]) {
    steps.add({fmt::format("{}", ++number), fmt::format("{:.17g}", p[0].get<double>()),
               fmt::format("{:.17g}", p[1].get<double>()),
               fmt::format("{:.17g}", p[2].get<double>())});
  }
  fmt::print(to, "{}\n\n{}\n", r["name"].get<std::string>(), steps.text());
  const std::string measure = r["measure"] == "A56"      ? "loss (A56)"
                              : r["measure"] == "ripple" ? "ripple"
                                                         : "sigma(.9) / sigma(.1)";
  Table losses("lr", {"coefficients", measure});
  for (const auto& [key, what] : {std::pair{"loss", "as they are"},
                                  {"loss_float32", "float32"},
                                  {"loss_bfloat16", "bfloat16"},
                                  {"loss_rounded3", "3 decimals"}}) {
    losses.add({what, fmt::format("{:.3g}", r[key].get<double>())});
  }
  if (r.contains("loss_bfloat16_arithmetic")) {
    losses.add({"and arithmetic in bfloat16",
                fmt::format("{:.3g}", r["loss_bfloat16_arithmetic"].get<double>())});
  }
  fmt::print(to, "{}\nsensitivity  {:.4g}\n", losses.text(), r["sensitivity"].get<double>());
  if (r["measure"] == "ripple") {
    fmt::print(to, "pass {}, stop {}: a ratio of {:.4f}, {}\n", r["pass"].dump(), r["stop"].dump(),
               r["ratio"].get<double>(),
               r["certified"] ? "certified" : "not certified: rounding exceeds the ripple");
  } else if (r["measure"] == "ratio") {
    fmt::print(to, "{}\n", r["certified"] ? "certified to rise" : "not certified to rise");
  }
  if (out.empty() || io::is_stream(io::path_of(out))) return;
  fmt::print(to, "\n{} holds it: pion shape @{}\n", printable(out), printable(out));
}

int fit(const Options& o) {
  check(o);
  const bool to_standard_output = io::is_standard_output(io::path_of(o.out));
  if (o.json && to_standard_output) {
    throw io::Error("--json", "standard output carries the chain; name a file for it");
  }
  require_inputs_kept({}, {{"--output", o.out}});
  const Fitted fitted = [&o] {
    try {
      return o.ripple ? sharp(o) : o.monotone ? monotone(o) : searched(o);
    } catch (const std::domain_error& nothing_found) {
      throw io::Error(name_of(o), nothing_found.what());
    }
  }();
  const Json r = report(o, fitted);
  if (!o.out.empty()) io::write_text(io::path_of(o.out), r.dump(1) + "\n");
  if (!state_file(o).empty()) std::filesystem::remove(io::path_of(state_file(o)));
  if (o.json) {
    print(r);
  } else {
    print_text(r, o.out, to_standard_output ? stderr : stdout);
  }
  return 0;
}

}  // namespace

Verb fit_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "fit", "Fit a chain to a kind of filter and a cutoff");
  const auto o = std::make_shared<Options>();
  const Choices<Kind> kinds = {
      {"lowpass", Kind::lowpass}, {"highpass", Kind::highpass}, {"bandpass", Kind::bandpass}};
  const auto read_kind = [o, kinds](const std::string& text) {
    for (const auto& [known, value] : kinds) {
      if (known != text) continue;
      o->kind = value;
      o->kind_name = text;
      return;
    }
    throw io::Error("KIND", io::quote(text) + " is not known; there are " + list(kinds));
  };
  require(add_reader(*verb, "KIND", read_kind, "TEXT", list(kinds)));
  add_real(*verb, "--tau", o->tau, 1e-3, 0.999, "The cutoff; of a bandpass, the lower");
  add_real(*verb, "--upper", o->upper, 1e-3, 0.999, "The upper cutoff of a bandpass");
  add_whole(*verb, "--steps", o->steps, 1, 12, "Quintics in the chain (5)");
  add_real(*verb, "--ripple", o->ripple, 1e-9, 0.4,
           "As sharp as this ripple allows, in place of the loss (A56)");
  add_flag(*verb, "--monotone", o->monotone,
           "The sharpest highpass that keeps the order of the singular values");
  add_choice(*verb, "--robust", o->robust,
             Choices<Robust>{{"all", Robust::all},
                             {"none", Robust::none},
                             {"float32", Robust::float32},
                             {"bfloat16", Robust::bfloat16},
                             {"decimals3", Robust::decimals3}},
             "To bear rounding to");
  add_flag(*verb, "--arithmetic", o->arithmetic, "And computing in that precision");
  add_choice(*verb, "--solver", o->solver,
             Choices<Solver>{{"least-squares", Solver::least_squares}, {"lbfgsb", Solver::lbfgsb}},
             "Fit by (lbfgsb: the paper's Alg. 4)");
  add_whole(*verb, "--seed", o->seed, 0, 1'000'000'000, "Of the random starts (1)");
  add_whole(*verb, "--starts", o->starts, 1, 100'000,
            "Random starts, and as many hops from the best (40; lbfgsb 8, no hops)");
  add_text(*verb, "-o,--output", o->out, "FILE",
           "Write the chain here (for @FILE) or into a pipe; a cut-off fit goes on");
  add_json(*verb, o->json);
  return {verb, [o] { return fit(*o); }};
}

}  // namespace pion::tool
