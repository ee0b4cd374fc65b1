// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pion {

/// The answer to a question about real numbers from arithmetic with doubles, never a guess: proved,
/// disproved, or undecided.
enum class Verdict { proved, disproved, undecided };

/// "yes", "no" or "not decided".
constexpr const char* answer(Verdict v) {
  return v == Verdict::proved ? "yes" : v == Verdict::disproved ? "no" : "not decided";
}

}  // namespace pion
