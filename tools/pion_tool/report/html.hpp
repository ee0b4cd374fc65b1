// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// Text in a page of HTML.
namespace pion::tool::html {

/// Text that comes from a file, as content or as the value of an attribute in double quotes: markup
/// in it is text, and what would move a cursor or turn the direction of writing is shown by its
/// code.
std::string text(std::string_view plain);

/// The same, as content that cannot turn the direction of what stands beside it.
std::string name(std::string_view plain);

}  // namespace pion::tool::html
