// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <pion/design/rounding.hpp>
#include <variant>

#include "pion_tool/chart/shape_chart.hpp"
#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/report/shape_facts.hpp"
#include "pion_tool/report/shape_json.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion shape`: what a filter does to a singular value in [0, 1].
namespace pion::tool {
namespace {

constexpr std::size_t widest_name = 70;  // with its normaliser within the page

struct Options {
  std::string chain;
  Normalizer normalizer = Normalizer::frobenius;
  double gain = survivor_gain;
  std::string svg;
  std::string csv;
  std::vector<std::string> beside;
  bool stored = false;
  bool logarithmic = false;
  std::vector<std::string> requirements;
  bool json = false;
};

Shape shape_of(const Options& o) {
  const NamedChain chain = parse_chain(o.chain);
  return tool::shape_of(o.chain, chain.name, {chain.chain, o.normalizer});
}

/// Why the requirement does not hold; empty if it does.
std::string failure(const Shape& s, std::string_view requirement) {
  constexpr std::string_view range_is = "range=";
  if (requirement == "monotone") {
    if (s.proved.monotone.verdict == Verdict::proved) return "";
    if (s.proved.monotone.verdict == Verdict::undecided) {
      return "not decided whether it is monotone: a fall, if there is one, is below rounding";
    }
    const auto falling =
        std::find_if(s.laps.begin(), s.laps.end(), [](const Lap& lap) { return !lap.rising(); });
    if (falling == s.laps.end()) return "not monotone: it falls, by less than rounding";
    return fmt::format("not monotone: it falls from {:.6g} at {:.6g} to {:.6g} at {:.6g}",
                       falling->at_from, falling->from, falling->at_to, falling->to);
  }
  const std::size_t comma = requirement.find(',');
  if (requirement.substr(0, range_is.size()) != range_is || comma == requirement.npos) {
    throw io::Error("--require",
                    io::quote(requirement) + " is not known; there are monotone, range=LO,HI");
  }
  const auto limit = [](std::string_view text) {
    return real_number("--require range", text, -1e300, 1e300);
  };
  const double lo = limit(requirement.substr(range_is.size(), comma - range_is.size()));
  const double hi = limit(requirement.substr(comma + 1));
  if (lo <= s.range.lo && s.range.hi <= hi) return "";
  const certified::RangeEnclosure& proved = s.proved.range;
  if (proved.lo.hi() < lo || hi < proved.hi.lo()) {
    return fmt::format("its range [{}, {}] is not within [{}, {}]", s.range.lo, s.range.hi, lo, hi);
  }
  return fmt::format("not decided whether its range is within [{}, {}]: to rounding it is [{}, {}]",
                     lo, hi, s.range.lo, s.range.hi);
}

Json to_json(const Shape& s, double gain, const std::vector<std::string>& failures) {
  Json object = as_json(facts_of(s, gain));
  object["failures"] = failures;
  return object;
}

void print_text(const Shape& s, double gain) {
  const auto or_dash = [](const std::optional<double>& x) {
    return x ? fmt::format("{:.6g}", *x) : std::string("-");
  };
  fmt::print("{}, {} normaliser\n\n", shorten(printable(s.name), widest_name),
             name(s.filter.normalizer));
  Table steps("lrrr", {"step", "a", "b", "c"});
  int number = 0;
  for (const OddQuintic& p : s.filter.chain.steps()) {
    steps.add({fmt::format("{}", ++number), fmt::format("{}", p.a), fmt::format("{}", p.b),
               fmt::format("{}", p.c)});
  }
  std::string points, rounding;
  for (const double x : fixed_points_of(s)) points += fmt::format(" {:.6g}", x);
  points = points.empty() ? "-" : points.substr(1);
  for (const auto& [kind, moved] : rounding_of(s.filter.chain)) {
    rounding +=
        fmt::format("{}{:.1e} ({})", rounding.empty() ? "" : ", ", std::get<double>(moved), kind);
  }
  const certified::Basin basin = certified::basin_of_one(s.filter.chain);
  fmt::print("{}\n", steps.text());
  const auto line = [](std::string_view what, std::string_view answer) {
    constexpr std::size_t column = 17;
    fmt::print("{:<{}}{}\n", what, column, wrap(answer, Table::page - column, column));
  };
  line("range on [0, 1]", fmt::format("{:.6g} to {:.6g}", s.range.lo, s.range.hi));
  line("monotone", answer(s.proved.monotone.verdict));
  line("fixed points", points);
  line("steepest slope", fmt::format("{:.6g}", s.proved.lipschitz.hi()));
  line("cutoff", or_dash(cutoff(s.filter)));
  if (basin.verdict == Verdict::proved) {
    line("repeated",
         fmt::format("it returns to 1 from {:.6g} up to {:.6g}", basin.from.hi(), basin.to.lo()));
  }
  line("certified",
       s.proved.complete() ? "yes, by interval arithmetic" : "not every answer is decided");
  line("sensitivity", fmt::format("{:.4g}", design::sensitivity(s.filter.chain)));
  line("rounding", "of the coefficients moves the gain by " + rounding);
  fmt::print("\n");
  Table by_gain("lrr", {"gain", "from sigma", "directions, at most"});
  std::vector<double> all;
  for (const auto& shown : shown_gains) all.push_back(shown.first);
  all.insert(std::lower_bound(all.begin(), all.end(), gain), gain);
  for (const double g : all) {
    const std::optional<double> most = max_survivors(s.filter, g);
    const certified::Crossing from = certified::sigma_at_gain(s.filter.chain, g);
    by_gain.add(
        {fmt::format("{}", g),
         from.verdict == Verdict::undecided ? answer(from.verdict) : or_dash(sigma_of(from)),
         most ? fmt::format("{:.{}g}", *most, *most < 1e6 ? 6 : 3) : "-"});
  }
  fmt::print("{}", by_gain.text());
}

/// Of every chain that is stored: what rounding does to it.
int stored(const Options& o) {
  Json all = Json::array();
  Table table("lrrrrrr", {"chain", "slope", "sensitivity", "float32", "bfloat16", "3 decimals",
                          "computed in bfloat16"});
  for (const std::string& name : stored_chains()) {
    const Chain f = parse_chain(name).chain;
    const double steepest = certified::lipschitz(f).hi(), sensitivity = design::sensitivity(f);
    const design::RoundedFilter computed(f, design::Rounding::bfloat16);
    const Named rounding = rounding_of(f);
    const double moved = design::change(f, computed);
    all.push_back({{"name", name},
                   {"lipschitz", steepest},
                   {"sensitivity", sensitivity},
                   {"rounding", as_json(Fact(rounding))},
                   {"bfloat16_arithmetic", moved}});
    std::vector<std::string> row = {name, fmt::format("{:.4g}", steepest),
                                    fmt::format("{:.3g}", sensitivity)};
    for (const auto& kind : rounding) {
      row.push_back(fmt::format("{:.1e}", std::get<double>(kind.second)));
    }
    row.push_back(fmt::format("{:.1e}", moved));
    table.add(row);
  }
  if (o.json) {
    print({{"chains", all}});
  } else {
    fmt::print("{}", table.text());
  }
  return 0;
}

int shape(const Options& o) {
  if (o.stored) return stored(o);
  if (o.chain.empty()) throw io::Error({}, "CHAIN is required");
  std::vector<NamedFile> inputs = {{"CHAIN", file_of_chain(o.chain)}};
  for (const std::string& other : o.beside) inputs.push_back({"--beside", file_of_chain(other)});
  require_apart(inputs, {{"--svg", o.svg}, {"--csv", o.csv}});
  const Shape s = shape_of(o);
  std::vector<std::string> failures;
  for (const std::string& requirement : o.requirements) {
    const std::string why = failure(s, requirement);
    if (!why.empty()) failures.push_back(why);
  }
  if (!o.svg.empty() || !o.csv.empty()) {
    const Curves curves = curves_of(s.filter.chain);
    if (!o.svg.empty()) {
      std::vector<NamedChain> all = {{s.name, s.filter.chain}};
      for (const std::string& other : o.beside) all.push_back(parse_chain(other));
      const bool one = all.size() == 1 && !o.logarithmic;
      io::write_text(io::path_of(o.svg),
                     svg(one ? picture(all.front(), curves) : comparison(all, o.logarithmic)));
    }
    if (!o.csv.empty()) io::write_text(io::path_of(o.csv), csv(curves));
  }
  if (o.json) {
    print(to_json(s, o.gain, failures));
  } else {
    print_text(s, o.gain);
  }
  if (failures.empty()) return 0;
  flush_output();
  fmt::print(stderr, "pion: {}: {}\n", printable(s.name), fmt::join(failures, "; "));
  return answer_is_no;
}

}  // namespace

Verb shape_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "shape", "What a filter does to a singular value in [0, 1]");
  const auto o = std::make_shared<Options>();
  add_text(*verb, "CHAIN", o->chain, "TEXT", "NAME[:key=value,...], or @FILE.json");
  add_normalizer(*verb, o->normalizer);
  add_gain(*verb, o->gain);
  add_text(*verb, "--svg", o->svg, "FILE", "Draw f after each step here");
  add_texts(*verb, "--beside", o->beside, "CHAIN", "Draw this chain too, each after its last step");
  add_flag(*verb, "--log", o->logarithmic, "Draw on a logarithmic scale of sigma");
  add_text(*verb, "--csv", o->csv, "FILE", "Write sigma and f after each step here");
  add_flag(*verb, "--stored", o->stored,
           "In place of CHAIN: what rounding does to every chain that is stored");
  add_texts(*verb, "--require", o->requirements, "WHAT",
            "Exit with 1 unless this is proved: monotone, or range=LO,HI");
  add_flag(*verb, "--json", o->json,
           "Print one JSON object and nothing else; null is none, or not decided");
  return {verb, [o] { return shape(*o); }};
}

}  // namespace pion::tool
