// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "harness/search.hpp"

namespace pion::experiment {

/// What the command line of an experiment says.
struct Options {
  bool quick = false;  ///< Every part of the machinery on problems that take seconds.
  std::string output;  ///< The folder for results, there when the experiment begins.
  SearchOptions search;
};

/// A whole main(): reads the arguments, makes the folder, runs the experiment. An error is one line
/// on standard error and exit status 2.
int run_command(int argc, char** argv, const std::string& name, const std::string& description,
                const std::function<void(const Options&)>& experiment);

}  // namespace pion::experiment
