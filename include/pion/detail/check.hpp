// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>     // std::fputs
#include <cstdlib>    // std::abort
#include <stdexcept>  // std::invalid_argument, std::domain_error
#include <string>

#include <pion/detail/language.hpp>

/// Where every refusal of the library leaves: cold, out of line, and one line of text that names
/// the function, the thing that is wrong and its value. Built without exceptions, the same line
/// goes to standard error and the program stops.
namespace pion::detail {

template <class Exception>
[[noreturn]] inline void refuse(const std::string& why) {
#if defined(__cpp_exceptions)
  throw Exception(why);
#else
  std::fputs(("pion: " + why + "\n").c_str(), stderr);
  std::abort();
#endif
}

/// The caller broke a stated relation between the arguments.
[[noreturn]] inline void refuse_argument(const std::string& why) {
  refuse<std::invalid_argument>(why);
}

/// The values of a matrix lie outside what the function can take (NaN, infinity, overflow).
[[noreturn]] inline void refuse_values(const std::string& why) { refuse<std::domain_error>(why); }

/// "rows x cols" as the messages write a shape.
inline std::string shape(std::ptrdiff_t rows, std::ptrdiff_t cols) {
  return std::to_string(rows) + "x" + std::to_string(cols);
}

}  // namespace pion::detail
