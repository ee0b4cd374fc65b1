// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// What the pictures are put together from.
namespace pion::tool::element {

/// The text as XML has it. What XML cannot hold, control characters and bytes that are not UTF-8,
/// becomes question marks.
std::string escape(std::string_view text);

/// \param anchor  start, middle or end: which part of the text lies at x.
/// \param style   further attributes, as they stand.
std::string text(double x, double y, std::string_view anchor, std::string_view content,
                 std::string_view style = "");

std::string line(double x1, double y1, double x2, double y2, std::string_view style);

/// The whole document, on white so that it reads on any page.
std::string document(double width, double height, std::string_view content);

}  // namespace pion::tool::element
