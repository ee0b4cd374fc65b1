// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "pion_tool/io/atomic_file.hpp"
#include "rates/problems.hpp"

/// Error against learning rate. Three protocols are readings of it: a rate of its own for every
/// optimiser, the same rate for all (Fan et al. 2026), and updates of the same size.
namespace pion::rates {
namespace {

std::vector<double> half_decades(int from, int to) {
  std::vector<double> rates;
  for (int i = from; i <= to; ++i) rates.push_back(std::pow(10.0, 0.5 * i));
  return rates;
}

void run(const experiment::Options& o) {
  const std::vector<double> rates = o.quick ? half_decades(-4, -3) : half_decades(-10, 2);
  const std::vector<Problem> all = problems(o);
  std::size_t scans = 0;
  for (const Problem& p : all) scans += p.entries.size();
  tool::Progress progress(scans);
  std::string points = csv_titles(), protocols = protocols_titles();
  int number = 0;
  for (const Problem& p : all) {
    const std::vector<Curve> curves = scan(p, rates, o.search, progress);
    points += csv(p, curves);
    protocols += protocols_csv(p, curves);
    io::write_text(o.output + "/rates.csv", points);
    io::write_text(o.output + "/rates_protocols.csv", protocols);
    ++number;
    io::write_text(fmt::format("{}/rates_{}.svg", o.output, number), over_rate_svg(p, curves));
    io::write_text(fmt::format("{}/rates_{}_rms.svg", o.output, number), over_rms_svg(p, curves));
  }
}

}  // namespace
}  // namespace pion::rates

int main(int argc, char** argv) {
  return pion::experiment::run_command(argc, argv, "rates",
                                       "Trains with every optimiser at every learning rate, and "
                                       "compares them at their own rates, at "
                                       "the same rate, and with updates of the same size.",
                                       pion::rates::run);
}
