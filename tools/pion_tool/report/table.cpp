// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "pion_tool/cli/text.hpp"

namespace pion::tool {
namespace {

std::string pad(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, characters(text)), ' ');
  return left ? text + space : space + text;
}

}  // namespace

Table::Table(std::string_view layout, std::vector<std::string> titles)
    : layout_(layout), rows_{std::move(titles)} {}

void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = printable(cell);
  row.resize(rows_.front().size());
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], characters(row[i]));
    }
  }
  constexpr std::size_t least_prose = 40, least_name = 12;
  const bool prose = layout_.back() == 'p';
  if (prose) widths.back() = std::min(widths.back(), least_prose);
  const auto left_by = [](std::size_t used) { return page - std::min(page, used); };
  const std::size_t rest =
      std::accumulate(widths.begin() + 1, widths.end(), 2 * (widths.size() - 1));
  widths[0] = std::min(widths[0], std::max(least_name, left_by(rest)));
  if (prose) widths.back() += left_by(widths[0] + rest);
  return widths;
}

std::string Table::text() const {
  const std::vector<std::size_t> width = widths();
  std::string out;
  for (const auto& row : rows_) {
    std::string line = pad(shorten(row[0], width[0]), width[0], layout_[0] == 'l');
    for (std::size_t i = 1; i < row.size(); ++i) {
      line += "  ";
      line += layout_[i] == 'p' ? wrap(row[i], width[i], characters(line))
                                : pad(row[i], width[i], layout_[i] == 'l');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace pion::tool
