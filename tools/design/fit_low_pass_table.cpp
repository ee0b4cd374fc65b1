// SPDX-License-Identifier: Apache-2.0
// Prints the table of chains::low_pass(): for tau = .1, .2, ... .9 the best chain of so many starts
// and hops, scaled to bear rounding, with its losses. The table in design/low_pass.hpp is
//
//     fit_low_pass_table 1 2000 2000
//
// (the defaults: seed, starts, hops; about a minute for each tau), built with -O2.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <pion/design/low_pass.hpp>
#include <pion/design/rounding.hpp>

namespace design = pion::design;

int main(int argc, char** argv) try {
  design::FitOptions options;
  options.seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  options.starts = argc > 2 ? std::atoi(argv[2]) : 2000;
  options.hops = argc > 3 ? std::atoi(argv[3]) : 2000;
  for (int tenths = 1; tenths <= 9; ++tenths) {
    const double tau = tenths / 10.0;
    const design::BandLoss loss = design::low_pass_loss(tau);
    options.admits = [tau](const pion::Chain& f) { return design::is_low_pass(f, tau); };
    design::Search search(loss, options);
    while (!search.done()) search.advance();
    design::RobustOptions robust;
    robust.tries = 20000;
    const pion::Chain f = design::robust(loss, search.minima(), robust).chain;
    const auto rounded_loss = [&](design::Rounding to) { return loss(design::rounded(f, to)); };
    double largest = 0.0;
    for (const double x : design::largest_iterates(f)) largest = x > largest ? x : largest;
    std::printf(
        "    // tau = .%d: loss %.6f (float32 %.6f, bfloat16 %.6f, decimals %.6f),\n"
        "    // iterates to %.3f\n",
        tenths, loss(f), rounded_loss(design::Rounding::float32),
        rounded_loss(design::Rounding::bfloat16), rounded_loss(design::Rounding::decimals3),
        largest);
    const char* open = "    {";
    for (const pion::OddQuintic& p : f.steps()) {
      std::printf("%s{%.17g, %.17g, %.17g}", open, p.a, p.b, p.c);
      open = ",\n      ";
    }
    std::printf("},\n");
    std::fflush(stdout);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "fit_low_pass_table: %s\n", error.what());
  return 1;
}
