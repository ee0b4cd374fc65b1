// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/verbs/inspect_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/run_file.hpp"
#include "pion_tool/report/run_page.hpp"
#include "pion_tool/report/run_text.hpp"

namespace pion::tool {
namespace {

/// Leaves the layers out that --tensor and --skip leave out.
void keep_wanted(const RunOptions& o, io::Run& run) {
  const auto unwanted = [&o](const io::RunRecord& r) {
    return (!o.only.empty() && !io::fits(o.only, r.layer)) || io::fits(o.skip, r.layer);
  };
  if (run.records.empty()) return;
  run.records.erase(std::remove_if(run.records.begin(), run.records.end(), unwanted),
                    run.records.end());
  if (run.records.empty()) throw io::Error(o.file, "--tensor and --skip leave no layer");
}

/// What was not measured, in a line; or nothing.
std::string problems_of(const io::Run& run) {
  const auto has_problem = [](const io::RunRecord& r) { return !r.problem.empty(); };
  const auto first = std::find_if(run.records.begin(), run.records.end(), has_problem);
  if (first == run.records.end()) return "";
  const auto more = std::count_if(first + 1, run.records.end(), has_problem);
  return fmt::format("layer {}, step {}: {}{}", io::quote(first->layer), first->step,
                     first->problem,
                     more > 0 ? fmt::format(" (and {} more such records)", more) : "");
}

void print_text(const RunOptions& o, const io::Run& run) {
  fmt::print("{}\n\n{}", printable(o.file), run_text(run));
  if (run.records.empty()) {
    fmt::print("There are no records yet.\n");
    return;
  }
  fmt::print(
      "kp=N: directions of the momentum, or where there is none of the gradient, that "
      "highpass:kp=N "
      "\npasses with a gain above {}; first, last: at the steps {} and {}\n",
      run.gain, run.records.front().step, run.records.back().step);
}

}  // namespace

int inspect_run(const RunOptions& o) {
  require_apart({{"FILE", o.file}}, {{"--html", o.html}});
  io::Run run = io::read_run(io::path_of(o.file));
  keep_wanted(o, run);
  if (!o.html.empty()) io::write_text(io::path_of(o.html), run_page(o.file, run));
  for (const std::string& note : run.notes) warn(o.file, note);
  warn_of(o.file, problems_of(run));
  if (o.json) {
    print({{"file", o.file}, {"every", run.every}, {"gain", run.gain}, {"resumed", run.resumed}},
          "records", run.records.size(), [&run](std::size_t i) { return to_json(run.records[i]); });
    return 0;
  }
  print_text(o, run);
  return 0;
}

}  // namespace pion::tool
