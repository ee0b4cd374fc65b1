// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <pion/design/low_pass.hpp>
#include <pion/design/rounding.hpp>
#include <pion/laps.hpp>
#include <string>

#include "pion/io/file.hpp"
#include "pion/options.hpp"
#include "pion/table.hpp"
#include "pion/text.hpp"
#include "pion/verbs.hpp"

/// `pion fit`: a chain made to order, in the form that every verb reads back as @FILE.
namespace pion::tool {
namespace {

enum class Kind { lowpass, highpass, bandpass };

constexpr double half_gap = 0.03;  // between a band's edge and the cutoff, as in the paper's App. L
constexpr double least = 0.051, most = 0.949;  // the cutoffs that leave both bands room

struct Options {
  Kind kind = Kind::lowpass;
  std::string kind_name;
  std::optional<double> tau;
  std::optional<double> upper;
  std::int64_t steps = 5, seed = 1, starts = 40;
  std::string out;
  bool json = false;
};

struct Order {
  std::string name;
  design::BandLoss loss;
  std::function<bool(const Chain&)> admits;
};

/// The gain stays within reach of the bands' values on all of [0, 1], the gaps included.
bool bounded(const Chain& f) {
  const Range all = range(f);
  return all.lo >= -0.1 && all.hi <= 1.1;
}

Order order_of(const Options& o) {
  const double tau = *o.tau;
  const std::string name = fmt::format("{}:tau={}", o.kind_name, tau);
  if (o.kind == Kind::bandpass && !o.upper) {
    throw io::Error("--upper", "a bandpass needs its upper cutoff too");
  }
  if (o.kind != Kind::bandpass && o.upper) {
    throw io::Error("--upper", "is for bandpass alone");
  }
  if (o.kind == Kind::lowpass) {
    return {name, design::low_pass_loss(tau),
            [tau](const Chain& f) { return design::is_low_pass(f, tau); }};
  }
  if (o.kind == Kind::highpass) {
    return {name, design::BandLoss({{tau + half_gap, 1.0}}, {{0.0, tau - half_gap}}), bounded};
  }
  const double upper = *o.upper;
  if (upper - tau <= 2.0 * half_gap) {
    throw io::Error("--upper", fmt::format("{} must be more than {} above --tau {}", upper,
                                           2.0 * half_gap, tau));
  }
  return {fmt::format("{},upper={}", name, upper),
          design::BandLoss({{tau + half_gap, upper - half_gap}},
                           {{0.0, tau - half_gap}, {upper + half_gap, 1.0}}),
          bounded};
}

Json report(const Options& o, const Order& order, const Chain& chain) {
  Json steps = Json::array();
  for (const OddQuintic& p : chain.steps()) steps.push_back({p.a, p.b, p.c});
  const auto loss_in = [&](design::Rounding to) { return order.loss(design::rounded(chain, to)); };
  return {{"name", order.name},
          {"tau", *o.tau},
          {"upper", or_null(o.upper)},
          {"steps", steps},
          {"loss", order.loss(chain)},
          {"loss_float32", loss_in(design::Rounding::float32)},
          {"loss_bfloat16", loss_in(design::Rounding::bfloat16)},
          {"loss_rounded3", loss_in(design::Rounding::decimals3)},
          {"seed", o.seed},
          {"starts", o.starts}};
}

void print_text(const Json& r, const std::string& out) {
  Table steps("lrrr", {"step", "a", "b", "c"});
  int number = 0;
  for (const Json& p : r["steps"]) {
    steps.add({fmt::format("{}", ++number), fmt::format("{:.17g}", p[0].get<double>()),
               fmt::format("{:.17g}", p[1].get<double>()),
               fmt::format("{:.17g}", p[2].get<double>())});
  }
  fmt::print("{}\n\n{}\n", r["name"].get<std::string>(), steps.text());
  Table losses("lr", {"coefficients", "loss"});
  for (const auto& [key, what] : {std::pair{"loss", "as they are"},
                                  {"loss_float32", "float32"},
                                  {"loss_bfloat16", "bfloat16"},
                                  {"loss_rounded3", "3 decimals"}}) {
    losses.add({what, fmt::format("{:.3g}", r[key].get<double>())});
  }
  fmt::print("{}", losses.text());
  if (!out.empty()) fmt::print("\n{} holds it: pion shape @{}\n", printable(out), printable(out));
}

int fit(const Options& o) {
  if (!o.tau) throw io::Error("--tau", "is required");
  const Order order = order_of(o);
  design::FitOptions options;
  options.steps = static_cast<int>(o.steps);
  options.starts = options.hops = static_cast<int>(o.starts);
  options.seed = static_cast<std::uint64_t>(o.seed);
  options.admits = order.admits;
  const design::Fit found = design::fit(order.loss, options);
  const Json r = report(o, order, design::rescaled_for_rounding(order.loss, found.chain));
  if (!o.out.empty()) io::write_text(o.out, r.dump(1) + "\n");
  if (o.json) {
    print(r);
  } else {
    print_text(r, o.out);
  }
  return 0;
}

}  // namespace

Verb fit_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("fit", "Fit a chain to a kind of filter and a cutoff");
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
  verb->add_option_function<std::string>("KIND", read_kind, list(kinds))->required();
  add_real(*verb, "--tau", o->tau, least, most, "The cutoff; of a bandpass, the lower");
  add_real(*verb, "--upper", o->upper, least, most, "The upper cutoff of a bandpass");
  add_whole(*verb, "--steps", o->steps, 1, 12, "Quintics in the chain (5)");
  add_whole(*verb, "--seed", o->seed, 0, 1'000'000'000, "Of the random starts (1)");
  add_whole(*verb, "--starts", o->starts, 1, 100'000,
            "Random starts, and as many hops from the best (40); some 20 ms each");
  verb->add_option("-o,--output", o->out, "Write the chain here, to be read back as @FILE")
      ->type_name("FILE");
  add_json(*verb, o->json);
  return {verb, [o] { return fit(*o); }};
}

}  // namespace pion::tool
