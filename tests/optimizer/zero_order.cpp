// SPDX-License-Identifier: Apache-2.0
// ZO-Muon descends a loss of which it sees values alone, within the subspace that it drew.

#include <cmath>
#include <limits>

#include <pion/detail/svd.hpp>
#include <pion/optimizer/parts/polar_rule.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/zero_order.hpp>

#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;
using Eigen::MatrixXd;

TEST_CASE("the estimate of a linear loss is what its gradient says, and the step has its length") {
  // f(W) = <C, W>: a difference is mu <C, P u>, whatever mu and wherever W.
  const Index rows = 7, cols = 5;
  const MatrixXd c = MatrixXd::Random(rows, cols);
  MatrixXd w = MatrixXd::Random(rows, cols);
  const MatrixXd first = w;
  int asked = 0;
  const auto loss = [&] {
    ++asked;
    return c.cwiseProduct(w).sum();
  };
  ZeroOrder<Polar> how;
  how.rule = Polar{{chains::muon()}, true};
  how.samples = 400;
  const StepInfo info = zero_order_step(how, w, loss, 0.1, 1);
  CHECK(info.taken());
  CHECK(asked == 401);
  const MatrixXd moved = (first - w) / 0.1;  // P orth(g): two orthonormal directions
  CHECK(std::fabs(moved.norm() - std::sqrt(2.0)) <= 1e-12);
  const MatrixXd gram = moved * moved.transpose();
  CHECK((gram * gram - gram).norm() <= 1e-12);
  // Four hundred samples know the gradient within the subspace to a few tenths.
  const double best = detail::singular_values<double>(gram * c).sum();
  CHECK(c.cwiseProduct(moved).sum() >= 0.8 * best);

  // The subspace stays for a period, and the step is another.
  MatrixXd again = first;
  w = first;
  zero_order_step(how, w, loss, 0.1, 2);
  const MatrixXd second = (first - w) / 0.1;
  CHECK((gram * second - second).norm() <= 1e-12);
  w = first;
  zero_order_step(how, w, loss, 0.1, 101);
  CHECK((gram * (first - w) - (first - w)).norm() > 1e-3);
}

TEST_CASE("a loss that is not finite leaves the parameter, bit for bit") {
  MatrixXd w = MatrixXd::Random(3, 4);
  const MatrixXd first = w;
  int asked = 0;
  for (const bool central : {false, true}) {
    ZeroOrder<> how;
    how.central = central;
    asked = 0;
    const auto loss = [&] {
      return ++asked == 3 ? std::numeric_limits<double>::infinity() : w.squaredNorm();
    };
    CHECK(zero_order_step(how, w, loss, 0.1, 1).outcome == Outcome::result_not_finite);
    CHECK(w == first);
  }
  ZeroOrder<> how;
  how.mu = 0.0;
  CHECK_THROWS_WITH(zero_order_step(
                        how, w, [] { return 0.0; }, 0.1, 1),
                    "ZeroOrder: mu is 0; it must be finite and positive");
  CHECK(w == first);
}

TEST_CASE("with the identity for a rule the step is the estimate itself") {
  const Index rows = 4, cols = 3;
  const MatrixXd c = MatrixXd::Random(rows, cols), first = MatrixXd::Random(rows, cols);
  const auto moved = [&](const ZeroOrder<Identity>& how, int step, double slope) {
    MatrixXd w = first;
    const auto loss = [&] { return slope * c.cwiseProduct(w).sum(); };
    CHECK(zero_order_step(how, w, loss, 0.5, step).taken());
    return MatrixXd((first - w) / 0.5);
  };
  ZeroOrder<Identity> how{Identity{}};
  // The mean over samples of u <C, P u> tends to P^T C: 2 x 3 numbers, so that S samples know it to
  // sqrt(7 / S), 2 % here.
  how.samples = 20000;
  const MatrixXd estimate = moved(how, 1, 1.0);
  const MatrixXd p = pion::detail::thin_svd<double>(estimate).matrixU().leftCols(2);
  CHECK((estimate - p * p.transpose() * c).norm() <= 0.1 * c.norm());
  // Of a linear loss a central difference is the forward one.
  ZeroOrder<Identity> central = how;
  how.samples = central.samples = 4;
  central.central = true;
  CHECK((moved(central, 1, 1.0) - moved(how, 1, 1.0)).norm() <= 1e-10 * c.norm());
  // Step 100 is the last of the first period.
  const MatrixXd last = moved(how, 100, 1.0);
  CHECK((last - p * p.transpose() * last).norm() <= 1e-10 * last.norm());
  // Without a slope the decay alone is left.
  how.decay = 0.25;
  CHECK((moved(how, 1, 0.0) - 0.25 * first).norm() <= 1e-15 * first.norm());
}
