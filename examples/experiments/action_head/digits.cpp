// SPDX-License-Identifier: Apache-2.0
#include "action_head/digits.hpp"

#include <fmt/format.h>

#include <sstream>

#include "pion_tool/io/error.hpp"
#include "pion_tool/io/file.hpp"

namespace pion::action_head {
namespace {

constexpr int pixels = 64;

/// The next number of the line, up to a comma or the end; -1 where there is none up to `most`.
int next_number(std::istringstream& line, int most) {
  std::string field;
  std::getline(line, field, ',');
  if (field.empty() || field.size() > 2) return -1;
  int value = 0;
  for (const char c : field) {
    if (c < '0' || c > '9') return -1;
    value = 10 * value + (c - '0');
  }
  return value <= most ? value : -1;
}

}  // namespace

Digits read_digits(const std::string& path) {
  std::istringstream lines(io::read_text(path));
  std::vector<Eigen::VectorXf> images;
  Digits digits;
  for (std::string text; std::getline(lines, text);) {
    std::istringstream line(text);
    Eigen::VectorXf image(pixels);
    bool sound = true;
    for (float& pixel : image) {
      const int value = next_number(line, 16);
      sound = sound && value >= 0;
      pixel = static_cast<float>(value) / 16.0F;
    }
    const int label = next_number(line, 9);
    if (!sound || label < 0 || !line.eof()) {
      throw io::Error(path,
                      fmt::format("line {}: not 64 pixels from 0 to 16 and a label from 0 to 9",
                                  images.size() + 1));
    }
    images.push_back(std::move(image));
    digits.labels.push_back(label);
  }
  digits.images.resize(pixels, static_cast<Eigen::Index>(images.size()));
  for (std::size_t i = 0; i < images.size(); ++i) {
    digits.images.col(static_cast<Eigen::Index>(i)) = images[i];
  }
  return digits;
}

}  // namespace pion::action_head
