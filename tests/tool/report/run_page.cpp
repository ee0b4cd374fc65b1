// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/run_page.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "pion_tool/report/run_chart.hpp"
#include "pion_tool/report/run_measures.hpp"
#include "pion_tool/report/run_text.hpp"
#include "report/html_reader.hpp"
#include "report/support.hpp"
#include "support/catch.hpp"

using namespace pion::tool;
namespace io = pion::io;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

io::RunRecord run_record(std::int64_t step, std::string layer, double erank) {
  io::RunRecord r;
  r.step = step;
  r.layer = std::move(layer);
  r.shape = {4, 6};
  r.of = "momentum";
  r.erank = io::Measured{erank, erank};
  r.s1 = io::Measured{0.5, 0.75};
  for (std::size_t kp = 0; kp < io::run_filters; ++kp) {
    r.survivors.at(kp) = io::Measured{0.0, static_cast<double>(kp)};
  }
  r.snr = 0.25;
  return r;
}

/// Of `layers` layers with two matrices each, at steps 0, 50, ... 50 (count - 1).
io::Run run_of(int layers, int count) {
  io::Run run;
  run.every = 50;
  run.gain = 1e-6;
  for (int i = 0; i < count; ++i) {
    for (int layer = 0; layer < layers; ++layer) {
      const std::string begin = "model.layers." + std::to_string(layer) + ".";
      for (const char* module : {"q_proj.weight", "up_proj.weight"}) {
        run.records.push_back(run_record(50 * i, begin + module, 10.0 + i + layer));
      }
    }
  }
  return run;
}

std::string page_error(const io::Run& run) {
  return HtmlReader(run_page("folder/run.jsonl", run)).error();
}

const RunMeasure& measure_of(const std::vector<RunMeasure>& all, const std::string& key) {
  for (const RunMeasure& m : all) {
    if (m.key == key) return m;
  }
  throw std::runtime_error("no measure " + key);
}

}  // namespace

TEST_CASE("a course has the first, the last, the least and the largest value") {
  io::Run run;
  for (const double erank : {3.0, 1.0, 7.0, 5.0}) {
    run.records.push_back(run_record(static_cast<std::int64_t>(run.records.size()), "a", erank));
  }
  run.records.push_back(run_record(4, "a", 0.0));
  run.records.back().erank.reset();
  run.records.push_back(run_record(4, "b", 2.0));
  const std::vector<RunLayer> layers = layers_of(run);
  REQUIRE(layers.size() == 2);
  const std::vector<RunMeasure> all = run_measures(run);
  const Course course = course_of(layers[0], measure_of(all, "erank")).value();
  CHECK(course.count == 4);
  CHECK(cells_of(course) == std::vector<std::string>{"3", "5", "1", "7"});
  CHECK(cells_of(course_of(layers[1], measure_of(all, "s1")).value())[0] == "0.625 ±0.12");
  const auto none = [](const io::RunRecord&) { return std::optional<io::Measured>(); };
  CHECK_FALSE(course_of(layers[0], {"", "", "", Scale::linear, none}));
}

TEST_CASE("measures are those that a record has") {
  io::Run run;
  CHECK(run_measures(run).empty());
  run.records = {run_record(0, "a", 1.0)};
  const auto keys = [&run] {
    std::string all;
    for (const RunMeasure& m : run_measures(run)) all += m.key + " ";
    return all;
  };
  CHECK(keys() == "erank s1 snr kp0 kp1 kp2 kp3 kp4 ");
  run.records[0].head_norms = {1.0, 3.0};
  run.records[0].head_updates = {1.0, no_number};
  run.records[0].snr.reset();
  CHECK(keys() == "erank s1 kp0 kp1 kp2 kp3 kp4 heads ");
  // The population's variance of 1 and 3.
  const std::vector<RunMeasure> all = run_measures(run);
  CHECK(measure_of(all, "heads").read(run.records[0])->value() == 1.0);
}

TEST_CASE("a run as text has a table for each measure, with a row for each layer") {
  const std::string out = run_text(run_of(3, 4));
  CHECK(count(out, "model.layers.2.q_proj.weight") == 8);
  CHECK(count(out, "effective rank") == 1);
  CHECK(count(out, "records") == 8);
  CHECK(run_text({}).empty());
}

TEST_CASE("a record goes to JSON as the file has it") {
  io::RunRecord r = run_record(50, "a", 2.5);
  CHECK(to_json(r).dump() ==
        R"({"step":50,"layer":"a","shape":[4,6],"of":"momentum","erank":2.5,"s1":[0.5,0.75],)"
        R"("survivors":[0.0,[0.0,1.0],[0.0,2.0],[0.0,3.0],[0.0,4.0]],"snr":0.25,)"
        R"("micro_batches":0,"head_norms":null,"head_updates":null,"since":null})");
  r.head_norms = {1.5, no_number};
  r.problem = "why";
  const std::string text = to_json(r).dump();
  CHECK(count(text, R"("head_norms":[1.5,null])") == 1);
  CHECK(count(text, R"("problem":"why")") == 1);
  // What is written is read again.
  const std::string head = R"({"format":"pion run","version":1,"step":0,"every":50,"gain":1e-06})"
                           "\n";
  const io::Run again = io::parse_run("a", head + text + "\n");
  CHECK(to_json(again.records.at(0)).dump() == text);
}

TEST_CASE("a chart of a run spans what was measured") {
  const io::Run run = run_of(2, 3);
  const std::vector<RunLayer> layers = layers_of(run);
  const std::vector<ModuleLook> looks = looks_of({{"q", 0}, {"up", 1}, {"q", 2}, {"up", 3}});
  const std::vector<RunMeasure> all = run_measures(run);
  const Chart ranks = run_chart(measure_of(all, "erank"), layers, looks, {75});
  CHECK((ranks.x.lo == 0.0 && ranks.x.hi == 100.0));
  CHECK(ranks.y.scale == Scale::logarithmic);
  CHECK((ranks.y.lo < 10.0 && ranks.y.hi > 13.0));
  REQUIRE(ranks.series.size() == 4);
  CHECK(ranks.series[0].id == "erank-0");
  CHECK(ranks.series[1].id == "erank-2");  // of the same module
  CHECK(ranks.series[0].colour == ranks.series[1].colour);
  CHECK(ranks.series[0].colour != ranks.series[2].colour);
  CHECK(ranks.series[0].y == std::vector<double>{10.0, 11.0, 12.0});
  CHECK(ranks.series[0].below.empty());
  CHECK(ranks.markers.size() == 1);
  const Chart parts = run_chart(measure_of(all, "s1"), layers, looks, {});
  CHECK(parts.series[0].below == std::vector<double>(3, 0.5));
  CHECK(parts.series[0].above == std::vector<double>(3, 0.75));
  CHECK((parts.y.lo < 0.5 && parts.y.hi > 0.75));
}

TEST_CASE("a chart of a run has sound axes, whatever was measured") {
  for (const double value : {0.0, -1.0, 1e-320, 1e308, 1.0}) {
    for (const int count : {1, 2}) {
      io::Run run;
      for (int i = 0; i < count; ++i) run.records.push_back(run_record(7 + i, "a", value));
      for (const RunMeasure& m : run_measures(run)) {
        INFO(m.key << " " << value << " " << count);
        const Chart chart = run_chart(m, layers_of(run), looks_of({{"a", 0}}), {});
        REQUIRE_NOTHROW(svg(chart, in_page));
        CHECK(chart.series[0].points == (count == 1));
      }
    }
  }
}

TEST_CASE("a page of a run is well-formed, and needs nothing but itself") {
  io::Run run = run_of(4, 3);
  CHECK(page_error(run) == "");
  CHECK(page_error({}) == "");
  CHECK(page_error(run_of(1, 1)) == "");
  run.resumed = {60};
  run.notes = {"<i> & \"that\""};
  for (const char* name : {"<script>alert(1)</script>", "\"><img src=x>", "\x1b[2J\n\xff", ""}) {
    run.records.push_back(run_record(150, name, 2.0));
    run.records.back().problem = name + std::string(" <b>");
  }
  CHECK(page_error(run) == "");
  const std::string out = run_page("<a>.jsonl", run);
  for (const char* part : {"http:", "https:", "<img", "<i>", "<b>", "fetch(", "\x1b"}) {
    INFO(part);
    CHECK(count(out, part) == 0);
  }
  CHECK(count(out, "<script>") == 1);
  CHECK(count(out, "default-src 'none'") == 1);
}

TEST_CASE("a page of a run has a chart for each measure, and a line and a row for each layer") {
  const std::string out = run_page("folder/run.jsonl", run_of(4, 3));
  CHECK(count(out, "<h1>run</h1>") == 1);
  CHECK(count(out, "<figure id=\"chart-") == 8);
  CHECK(count(out, "<g id=\"erank-") == 8);
  CHECK(count(out, "<tr><th scope=\"row\">") == 8 * 8);
  CHECK(count(out, "data-lines=\"") == 2);  // modules
  CHECK(count(out, "data-layers=\"0 0 1 1 2 2 3 3\"") == 1);
  CHECK(count(out, "24 records of 8 layers, from step 0 to step 100, measured every 50 steps.") ==
        1);
  CHECK(count(out, "Spectra are of the momentum.") == 1);
}
