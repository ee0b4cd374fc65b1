// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Files of this folder that are compiled in.
namespace pion::tool::resources {

extern const std::string_view page_css;
extern const std::string_view page_js;
extern const std::string_view run_js;

}  // namespace pion::tool::resources
