// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::min
#include <cstdint>    // std::int32_t

#include <pion/detail/language.hpp>

namespace pion {

/// How long not to try again what has failed: after f attempts in a row that did, the next 2^f - 1
/// chances are passed up, 31 at most. So an attempt that never succeeds costs a long run a
/// thirty-second part of itself, and one that succeeds again is found within as many chances as it
/// has failed for, about.
class Backoff {
 public:
  static constexpr std::int32_t most = 5;  ///< More failures in a row are not counted.

  std::int32_t failures() const { return failures_; }  ///< In a row.
  std::int32_t pause() const { return pause_; }        ///< Chances still to be passed up.

  /// Whether to try now. If not, a chance has been passed up.
  bool should_try() {
    if (pause_ == 0) return true;
    --pause_;
    return false;
  }

  void failed() {
    failures_ = (std::min)(failures_ + 1, most);
    pause_ = (1 << failures_) - 1;
  }

  void succeeded() { *this = Backoff(); }  ///< Forgets all failures.

  /// One that had got so far. Numbers that none can have are brought within range.
  static Backoff resumed(std::int32_t failures, std::int32_t pause) {
    Backoff b;
    b.failures_ = std::clamp(failures, 0, most);
    b.pause_ = std::clamp(pause, 0, (1 << b.failures_) - 1);
    return b;
  }

 private:
  std::int32_t failures_ = 0;
  std::int32_t pause_ = 0;
};

}  // namespace pion
