// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/run_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "pion_tool/io/error.hpp"
#include "pion_tool/io/file.hpp"

namespace pion::io {
namespace {

using nlohmann::json;

constexpr std::string_view format = "pion run";
constexpr std::int64_t version = 1;
constexpr std::uint64_t most_bytes = 1U << 30U;

/// One line, whose faults are told by its number.
class Line {
 public:
  Line(const std::string& file, std::size_t number, std::string_view text)
      : file_(file), number_(number), all_(json::parse(text, nullptr, false)) {}

  bool is_object() const { return all_.is_object(); }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(file_, fmt::format("line {}: {}", number_, reason));
  }

  /// The value of a key; null where there is none.
  const json& at(const char* key) const {
    static const json none;
    const auto found = all_.find(key);
    return found == all_.end() ? none : *found;
  }

  std::string text(const char* key) const {
    const json& value = at(key);
    if (!value.is_string()) fail(fmt::format("{} is not a text", quote(key)));
    return value.get<std::string>();
  }

  std::int64_t count(const char* key) const { return count(key, at(key)); }
  std::int64_t count(const char* key, const json& value) const {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() ||
                       value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max());
    if (!fits || value.get<std::int64_t>() < 0) {
      fail(fmt::format("{} is not a whole number from 0 on", quote(key)));
    }
    return value.get<std::int64_t>();
  }

  double number(const char* key, const json& value) const {
    if (!value.is_number()) fail(fmt::format("{} is not a number", quote(key)));
    return value.get<double>();
  }

  /// A number or [low, high]; nothing for null.
  std::optional<Measured> measured(const char* key, const json& value) const {
    if (value.is_null()) return std::nullopt;
    if (!value.is_array()) return Measured{number(key, value), number(key, value)};
    if (value.size() != 2) fail(fmt::format("{} is not an interval [low, high]", quote(key)));
    const Measured found{number(key, value[0]), number(key, value[1])};
    if (!(found.low <= found.high)) fail(fmt::format("{} ends before it begins", quote(key)));
    return found;
  }
  std::optional<Measured> measured(const char* key) const { return measured(key, at(key)); }

  /// The entries of a list; none for null.
  const json& list(const char* key) const {
    const json& value = at(key);
    if (!value.is_array() && !value.is_null()) fail(fmt::format("{} is not a list", quote(key)));
    return value;
  }

  std::vector<double> numbers_or_null(const char* key) const {
    std::vector<double> found;
    for (const json& value : list(key)) {
      found.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                      : number(key, value));
    }
    return found;
  }

 private:
  const std::string& file_;
  std::size_t number_;
  json all_;
};

RunRecord record_of(const Line& line) {
  RunRecord r;
  r.step = line.count("step");
  r.layer = line.text("layer");
  r.of = line.text("of");
  for (const json& extent : line.list("shape")) r.shape.push_back(line.count("shape", extent));
  if (r.shape.size() != 2) line.fail("\"shape\" has not two numbers");
  r.erank = line.measured("erank");
  r.s1 = line.measured("s1");
  const json& survivors = line.list("survivors");
  if (!survivors.is_null() && survivors.size() != run_filters) {
    line.fail(fmt::format("\"survivors\" has {} entries; there are {} filters", survivors.size(),
                          run_filters));
  }
  for (std::size_t kp = 0; kp < survivors.size(); ++kp) {
    r.survivors.at(kp) = line.measured("survivors", survivors[kp]);
  }
  if (const auto snr = line.measured("snr")) r.snr = snr->value();
  if (!line.at("micro_batches").is_null()) r.micro_batches = line.count("micro_batches");
  r.head_norms = line.numbers_or_null("head_norms");
  r.head_updates = line.numbers_or_null("head_updates");
  if (!line.at("since").is_null()) r.since = line.count("since");
  if (!line.at("problem").is_null()) r.problem = line.text("problem");
  return r;
}

/// Puts lines together, one after another.
class RunReader {
 public:
  void take_head(const Line& line) {
    if (line.at("format") != format) line.fail("it is no line of a recorded run");
    const std::int64_t found = line.count("version");
    if (found != version) {
      line.fail(fmt::format("the version is {}; this tool knows {}", found, version));
    }
    const std::int64_t step = line.count("step");
    run_.every = line.count("every");
    run_.gain = line.number("gain", line.at("gain"));
    if (has_head_) run_.resumed.push_back(step);
    has_head_ = true;
    const auto kept = std::remove_if(run_.records.begin(), run_.records.end(),
                                     [step](const RunRecord& r) { return r.step >= step; });
    const auto gone = run_.records.end() - kept;
    run_.records.erase(kept, run_.records.end());
    if (gone > 0) {
      run_.notes.push_back(fmt::format(
          "The run went on from step {} again: {} of before {} replaced.", step,
          gone == 1 ? "1 record" : fmt::format("{} records", gone), gone == 1 ? "is" : "are"));
    }
    last_.clear();
  }

  void take(const Line& line) {
    if (!line.is_object()) line.fail("it is not an object of JSON");
    if (!has_head_ || !line.at("format").is_null()) return take_head(line);
    RunRecord r = record_of(line);
    const auto [last, is_new] = last_.emplace(r.layer, r.step);
    if (!is_new && r.step <= last->second) {
      line.fail(fmt::format("the step {} of {} comes after its step {}", r.step, quote(r.layer),
                            last->second));
    }
    last->second = r.step;
    run_.records.push_back(std::move(r));
  }

  void leave_out_last(std::size_t number) {
    run_.notes.push_back(fmt::format(
        "Line {}, the last, has no end and is left out: the run was stopped while it wrote.",
        number));
  }

  bool has_head() const { return has_head_; }
  Run run() { return std::move(run_); }

 private:
  Run run_;
  bool has_head_ = false;
  std::map<std::string, std::int64_t> last_;  // step of a layer since the last head
};

}  // namespace

bool is_run(const std::filesystem::path& path) { return path.extension() == ".jsonl"; }

Run parse_run(const std::string& name, std::string_view text) {
  RunReader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const Line line(name, number, text.substr(0, end));
    if (end == text.npos && !line.is_object()) {
      reader.leave_out_last(number);
      break;
    }
    reader.take(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  if (!reader.has_head()) throw Error(name, "it has no line of a recorded run");
  return reader.run();
}

Run read_run(const std::filesystem::path& path) {
  return parse_run(path.string(), read_text(path, most_bytes));
}

}  // namespace pion::io
