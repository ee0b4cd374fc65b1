// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pion::tool {

/// Exit statuses beside 0, done.
inline constexpr int answer_is_no = 1;
inline constexpr int bad_usage_or_input = 2;

/// One verb of the tool. If `command` was given, `run` is called after the parsing. It returns the
/// exit status, or throws an exception whose text is one line.
struct Verb {
  CLI::App* command;
  std::function<int()> run;
};

/// Each adds its verb and its options to the app.
Verb shape_verb(CLI::App& app);
Verb inspect_verb(CLI::App& app);
Verb apply_verb(CLI::App& app);
Verb snr_verb(CLI::App& app);
Verb compare_verb(CLI::App& app);
Verb fit_verb(CLI::App& app);
Verb route_verb(CLI::App& app);
Verb step_verb(CLI::App& app);

}  // namespace pion::tool
