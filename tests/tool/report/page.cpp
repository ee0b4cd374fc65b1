// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/page.hpp"

#include <string>
#include <utility>
#include <vector>

#include "pion_tool/report/measure.hpp"
#include "pion_tool/report/place.hpp"
#include "report/html_reader.hpp"
#include "report/support.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

namespace {

/// Of a whole model: matrices of 2048 and more, of which there are `layers` times 7, and norms.
Report model(int layers) {
  Report r{{"model.safetensors"}, {{}}};
  std::vector<Finding>& all = r.findings[0];
  all.push_back(matrix_finding("model.embed_tokens.weight", 4096, 2048, 0.3, Optimizer::adamw));
  for (int layer = 0; layer < layers; ++layer) {
    const std::string begin = "model.layers." + std::to_string(layer) + ".";
    for (const char* module :
         {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
          "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}) {
      const double power = 0.3 + 0.01 * static_cast<double>(all.size());
      all.push_back(matrix_finding(begin + module + ".weight", 2048, 2048, power,
                                   layer % 2 == 0 ? Optimizer::pion : Optimizer::muon));
    }
    for (const char* norm : {"input_layernorm", "post_attention_layernorm", "q_norm", "k_norm"}) {
      all.push_back(vector_finding(begin + norm + ".weight"));
    }
  }
  return r;
}

Report hostile() {
  Report r{{"a/<b>.npy", "c\"&.npy"}, {{}, {}}};
  r.left_out = 2;
  r.warnings = {{"<i>", "it's & \"that\" <script>"}};
  for (const char* name :
       {"<script>alert(1)</script>", "h.0.\"><img src=x onerror=y>", "h.1.</title></script>",
        "' onclick='", "&lt; ]]> -->", "\xe2\x80\xaegnorw", "\x1b[2J\n\xff", ""}) {
    r.findings[0].push_back(matrix_finding(name, 8, 6, 1.0, Optimizer::pion));
    r.findings[0].back().suggestion.reason = name;
    r.findings[1].push_back(broken_finding(name));
    r.findings[1].push_back(vector_finding(name));
  }
  return r;
}

std::string error_of(const Report& r) { return HtmlReader(page(r)).error(); }

}  // namespace

TEST_CASE("the reader of pages finds what is wrong") {
  const auto error = [](const std::string& body) {
    return HtmlReader("<!DOCTYPE html><p>" + body + "</p>").error();
  };
  CHECK(error("<b>a</b><br/>&amp;").empty());
  for (const char* bad : {"<b>", "</b>", "a & b", "a < b", "<b id=c></b>", "<b c></b>",
                          "<b id=\"x\"></b><i id=\"x\"></i>", "<a href=\"#y\"></a>",
                          "<b c=\"1\" c=\"2\"></b>", "<script>", "<b c=\"<\"></b>"}) {
    INFO(bad);
    CHECK_FALSE(error(bad).empty());
  }
}

TEST_CASE("a page is well-formed, and its references lead somewhere") {
  CHECK(error_of(model(4)) == "");
  CHECK(error_of(hostile()) == "");
  CHECK(error_of({}) == "");
  CHECK(error_of({{"a"}, {{vector_finding("b")}}}) == "");
  CHECK(error_of({{"a"}, {{broken_finding("h.0.b")}}}) == "");
  CHECK(error_of({{"a"}, {{matrix_finding("b", 1, 1, 1.0)}}}) == "");
}

TEST_CASE("a page needs nothing but itself") {
  const std::string out = page(model(4));
  for (const char* part : {"http:", "https:", "//www", " src=", "@import", "<img", "<iframe",
                           "fetch(", "XMLHttpRequest", "import("}) {
    INFO(part);
    CHECK(count(out, part) == 0);
  }
  CHECK(count(out, "url(") == count(out, "url(#"));  // a part of the page
  CHECK(count(out, "<link ") == 1);
  CHECK(count(out, "<link rel=\"icon\" href=\"data:,\"/>") == 1);
  CHECK(count(out, "default-src 'none'") == 1);
}

TEST_CASE("names in a page are text") {
  const std::string out = page(hostile());
  CHECK(count(out, "<script>") == 1);  // the page's own
  CHECK(count(out, "</script>") == 1);
  CHECK(count(out, "<img") == 0);
  CHECK(count(out, "&lt;script>alert(1)&lt;/script>") > 0);
  CHECK(count(out, "\\xe2\\x80\\xaegnorw") > 0);
  CHECK(count(out, "\x1b") == 0);
}

TEST_CASE("a page has a row for every tensor, and a line for every matrix") {
  const std::string out = page(model(4));
  CHECK(count(out, "<tr id=\"t") == 45);
  CHECK(count(out, "<g id=\"s") == 29);
  CHECK(count(out, "type=\"checkbox\" value=\"") == 29);
  CHECK(count(out, "data-at=") == 8 * 28);  // embed_tokens is in no layer
  CHECK(count(out, "<figure id=\"map-") == 8);
  CHECK(count(out, "(16)</dt>") == 1);
  CHECK(count(out, "layer 3, self_attn.q_proj: Muon</title>") == 1);
}

TEST_CASE("a page of sketches has their values, and shows neither spectra nor survivors") {
  const std::string name = "h.0.up.weight";
  const Report r{{"a"}, {{sketched_finding(name, 8, 6, 1.0)}}};
  CHECK(error_of(r) == "");
  const std::string out = page(r);
  CHECK(count(out, "<g id=\"s") == 0);
  CHECK(count(out, "<figure id=\"map-") == 3);  // suggestion, effective rank, concentration
  const Finding exact = matrix_finding(name, 8, 6, 1.0);
  const std::vector<std::vector<Finding>> both = {{exact}};
  for (const Measure& m : measures(1e-6, place_all({"a"}, both))) {
    CHECK((count(out, "<td class=\"n\">" + m.text(exact) + "</td>") > 0) == (m.key[0] != 'k'));
  }
  CHECK(count(out, "(1)</dt>") == 0);  // it was measured
}

TEST_CASE("a page says what was subtracted, and the heads before and after") {
  Report r{{"new.npz"}, {{matrix_finding("q", 8, 6, 1.0)}}, 1e-6, "old/"};
  r.findings[0][0].head_norms = Eigen::Vector2d(1.0, 3.0);
  r.findings[0][0].head_norms_of_both = {Eigen::VectorXd(Eigen::Vector2d(1.0, 1.0)),
                                         Eigen::VectorXd(Eigen::Vector2d(2.0, 4.0))};
  CHECK(error_of(r) == "");
  const std::string out = page(r);
  CHECK(count(out, "<h1>new minus old</h1>") == 1);
  CHECK(count(out, "Each tensor is what it became since old/") == 1);
  CHECK(count(out, "2 ±50%</td><td class=\"n\">2 ±0%</td><td class=\"n\">2 ±33%</td>") == 1);
}

TEST_CASE("300 tensors of 2048 values take less than 2 MB") {
  const Report r = model(27);
  CHECK(r.findings[0].size() == 298);
  CHECK(page(r).size() < 2'000'000);
}
