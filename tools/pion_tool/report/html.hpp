// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Text in a page of HTML, and what every page of a report has.
namespace pion::tool::html {

/// Text that comes from a file, as content or as the value of an attribute in double quotes: markup
/// in it is text, and what would move a cursor or turn the direction of writing is shown by its
/// code.
std::string text(std::string_view plain);

/// The same, as content that cannot turn the direction of what stands beside it.
std::string name(std::string_view plain);

/// A part of the page under a title of its own. Content is HTML.
std::string section(const char* id, const char* title, const std::string& content);

/// Plain text as a paragraph.
std::string paragraph(const std::string& plain);

/// A picture or a table that may be wider than the page: who has no mouse scrolls it with the arrow
/// keys.
std::string scrollable(const std::string& label, const std::string& content);

/// The range of layers whose lines are drawn, as two fields, "from" and "to".
std::string layer_range(std::int64_t least, std::int64_t most);

/// Where the first link of a page leads, the id of a section, and what it says.
struct Jump {
  const char* id;
  const char* text;
};

/// A whole page, which needs nothing but itself.
///
/// It forbids itself every request (a content security policy). Colours are variables of its style
/// sheet (page.css), for light and for dark.
/// \param title   plain text.
/// \param script  as it stands.
std::string document(const std::string& title, const Jump& jump, const std::string& sections,
                     std::string_view script);

}  // namespace pion::tool::html
