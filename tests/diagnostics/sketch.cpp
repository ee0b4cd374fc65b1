// SPDX-License-Identifier: Apache-2.0
// diagnostics/sketch.hpp and diagnostics/sketch_measures.hpp: intervals around what the exact
// spectrum has. (How often they hold is measured by tests/coverage.)

#include <cmath>
#include <limits>
#include <random>

#include <pion/diagnostics/sketch.hpp>
#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;

namespace {

/// Ten directions that stand out of noise, 512 x 640.
const Eigen::MatrixXf& standing_out() {
  static const Eigen::MatrixXf x = [] {
    std::mt19937_64 random(9);
    const auto draw = [&](Index rows, Index cols) -> Eigen::MatrixXf {
      return reference::random_matrix(rows, cols, random, 0).cast<float>();
    };
    return Eigen::MatrixXf(draw(512, 10) * draw(10, 640) + 0.3F * draw(512, 640));
  }();
  return x;
}

bool holds(const Estimate& e, double exact) { return e.low <= exact && exact <= e.high; }

}  // namespace

TEST_CASE("a sketch encloses the exact measures, in every layout and scalar") {
  const Eigen::MatrixXf& x = standing_out();
  const Within how{0.05, 0.999, 1};
  const auto check = [&](const auto& same) {
    const SketchedSpectrum s = sketch_spectrum(same, how);
    const Spectrum exact = spectrum(same);
    REQUIRE_FALSE(s.exact());
    CHECK(s.taken() >= 10);
    CHECK(s.effective_rank().width() <= how.relative);
    CHECK(holds(s.effective_rank(), exact.effective_rank()));
    CHECK(holds(s.nuclear_rank(), exact.nuclear_rank()));
    // The exact values are within 1e-6 sigma_1 each (spectrum_accuracy), the rank is a square.
    CHECK(s.stable_rank().low <= exact.stable_rank() * (1 + 2e-6));
    CHECK(s.stable_rank().high >= exact.stable_rank() * (1 - 2e-6));
    const double between = std::sqrt(exact.values()(9) * exact.values()(10));
    CHECK(holds(s.count_above(between), 10));
    CHECK(s.count_above(between).high < 30);
  };
  check(x);
  check(x.transpose());
  check(Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>(x));
  check(1e-30F * x);
  check(x.cast<double>());
  check(x.cast<Eigen::bfloat16>());
}

TEST_CASE("a sketch depends on its seed, and on nothing else") {
  const Eigen::MatrixXf& x = standing_out();
  const auto rank = [&](auto tag, std::uint64_t seed) {
    return effective_rank<decltype(tag)>(x, Within{0.05, 0.95, seed});
  };
  const Estimate one = rank(DefaultEngine{}, 1), again = rank(DefaultEngine{}, 1);
  CHECK(one.low == again.low);
  CHECK(one.high == again.high);
  const Estimate serial = rank(engine::eigen{}, 1), other = rank(DefaultEngine{}, 2);
  CHECK(serial.low == one.low);
  CHECK(other.low != one.low);
  const Estimate doubled = effective_rank(2.0F * x, Within{0.05, 0.95, 1});
  CHECK(doubled.low == one.low);
}

TEST_CASE("where a sketch would not pay, the values are exact") {
  std::mt19937_64 random(5);
  const Eigen::MatrixXd small = reference::random_matrix(24, 40, random, 0).cast<double>();
  const SketchedSpectrum s = sketch_spectrum(small);
  REQUIRE(s.exact());
  const Spectrum exact = spectrum(small);
  CHECK(std::fabs(s.effective_rank().value() / exact.effective_rank() - 1) <= 1e-6);
  CHECK(holds(s.nuclear_rank(), exact.nuclear_rank()));
  CHECK(holds(s.stable_rank(), exact.stable_rank()));
  CHECK(s.count_above(exact.values()(7) * 0.999).value() == 8);
  for (const auto& [rows, cols] : {std::pair{0, 0}, {0, 5}, {1, 1}, {600, 512}}) {
    const Estimate none = effective_rank(Eigen::MatrixXf::Zero(rows, cols).eval(), Within{});
    CHECK(none.low == 0.0);
    CHECK(none.high == 0.0);
  }
  // What no subspace of this size can see: to .01 % the probes would have to be thousands.
  CHECK(sketch_spectrum(standing_out(), {1e-4}).exact());
}

TEST_CASE("a sketch refuses what it cannot do") {
  Eigen::MatrixXf x = standing_out();
  CHECK_THROWS_AS(effective_rank(x, Within{0.0}), std::invalid_argument);
  CHECK_THROWS_AS(effective_rank(x, Within{std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(effective_rank(x, Within{0.02, 1.0}), std::invalid_argument);
  x(300, 17) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(effective_rank(x, Within{}), std::domain_error);
}
