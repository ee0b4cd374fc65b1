// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// What the pictures are put together from.
namespace pion::tool {

/// The colours of a picture, but for those of its series.
struct Setting {
  const char* ink;
  const char* paper;
  const char* grid;
  const char* frame;
  const char* marker;
  bool alone;  ///< A file of its own, on its paper; else a part of a page, which has the fonts.
};

/// White, so that a file reads on any page.
inline constexpr Setting on_white = {"#222222", "white", "#e4e4e4", "#888888", "#555555", true};

/// In a page of HTML, whose style sheet has these colours, for light and for dark.
inline constexpr Setting in_page = {"var(--ink)",   "var(--paper)",  "var(--grid)",
                                    "var(--frame)", "var(--marker)", false};

namespace element {

/// The text as XML has it. What XML cannot hold, control characters and bytes that are not UTF-8,
/// becomes question marks.
std::string escape(std::string_view text);

/// \param anchor  start, middle or end: which part of the text lies at x.
/// \param style   further attributes, as they stand.
std::string text(double x, double y, std::string_view anchor, std::string_view content,
                 std::string_view style = "");

std::string line(double x1, double y1, double x2, double y2, std::string_view style);

/// The whole picture.
/// \param attributes  further ones of its <svg>, as they stand.
std::string document(double width, double height, std::string_view content,
                     const Setting& setting = on_white, std::string_view attributes = "");

}  // namespace element
}  // namespace pion::tool
