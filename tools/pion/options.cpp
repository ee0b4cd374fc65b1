// SPDX-License-Identifier: Apache-2.0
#include "pion/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>

namespace pion::tool {
namespace {

// Nothing may stand before or behind the number; NaN lies in no range.
template <class Number>
Number number(std::string_view what, std::string_view text, Number lo, Number hi,
              std::string_view kind) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && lo <= value && value <= hi) return value;
  throw io::Error(what, fmt::format("{} is not a {} from {} to {}", io::quote(text), kind, lo, hi));
}

// The core's own list of names, so that what it learns to do the tool can do.
template <class All>
auto choices(const All& all) {
  Choices<typename All::value_type> out;
  for (const auto value : all) out.emplace_back(name(value), value);
  return out;
}

}  // namespace

double real_number(std::string_view what, std::string_view text, double lo, double hi) {
  return number(what, text, lo, hi, "number");
}

std::int64_t whole_number(std::string_view what, std::string_view text, std::int64_t lo,
                          std::int64_t hi) {
  return number(what, text, lo, hi, "whole number");
}

std::string list(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

void add_json(CLI::App& verb, bool& json) {
  verb.add_flag("--json", json, "Print one JSON object and nothing else");
}

void add_gain(CLI::App& verb, double& gain) {
  add_real(verb, "--gain", gain, 1e-15, 1.0,
           fmt::format("A direction survives when its gain exceeds this ({} if not given)", gain));
}

void add_normalizer(CLI::App& verb, Normalizer& normalizer) {
  add_choice(verb, "--normalizer", normalizer, choices(all_normalizers), "Normalise by");
}

void add_method(CLI::App& verb, Method& method) {
  add_choice(verb, "--method", method, choices(all_methods), "Apply by");
}

void flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw io::Error("standard output", std::generic_category().message(errno));
}

void print(const Json& object) {
  // File names need not be UTF-8; JSON must be.
  fmt::print("{}\n", object.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace pion::tool
