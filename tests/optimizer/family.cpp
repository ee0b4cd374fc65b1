// SPDX-License-Identifier: Apache-2.0
// Covers optimizer/second_moment.hpp, optimizer/adaptive_scale.hpp, optimizer/column_damping.hpp,
// optimizer/direction_scale.hpp, optimizer/input_transforms.hpp, optimizer/variance_reduction.hpp,
// optimizer/norm_rules.hpp, optimizer/polar_rule.hpp, optimizer/presets_adaptive.hpp,
// optimizer/presets_norms.hpp, optimizer/presets_gradients.hpp.
// The published optimisers that keep no basis: three steps of each against numbers that an
// independent float64 program gave, with the exact polar factor; and the laws of them all.

#include <pion/optimizer/presets_adaptive.hpp>
#include <pion/optimizer/presets_gradients.hpp>
#include <pion/optimizer/presets_norms.hpp>

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

TEST_CASE(
    "published optimisers commute with transposition and ignore the size of gradients, or "
    "do not") {
  for (const Member& member : members()) anchors::check_symmetries(member);
}

TEST_CASE("a refused step changes none of a state's buffers, and a saved state goes on") {
  for (const Member& member : members()) anchors::check_state(member);
}
