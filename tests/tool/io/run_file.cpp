// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/run_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;

namespace {

std::string run_head(int step) {
  return R"({"format": "pion run", "version": 1, "step": )" + std::to_string(step) +
         R"(, "pion": "0.1.0", "every": 50, "within": 0.02, "gain": 1e-06})" + "\n";
}

std::string run_line(int step, const std::string& layer, const std::string& more = "") {
  return "{\"step\": " + std::to_string(step) + ", \"layer\": \"" + layer +
         R"(", "shape": [4, 6], "of": "momentum", "erank": 2.5, "s1": 0.75, )" +
         R"("survivors": [0, 1, 2, 3, 4], "snr": 0.125, "micro_batches": 4)" + more + "}\n";
}

std::vector<std::int64_t> steps_of(const io::Run& run) {
  std::vector<std::int64_t> steps;
  for (const io::RunRecord& r : run.records) steps.push_back(r.step);
  return steps;
}

std::string refusal_of(const std::string& text) {
  return io::test::message([&] { io::parse_run("run.jsonl", text); });
}

}  // namespace

TEST_CASE("a run is told by its name") {
  CHECK(io::is_run("folder/run.jsonl"));
  for (const char* other : {"run.json", "run", "jsonl", "run.jsonl/x", "run.npy"}) {
    CHECK_FALSE(io::is_run(other));
  }
}

TEST_CASE("records of a run are read with all that they have") {
  const io::Run run = io::parse_run(
      "run.jsonl",
      run_head(0) +
          run_line(
              0, "q",
              R"(, "head_norms": [1, 2.5, null], "head_updates": [0.0], "since": 0, "x": {})") +
          R"({"step": 0, "layer": "v", "shape": [2, 3], "of": "gradient", "problem": "a reason"})" +
          "\n" +
          R"({"step": 50, "layer": "q", "shape": [4, 6], "of": "gradient", "erank": [2, 3], )" +
          R"("s1": [0.5, 0.75], "survivors": [[0, 1], 1, 2, 3, [4, 4]], "snr": null})" + "\n");
  CHECK(run.every == 50);
  CHECK(run.gain == 1e-6);
  CHECK(run.notes.empty());
  CHECK(run.resumed.empty());
  REQUIRE(run.records.size() == 3);
  const io::RunRecord& first = run.records[0];
  CHECK((first.step == 0 && first.layer == "q" && first.of == "momentum"));
  CHECK(first.shape == io::Shape{4, 6});
  CHECK((first.erank->low == 2.5 && first.erank->high == 2.5));
  CHECK(first.s1->value() == 0.75);
  for (std::size_t kp = 0; kp < io::run_filters; ++kp) {
    CHECK(first.survivors.at(kp)->value() == static_cast<double>(kp));
  }
  CHECK(*first.snr == 0.125);
  CHECK(first.micro_batches == 4);
  REQUIRE(first.head_norms.size() == 3);
  CHECK((first.head_norms[0] == 1.0 && first.head_norms[1] == 2.5));
  CHECK(std::isnan(first.head_norms[2]));
  CHECK(first.head_updates == std::vector<double>{0.0});
  CHECK(*first.since == 0);
  const io::RunRecord& second = run.records[1];
  CHECK(second.problem == "a reason");
  CHECK_FALSE((second.erank || second.s1 || second.survivors[0] || second.snr || second.since));
  const io::RunRecord& third = run.records[2];
  CHECK((third.erank->low == 2.0 && third.erank->high == 3.0 && third.erank->value() == 2.5));
  CHECK((third.survivors[0]->high == 1.0 && third.survivors[1]->low == 1.0));
  CHECK_FALSE(third.snr);
}

TEST_CASE("wherever a run was stopped, its file is read up to there") {
  const std::string whole = run_head(0) + run_line(0, "q") + run_line(50, "q") + run_line(100, "q");
  for (std::size_t length = run_head(0).size() - 1; length <= whole.size(); ++length) {
    const std::string text = whole.substr(0, length);
    const bool ended = text.back() == '\n', whole_line = ended || text.back() == '}';
    const auto lines = std::count(text.begin(), text.end(), '\n') + (whole_line && !ended ? 1 : 0);
    const io::Run run = io::parse_run("run.jsonl", text);
    INFO(length);
    CHECK(run.records.size() == static_cast<std::size_t>(lines) - 1);
    CHECK(run.notes.empty() == whole_line);
  }
}

TEST_CASE("a run that went on from an earlier step replaces what came after it") {
  const std::string begin =
      run_head(0) + run_line(0, "q") + run_line(0, "v") + run_line(50, "q") + run_line(50, "v");
  const io::Run later = io::parse_run("a", begin + run_head(51) + run_line(100, "q"));
  CHECK(steps_of(later) == std::vector<std::int64_t>{0, 0, 50, 50, 100});
  CHECK(later.resumed == std::vector<std::int64_t>{51});
  CHECK(later.notes.empty());
  const io::Run earlier = io::parse_run("a", begin + run_head(50) + run_line(50, "q"));
  CHECK(steps_of(earlier) == std::vector<std::int64_t>{0, 0, 50});
  REQUIRE(earlier.notes.size() == 1);
  CHECK(earlier.notes[0] ==
        "The run went on from step 50 again: 2 records of before are replaced.");
  CHECK(io::parse_run("a", begin + run_head(0)).records.empty());
}

TEST_CASE("a bad line of a run is named by its number") {
  const std::string good = run_head(0) + run_line(0, "q");
  const auto begins = [](const std::string& text, const std::string& with) {
    const std::string said = refusal_of(text);
    INFO(said);
    CHECK(said.substr(0, with.size()) == with);
  };
  begins("", "run.jsonl: it has no line of a recorded run");
  begins("{\"for", "run.jsonl: it has no line of a recorded run");
  begins("\n" + good, "run.jsonl: line 1: it is not an object of JSON");
  begins("[1]\n", "run.jsonl: line 1: it is not an object of JSON");
  begins("{}\n", "run.jsonl: line 1: it is no line of a recorded run");
  begins(run_line(0, "q"), "run.jsonl: line 1: it is no line of a recorded run");
  begins("{\"format\": \"pion run\", \"version\": 2}\n",
         "run.jsonl: line 1: the version is 2; this tool knows 1");
  begins("{\"format\": \"pion run\"}\n", "run.jsonl: line 1: \"version\" is not a whole number");
  begins(good + "{\"step\": 5\n" + run_line(50, "q"), "run.jsonl: line 3: it is not an object");
  begins(good + run_line(0, "q"), "run.jsonl: line 3: the step 0 of \"q\" comes after its step 0");
  begins(good + run_line(-1, "v"), "run.jsonl: line 3: \"step\" is not a whole number from 0 on");
  begins(good + "{\"step\": 1.5}\n", "run.jsonl: line 3: \"step\" is not a whole number");
  begins(good + "{\"step\": 18446744073709551615}\n", "run.jsonl: line 3: \"step\" is not a whole");
  begins(good + "{\"step\": 1}\n", "run.jsonl: line 3: \"layer\" is not a text");
  begins(good + "{\"step\": 1, \"layer\": \"a\"}\n", "run.jsonl: line 3: \"of\" is not a text");
  const std::string most = R"({"step": 1, "layer": "a", "of": "gradient", )";
  begins(good + most + "\"shape\": [1]}\n", "run.jsonl: line 3: \"shape\" has not two numbers");
  begins(good + most + "\"shape\": 1}\n", "run.jsonl: line 3: \"shape\" is not a list");
  const auto wrong = [&](const std::string& rest, const std::string& why) {
    begins(good + most + "\"shape\": [1, 2], " + rest + "}\n", "run.jsonl: line 3: " + why);
  };
  wrong(R"("erank": "2")", "\"erank\" is not a number");
  wrong(R"("erank": [1])", "\"erank\" is not an interval [low, high]");
  wrong(R"("s1": [2, 1])", "\"s1\" ends before it begins");
  wrong(R"("s1": 1e999)", "it is not an object of JSON");  // no double
  wrong(R"("survivors": [1])", "\"survivors\" has 1 entries; there are 5 filters");
  wrong(R"("survivors": {})", "\"survivors\" is not a list");
  wrong(R"("head_norms": ["a"])", "\"head_norms\" is not a number");
  wrong(R"("micro_batches": -1)", "\"micro_batches\" is not a whole number");
  wrong(R"("problem": 1)", "\"problem\" is not a text");
}

TEST_CASE("no text at all makes the reader of runs do more than refuse") {
  const std::string good = run_head(0) + run_line(0, "q", R"(, "head_norms": [1, 2])");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char byte : {'\0', '"', '9', '}', '\n', '\xff'}) {
      std::string bad = good;
      bad[at] = byte;
      CHECK(refusal_of(bad).find("a control character") == std::string::npos);
    }
  }
}

TEST_CASE("a run is read from its file") {
  const io::test::TemporaryFolder folder;
  io::test::write(folder / "run.jsonl", run_head(0) + run_line(0, "q"));
  CHECK(io::read_run(folder / "run.jsonl").records.size() == 1);
}
