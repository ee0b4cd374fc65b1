// SPDX-License-Identifier: Apache-2.0
// Covers optimizer/parts/second_moment.hpp, optimizer/parts/adaptive_scale.hpp,
// optimizer/parts/column_damping.hpp, optimizer/parts/direction_scale.hpp,
// optimizer/parts/input_transforms.hpp, optimizer/parts/variance_reduction.hpp,
// optimizer/parts/norm_rules.hpp, optimizer/parts/polar_rule.hpp, optimizer/presets/adaptive.hpp,
// optimizer/presets/norms.hpp, optimizer/presets/gradients.hpp. The published optimisers that keep
// no basis: three steps of each against numbers that an independent float64 program gave, with the
// exact polar factor; and the laws of them all.

#include <pion/optimizer/presets/adaptive.hpp>
#include <pion/optimizer/presets/gradients.hpp>
#include <pion/optimizer/presets/norms.hpp>

#include "support/anchors.hpp"

using namespace pion;
using namespace pion::optimizer;
using anchors::decayed;
using anchors::exact;
using anchors::Member;

namespace {

template <class Recipe>
Recipe without_epsilon(Recipe recipe) {
  recipe.momentum.epsilon = 0.0;
  return recipe;
}

const std::vector<Member>& members() {
  // Each with what it gives for 4x3 and for 3x4; then whether it commutes with transposition, and
  // whether it ignores the size of the gradients.
  static const std::vector<Member> all = {
      {"jordan",
       Recipe{exact, Ema{0.95, true}, JordanScale{}, DecoupledDecay{0.1}},
       {.783123126, -.470735784, 2.452361648},
       {.773236002, 1.972373255, 2.493989791},
       false,
       true},
      {"moonlight",
       Recipe{exact, HeavyBall{0.95, true}, SqrtMaxScale{0.2}, DecoupledDecay{0.1}},
       {.813050220, -.363256067, 2.440051955},
       {.806641556, 1.849515477, 2.452518662},
       true,
       true},
      {"optax",
       decayed(presets::muon_optax(exact)),
       {.792152235, -.448453028, 2.446210009},
       {.766991520, 2.006850091, 2.500111319},
       false,
       true},
      {"normuon",
       decayed(presets::normuon(exact)),
       {.790178647, -.517487321, 2.453288067},
       {.773236002, 1.972373255, 2.493989791},
       false,
       true},
      // The norm of the wide case is that of two independent programs.
      {"normuon long side",
       decayed(presets::normuon_long_side(exact)),
       {.790178647, -.517487321, 2.453288067},
       {.771908655, 1.926739861, 2.491913618},
       false,
       true},
      {"normuon paper",
       decayed(presets::normuon_paper(exact)),
       {.810391774, -.382379692, 2.445562991},
       {.801200018, 1.846974243, 2.460454049},
       false,
       true},
      {"adamuon",
       decayed(presets::adamuon(exact)),
       {.821872116, -.326256296, 2.461351057},
       {.817809079, 1.787877842, 2.454503251},
       true,
       true},
      {"trasmuon",
       decayed(presets::trasmuon(exact)),
       {.779281792, -.508299698, 2.466618538},
       {.749537888, 1.966597998, 2.510926988},
       false,
       true},
      {"namo",
       presets::namo(exact),
       {.799628564, -.377352194, 2.440534004},
       {.785800195, 1.865223791, 2.458848464},
       true,
       true},
      {"namo_d",
       presets::namo_d(exact),
       {.800118504, -.373950363, 2.441435433},
       {.785805568, 1.865003357, 2.458279221},
       false,
       true},
      {"adago",
       presets::adago(exact),
       {.806799315, -.398260937, 2.490812814},
       {.796194385, 1.913682349, 2.516783357},
       true,
       false},
      {"auon",
       decayed(presets::auon()),
       {.825075843, -.318620442, 2.440490297},
       {.825071881, 1.779452231, 2.434029024},
       true,
       false},
      {"auon paper",
       decayed(presets::auon_paper()),
       {.810544650, -.364994210, 2.451573564},
       {.814259383, 1.814672604, 2.452196989},
       false,
       true},
      {"polargrad",
       decayed(presets::polargrad(exact)),
       {.817290211, -.338590667, 2.440916660},
       {.814668063, 1.812905675, 2.445191558},
       true,
       false},
      {"polargrad polar first",
       decayed(presets::polargrad_polar_first(exact)),
       {.817157553, -.353333746, 2.440676920},
       {.808339364, 1.833865574, 2.444760743},
       true,
       false},
      {"swan",
       presets::swan(exact),
       {.796827096, -.310931263, 2.456322768},
       {.770019160, 1.794391814, 2.476665961},
       false,
       true},
      {"muon_mvr1",
       decayed(presets::muon_mvr1(0.025, exact)),
       {.811196417, -.363884750, 2.441677578},
       {.805347577, 1.848632023, 2.454559872},
       true,
       true},
      {"root",
       presets::root(exact),
       {.812019562, -.357034468, 2.438274175},
       {.806685395, 1.843485112, 2.451463880},
       true,
       true},
      {"scion",
       presets::scion(2.0, 0.1, exact),
       {.606015275, -.586714027, 2.209043765},
       {.612621733, 1.867168191, 2.263142692},
       false,
       true},
      {"scion sign",
       presets::scion_sign(2.0),
       {.693039519, -.453418025, 2.211782536},
       {.700143686, 1.588466682, 2.199940769},
       false,
       true},
      {"muon_squared", without_epsilon(presets::muon_squared(exact)), {}, {}, false, true},
      {"scion columns", presets::scion_columns(2.0), {}, {}, false, true},
      {"scion rows", presets::scion_rows(2.0), {}, {}, false, true},
      {"scion bias", presets::scion_bias(2.0), {}, {}, true, true},
  };
  return all;
}

}  // namespace

TEST_CASE("three steps of each published optimiser give the numbers that are known") {
  for (const Member& member : members()) anchors::check_known(member);
}

TEST_CASE("five steps of what no other program has are those of a plain transcription") {
  using anchors::after_five;
  using anchors::check_known;
  check_known(after_five("muon_squared", decayed(presets::muon_squared(exact)),
                         {.759001702, -.660584753, 2.466833036},
                         {.780192034, 2.018322859, 2.510686942}));
  check_known(after_five("scion columns", presets::scion_columns(2.0),
                         {.629758045, -.533227329, 1.948504353},
                         {.626107149, 1.585097481, 1.963465896}));
  check_known(after_five("scion rows", presets::scion_rows(2.0),
                         {.617103920, -.522682381, 1.949135932},
                         {.631588207, 1.649542990, 1.983843253}));
  check_known(after_five("scion bias", presets::scion_bias(2.0),
                         {.570076495, -1.172840821, 2.157559357},
                         {.581326102, 2.317570321, 2.322591449}));
  check_known(after_five("auon hybrid", presets::auon_hybrid(exact),
                         {.797844339, -.517925763, 2.470340899},
                         {.807106467, 2.090540561, 2.536860606}));
  check_known(after_five("cautious", Recipe{exact, Ema{0.95}, Unscaled{}, CautiousDecay{0.1}},
                         {.760351062, -.557197425, 2.457813741},
                         {.775886186, 2.089775908, 2.556808767}));
  auto clamped = presets::namo_d(exact), longer = clamped;
  clamped.scale.clamp = 0.99;
  longer.scale.each.multiple = 6.0;
  check_known(after_five("namo_d clamped", clamped, {.795761838, -.388668668, 2.427469185},
                         {.785992966, 1.875994190, 2.450888386}));
  check_known(after_five("namo_d of long steps", longer, {.078664536, -2.714627093, 4.337544270},
                         {-.103995743, 5.295978188, 4.652866374}));
  Member mvr2 =
      after_five("mvr2", presets::muon_mvr2(0.1, exact), {.825130839, -.404004454, 2.467060510},
                 {.828324555, 1.924618204, 2.491266467});
  mvr2.needs_previous = true;
  check_known(mvr2);
}

TEST_CASE("identities that published optimisers obey") {
  const auto same = [](const Member& a, const Member& b, Index rows, Index cols, int steps,
                       double tolerance) {
    anchors::Run one(a, anchors::first_weights(rows, cols)), other(b, one.w);
    const auto all = anchors::random_gradients(rows, cols, 3);
    for (int t = 0; t < steps; ++t) {
      one.step(all[static_cast<std::size_t>(t)]);
      other.step(all[static_cast<std::size_t>(t)]);
    }
    INFO(a.name << " " << b.name);
    CHECK((one.w - other.w).norm() <= tolerance);
  };
  constexpr double rounding = 1e-13;  // some hundred operations on numbers of about 1
  const Member jordan{"jordan", Recipe{exact, Ema{0.95, true}, JordanScale{}}};
  // A row's moment is that of rows of norm 1: nothing, where the matrix is wide or square, but for
  // its epsilons of 1e-10.
  same({"normuon", presets::normuon(exact)}, jordan, 4, 7, 5, 1e-10);
  same({"normuon", presets::normuon(exact)}, jordan, 5, 5, 5, 1e-10);
  // Momentum over gradients of norm 1.
  same({"mvr", presets::muon_mvr1(0.0, exact)},
       {"of unit gradients",
        Recipe{exact, Sequence{VarianceReduced{0.0}, Ema{0.95}}, SqrtMaxScale{0.2}}},
       4, 6, 5, rounding);
  // The size of the input says nothing to an orthogonalisation.
  same({"ema", Recipe{exact, Ema{0.9}}}, {"heavy ball", Recipe{exact, HeavyBall{0.9}}}, 6, 4, 5,
       rounding);
  same({"corrected", Recipe{exact, CorrectedEma{0.9, false}}}, {"ema", Recipe{exact, Ema{0.9}}}, 6,
       4, 5, rounding);

  // First steps: AdaMuon's is .2 in each entry, NAMO's (1 + beta1) times the rate.
  const auto g = anchors::random_gradients(5, 3, 4)[0];
  const Eigen::MatrixXd zero = Eigen::MatrixXd::Zero(5, 3);
  const Member adamuon{"adamuon", presets::adamuon(exact)};
  anchors::Run first(adamuon, zero);
  first.step(g);
  CHECK((first.w.cwiseAbs().array() - 0.2 * anchors::rate).abs().maxCoeff() <= 1e-9);
  const Member namo{"namo", presets::namo(exact)};
  anchors::Run second(namo, zero);
  const StepInfo info = second.step(g);
  CHECK(std::fabs(info.update_norm -
                  1.95 * anchors::rate * 0.2 * std::sqrt(5.0) * std::sqrt(3.0)) <= 1e-7);
  // A constant direction with decay ends on the ball of radius scale / decay.
  const Member scion{"scion", presets::scion(2.0, 1.0, exact)};
  anchors::Run ball(scion, zero);
  for (int t = 0; t < 400; ++t) ball.step(g);
  Eigen::MatrixXd polar = g;
  pion::detail::exact_polar(engine::View<double>(polar.data(), 5, 3));
  CHECK((ball.w + 2.0 * std::sqrt(5.0 / 3.0) * polar).norm() <= 10 * std::pow(0.95, 400));
}

TEST_CASE("the size of numbers says nothing where a formula says so, near the ends of the range") {
  // SWAN's rows have a standard deviation of 1; their squares would leave the range.
  const Eigen::MatrixXf g = anchors::random_gradients(6, 9, 5)[0].cast<float>();
  Eigen::MatrixXf one(6, 9);
  for (const int exponent : {0, -100, 100}) {
    const Recipe recipe = presets::swan();
    Eigen::MatrixXf w = Eigen::MatrixXf::Zero(6, 9);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    REQUIRE(step(recipe, w, std::ldexp(1.0F, exponent) * g, 0.1, state, workspace).taken());
    if (exponent == 0) one = w;
    CHECK(w == one);
  }
  CHECK(one.norm() > 0.1F);

  // Signs agree or do not, however small the product of the numbers is.
  const Recipe cautious{Identity{}, NoMomentum{}, Unscaled{}, CautiousDecay{0.5}};
  Eigen::MatrixXf w = Eigen::MatrixXf::Constant(1, 2, 1e-23F);
  auto state = initial_state(cautious, w);
  StepWorkspace workspace;
  step(cautious, w, Eigen::RowVector2f(-1e-23F, 1e-23F), 1.0, state, workspace);
  CHECK(w(0, 0) == 2e-23F);
  CHECK(w(0, 1) == 0.5F * 1e-23F - 1e-23F);
}

TEST_CASE("a parameter that is stored (in, out) is stepped as its transpose") {
  using anchors::first_weights;
  auto recipe = presets::trasmuon(exact);
  const Member out_in{"out_in", recipe};
  recipe.orientation = Orientation::in_out;
  const Member in_out{"in_out", recipe};
  anchors::Run one(out_in, first_weights(5, 3)), other(in_out, first_weights(5, 3).transpose());
  for (const auto& g : anchors::random_gradients(5, 3, 5)) {
    one.step(g);
    other.step(g.transpose());
  }
  CHECK(anchors::same_bits(one.w, Eigen::MatrixXd(other.w.transpose())));
  CHECK(one.state.parts[0].values.rows() == 5);
  CHECK(anchors::same_bits(one.state.parts[0].values, other.state.parts[0].values));
  CHECK(other.state.recipe == one.state.recipe + ", in_out");
}

TEST_CASE("a step without what its recipe needs is refused in words") {
  const Member mvr2{"mvr2", presets::muon_mvr2(0.1, exact)};
  anchors::Run run(mvr2, anchors::first_weights(3, 4));
  CHECK_THROWS_WITH(run.step(anchors::gradient(3, 4, 1)),
                    "step: this recipe needs StepInputs::previous_gradient, which the call does "
                    "not give");
  StepInputs<double> inputs;
  const Eigen::MatrixXd turned = Eigen::MatrixXd::Zero(4, 3);
  inputs.previous_gradient.emplace(any_map(turned.data(), 4, 3, Index(1), Index(4)));
  const Eigen::MatrixXd g = anchors::gradient(3, 4, 1);
  CHECK_THROWS_WITH(mvr2.recipe.step(any_map(run.w.data(), 3, 4, Index(1), Index(3)),
                                     any_map(g.data(), 3, 4, Index(1), Index(3)), 0.1, run.state,
                                     run.workspace, inputs),
                    "step: StepInputs::previous_gradient is 4x3 and the parameter is 3x4");
  CHECK(run.w == anchors::first_weights(3, 4));
  CHECK(run.state.steps == 0);
  const auto refuses = [](const auto& recipe, const char* why) {
    CHECK_THROWS_WITH(initial_state<double>(recipe, 3, 4), why);
  };
  auto normuon = presets::normuon(exact);
  std::get<1>(normuon.rule.parts).beta = 1.0;
  refuses(normuon, "SecondMoment: beta is 1; it must be in [0, 1)");
  auto namo = presets::namo(exact);
  namo.scale.beta2 = -0.1;
  refuses(namo, "NamoScale: beta2 is -0.1; it must be in [0, 1)");
  auto root = presets::root(exact);
  std::get<1>(root.momentum.parts).share = 1.5;
  refuses(root, "ClipAtQuantile: share is 1.5; it must be in [0, 1]");
}

TEST_CASE(
    "published optimisers commute with transposition and ignore the size of gradients, or "
    "do not") {
  for (const Member& member : members()) anchors::check_symmetries(member);
}

TEST_CASE("a refused step changes none of a state's buffers, and a saved state goes on") {
  for (const Member& member : members()) anchors::check_state(member);
}
