// SPDX-License-Identifier: Apache-2.0
#include "rates/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/parallel.hpp"
#include "harness/pictures.hpp"

namespace pion::rates {
namespace {

using experiment::Outcome;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// Empty for what there is not.
std::string text(double x) { return std::isnan(x) ? "" : fmt::format("{:.4g}", x); }

Point point_of(double rate, const std::vector<Outcome>& outcomes, double untrained) {
  std::vector<double> losses;
  Point point{rate, {}, 0.0};
  for (const Outcome& o : outcomes) {
    losses.push_back(std::isfinite(o.loss) ? o.loss : std::max(untrained, 1e3));
    point.update_rms += o.update_rms / static_cast<double>(outcomes.size());
  }
  point.loss = experiment::mean_of(losses);
  return point;
}

/// The least rate from which on every loss is at least that of a start; NaN where there is none.
double collapses_from(const Curve& curve, double untrained) {
  double from = nothing;
  for (auto p = curve.points.rbegin(); p != curve.points.rend() && p->loss.mean >= untrained; ++p) {
    from = p->rate;
  }
  return from;
}

const Point* at_rate(const Curve& curve, double rate) {
  const auto found = std::find_if(curve.points.begin(), curve.points.end(),
                                  [rate](const Point& p) { return p.rate == rate; });
  return found == curve.points.end() ? nullptr : &*found;
}

tool::Chart chart_of(const Problem& problem, tool::Dimension x) {
  tool::Chart chart{problem.name, std::move(x), {problem.loss, 0.0, problem.top}, {}};
  if (problem.logarithmic) chart.y = {problem.loss, 0.02, problem.top, tool::Scale::logarithmic};
  chart.markers.push_back({false, problem.untrained, "untrained"});
  return chart;
}

std::string svg(const Problem& problem, const std::vector<Curve>& curves, tool::Dimension x,
                double (*of)(const Point&)) {
  tool::Chart chart = chart_of(problem, std::move(x));
  for (const Curve& curve : curves) {
    tool::Series s;
    s.label = curve.name;
    s.colour = experiment::colour_of(curve.name);
    if (curve.one_rate && curve.name != "AdamW") s.dashes = "6 3";
    for (const Point& p : curve.points) {
      s.x.push_back(of(p));
      s.y.push_back(p.loss.mean);
    }
    chart.series.push_back(std::move(s));
  }
  return tool::svg(chart);
}

}  // namespace

std::vector<Curve> scan(const Problem& problem, const std::vector<double>& rates,
                        const experiment::SearchOptions& options, tool::Progress& progress) {
  std::vector<Curve> curves;
  for (const Entry& e : problem.entries) {
    progress.step(fmt::format("{}, {}", problem.name, e.contender.name));
    const double adamw = curves.empty() ? nothing : best_of(curves.front()).rate;
    const int seeds = options.seeds;
    std::vector<Outcome> outcomes(rates.size() * static_cast<std::size_t>(seeds));
    experiment::parallel_for(options.threads, static_cast<int>(outcomes.size()), [&](int i) {
      const double rate = rates[static_cast<std::size_t>(i / seeds)];
      outcomes[static_cast<std::size_t>(i)] = problem.run(
          e.contender, rate, e.one_rate ? rate : adamw, static_cast<std::uint64_t>(i % seeds));
    });
    Curve curve{e.contender.name, e.one_rate, {}};
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const auto begin = outcomes.begin() + static_cast<std::ptrdiff_t>(i) * seeds;
      curve.points.push_back(point_of(rates[i], {begin, begin + seeds}, problem.untrained));
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

const Point& best_of(const Curve& curve) {
  return *std::min_element(
      curve.points.begin(), curve.points.end(),
      [](const Point& a, const Point& b) { return a.loss.mean < b.loss.mean; });
}

double loss_at_rms(const Curve& curve, double rms) {
  for (std::size_t i = 1; i < curve.points.size(); ++i) {
    const Point& a = curve.points[i - 1];
    const Point& b = curve.points[i];
    if (!(a.update_rms <= rms && rms <= b.update_rms)) continue;
    const double part = std::log(rms / a.update_rms) / std::log(b.update_rms / a.update_rms);
    return a.loss.mean + part * (b.loss.mean - a.loss.mean);
  }
  return nothing;
}

std::string csv_titles() {
  return "problem,optimiser,one_rate,rate,update_rms,loss,loss_low,loss_high\n";
}

std::string csv(const Problem& problem, const std::vector<Curve>& curves) {
  std::string out;
  for (const Curve& c : curves) {
    for (const Point& p : c.points) {
      out += fmt::format("{},{},{:d},{:.4g},{:.4g},{:.5g},{:.5g},{:.5g}\n", problem.name, c.name,
                         c.one_rate, p.rate, p.update_rms, p.loss.mean, p.loss.low, p.loss.high);
    }
  }
  return out;
}

std::string protocols_titles() {
  return "problem,optimiser,one_rate,untrained,best_rate,best_loss,best_update_rms,collapses_from,"
         "loss_at_adamw_rate,loss_at_adamw_rms\n";
}

std::string protocols_csv(const Problem& problem, const std::vector<Curve>& curves) {
  const Point adamw = best_of(curves.front());
  std::string out;
  for (const Curve& c : curves) {
    const Point& best = best_of(c);
    const Point* const same = at_rate(c, adamw.rate);
    out += fmt::format("{},{},{:d},{:.4g},{:.4g},{:.4g},{:.4g},{},{},{}\n", problem.name, c.name,
                       c.one_rate, problem.untrained, best.rate, best.loss.mean, best.update_rms,
                       text(collapses_from(c, problem.untrained)),
                       text(same == nullptr ? nothing : same->loss.mean),
                       text(loss_at_rms(c, adamw.update_rms)));
  }
  return out;
}

std::string over_rate_svg(const Problem& problem, const std::vector<Curve>& curves) {
  const std::vector<Point>& points = curves.front().points;
  return svg(problem, curves,
             {"learning rate", points.front().rate, points.back().rate, tool::Scale::logarithmic},
             [](const Point& p) { return p.rate; });
}

std::string over_rms_svg(const Problem& problem, const std::vector<Curve>& curves) {
  return svg(problem, curves,
             {"root mean square of an update", 1e-6, 1.0, tool::Scale::logarithmic},
             [](const Point& p) { return p.update_rms; });
}

}  // namespace pion::rates
