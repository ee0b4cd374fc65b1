// SPDX-License-Identifier: Apache-2.0
// Covers optimizer/parts/basis.hpp, optimizer/parts/dion.hpp, optimizer/parts/largest_slices.hpp,
// optimizer/parts/conda.hpp, optimizer/parts/soap.hpp, optimizer/parts/shampoo.hpp,
// optimizer/parts/gum.hpp, optimizer/parts/lora_pre.hpp, optimizer/parts/loss_modes.hpp,
// optimizer/parts/compressors.hpp, optimizer/parts/error_feedback.hpp,
// optimizer/parts/state_codec.hpp, optimizer/parts/sketched_polar.hpp, optimizer/presets/bases.hpp,
// detail/qr.hpp, detail/qr_by_eigen.hpp.
// The published optimisers that keep a basis, a selection, an estimate or codes: as family.cpp.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <pion/optimizer/presets/bases.hpp>

#include "support/anchors.hpp"

using namespace pion;
using namespace pion::optimizer;
using anchors::decayed;
using anchors::exact;
using anchors::Member;
using Eigen::MatrixXd;

namespace {

/// A buffer <- size sin(1 + 3 a + step b), in place of a draw.
void set_sines(Eigen::Ref<MatrixXd> buffer, double size, double step) {
  buffer = MatrixXd::NullaryExpr(buffer.rows(), buffer.cols(), [=](Index a, Index b) {
    return size * std::sin(1.0 + 3.0 * static_cast<double>(a) + step * static_cast<double>(b));
  });
}

template <class Recipe>
Recipe in_blocks_of_four(Recipe recipe) {
  recipe.momentum.codec.block = 4;
  return recipe;
}

const std::vector<Member>& members() {
  static const auto loss = [](int t) { return std::optional<double>(2.0 / t); };
  static const std::vector<Member> all = {
      {"conda",
       decayed(presets::conda({0.9, 0.999, 1e-8, 2, 1.0})),
       {.772592747, -.534110074, 2.526353943},
       {.748187817, 1.964513105, 2.534725613},
       true,
       true},
      {"soap",
       decayed(presets::soap({0.95, 0.95, 0.95, 1e-8, 2})),
       {.838729200, -.400948670, 2.425058357},
       {.813294671, 1.944702158, 2.456288627},
       true,
       true},
      // 1e-4 I is not as large as the gradients.
      {"shampoo",
       presets::shampoo(),
       {.822760888, -.403421687, 2.474782466},
       {.810961911, 1.943279111, 2.504580482},
       true,
       false},
      {"shampoo from nothing", presets::shampoo({1.0, 0.0}), {}, {}, true, true},
      {"dion",
       decayed(presets::dion(0.5)),
       {.766073340, -.594841517, 2.514408810},
       {.783900798, 1.834976617, 2.449833180},
       false,
       true,
       [](anchors::State& state) { set_sines(state.parts[0].values, 1.0, 1.0); }},
      {"dion2",
       decayed(presets::dion2(0.5, exact)),
       {.789657554, -.491664544, 2.488679110},
       {.797676346, 1.828702448, 2.499885039},
       false,
       true},
      {"nordion2", decayed(presets::nordion2(0.5, exact)), {}, {}, false, true},
      {"specmuon",
       presets::specmuon(2),
       {.796139885, -.753528155, 2.579172734},
       {.776371235, 2.290170900, 2.552609345},
       true,
       true,
       [](anchors::State&) {},
       loss},
      {"ef21",
       presets::ef21_muon(SendSigns{}, exact),
       {.768049014, -.468495773, 2.535075692},
       {.724617778, 1.977736370, 2.589460353},
       true,
       true},
      {"gum low",
       presets::gum(0.0, 2, 0, exact),
       {.778970957, -.489425895, 2.568375738},
       {.801761662, 1.912088852, 2.561615722},
       false,
       true},
      {"gum full",
       presets::gum(1.0, 2, 0, exact),
       {.831103773, -.191897038, 2.382051090},
       {.839453345, 1.802622854, 2.461994778},
       false,
       true},
      // Its ridge and its first factors are not as large as the gradients.
      {"lora_pre",
       decayed(presets::lora_pre(2)),
       {-1.286573939, -2.404009021, 2.913445759},
       {1.061123127, 2.154830415, 2.657778175},
       false,
       false,
       [](anchors::State& state) {
         set_sines(state.parts[1].values, 0.02, 2.0);
         set_sines(state.parts[3].values, 0.02, 2.0);
       }},
      {"lora_pre_muon", presets::lora_pre_muon(2, 3, exact), {}, {}, false, {}},
      {"8-bit muon", in_blocks_of_four(presets::muon_8bit(exact)), {}, {}, false, true},
      {"sketched muon", presets::muon_sketched(Sketch::columns, 0, exact), {}, {}, false, true},
  };
  return all;
}

}  // namespace

TEST_CASE("three steps of each optimiser with a basis give the numbers that are known") {
  for (const Member& member : members()) anchors::check_known(member);
}

TEST_CASE("five steps with a basis that changes are those of a plain transcription") {
  using anchors::after_five;
  using anchors::check_known;
  check_known(after_five("soap renewing", decayed(presets::soap({0.95, 0.95, 0.95, 1e-8, 2})),
                         {.814093835, -.611686432, 2.350062493},
                         {.808250157, 2.013275350, 2.410124658}));
  check_known(after_five("soap one side", decayed(presets::soap({0.95, 0.95, 0.95, 1e-8, 2, 3})),
                         {.821891311, -.752973928, 2.410453875},
                         {.883053874, 1.880641433, 2.407826799}));
  check_known(after_five("nordion2", decayed(presets::nordion2(0.5, exact)),
                         {.790441540, -.656099476, 2.441797675},
                         {.804470126, 1.930458806, 2.473265708}));
  check_known(after_five("8-bit muon", in_blocks_of_four(presets::muon_8bit(exact)),
                         {.794994745, -.394081418, 2.412404013},
                         {.799725183, 1.870710253, 2.444840347}));
  check_known(after_five("ef21 largest", presets::ef21_muon(SendLargest{0.3}, exact),
                         {.711247176, -.602143106, 2.568163728},
                         {.651364274, 2.079491006, 2.676512764}));
  check_known(after_five("ef21 rank one", presets::ef21_muon(SendRank{1}, exact),
                         {.718002669, -.553562334, 2.584711934},
                         {.647239348, 2.131289365, 2.679108463}));
  check_known(after_five("shampoo mean", presets::shampoo({0.9, 0.0, -0.25, 2}),
                         {.840892695, -.472288565, 2.494526716},
                         {.822388705, 2.116209145, 2.531357955}));
  auto low = presets::gum(0.0, 2, 0, exact), full = presets::gum(1.0, 2, 0, exact);
  low.rule.every = 2;
  full.rule.every = 3;
  check_known(after_five("gum low periods", low, {.856285224, -.688674753, 2.577335987},
                         {.837310322, 2.116577780, 2.567522688}));
  check_known(after_five("gum full periods", full, {.802240027, -.152207405, 2.338287360},
                         {.833401483, 1.816458633, 2.471507034}));
}

TEST_CASE("identities that optimisers with a basis obey") {
  const auto same = [](const Member& a, const Member& b, Index rows, Index cols, double tolerance) {
    anchors::Run one(a, anchors::first_weights(rows, cols)), other(b, one.w);
    for (const MatrixXd& g : anchors::random_gradients(rows, cols, 3)) {
      one.step(g);
      other.step(g);
    }
    INFO(a.name << " " << b.name << " " << rows << "x" << cols);
    CHECK((one.w - other.w).norm() <= tolerance);
  };
  constexpr double rounding = 1e-12;  // some hundred operations, a condition of about ten
  const Member polar{"polar", Recipe{exact, NoMomentum{}}};
  for (const auto& [rows, cols] : {std::pair<Index, Index>{6, 4}, {4, 6}}) {
    const Recipe heavy{exact, HeavyBall{0.95}, SpectralScale{}, DecoupledDecay{0.01}};
    same({"dion2 of all", presets::dion2(1.0, exact)}, {"heavy ball", heavy}, rows, cols, rounding);
    same({"shampoo of one gradient", presets::shampoo({0.0, 0.0})}, polar, rows, cols, rounding);
    same({"ef21 of all", presets::ef21_muon(SendAll{}, exact)},
         {"ef21 of full rank", presets::ef21_muon(SendRank{4}, exact)}, rows, cols, rounding);
    // The momentum of a Dion of full rank is M <- mu (M + G).
    const Member dion{"dion", presets::dion(1.0, 9)};
    anchors::Run run(dion, anchors::first_weights(rows, cols));
    MatrixXd expected = MatrixXd::Zero(rows, cols);
    for (const MatrixXd& g : anchors::random_gradients(rows, cols, 8)) {
      run.step(g);
      expected = 0.95 * (expected + g);
    }
    CHECK((run.state.momentum - expected).norm() <= rounding * expected.norm());
    // A gradient of zeros captures nothing, and the subspace stays.
    anchors::Run still(dion, MatrixXd::Zero(rows, cols));
    const State<double> before = still.state;
    still.step(MatrixXd::Zero(rows, cols));
    CHECK(anchors::same_bits(still.state.parts[0].values, before.parts[0].values));
  }

  const MatrixXd zero = MatrixXd::Zero(5, 3), g = anchors::random_gradients(5, 3, 4)[0];
  const Member conda{"conda", presets::conda()};
  anchors::Run first(conda, zero);
  first.step(g);
  CHECK(std::fabs(first.w.norm() - anchors::rate * std::sqrt(15.0)) <= 1e-6);
  const Member lora{"lora_pre", presets::lora_pre(2)},
      adam{"adam", Recipe{Identity{}, RmsNormalized{0.9, 0.999, 1e-8}}};
  anchors::Run second(lora, zero), third(adam, zero);
  second.step(g);
  third.step(g);
  CHECK((second.w - third.w).norm() <= 1e-12);
}

TEST_CASE("a rule in a sketch sees the sketch's subspace, for every shape") {
  for (const Sketch sketch : {Sketch::columns, Sketch::gaussian}) {
    for (const auto& [rows, cols] : {std::pair<Index, Index>{8, 11}, {11, 8}}) {
      const Member member{"sketched",
                          Recipe{SketchedPolar<Polar>{exact, 3, sketch, 2}, NoMomentum{}}};
      anchors::Run run(member, MatrixXd::Zero(rows, cols));
      // A matrix of rank 3 lies in any sketch of 3 columns: its polar factor is found whole.
      const MatrixXd g =
          anchors::random_gradients(rows, 3, 1)[0] * anchors::random_gradients(3, cols, 2)[0];
      REQUIRE(run.step(g).taken());
      MatrixXd polar = g;
      pion::detail::exact_polar(engine::View<double>(polar.data(), rows, cols));
      CHECK((run.w + anchors::rate * polar).norm() <= 1e-12);
    }
  }
}

TEST_CASE("a codec's numbers come back, each within half a step of its block") {
  MatrixXd x = anchors::random_gradients(7, 5, 6)[0];
  x.row(2).setZero();
  const Int8Blocks codec{5};  // a block is a row
  std::vector<std::int8_t> codes(35);
  std::vector<double> scales(7);
  const engine::View<double> from(x.data(), 7, 5);
  codec.encode(from, codes.data(), scales.data());
  MatrixXd back(7, 5);
  codec.decode(codes.data(), scales.data(), engine::View<double>(back.data(), 7, 5));
  for (Index i = 0; i < 7; ++i) {
    const double step = x.row(i).cwiseAbs().maxCoeff() / 127.0;
    CHECK((back.row(i) - x.row(i)).cwiseAbs().maxCoeff() <= 0.5 * step * (1 + 1e-12));
    CHECK(std::fabs(back.row(i).cwiseAbs().maxCoeff() - 127.0 * step) <= 1e-15);
  }
  CHECK(back.row(2).isZero(0));
  CHECK(state_bytes(initial_state<float>(presets::muon_8bit(), 64, 64)) == 4096 + 2 * 4);

  std::vector<std::int8_t> halves(70);
  Bfloat16{}.encode(from, halves.data(), scales.data());
  Bfloat16{}.decode(halves.data(), scales.data(), engine::View<double>(back.data(), 7, 5));
  CHECK(((back - x).array().abs() <= x.array().abs() * 0x1p-8).all());
}

TEST_CASE("contractive compressors are contractive, and keep what they say") {
  Workspace workspace;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{6, 4}, {3, 8}, {1, 1}}) {
    const MatrixXd x = anchors::random_gradients(rows, cols, 9)[0];
    MatrixXd y;
    const auto rest = [&x, &y, &workspace](const auto& compressor) {
      y = x;
      compressor.template compress<DefaultEngine>(
          engine::View<double>(y.data(), y.rows(), y.cols()), workspace);
      return (y - x).squaredNorm() / x.squaredNorm();
    };
    const auto count = static_cast<double>(x.size());
    CHECK(rest(SendAll{}) == 0.0);
    CHECK(rest(SendLargest{0.25}) <= 0.75);
    CHECK((y.array() != 0.0).count() == static_cast<Index>(std::ceil(0.25 * count)));
    CHECK(rest(SendRank{1}) <= 1.0 - 1.0 / static_cast<double>((std::min)(rows, cols)) + 1e-15);
    CHECK(rest(SendSigns{}) <= 1.0 - 1.0 / count + 1e-15);
  }
  // Of equal sizes the first stay.
  MatrixXd ties = MatrixXd::Ones(2, 3), expected = MatrixXd::Zero(2, 3);
  SendLargest{0.5}.compress<DefaultEngine>(engine::View<double>(ties.data(), 2, 3), workspace);
  expected(0, 0) = expected(1, 0) = expected(0, 1) = 1.0;
  CHECK(ties == expected);
}

TEST_CASE("a recipe that follows the loss is refused without one") {
  Member member{"specmuon", presets::specmuon(2)};
  anchors::Run run(member, anchors::first_weights(3, 4));
  CHECK_THROWS_WITH(run.step(anchors::gradient(3, 4, 1)),
                    "step: this recipe needs StepInputs::loss, which the call does not give");
  member.loss = [](int) { return std::optional<double>(-1.0); };
  CHECK_THROWS_WITH(run.step(anchors::gradient(3, 4, 1)),
                    "step: StepInputs::loss is -1; it must be finite and not negative");
  CHECK(run.state.steps == 0);
  CHECK(run.w == anchors::first_weights(3, 4));
}

TEST_CASE(
    "optimisers with a basis commute with transposition and ignore the size of gradients, or "
    "do not") {
  for (const Member& member : members()) anchors::check_symmetries(member);
}

TEST_CASE("a refused step changes none of the bases, and a saved state goes on") {
  for (const Member& member : members()) anchors::check_state(member);
}

TEST_CASE("steps with a basis do not depend on where memory lies") {
  for (const Member& member : members()) anchors::check_addresses(member);
}

TEST_CASE("columns that nearly depend on each other become orthonormal, and dependent ones zero") {
  MatrixXd p = MatrixXd::NullaryExpr(12, 4, [](Index a, Index b) {
    return std::sin(1.3 * static_cast<double>((a + 1) * (b + 1)));
  });
  // One pass would leave epsilon / 1e-10 of the first column in the second.
  p.col(1) = p.col(0) + 1e-10 * p.col(1);
  p.col(3) = 2.0 * p.col(0) - p.col(2);
  pion::detail::orthonormalize_columns(engine::View<double>(p.data(), p.rows(), p.cols()));
  const MatrixXd gram = p.transpose() * p;
  const double rounding = 12 * std::numeric_limits<double>::epsilon();
  CHECK((gram.topLeftCorner(3, 3) - Eigen::Matrix3d::Identity()).norm() <= rounding);
  CHECK(p.col(3).isZero(0));
}

TEST_CASE(
    "GUM's momentum is weighed by the chance of its period, and a rest that is rounding is 0") {
  const MatrixXd g = Eigen::Vector3d(3.0, 1.0, 0.0).asDiagonal();
  const auto momentum_of = [&](double full_probability, const MatrixXd& gradient, MatrixXd& w) {
    const auto recipe = presets::gum(full_probability, 1);
    w = MatrixXd::Zero(3, 3);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    REQUIRE(step(recipe, w, gradient, 1.0, state, workspace).taken());
    return state.momentum.norm();
  };
  MatrixXd w;
  CHECK(std::fabs(momentum_of(0.0, g, w) - 3.0) <= 1e-14);  // P^T G
  CHECK(std::fabs(momentum_of(1.0, g, w) - 1.0) <= 1e-14);  // G - P P^T G
  const double half = momentum_of(0.5, g, w);               // either, twice
  CHECK((std::fabs(half - 6.0) <= 1e-13 || std::fabs(half - 2.0) <= 1e-13));
  MatrixXd one = MatrixXd::Zero(3, 3);
  one.row(0) << 0.1, 0.2, 0.3;
  one.row(1) = 0.7 * one.row(0);
  CHECK(momentum_of(1.0, one, w) == 0.0);
  CHECK(w.isZero(0));
}

TEST_CASE("a sketch draws other columns in each step, and is none where the matrix is small") {
  const MatrixXd g = MatrixXd::Identity(8, 11);  // its polar factor in columns j is 1 at (j, j)
  const auto drawn = [&](Index whole_up_to, int steps) {
    const Recipe recipe{SketchedPolar<Polar>{exact, 3, Sketch::columns, whole_up_to}, NoMomentum{}};
    MatrixXd w = MatrixXd::Zero(8, 11);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    for (int t = 0; t < steps; ++t) REQUIRE(step(recipe, w, g, 1.0, state, workspace).taken());
    return Eigen::VectorXd(-w.diagonal());
  };
  const Eigen::VectorXd once = drawn(2, 1), often = drawn(2, 40);
  CHECK(once.sum() <= 3.0 + 1e-12);
  // In forty steps each column comes 40 * 3 / 11 times: none is left out, none comes always.
  CHECK(often.minCoeff() >= 1.0);
  CHECK(often.maxCoeff() <= 30.0);
  CHECK((drawn(100, 1) - Eigen::VectorXd::Ones(8)).norm() <= 1e-12);
}

TEST_CASE("the largest slices are those of the largest sum of sizes") {
  MatrixXd g = MatrixXd::Zero(2, 3);
  g(0, 0) = 3.0;              // the longer row
  g.row(1).setConstant(1.2);  // the one with the larger sum
  const auto recipe = presets::dion2(0.5);
  MatrixXd w = MatrixXd::Zero(2, 3);
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  REQUIRE(step(recipe, w, g, 1.0, state, workspace).taken());
  CHECK(w.row(0).isZero(0));
  CHECK(w.row(1).norm() > 0.1);
}
