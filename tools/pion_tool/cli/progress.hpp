// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace pion::tool {

/// Shows a bar that says how far a verb is, in one line on standard error, if that is a terminal.
/// The line is erased at the end.
class Progress {
 public:
  /// \param work  of all items together, in any unit; with it the line says how long is left.
  explicit Progress(std::size_t total, std::size_t done = 0, double work = 0.0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// The next item begins.
  void step(std::string_view item);

  /// An item of so much work is done.
  void finished(double work) { done_work_ += work; }

 private:
  std::size_t total_;
  std::size_t at_;
  double work_;
  double done_work_ = 0.0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool shown_;
};

/// "2 h 5 min", "40 s".
std::string duration(double seconds);

}  // namespace pion::tool
