// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace pion::tool {

/// Sets rows of text under titles, in aligned columns two spaces apart.
///
/// Cells are made printable(). A table wider than the page is made to fit: prose in the last column
/// is wrapped, and names in the first column lose their middle.
class Table {
 public:
  static constexpr std::size_t page = 100;

  /// \param layout  a letter for each column: l to align left, r right, p for prose (the last).
  Table(std::string_view layout, const std::vector<std::string>& titles);

  void add(const std::vector<std::string>& row);
  std::string text() const;

  /// Writes the text line by line, for all of it may be large.
  void print(std::FILE* to) const;

 private:
  std::vector<std::size_t> widths() const;
  std::string line(std::string_view row, const std::vector<std::size_t>& width) const;

  std::string layout_;
  std::vector<std::string> rows_;    // each one text, for a file may hold very many tensors
  std::vector<std::size_t> widest_;  // the characters of each column's widest cell
};

}  // namespace pion::tool
