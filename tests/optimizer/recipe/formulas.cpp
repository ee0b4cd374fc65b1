// SPDX-License-Identifier: Apache-2.0
// Covers its own header, and the parts where a formula's edge shows in no published anchor: numbers
// that are 0, clamps that bind, rows that are constant.

#include <cmath>
#include <utility>

#include <pion/optimizer/parts/adaptive_scale.hpp>
#include <pion/optimizer/parts/column_damping.hpp>
#include <pion/optimizer/parts/direction_scale.hpp>
#include <pion/optimizer/parts/input_transforms.hpp>
#include <pion/optimizer/parts/norm_rules.hpp>
#include <pion/optimizer/parts/second_moment.hpp>
#include <pion/optimizer/parts/variance_reduction.hpp>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/step.hpp>

#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;

namespace {

/// The direction that parts make of a gradient in their first step, and the state that they leave.
template <class Parts>
struct First {
  Eigen::MatrixXd direction;
  State<double> state;

  First(const Parts& parts, const Eigen::MatrixXd& gradient) {
    const Recipe recipe{Sequence{Identity{}, parts}, NoMomentum{}};
    Eigen::MatrixXd w = Eigen::MatrixXd::Zero(gradient.rows(), gradient.cols());
    state = initial_state(recipe, w);
    StepWorkspace workspace;
    REQUIRE(step(recipe, w, gradient, 1.0, state, workspace).taken());
    direction = -w;
  }
};

}  // namespace

TEST_CASE("the sign of 0 is 0, and a clipped number keeps its sign") {
  CHECK(formulas::SignOf{}(0.0) == 0.0);
  CHECK(formulas::SignOf{}(-0.0F) == 0.0F);
  CHECK(formulas::SignOf{}(-3.0) == -1.0);
  CHECK(formulas::SignOf{}(1e-300) == 1.0);
  CHECK(formulas::clipped(-3.0, 2.0) == -2.0);
  CHECK(formulas::clipped(3.0, 2.0) == 2.0);
  CHECK(formulas::clipped(-1.0, 2.0) == -1.0);
}

TEST_CASE("a root is kept from 0 where its epsilon says, and 0 over 0 is 0") {
  const auto quotient = [](double o, double v, double epsilon, Epsilon at) {
    return formulas::MeanSquare{0.5, epsilon, at}.quotient(o, v);
  };
  CHECK(quotient(6.0, 4.0, 1.0, Epsilon::outside) == 2.0);
  CHECK(quotient(6.0, 3.0, 1.0, Epsilon::inside) == 3.0);
  CHECK(quotient(6.0, 1.0, 4.0, Epsilon::clamp) == 3.0);
  CHECK(quotient(6.0, 9.0, 4.0, Epsilon::clamp) == 2.0);
  for (const Epsilon at : {Epsilon::outside, Epsilon::inside, Epsilon::clamp}) {
    CHECK(quotient(0.0, 0.0, 0.0, at) == 0.0);
  }
  CHECK(formulas::MeanSquare{0.75, 0.0, Epsilon::outside}.next(8.0, 4.0) == 7.0);
}

TEST_CASE("a direction that vanishes is not resized") {
  CHECK(formulas::Resize{Renormalize::norm, 0.2, 0.0}.factor(3.0, 0.0, 6.0) == 1.0);
  CHECK(formulas::Resize{Renormalize::norm, 0.2, 1.0}.factor(3.0, 2.0, 6.0) == 1.0);
  CHECK(formulas::Resize{Renormalize::rms, 0.5, 0.0}.factor(3.0, 4.0, 16.0) == 0.5);
  CHECK(formulas::Resize{Renormalize::none, 0.5, 0.0}.factor(3.0, 4.0, 16.0) == 1.0);
}

TEST_CASE("adaptive lengths keep to their clamps, and no column decays by more than all") {
  double number = 0.0, adaptive = 0.0;
  const formulas::StepSizes sizes{0.5, 1.0, 3.0, 3.0, 100.0};
  // a = lr (the corrections of step 1 cancel), and .5 * 1 * 10 is clamped.
  CHECK(formulas::Namo{1.0, 0.0, 0.0, 0.0}(number, sizes, adaptive) == 1.0);
  CHECK(std::fabs(adaptive - 0.5) <= 1e-12);
  CHECK(number == 9.0);
  number = 0.0;
  CHECK(formulas::AdaGradNorm{2.0, 0.0}(number, sizes, adaptive) == 0.5);
  CHECK(number == 4.0);
  CHECK(formulas::AdaGradNorm{2.0, 0.75}(number, sizes, adaptive) == 0.75);
  CHECK(formulas::AdaptiveRetention{0.25}(0.5) == 0.875);
  CHECK(formulas::AdaptiveRetention{0.25}(3.0) == 0.75);
  CHECK(formulas::AdaptiveRetention{2.0}(1.0) == 0.0);
}

TEST_CASE("a second moment is a mean: over a row, a column or the long side") {
  const Eigen::MatrixXd g = (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished();
  SecondMoment moment;
  const auto left = [&](const SecondMoment& part) {
    return Eigen::MatrixXd(First<SecondMoment>(part, g).state.parts.at(0).values);
  };
  const double share = 1.0 - moment.beta;
  const auto near_to = [](const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    return a.rows() == b.rows() && (a - b).norm() <= 1e-15 * b.norm();
  };
  CHECK(near_to(left(moment), share * g.rowwise().squaredNorm() / 3.0));
  for (const Granularity across : {Granularity::column, Granularity::long_side}) {
    moment.granularity = across;
    CHECK(near_to(left(moment), share * g.colwise().squaredNorm().transpose() / 2.0));
  }
}

TEST_CASE("a constant row is standardised to 0, whatever its mean rounds to") {
  Eigen::MatrixXd g = Eigen::MatrixXd::Constant(3, 7, 0.1);
  g.row(1) << 1, 2, 3, 4, 5, 6, 7;
  g.row(2).setZero();
  const Eigen::MatrixXd o = First<StandardizeRows>(StandardizeRows{}, g).direction;
  CHECK(o.row(0).isZero(0));
  CHECK(std::fabs(o(1, 6) - 1.5) <= 1e-15);
  CHECK(o.row(2).isZero(0));
}

TEST_CASE("a column is damped to no less than the least factor") {
  const ColumnDamping damping;
  CHECK(damping.factor(1e9, 1e-9) == damping.least);
  CHECK(damping.factor(0.0, 1.0) == 1.0);
  CHECK(std::fabs(damping.factor(1.0, 1.0 - damping.epsilon) - 1.0 / (1.0 + std::log(2.0))) <=
        1e-15);
}

TEST_CASE("a scale that looks at the whole tells the norm of what it did") {
  const Eigen::MatrixXd g = (Eigen::MatrixXd(2, 3) << 1, -2, 3, 4, 5, -6).finished();
  const double rate = 0.25;
  const auto told = [&](const auto& recipe) {
    Eigen::MatrixXd w = Eigen::MatrixXd::Zero(2, 3);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    const StepInfo info = step(recipe, w, g, rate, state, workspace);
    CHECK(std::fabs(info.update_norm - w.norm()) <= 1e-15 * w.norm());
    return w;
  };
  // The signs, as long as the gradient.
  const Eigen::MatrixXd w = told(Recipe{SignRule{false}, NoMomentum{}, InputNormScale{}});
  CHECK((w + rate * g.norm() / std::sqrt(6.0) * g.cwiseSign()).norm() <= 1e-15 * w.norm());
  told(Recipe{Identity{}, Ema{0.95}, NamoColumnScale{}, AdaptiveDecay{0.1}});
  told(Recipe{Identity{}, Ema{0.95}, NamoScale{}, AdaptiveDecay{0.1}});
  told(Recipe{Identity{}, Ema{0.95}, AdaGradNormScale{}, DecoupledDecay{}});
}

TEST_CASE("a direction of zeros leaves the parameter where the scale says so, decay and all") {
  const Recipe recipe{Identity{}, Ema{0.95}, CoshScale<>{}, DecoupledDecay{0.5}};
  const Eigen::MatrixXd start = Eigen::MatrixXd::Ones(2, 3);
  Eigen::MatrixXd w = start;
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  CHECK(step(recipe, w, Eigen::MatrixXd::Zero(2, 3), 0.1, state, workspace).taken());
  CHECK(w == start);
  CHECK(state.steps == 1);
}

TEST_CASE("a given gradient lies as the parameter does") {
  const Eigen::MatrixXd g = (Eigen::MatrixXd(2, 3) << 1, -2, 3, 4, 5, -6).finished();
  const Eigen::MatrixXd before = (Eigen::MatrixXd(2, 3) << 2, 1, -1, 0, 3, 5).finished();
  const VarianceReduced given{0.5, 0.75, Previous::given, false};  // weight 1.5
  const auto moved = [&](Orientation orientation, const Eigen::MatrixXd& gradient,
                         Eigen::MatrixXd previous) {
    const Recipe recipe{Identity{}, given, Unscaled{}, DecoupledDecay{}, orientation};
    Eigen::MatrixXd w = Eigen::MatrixXd::Zero(gradient.rows(), gradient.cols());
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    StepInputs<double> inputs;
    inputs.previous_gradient.emplace(
        any_map(std::as_const(previous).data(), w.rows(), w.cols(), Index(1), w.rows()));
    REQUIRE(step(recipe, w, gradient, 1.0, state, workspace, inputs).taken());
    return w;
  };
  const Eigen::MatrixXd want = -(g + 1.5 * (g - before));
  CHECK(moved(Orientation::out_in, g, before) == want);
  CHECK(moved(Orientation::in_out, g.transpose(), before.transpose()) == want.transpose());
}
