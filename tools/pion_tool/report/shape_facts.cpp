// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/shape_facts.hpp"

#include <algorithm>
#include <cmath>
#include <pion/design/rounding.hpp>
#include <stdexcept>

#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

template <class Value>
Fact or_none(const std::optional<Value>& value) {
  return value ? Fact(*value) : Fact();
}

Number number(const std::optional<double>& value) { return value ? Number(*value) : Number(); }

/// As a whole number, unless it is so large that a double has no fractions there.
Number count(const std::optional<double>& value) {
  constexpr double whole = 9007199254740992.0;  // 2^53
  return value && *value < whole ? Number(static_cast<std::int64_t>(*value)) : number(value);
}

Fact fact(const Number& n) {
  return std::visit([](const auto& value) { return Fact(value); }, n);
}

}  // namespace

Shape shape_of(std::string_view given, const std::string& name, const Filter& filter) {
  Shape s;
  s.name = name;
  s.filter = filter;
  const std::string what = "chain " + io::quote(given);
  try {
    s.laps = laps(filter.chain);
    s.proved = certify(filter.chain);
    s.range = {s.proved.range.lo.lo(), s.proved.range.hi.hi()};
  } catch (const std::invalid_argument& error) {
    throw io::Error(what, error.what());
  }
  if (std::isfinite(s.range.lo) && std::isfinite(s.range.hi)) return s;
  throw io::Error(what, "its values overflow on [0, 1]");
}

std::optional<double> sigma_of(const certified::Crossing& crossing) {
  if (crossing.verdict != Verdict::proved) return std::nullopt;
  return crossing.sigma.midpoint();
}

std::vector<double> fixed_points_of(const Shape& s) {
  std::vector<double> points;
  for (const certified::FixedPoint& p : s.proved.fixed_points) {
    if (p.at.lo() > 0.0) points.push_back(std::min(p.at.midpoint(), 1.0));
  }
  return points;
}

Named rounding_of(const Chain& f) {
  Named moved;
  for (const design::Rounding to : design::all_roundings) {
    moved.emplace_back(design::name(to), design::change(f, design::rounded(f, to)));
  }
  return moved;
}

std::vector<std::pair<std::string, Fact>> facts_of(const Shape& s, double gain) {
  const Chain& f = s.filter.chain;
  std::vector<std::array<double, 3>> steps;
  for (const OddQuintic& p : f.steps()) steps.push_back({p.a, p.b, p.c});
  Named sigma, survivors;
  for (const auto& [g, key] : shown_gains) {
    sigma.emplace_back(key, number(sigma_of(certified::sigma_at_gain(f, g))));
    survivors.emplace_back(key, count(max_survivors(s.filter, g)));
  }
  const Verdict monotone = s.proved.monotone.verdict;
  std::optional<bool> decided;
  if (monotone != Verdict::undecided) decided = monotone == Verdict::proved;
  const certified::Basin returns = certified::basin_of_one(f);
  std::optional<std::vector<double>> basin;
  if (returns.verdict == Verdict::proved) basin = {returns.from.hi(), returns.to.lo()};
  return {{"name", s.name},
          {"normalizer", std::string(name(s.filter.normalizer))},
          {"steps", steps},
          {"range", std::vector<double>{s.range.lo, s.range.hi}},
          {"monotone", or_none(decided)},
          {"monotone_verdict", std::string(answer(monotone))},
          {"fixed_points", fixed_points_of(s)},
          {"sigma_at_gain", sigma},
          {"cutoff", or_none(cutoff(s.filter))},
          {"gain", gain},
          {"max_survivors", fact(count(max_survivors(s.filter, gain)))},
          {"max_survivors_at_gain", survivors},
          {"lipschitz", s.proved.lipschitz.hi()},
          {"basin_of_one", or_none(basin)},
          {"sensitivity", design::sensitivity(f)},
          {"rounding", rounding_of(f)},
          {"certified", s.proved.complete()}};
}

}  // namespace pion::tool
