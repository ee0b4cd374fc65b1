// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <locale>
#include <sstream>
#include <string>

/// How real numbers are written in messages, and in the signatures of a recipe's parts.
namespace pion::detail {

/// Writes the shortest decimal that reads back as `value`; the program's locale has no part in it.
inline std::string number_text(double value) {
  std::string text;
  for (int digits = 1; digits <= std::numeric_limits<double>::max_digits10; ++digits) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(digits);
    out << value;
    text = out.str();
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    double again = 0.0;
    if (in >> again && again == value) break;
  }
  return text;
}

}  // namespace pion::detail
