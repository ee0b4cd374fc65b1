// SPDX-License-Identifier: Apache-2.0
// Covers optimizer/basis.hpp, optimizer/dion.hpp, optimizer/selection.hpp, optimizer/conda.hpp,
// optimizer/soap.hpp, optimizer/shampoo.hpp, optimizer/gum.hpp, optimizer/lora_pre.hpp,
// optimizer/loss_modes.hpp, optimizer/compressors.hpp, optimizer/error_feedback.hpp,
// optimizer/state_codec.hpp, optimizer/sketched_polar.hpp, optimizer/presets_bases.hpp.
// The published optimisers that keep a basis, a selection, an estimate or codes: as family.cpp.

#include <pion/optimizer/presets_bases.hpp>

#include "support/anchors.hpp"

using namespace pion;
using namespace pion::optimizer;
using anchors::decayed;
using anchors::exact;
using anchors::Member;
using Eigen::MatrixXd;

namespace {

/// A buffer <- size sin(1 + 3 a + step b), in place of a draw.
void set_sines(MatrixXd& buffer, double size, double step) {
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

TEST_CASE(
    "optimisers with a basis commute with transposition and ignore the size of gradients, or "
    "do not") {
  for (const Member& member : members()) anchors::check_symmetries(member);
}

TEST_CASE("a refused step changes none of the bases, and a saved state goes on") {
  for (const Member& member : members()) anchors::check_state(member);
}
