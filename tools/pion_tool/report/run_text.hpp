// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/io/run_file.hpp"

/// What `pion inspect` prints of a recorded run.
namespace pion::tool {

/// A table for each measure: of each layer the first, the last, the least and the largest value.
std::string run_text(const io::Run& run);

/// A record by the keys that it has in the file.
Json to_json(const io::RunRecord& record);

}  // namespace pion::tool
