// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pion::tool {

/// What `pion inspect` is told of a recorded run.
struct RunOptions {
  std::string file;
  std::vector<std::string> only;  ///< Patterns of names.
  std::vector<std::string> skip;
  std::string html;
  bool json = false;
};

/// Prints a run's measures or records, and draws them. Returns 0.
int inspect_run(const RunOptions& options);

}  // namespace pion::tool
