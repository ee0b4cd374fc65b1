// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pion::io {

/// The one exception of this part. `what()` is always one line, `file: reason`: whatever a file
/// brought along (a tensor's name, a field) has its line ends and control characters escaped.
class Error : public std::runtime_error {
 public:
  Error(std::string_view file, std::string_view reason);
};

/// `"text"` for use in a reason; long text is cut, so that a hostile name cannot fill the screen.
std::string quote(std::string_view text);

}  // namespace pion::io
