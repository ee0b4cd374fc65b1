// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <pion/filter/chains.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "pion_tool/cli/head_options.hpp"
#include "pion_tool/io/file.hpp"
#include "pion_tool/io/tensor.hpp"
#include "pion_tool/jobs/svd.hpp"
#include "pion_tool/report/suggestion.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

namespace {

pion::Spectrum spectrum(std::initializer_list<double> values) {
  Eigen::VectorXd sigma(static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), sigma.begin());
  return {sigma, sigma.size(), sigma.size()};
}

/// Two directions above noise, of 64.
Measured low() {
  Measured m;
  m.name = "mlp.up.weight";
  m.shape = {64, 64};
  m.outstanding = {2, 64, 0.6, 4.0};
  return m;
}

/// The fields of each line of a table of docs/evidence, but its titles.
std::vector<std::vector<std::string>> lines_of(const std::string& file) {
  std::istringstream text(pion::io::read_text(PION_EVIDENCE "/" + file));
  std::vector<std::vector<std::string>> lines;
  std::string line;
  std::getline(text, line);
  while (std::getline(text, line)) {
    std::istringstream rest(line);
    lines.emplace_back();
    for (std::string field; std::getline(rest, field, ',');) lines.back().push_back(field);
  }
  return lines;
}

/// Shape, condition, rank and SNR.
std::string place(const std::vector<std::string>& line) {
  return line[0] + "x" + line[1] + " " + line[2] + " " + line[3] + " " + line[4];
}

}  // namespace

TEST_CASE("what is no matrix, embeddings and output layers go to AdamW") {
  Measured m = low();
  for (const auto& shape : {std::vector<std::int64_t>{}, {256}, {8, 3, 3, 3}}) {
    m.shape = shape;
    CHECK(suggest(m).optimizer == Optimizer::adamw);
  }
  for (const char* name : {"model.embed_tokens.weight", "lm_head.weight", "pos_embedding",
                           "wte.weight", "output.weight"}) {
    m = low();
    m.name = name;
    CHECK(suggest(m).optimizer == Optimizer::adamw);
    CHECK_FALSE(suggest(m).kp);
  }
}

TEST_CASE("a gap or few directions lead to Pion; the thresholds are exact") {
  Measured m = low();
  CHECK(suggest(m).optimizer == Optimizer::pion);
  CHECK(suggest(m).kp == 2);
  m.outstanding.gap = std::nextafter(clear_gap, 0.0);
  CHECK(suggest(m).kp == 3);
  m.outstanding.count = 16;  // a quarter
  CHECK(suggest(m).kp == 3);
  m.outstanding.count = 17;
  CHECK(suggest(m).optimizer == Optimizer::muon);
  m.outstanding.gap = std::nextafter(wide_gap, 0.0);
  CHECK(suggest(m).optimizer == Optimizer::muon);
  m.outstanding.gap = wide_gap;
  CHECK(suggest(m).kp == 2);
  m.outstanding = {0, 64, 0.0, 0.0};
  CHECK(suggest(m).optimizer == Optimizer::adamw);
}

TEST_CASE("the suggested filter leaves every direction that stands out a gain") {
  for (int permille = 1; permille <= 1000; ++permille) {
    Measured m = low();
    m.outstanding.faintest = permille / 1000.0;
    const Suggestion s = suggest(m);
    if (s.kp) {
      CHECK(pion::chains::high_pass(*s.kp)(m.outstanding.faintest) >= least_gain);
    } else {
      CHECK(s.optimizer == Optimizer::muon);
      CHECK(pion::chains::high_pass(most_promotions)(m.outstanding.faintest) < least_gain);
    }
  }
}

TEST_CASE("head by head is said of Pion alone") {
  Measured m = low();
  m.per_head = true;
  CHECK(suggest(m).per_head);
  CHECK(to_string(suggest(m)) == "Pion kp=2, per head");
  m.outstanding = {40, 64, 0.01, 1.01};
  CHECK_FALSE(suggest(m).per_head);
  CHECK(to_string(suggest(m)) == "Muon");
}

TEST_CASE("a zero matrix suggests nothing") {
  Measured m = low();
  m.zero = true;
  CHECK_FALSE(suggest(m).optimizer);
  CHECK(to_string(suggest(m)) == "-");
}

TEST_CASE("what stands out of the noise, and the gap after it") {
  const Outstanding none = outstanding_directions(spectrum({1.0, 1.0, 1.0, 1.0}), 4, 4);
  CHECK(none.count == 0);
  CHECK(none.directions == 4);
  const Outstanding two =
      outstanding_directions(spectrum({8e300, 4e300, 1e300, 1e300, 1e300}), 5, 5);
  CHECK(two.count == 2);
  CHECK(two.gap == 4.0);
  CHECK(std::fabs(two.faintest - 4.0 / std::sqrt(83.0)) < 1e-15);
  CHECK(std::isinf(outstanding_directions(spectrum({1.0, 0.0, 0.0}), 3, 3).gap));
  CHECK(outstanding_directions(spectrum({0.0, 0.0}), 2, 2).count == 0);
}

TEST_CASE("rounding is not noise: low rank without noise goes to Pion") {
  using pion::io::DType;
  constexpr Eigen::Index n = 256;
  // Rows and columns of different sizes, so that rounding is far from the noise of an estimate.
  Eigen::VectorXd u(n), v(n), w(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto t = static_cast<double>(i);
    u(i) = std::sin(1.0 + t * t) * std::exp2(-t / 64.0);
    v(i) = std::cos(2.0 + 3.0 * t * t);
    w(i) = std::sin(5.0 * t * t);
  }
  const Eigen::MatrixXd one = u * v.transpose(), two = one + 0.5 * v * w.transpose();
  Eigen::MatrixXd diagonal = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < 8; ++i) diagonal(i, i) = 1.0 / 3.0;
  for (const DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16}) {
    const auto found = [&](const Eigen::MatrixXd& exact) {
      const auto x = pion::io::to_matrix<double>(pion::io::from_matrix("x", exact, dtype));
      Measured m;
      m.shape = {n, n};
      const pion::Spectrum spectrum = spectrum_of<double>(pion::io::RowMajor<double>(x));
      m.outstanding = outstanding_directions(spectrum, n, n, pion::io::epsilon_of(dtype));
      INFO(pion::io::name_of(dtype));
      CHECK(suggest(m).optimizer == Optimizer::pion);
      CHECK(suggest(m).reason.find("the rest is rounding") != std::string::npos);
      return m.outstanding.count;
    };
    CHECK(found(one) == 1);
    CHECK(found(two) == 2);
    CHECK(found(diagonal) == 8);
  }
}

TEST_CASE("the suggestion follows the map of docs/evidence.md") {
  // Errors of every optimiser in every place of the map, and what inspect sees there.
  std::map<std::string, std::map<std::string, double>> errors;
  for (const auto& line : lines_of("regime_map.csv"))
    errors[place(line)][line[5]] = std::stod(line[9]);
  double worst = 0.0, worst_muon = 0.0, worst_adamw = 0.0;
  const auto spectra = lines_of("regime_spectra.csv");
  REQUIRE(spectra.size() == errors.size());
  for (const auto& line : spectra) {
    INFO(place(line));
    Measured m;
    m.shape = {std::stol(line[0]), std::stol(line[1])};
    m.outstanding = {std::stol(line[8]), std::min(std::stol(line[0]), std::stol(line[1])),
                     std::stod(line[9]), std::stod(line[10])};
    const std::map<std::string, double>& here = errors.at(place(line));
    double best = 1e9;
    for (const auto& [name, error] : here) {
      if (name == "AdamW" || name == "Muon" || name.rfind("Pion", 0) == 0) {
        best = std::min(best, error);
      }
    }
    worst = std::max(worst, here.at(to_string(suggest(m))) / best);
    worst_muon = std::max(worst_muon, here.at("Muon") / best);
    worst_adamw = std::max(worst_adamw, here.at("AdamW") / best);
  }
  CHECK(worst < 1.86);
  CHECK(worst < 0.5 * worst_adamw);
  CHECK(worst < 0.5 * worst_muon);
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
  CHECK(is("qkv_proj", 32, pion::Axis::rows));
  CHECK(is("attention.query_key_value.weight", 32, pion::Axis::rows));
  CHECK(is("kv_proj.weight", 16, pion::Axis::rows));
  CHECK(is("kv_b_proj.weight", 8, pion::Axis::rows));
  options.conv1d = true;
  CHECK(is("h.0.attn.c_attn.weight", 32, pion::Axis::cols));
  CHECK(is("h.0.attn.c_proj.weight", 16, pion::Axis::rows));
  CHECK(is("attn.q_proj.weight", 16, pion::Axis::rows));
  options.conv1d = false;
  for (const char* other : {"mlp.up_proj.weight", "kv_a_proj_with_mqa.weight", "fo_proj",
                            "q_proj.lora_A.weight", "v_proj.lora_B.weight", "audio_proj", ""}) {
    CHECK_FALSE(heads_of(other, options));
  }
  CHECK(stores_conv1d(
      {{"wte.weight", "F32", {}, {9, 4}}, {"h.0.attn.c_attn.weight", "F32", {}, {4, 12}}}));
  CHECK_FALSE(stores_conv1d(
      {{"h.0.attn.c_attn.weight", "F32", {}, {12, 4}}, {"h.0.attn.c_attn.bias", "F32", {}, {12}}}));
  options.axis = pion::Axis::cols;
  CHECK(is("mlp.up_proj.weight", 16, pion::Axis::cols));
  CHECK(is("attn.q_proj.weight", 16, pion::Axis::cols));
}
