// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace pion::tool {

/// Shows a bar that says how far a verb is, in one line on standard error, if that is a terminal.
/// The line is erased at the end.
class Progress {
 public:
  explicit Progress(std::size_t total, std::size_t done = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// The next item begins.
  void step(std::string_view item);

 private:
  std::size_t total_;
  std::size_t at_;
  bool shown_;
};

}  // namespace pion::tool
