// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/html.hpp"

#include "pion_tool/chart/svg_elements.hpp"
#include "pion_tool/cli/text.hpp"

namespace pion::tool::html {

std::string text(std::string_view plain) { return element::escape(printable(plain)); }

std::string name(std::string_view plain) { return "<bdi>" + text(plain) + "</bdi>"; }

}  // namespace pion::tool::html
