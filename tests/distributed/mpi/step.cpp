// SPDX-License-Identifier: Apache-2.0
// Covers distributed/step.hpp, optimizer/recipe/over_ranks.hpp: steps of parameters that lie on
// many ranks.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <type_traits>

#include <pion/distributed/mpi.hpp>
#include <pion/distributed/step.hpp>
#include <pion/filter/chains.hpp>

#include "distributed/parts.hpp"
#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using distributed::chunk, distributed::Mpi, distributed::Part, distributed::sharded;
using optimizer::Recipe;

namespace {

Eigen::MatrixXd gaussian(Index rows, Index cols, std::mt19937_64& random) {
  std::normal_distribution<double> gauss;
  return Eigen::MatrixXd::NullaryExpr(rows, cols, [&] { return gauss(random); });
}

/// The most that rounding may make of f(x), whichever method computes it.
double rounding_of(const Filter& f, const Eigen::MatrixXd& x) {
  const reference::Matrix exact = x.cast<reference::Real>();
  return static_cast<double>(
      (std::max)(reference::expected<double>(f, exact, Method::dense).tolerance,
                 reference::expected<double>(f, exact, Method::gram).tolerance));
}

/// Steps a parameter three times on one machine and on the ranks, and calls `compare` with what
/// this rank has of both, and how far rounding may have parted them.
template <class R, class F>
void step_both(const Mpi& comm, const R& recipe, Index rows, Index cols, Axis axis,
               const F& compare) {
  std::mt19937_64 random(7);
  const Index extent = axis == Axis::rows ? rows : cols;
  const Part part = chunk(extent, comm.size(), comm.rank());
  Eigen::MatrixXd whole = gaussian(rows, cols, random), mine = part_of(whole, axis, part);
  auto whole_state = optimizer::initial_state(recipe, whole);
  auto state = optimizer::initial_state(recipe, mine);
  optimizer::StepWorkspace workspace;
  double apart = 0.0;
  for (int t = 0; t < 3; ++t) {
    const Eigen::MatrixXd gradient = gaussian(rows, cols, random),
                          local = part_of(gradient, axis, part);
    const auto one = optimizer::step(recipe, whole, gradient, 0.1, whole_state, workspace);
    const auto info =
        distributed::step(comm, recipe, sharded(mine, axis, extent, part.offset),
                          sharded(local, axis, extent, part.offset), 0.1, state, workspace);
    REQUIRE(info.taken());
    CHECK(state.steps == t + 1);
    // Both directions are as far from the exact one; a scale by their norm errs as much again.
    if constexpr (std::is_same_v<decltype(recipe.rule), optimizer::Filtered>) {
      const double length = one.update_norm / one.direction.norm;
      const double off = 4.0 * length * rounding_of(recipe.rule.filter, whole_state.momentum);
      CHECK(std::fabs(info.update_norm - one.update_norm) <= off);
      apart += off;
    }
    apart += 4.0 * std::numeric_limits<double>::epsilon() * whole.norm();  // decay, and the move
  }
  const bool turned = recipe.orientation == optimizer::Orientation::in_out;
  const Axis lying = turned == (axis == Axis::rows) ? Axis::cols : Axis::rows;
  // The momentum is made entry by entry: to the last bit.
  CHECK(state.momentum == part_of(whole_state.momentum, lying, part));
  compare(mine, part_of(whole, axis, part), apart);
}

const optimizer::HeavyBall momentum{0.9};
const Recipe muon{optimizer::Filtered{Filter{chains::muon()}}, momentum,
                  optimizer::SqrtMaxScale{0.2}, optimizer::DecoupledDecay{0.1}};

}  // namespace

TEST_CASE("a step on many ranks is the step of the whole") {
  const Mpi comm;
  const auto close = [](const Eigen::MatrixXd& mine, const Eigen::MatrixXd& right, double apart) {
    CHECK((mine - right).norm() <= apart);
  };
  for (const Axis axis : {Axis::rows, Axis::cols}) {
    step_both(comm, muon, 60, 24, axis, close);
    auto stored_in_out = muon;
    stored_in_out.orientation = optimizer::Orientation::in_out;
    step_both(comm, stored_in_out, 24, 60, axis, close);
    // Of the whole direction's norm and the whole shape; three rows on more ranks leave some empty.
    step_both(comm,
              Recipe{optimizer::Filtered{Filter{chains::high_pass(1)}}, optimizer::Ema{0.9},
                     optimizer::RmsScale{0.2}},
              3, 40, axis, close);
  }
}

TEST_CASE("a step without a filter is the same to the last bit") {
  const Mpi comm;
  const Recipe adamw{optimizer::Identity{}, optimizer::RmsNormalized{}, optimizer::Unscaled{},
                     optimizer::DecoupledDecay{0.01}};
  const auto same = [](const Eigen::MatrixXd& mine, const Eigen::MatrixXd& right,
                       double /*apart*/) { CHECK(mine == right); };
  step_both(comm, adamw, 9, 5, Axis::rows, same);
  step_both(comm, adamw, 9, 5, Axis::cols, same);
}

TEST_CASE("a step within a tolerance keeps it, and its warm start is every rank's") {
  const Mpi comm;
  const Tolerance tolerance{1e-3, Method::low_rank};
  const Recipe pion_within{optimizer::FilteredWithin{Filter{chains::high_pass(1)}, tolerance},
                           momentum, optimizer::FixedScale{1.0}};
  std::mt19937_64 random(8);
  const Part part = chunk(64, comm.size(), comm.rank());
  const Eigen::MatrixXd gradient = gaussian(40, 2, random) * gaussian(2, 64, random);
  const Eigen::MatrixXd local = part_of(gradient, Axis::cols, part);
  Eigen::MatrixXd mine = Eigen::MatrixXd::Zero(40, part.size);
  auto state = optimizer::initial_state(pion_within, mine);
  optimizer::StepWorkspace workspace;
  const auto info =
      distributed::step(comm, pion_within, sharded(mine, Axis::cols, 64, part.offset),
                        sharded(local, Axis::cols, 64, part.offset), 1.0, state, workspace);
  CHECK(info.direction.compressed);
  const auto right = reference::expected<double>(Filter{chains::high_pass(1)},
                                                 gradient.cast<reference::Real>(), Method::dense);
  const Eigen::MatrixXd exact = part_of(right.value.cast<double>(), Axis::cols, part);
  CHECK(distributed::detail::norm_over_ranks(comm, (mine + exact).norm()) <= 1e-3);
  REQUIRE(state.warm_start.directions() > 0);
  for (const double value : distributed::detail::gathered(comm, state.warm_start.values()[0])) {
    CHECK(value == state.warm_start.values()[0]);
  }
}

TEST_CASE("one rank's trouble stops a step on all, and nothing has changed on any") {
  const Mpi comm;
  const Part part = chunk(30, comm.size(), comm.rank());
  const bool last = part.offset <= 29 && 29 < part.offset + part.size;
  const Eigen::MatrixXd before = Eigen::MatrixXd::Constant(part.size, 8, 0.5);
  Eigen::MatrixXd mine = before;
  auto undecayed = muon;
  undecayed.decay.rate = 0.0;
  auto state = optimizer::initial_state(undecayed, mine);
  const auto untouched = state;
  optimizer::StepWorkspace workspace;
  const auto take = [&](const Eigen::MatrixXd& gradient, double rate) {
    return distributed::step(comm, undecayed, sharded(mine, Axis::rows, 30, part.offset),
                             sharded(gradient, Axis::rows, 30, part.offset), rate, state,
                             workspace);
  };
  const auto refused_with = [&](double entry, optimizer::Outcome why) {
    Eigen::MatrixXd gradient = Eigen::MatrixXd::Ones(part.size, 8);
    if (last) gradient(29 - part.offset, 3) = entry;
    CHECK(take(gradient, 0.1).outcome == why);
    CHECK(mine == before);
    CHECK(state.momentum == untouched.momentum);
    CHECK(state.steps == 0);
  };
  refused_with(std::nan(""), optimizer::Outcome::gradient_not_finite);
  refused_with(std::numeric_limits<double>::infinity(), optimizer::Outcome::gradient_not_finite);
  mine.setConstant(1.0);  // an entry of the direction is about .06, and the scale's factor 1
  if (last) mine(29 - part.offset, 0) = -(std::numeric_limits<double>::max)();
  const Eigen::MatrixXd large = mine;
  CHECK(take(Eigen::MatrixXd::Ones(part.size, 8), 1e308).outcome ==
        optimizer::Outcome::result_not_finite);
  CHECK(mine == large);
  CHECK(state.steps == 0);

  const Eigen::MatrixXd gradient = Eigen::MatrixXd::Ones(part.size, 8);
  const std::string own = "rank " + std::to_string(comm.size() - 1) + ": step: the learning rate";
  const bool odd_one = comm.rank() == comm.size() - 1;
  CHECK_THROWS_WITH(take(gradient, odd_one ? -1.0 : 0.1), has_text(own));
  if (comm.size() > 1) {
    CHECK_THROWS_WITH(take(gradient, odd_one ? 0.2 : 0.1),
                      has_text("makes another call than rank 0"));
  }
  CHECK(mine == large);
}
