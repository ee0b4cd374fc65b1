// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <utility>  // std::pair

/// How numbers are written in messages and in the signatures of a recipe's parts (recipe.hpp).
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

/// Writes "name{first 0.9, second 1}".
inline std::string signature(const char* name,
                             std::initializer_list<std::pair<const char*, double>> numbers) {
  std::string text = name;
  const char* before = "{";
  for (const auto& [what, value] : numbers) {
    text += before + std::string(what) + " " + number_text(value);
    before = ", ";
  }
  return text + "}";
}

}  // namespace pion::detail
