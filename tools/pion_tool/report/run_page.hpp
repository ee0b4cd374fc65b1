// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pion_tool/io/run_file.hpp"

namespace pion::tool {

/// A recorded run as one page of HTML (html::document): a chart of each measure over the steps with
/// a line for each layer, its numbers, and what was not measured and why. All it says is in its
/// elements; the script (run.js) switches charts and lines.
/// \param file  what the page is named after.
std::string run_page(const std::string& file, const io::Run& run);

}  // namespace pion::tool
