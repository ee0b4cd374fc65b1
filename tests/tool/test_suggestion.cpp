// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <pion/chains.hpp>
#include <pion/filter.hpp>
#include <string>

#include "catch.hpp"
#include "pion/attention.hpp"
#include "pion/suggestion.hpp"

using namespace pion::tool;

namespace {

pion::Spectrum spectrum(std::initializer_list<double> values) {
  Eigen::VectorXd sigma(static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), sigma.begin());
  return {sigma, sigma.size(), sigma.size()};
}

/// A matrix that is low in both ranks.
Measured low() { return {"mlp.up.weight", {256, 256}, 10.0, 1.5, {1, 0.8}, false}; }

}  // namespace

TEST_CASE("what is no matrix, embeddings and output layers go to AdamW") {
  Measured m = low();
  for (const auto& shape : {std::vector<std::int64_t>{}, {256}, {8, 3, 3, 3}}) {
    m.shape = shape;
    CHECK(suggest(m).optimizer == Optimizer::adamw);
  }
  for (const char* name : {"model.embed_tokens.weight", "lm_head.weight", "pos_embedding"}) {
    m = low();
    m.name = name;
    CHECK(suggest(m).optimizer == Optimizer::adamw);
    CHECK_FALSE(suggest(m).kp);
  }
}

TEST_CASE("Muon where neither rank is low; the thresholds are exact") {
  Measured m = low();
  m.effective_rank = 32.0;  // an eighth of 256
  m.stable_rank = 2.0;
  CHECK(suggest(m).optimizer == Optimizer::muon);
  m.effective_rank = std::nextafter(32.0, 0.0);
  CHECK(suggest(m).optimizer == Optimizer::pion);
  m.effective_rank = 200.0;
  m.stable_rank = std::nextafter(2.0, 0.0);
  CHECK(suggest(m).optimizer == Optimizer::pion);
  m.shape = {256, 7};  // the directions are those of the short side
  m.effective_rank = 6.0;
  m.stable_rank = 2.5;
  CHECK(suggest(m).optimizer == Optimizer::muon);
}

TEST_CASE("Pion takes the fewest promotion steps that keep the dominant directions") {
  for (int kp = 0; kp <= most_promotions; ++kp) {
    Measured m = low();
    const double edge = pion::cutoff(pion::chains::high_pass(kp)).value();
    m.dominant.faintest = edge;
    CHECK(suggest(m).kp == kp);
    m.dominant.faintest = edge * (1.0 - 1e-12);
    if (kp < most_promotions) {
      CHECK(suggest(m).kp == kp + 1);
    } else {
      CHECK(suggest(m).optimizer == Optimizer::muon);  // no filter of five steps reaches so low
      CHECK_FALSE(suggest(m).kp);
    }
  }
}

TEST_CASE("the suggested filter is never dead") {
  for (int percent = 9; percent <= 100; ++percent) {
    Measured m = low();
    m.dominant.faintest = percent / 100.0;
    const Suggestion s = suggest(m);
    REQUIRE(s.kp);
    CHECK(pion::chains::high_pass(*s.kp)(m.dominant.faintest) > 0.8);
  }
}

TEST_CASE("head by head is said of Pion alone") {
  Measured m = low();
  m.per_head = true;
  CHECK(suggest(m).per_head);
  CHECK(to_string(suggest(m)) == "Pion kp=1, per head");
  m.effective_rank = 200.0;
  m.stable_rank = 20.0;
  CHECK_FALSE(suggest(m).per_head);
  CHECK(to_string(suggest(m)) == "Muon");
}

TEST_CASE("a zero matrix suggests nothing") {
  Measured m = low();
  m.dominant = dominant_directions(spectrum({0.0, 0.0}));
  CHECK_FALSE(suggest(m).optimizer);
  CHECK(to_string(suggest(m)) == "-");
}

TEST_CASE("the dominant directions hold half the energy") {
  const Dominant one = dominant_directions(spectrum({1.0, 1.0}));
  CHECK(one.count == 1);
  CHECK(std::fabs(one.faintest - std::sqrt(0.5)) < 1e-15);
  const Dominant two = dominant_directions(spectrum({3e300, 3e300, 3e300}));
  CHECK(two.count == 2);
  CHECK(std::fabs(two.faintest - std::sqrt(1.0 / 3.0)) < 1e-15);
  CHECK(dominant_directions(spectrum({5.0, 1.0, 1.0})).count == 1);
  CHECK(dominant_directions(spectrum({})).count == 0);
}

TEST_CASE("names tell which way the heads lie") {
  HeadOptions options;
  CHECK_FALSE(heads_of("attn.q_proj.weight", options));
  options.heads = 16;
  options.kv_heads = 8;
  const auto is = [&](const char* name, pion::Index count, pion::Axis axis) {
    const auto heads = heads_of(name, options);
    return heads && heads->count == count && heads->axis == axis;
  };
  CHECK(is("attn.q_proj.weight", 16, pion::Axis::rows));
  CHECK(is("k_proj", 8, pion::Axis::rows));
  CHECK(is("attn.v_proj", 8, pion::Axis::rows));
  CHECK(is("attn.o_proj.weight", 16, pion::Axis::cols));
  for (const char* other : {"mlp.up_proj.weight", "qkv_proj", "kv_proj.weight", "fo_proj", ""}) {
    CHECK_FALSE(heads_of(other, options));
  }
  options.axis = pion::Axis::cols;
  CHECK(is("mlp.up_proj.weight", 16, pion::Axis::cols));
  CHECK(is("attn.q_proj.weight", 16, pion::Axis::cols));
}
