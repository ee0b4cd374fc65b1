// SPDX-License-Identifier: Apache-2.0
// Covers its own header and optimizer/any_recipe.hpp, optimizer/routing/assignments.hpp,
// optimizer/routing/name_patterns.hpp.
// Every parameter of a model goes to exactly one recipe.

#include <string>
#include <vector>

#include <pion/optimizer.hpp>

#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;

TEST_CASE("patterns") {
  CHECK(matches("", ""));
  CHECK(!matches("", "a"));
  CHECK(matches("*", ""));
  CHECK(matches("**", "abc"));
  CHECK(matches("a?c", "abc"));
  CHECK(!matches("a?c", "ac"));
  CHECK(!matches("abc", "ab"));
  CHECK(!matches("ab", "abc"));
  CHECK(matches("*embed*", "model.embed_tokens.weight"));
  CHECK(matches("*.bias", "a.bias.b.bias"));  // the first .bias is not the last
  CHECK(!matches("*.bias", "a.bias.b"));
  CHECK(matches("a*b*c", "axxbyyc"));
  CHECK(!matches("a*b*c", "axxcyyb"));
}

TEST_CASE("a claim is met when all its conditions are") {
  const Parameter q{"layer.0.q_proj.weight", {8, 4}, "language"};
  const Parameter bias{"layer.0.q_proj.bias", {8}, "language"};
  CHECK(Claim{}(q));
  CHECK(Claim{{"*k_proj*", "*q_proj*"}, {}, {}, Dimensions::any}(q));
  CHECK(!Claim{{"*k_proj*"}, {}, {}, Dimensions::any}(q));
  CHECK(!Claim{{}, {"*q_proj*"}, {}, Dimensions::any}(q));
  CHECK(Claim{{}, {}, {"vision", "language"}, Dimensions::any}(q));
  CHECK(!Claim{{}, {}, {"vision"}, Dimensions::any}(q));
  CHECK(Claim{{}, {}, {}, Dimensions::two}(q));
  CHECK(!Claim{{}, {}, {}, Dimensions::other}(q));
  CHECK(!Claim{{}, {}, {}, Dimensions::two}(bias));
  CHECK(Claim{{}, {}, {}, Dimensions::other}(bias));
}

TEST_CASE("a name tells a role by whole words, an adapter's first of all") {
  CHECK(role_of("l.0.q_proj.weight") == Role::query);
  CHECK(role_of("k_proj") == Role::key);
  CHECK(role_of("self_attn_v_proj_weight") == Role::value);
  CHECK(role_of("layers/0/o_proj") == Role::output);
  CHECK(role_of("v_proj.base_layer.weight") == Role::value);
  for (const char* name : {"qkv_proj", "l.0.qkv_proj.weight", "attn.q_k_v_proj.weight"}) {
    CHECK(role_of(name) == Role::fused_query_key_value);
  }
  for (const char* name : {"kv_proj.weight", "cross_attn.k_v_proj"}) {
    CHECK(role_of(name) == Role::fused_key_value);
  }
  for (const char* name :
       {"q_proj.lora_A.weight", "l.0.v_proj.lora_B.default.weight",
        "lora_unet_k_proj.lora_down.weight", "o_proj.lokr_w1", "q_proj.hada_w1_a"}) {
    CHECK(role_of(name) == Role::adapter);
  }
  for (const char* name : {"", "mask_proj.weight", "audio_proj", "video_proj.weight", "up_proj",
                           "v_projector.weight", "q_proj2", "explora_tion.weight"}) {
    CHECK(role_of(name) == Role::other);
  }
  CHECK(role_of("kv_a_proj_with_mqa.weight") == Role::latent);
  const Claim keys{{}, {}, {}, Dimensions::two, {Role::key, Role::value}};
  CHECK(keys({"k_proj", {8, 4}, ""}));
  CHECK(!keys({"q_proj", {8, 4}, ""}));
  CHECK(!keys({"v_proj", {8}, ""}));
}

TEST_CASE("the paper's assignment of a VLA model, printed") {
  const std::vector<Parameter> model = {
      {"vision.block.0.weight", {64, 32}, "vision"},
      {"vision.patch.kernel", {64, 3, 8, 8}, "vision"},
      {"language.embed_tokens.weight", {1000, 64}, "language"},
      {"language.layer.0.mlp.weight", {64, 64}, "language"},
      {"language.lm_head.weight", {1000, 64}, "language"},
      {"action.in.weight", {16, 64}, "action"},
      {"action.in.bias", {16}, "action"},
      {"action.temperature", {}, "action"},
  };
  CHECK("\n" + vla_assignment<float>().print(model) == R"(
vision.block.0.weight         64x32     vision    Muon
vision.patch.kernel           64x3x8x8  vision    AdamW
language.embed_tokens.weight  1000x64   language  AdamW
language.layer.0.mlp.weight   64x64     language  Muon
language.lm_head.weight       1000x64   language  AdamW
action.in.weight              16x64     action    Pion
action.in.bias                16        action    AdamW
action.temperature            scalar    action    AdamW
)");
  CHECK(vla_assignment<float>().print({}).empty());
}

TEST_CASE("Muon on every matrix") {
  const auto router = muon_assignment<float>({"*special*"});
  CHECK(router.label({"blocks.0.attn.qkv.weight", {12, 4}, ""}) == "Muon");
  CHECK(router.label({"wte.weight", {12, 4}, ""}) == "AdamW");
  CHECK(router.label({"w.weight_scale_inv", {12, 4}, ""}) == "AdamW");
  CHECK(router.label({"special.weight", {12, 4}, ""}) == "AdamW");
  CHECK(router.label({"blocks.0.bias", {12}, ""}) == "AdamW");
}

TEST_CASE("the assignment for RLVR: head by head where there are heads") {
  const auto router = rlvr_assignment<float>(16, 8);
  const auto label = [&](const char* name, std::vector<Index> shape) {
    return router.label({name, std::move(shape), ""});
  };
  CHECK(label("l.0.q_proj.weight", {64, 32}) == "Pion per query head");
  CHECK(label("l.0.k_proj.weight", {32, 32}) == "Pion per key-value head");
  CHECK(label("l.0.v_proj.weight", {32, 32}) == "Pion per key-value head");
  CHECK(label("l.0.o_proj.weight", {32, 64}) == "Pion per output head");
  CHECK(label("l.0.q_proj.bias", {64}) == "AdamW");
  CHECK(label("l.0.gate_proj.weight", {64, 32}) == "Pion");
  CHECK(label("embed_tokens.weight", {100, 32}) == "AdamW");
  CHECK(label("lm_head.weight", {100, 32}) == "AdamW");
}

TEST_CASE("the assignment for RLVR cuts nothing into heads that has none") {
  const auto label = [](const Router<float>& router, const char* name, std::vector<Index> shape) {
    return router.label({name, std::move(shape), ""});
  };
  const auto whole = rlvr_assignment<float>(32, 8);
  const auto by_head = rlvr_assignment<float>(32, 8, 2, {}, 128);
  for (const auto& router : {whole, by_head}) {
    for (const char* name : {"mask_proj", "audio_proj", "video_proj", "l.0.q_proj.lora_A.weight",
                             "l.0.o_proj.lora_B.weight"}) {
      CHECK(label(router, name, {16, 256}) == "Pion");
    }
  }
  CHECK(label(whole, "l.0.qkv_proj.weight", {6144, 4096}) == "Pion");
  CHECK(label(whole, "l.0.kv_proj.weight", {2048, 4096}) == "Pion");
  CHECK(label(by_head, "l.0.qkv_proj.weight", {6144, 4096}) == "Pion per fused head");
  CHECK(label(by_head, "l.0.kv_proj.weight", {2048, 4096}) == "Pion per fused key-value head");
}

TEST_CASE("a parameter of no rule or of two is refused, by its name and theirs") {
  const auto vla = vla_assignment<float>();
  const Parameter stray{"audio.weight", {4, 4}, "audio"};
  CHECK_THROWS_WITH(vla.recipe(stray), "Router: no rule claims \"audio.weight\"");
  CHECK_THROWS_AS(vla.print({stray}), std::invalid_argument);
  Router<float> twice;
  twice.add("first", {Claim{}}, presets::sgd())
      .add("second", {{{"a*"}, {}, {}, {}}}, presets::muon());
  CHECK(twice.label({"b", {2, 2}, ""}) == "first");
  CHECK_THROWS_WITH(twice.label({"a", {2, 2}, ""}),
                    "Router: \"a\" is claimed by first and by second");
  CHECK_THROWS_AS(Router<float>().recipe({"a", {}, ""}), std::invalid_argument);
}

TEST_CASE("weights under two names are refused where their address is given") {
  const float tied[6] = {}, other[6] = {};
  Router<float> router;
  router.add("SGD", {Claim{}}, presets::sgd());
  const std::vector<Parameter> model = {{"embed.weight", {2, 3}, "", tied},
                                        {"mlp.weight", {2, 3}, "", other},
                                        {"none", {0, 3}, "", tied},
                                        {"unknown", {2, 3}, ""},
                                        {"unknown too", {2, 3}, ""}};
  CHECK_NOTHROW(router.print(model));
  auto twice = model;
  twice.push_back({"lm_head.weight", {2, 3}, "", tied});
  CHECK_THROWS_WITH(router.print(twice),
                    "Router: \"embed.weight\" and \"lm_head.weight\" share memory and would be "
                    "stepped twice; name the weights once, and step them with the sum of their "
                    "gradients");
}

TEST_CASE("a routed recipe is the recipe") {
  const auto check = [](const Router<double>& router, const Parameter& p, const auto& recipe) {
    const Index rows = p.shape[0], cols = p.shape.size() > 1 ? p.shape[1] : 1;
    Eigen::MatrixXd w = Eigen::MatrixXd::Random(rows, cols), v = w;
    const Eigen::MatrixXd g = Eigen::MatrixXd::Random(rows, cols);
    StepWorkspace workspace;
    auto expected = initial_state(recipe, w);
    step(recipe, w, g, 0.1, expected, workspace);
    const auto& routed = router.recipe(p);
    auto state = routed.initial_state(rows, cols);
    const StepInfo info =
        routed.step(any_map(v.data(), rows, cols, 1, rows), any_map(g.data(), rows, cols, 1, rows),
                    0.1, state, workspace);
    CHECK(info.taken());
    CHECK(v == w);
    CHECK(state.momentum == expected.momentum);
  };
  const auto vla = vla_assignment<double>();
  check(vla, {"a", {6, 4}, "vision"}, presets::muon());
  check(vla, {"b", {6, 4}, "action"}, presets::pion());
  check(vla, {"c", {6}, "action"}, presets::adamw());
  const auto rlvr = rlvr_assignment<double>(4, 2);
  check(rlvr, {"q_proj", {8, 8}, ""}, presets::pion_per_head(Heads{4, Axis::rows}));
  check(rlvr, {"k_proj", {8, 8}, ""}, presets::pion_per_head(Heads{2, Axis::rows}));
  check(rlvr, {"v_proj", {8, 8}, ""}, presets::pion_per_head(Heads{2, Axis::rows}));
  check(rlvr, {"o_proj", {8, 8}, ""}, presets::pion_per_head(Heads{4, Axis::cols}));
  check(rlvr, {"up_proj", {8, 6}, ""}, presets::pion());
  check(rlvr, {"lm_head", {8, 6}, ""}, presets::adamw());
  const auto fused = rlvr_assignment<double>(4, 2, 2, {}, 2);
  check(fused, {"qkv_proj", {16, 8}, ""}, presets::pion_per_head(fused_qkv(4, 2, 2)));
  check(fused, {"kv_proj", {8, 8}, ""},
        presets::pion_per_head(FusedHeads{{{4, 2}, {4, 2}}, Axis::rows}));
}
