// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pion::io {

/// Says what is wrong with a file, an option or an argument. It is the only exception that pion::io
/// throws. `what()` is always one line, `file: reason`: line ends and control characters, which a
/// tensor's name may hold, are escaped.
class Error : public std::runtime_error {
 public:
  Error(std::string_view file, std::string_view reason);
};

/// Puts text in quotes, for use in a reason. Long text is cut, so that a hostile name cannot fill
/// the screen.
std::string quote(std::string_view text);

}  // namespace pion::io
