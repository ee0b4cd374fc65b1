// SPDX-License-Identifier: Apache-2.0
// What WebAssembly exports: memory, call() for questions, and gains() for curves, which have to be
// drawn sixty times in a second.
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "calls.hpp"

#define PION_EXPORT(name) extern "C" __attribute__((export_name(#name), used))

using pion::explorer::Json;

/// The page's: is told in the midst of a call how far it is.
extern "C" void report(const char* text, int size);

namespace {

struct Call {
  std::string_view name;
  Json (*answer)(const Json& request);
};

constexpr Call calls[] = {{"catalogue", pion::explorer::catalogue},
                          {"steps", pion::explorer::steps},
                          {"shape", pion::explorer::shape},
                          {"fit", pion::explorer::fit},
                          {"optimisers", pion::explorer::optimisers}};

std::string text;             // what call() reads, then what it says
std::vector<double> numbers;  // what gains() and a call read, then what they say

void tell(const Json& progress) {
  const std::string said = progress.dump();
  report(said.data(), static_cast<int>(said.size()));
}

Json answer(const Json& question) {
  const auto name = question.at("call").get<std::string>();
  if (name == "matrix") return pion::explorer::matrix(question, numbers);
  if (name == "training") return pion::explorer::training(question, tell);
  for (const Call& call : calls) {
    if (call.name == name) return call.answer(question);
  }
  return {{"error", "there is no call \"" + name + "\""}};
}

}  // namespace

/// Makes room for `size` bytes of text. The next call of it moves what the last returned.
PION_EXPORT(text) char* text_of(int size) {
  text.assign(static_cast<std::size_t>(size), ' ');
  return text.data();
}

/// Makes room for `size` numbers.
PION_EXPORT(numbers) double* numbers_of(int size) {
  numbers.assign(static_cast<std::size_t>(size), 0.0);
  return numbers.data();
}

/// Answers the question in the text, an object with "call"; returns how long the answer is, which
/// takes the text's place. {"error": "..."}: why it is refused.
PION_EXPORT(call) int call() {
  try {
    text = answer(Json::parse(text)).dump();
  } catch (const std::exception& error) {
    text = Json{{"error", error.what()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return static_cast<int>(text.size());
}

PION_EXPORT(answer) const char* answer_text() { return text.data(); }

/// Where the numbers lie after a call, and how many there are.
PION_EXPORT(numbers_at) const double* numbers_at() { return numbers.data(); }
PION_EXPORT(numbers_count) int numbers_count() { return static_cast<int>(numbers.size()); }

/// The gains of `count` singular values after each of `steps` steps. The numbers hold the
/// coefficients, 3 a step, then the singular values, then room for `steps` rows of `count` gains.
PION_EXPORT(gains) void gains(int steps, int count) {
  const double* const coefficients = numbers.data();
  const double* before = coefficients + 3 * steps;
  double* after = numbers.data() + 3 * steps + count;
  for (int k = 0; k < steps; ++k, before = after, after += count) {
    const double* const c = coefficients + 3 * k;
    const pion::OddQuintic p{c[0], c[1], c[2]};
    for (int i = 0; i < count; ++i) after[i] = p(before[i]);
  }
}
