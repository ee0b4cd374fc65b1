// SPDX-License-Identifier: Apache-2.0
// Recipes by name are the presets of the library, and what is asked of them is checked by name.

#include "pion_tool/recipes/catalogue.hpp"

#include <cmath>
#include <pion/optimizer/presets/adaptive.hpp>
#include <pion/optimizer/presets/bases.hpp>
#include <pion/optimizer/presets/gradients.hpp>
#include <pion/optimizer/presets/low_rank.hpp>
#include <pion/optimizer/presets/norms.hpp>
#include <pion/optimizer/presets/within.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "pion_tool/io/error.hpp"
#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;
using recipes::MadeRecipe;
using recipes::make_recipe;
using recipes::recipe_named;

namespace {

std::string signature_of(const MadeRecipe& recipe) {
  return recipe.recipes.of<double>().initial_state(3, 2).recipe;
}

std::string refusal(const std::string& text, bool exact = false) {
  try {
    recipe_named(text, exact);
  } catch (const io::Error& e) {
    return e.what();
  }
  return "";
}

Eigen::MatrixXd waves(Index rows, Index cols, double phase) {
  return Eigen::MatrixXd::NullaryExpr(rows, cols, [phase](Index i, Index j) {
    return std::sin(phase + 3.0 * static_cast<double>(i) + 1.7 * static_cast<double>(i * j + j));
  });
}

}  // namespace

TEST_CASE("each recipe by name is the preset of that name, in all that its signature says") {
  std::set<std::string> seen;
  const auto is = [&seen](const std::string& name, const auto& preset) {
    INFO(name);
    CHECK(signature_of(make_recipe(name, {})) == signature(preset));
    seen.insert(name);
  };
  using namespace presets;
  is("muon", muon());
  is("muon_jordan", muon_jordan());
  is("moonlight", moonlight());
  is("muon_torch", muon_torch());
  is("muon_torch_rms", muon_torch_rms());
  auto spectral = Recipe{muon_torch().rule, muon_torch().momentum, SpectralScale{}};
  is("muon_torch_spectral", spectral);
  is("m_sgd_z", m_sgd_z());
  is("adam_z", adam_z());
  is("lr_muon", lr_muon());
  is("lp_muon", lp_muon());
  is("pion", pion_paper());
  is("pion_paper", pion_paper());
  is("pion_vla_paper", pion_vla_paper());
  is("pion_released", pion_released());
  is("pion_vla", pion_vla());
  is("pion_openpi", pion_openpi());
  is("pion_rlvr_whole", pion_rlvr_whole());
  is("pion_per_head", pion_per_head(Heads{1, Axis::rows}));
  is("pion_rlvr", pion_rlvr(Heads{1, Axis::rows}));
  is("pion_within", pion_within());
  is("pion_above_noise", pion_above_noise());
  is("normuon", normuon());
  is("normuon_paper", normuon_paper());
  is("normuon_long_side", normuon_long_side());
  is("adamuon", adamuon());
  is("trasmuon", trasmuon());
  is("namo", namo());
  is("namo_d", namo_d());
  is("adago", adago());
  is("muon_squared", muon_squared());
  is("auon", auon());
  is("auon_paper", auon_paper());
  is("auon_hybrid", auon_hybrid());
  is("muon_optax", muon_optax());
  is("muon_keras", muon_keras());
  is("scion", scion());
  is("scion_convolution", scion_convolution(1));
  is("scion_sign", scion_sign());
  is("scion_columns", scion_columns());
  is("scion_rows", scion_rows());
  is("scion_bias", scion_bias());
  is("polargrad", polargrad());
  is("polargrad_polar_first", polargrad_polar_first());
  is("swan", swan());
  is("muon_mvr1", muon_mvr1());
  is("mars_m", mars_m());
  is("root", root());
  is("conda", conda());
  is("soap", soap());
  is("shampoo", shampoo());
  is("specmuon", specmuon());
  is("dion", dion());
  is("dion2", dion2());
  is("nordion2", nordion2());
  is("gum", gum(0.0));
  is("lora_pre", lora_pre());
  is("lora_pre_muon", lora_pre_muon());
  is("ef21_muon", ef21_muon());
  is("muon_8bit", muon_8bit());
  is("muon_sketched", muon_sketched());
  is("adamw", adamw());
  is("sgd", sgd());
  is("m_sgd_power", m_sgd_power(Power::half));
  is("adam_power", adam_power(Power::half));
  for (const recipes::NamedRecipe& named : recipes::catalogue()) {
    INFO(named.name);
    CHECK(seen.count(named.name) == 1);
  }
  CHECK(seen.size() == recipes::catalogue().size());
}

TEST_CASE("a recipe's text, with every number, makes it again") {
  CHECK(recipe_named("normuon:beta2=0.9", true).text ==
        "normuon:exact=1,momentum=0.95,nesterov=1,beta2=0.9,eps=1e-10,weight_decay=0,in_out=0");
  CHECK(signature_of(recipe_named("swan:exact=1")) == signature_of(recipe_named("swan", true)));
  for (const recipes::NamedRecipe& named : recipes::catalogue()) {
    const MadeRecipe one = make_recipe(named.name, {});
    const MadeRecipe again = recipe_named(one.text);
    INFO(one.text);
    CHECK(again.text == one.text);
    CHECK(signature_of(again) == signature_of(one));
    // A buffer has a name of its own, by which a file keeps it.
    std::set<std::string> names;
    const auto state = one.recipes.of<float>().initial_state(6, 4);
    if (state.momentum.size() > 0) names.insert("momentum");
    if (state.second_moment.size() > 0) names.insert("second_moment");
    for (const auto& part : state.parts) {
      if (part.values.size() > 0) CHECK(names.insert(part.name).second);
      if (part.codes.size() > 0) CHECK(names.insert(part.name).second);
    }
  }
}

TEST_CASE("a step behind one type is that of the recipe itself") {
  // But for rounding: this file and the recipes' are compiled with different optimisations, some of
  // which multiply and add at once. A chain of Muon's enlarges the rounding of its input 485 times.
  constexpr double rounding = 1e-12;
  const auto same = [](const std::string& name, const auto& preset, Index rows, Index cols) {
    const MadeRecipe made = make_recipe(name, {});
    Eigen::MatrixXd w = waves(rows, cols, 0.3), v = w;
    auto state = made.recipes.of<double>().initial_state(rows, cols);
    auto its_own = initial_state(preset, v);
    StepWorkspace workspace;
    for (int t = 0; t < 3; ++t) {
      const Eigen::MatrixXd g = waves(rows, cols, 1.0 + t);
      const auto info = made.recipes.of<double>().step(
          any_map(w.data(), rows, cols, Index(1), rows),
          any_map(g.data(), rows, cols, Index(1), rows), 0.1, state, workspace);
      const auto expected = step(preset, v, g, 0.1, its_own, workspace);
      CHECK(std::fabs(info.update_norm - expected.update_norm) <= rounding * expected.update_norm);
    }
    INFO(name);
    CHECK((w - v).norm() <= rounding * v.norm());
    CHECK((state.momentum - its_own.momentum).norm() <= rounding * its_own.momentum.norm());
    CHECK(state.parts.size() == its_own.parts.size());
    CHECK(state_bytes(state) == state_bytes(its_own));
  };
  same("sgd", presets::sgd(), 5, 3);
  same("moonlight", presets::moonlight(), 4, 7);
  same("trasmuon", presets::trasmuon(), 7, 4);
  same("soap", presets::soap(), 4, 5);
}

TEST_CASE("head by head, a scale is that of one head") {
  const Eigen::MatrixXd g = waves(8, 3, 1.0);
  const auto stepped = [](const char* text, Index rows, const Eigen::MatrixXd& gradient) {
    const MadeRecipe recipe = recipe_named(text);
    Eigen::MatrixXd w = Eigen::MatrixXd::Zero(rows, 3);
    auto state = recipe.recipes.of<double>().initial_state(rows, 3);
    StepWorkspace workspace;
    recipe.recipes.of<double>().step(any_map(w.data(), rows, Index(3), Index(1), rows),
                                     any_map(gradient.data(), rows, Index(3), Index(1), rows), 0.1,
                                     state, workspace);
    return w;
  };
  const char* const chain = "chain=muon,";
  const Eigen::MatrixXd whole =
      stepped((std::string("pion_rlvr:") + chain + "heads=2").c_str(), 8, g);
  const Eigen::MatrixXd first = g.topRows(4);
  const Eigen::MatrixXd one = stepped("pion_rlvr_whole:chain=muon", 4, first);
  // Rounding of two orders of summation in some fifty products.
  CHECK((whole.topRows(4) - one).norm() <= 1e-12 * one.norm());
}

TEST_CASE("kp of a high-pass stands for its chain") {
  for (const char* const name : {"pion", "pion_rlvr", "pion_within"}) {
    CHECK(recipe_named(std::string(name) + ":kp=1").text ==
          recipe_named(std::string(name) + ":chain=highpass:kp=1").text);
  }
}

TEST_CASE("what is not there is refused by name, and what is there is listed") {
  CHECK(refusal("noone").find("recipe \"noone\": is not known; there are muon, muon_jordan,") == 0);
  CHECK(refusal("adamw:momentum=1") ==
        "recipe \"adamw\": has no option \"momentum\"; there are beta1, beta2, eps, weight_decay, "
        "in_out");
  CHECK(refusal("normuon:rank=1").find("weight_decay, in_out, chain, exact") != std::string::npos);
  CHECK(refusal("muon:momentum") == "recipe \"muon:momentum\": \"momentum\" is not key=value");
  CHECK(refusal("muon:momentum=.5,momentum=.5").find("momentum is given twice") !=
        std::string::npos);
  CHECK(refusal("pion:kp=1,chain=muon").find("chain is given twice") != std::string::npos);
  CHECK(refusal("pion:kp=x").find("highpass:kp=x") != std::string::npos);
  CHECK(refusal("muon:kp=1").find("has no option \"kp\"") != std::string::npos);
  CHECK(refusal("muon:momentum=1").find("HeavyBall: momentum is 1") != std::string::npos);
  CHECK(refusal("muon:momentum=x").find("is not a number") != std::string::npos);
  CHECK(refusal("muon:nesterov=2") == "recipe \"muon\": nesterov is 2; it must be 0 or 1");
  CHECK(refusal("dion:seed=1.5") == "recipe \"dion\": seed is 1.5; it must be a whole number");
  CHECK(refusal("gum:rank=0") != "");
  CHECK(refusal("adam_power:power=2") ==
        "recipe \"adam_power\": power is 2; it must be 0, 0.25, 0.5 or 1");
  CHECK(refusal("muon:chain=none").find("chain \"none\"") == 0);
  CHECK(refusal("adamw:chain=muon") == "recipe \"adamw\": has no filter");
  CHECK(refusal("normuon:tolerance=0.1") == "recipe \"normuon\": has no tolerance");
  CHECK(refusal("pion", true).find("that none is exact") != std::string::npos);
  CHECK(refusal("muon:chain=cans", true).find("in the place of a filter") != std::string::npos);
  CHECK(refusal("muon:tolerance=-1") != "");
  CHECK(refusal("muon") == "");
}
