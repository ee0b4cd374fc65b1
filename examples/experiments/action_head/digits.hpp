// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace pion::action_head {

/// Handwritten digits: 64 pixels from 0 to 1, an image a column, and what they show.
struct Digits {
  Eigen::MatrixXf images;
  std::vector<int> labels;
};

/// Reads lines of 64 pixels (0 to 16) and a label (0 to 9), separated by commas.
/// \throws io::Error if the file cannot be read, or a line is not that.
Digits read_digits(const std::string& path);

}  // namespace pion::action_head
