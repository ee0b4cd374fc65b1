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

Table::Table(std::string_view layout, const std::vector<std::string>& titles)
    : layout_(layout), widest_(titles.size(), 0) {
  add(titles);
}

// Nothing printable has a line end, so that it can stand between the cells of a row.
void Table::add(const std::vector<std::string>& row) {
  std::string cells;
  for (std::size_t i = 0; i < widest_.size(); ++i) {
    const std::string cell = i < row.size() ? printable(row[i]) : std::string();
    widest_[i] = std::max(widest_[i], characters(cell));
    cells += cell + '\n';
  }
  cells.shrink_to_fit();
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths = widest_;
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

std::string Table::line(std::string_view row, const std::vector<std::size_t>& width) const {
  const auto next_cell = [&row] {
    const std::string cell(row.substr(0, row.find('\n')));
    row.remove_prefix(cell.size() + 1);
    return cell;
  };
  std::string line = pad(shorten(next_cell(), width[0]), width[0], layout_[0] == 'l');
  for (std::size_t i = 1; i < width.size(); ++i) {
    line += "  ";
    line += layout_[i] == 'p' ? wrap(next_cell(), width[i], characters(line))
                              : pad(next_cell(), width[i], layout_[i] == 'l');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string Table::text() const {
  const std::vector<std::size_t> width = widths();
  std::string out;
  for (const std::string& row : rows_) out += line(row, width);
  return out;
}

void Table::print(std::FILE* to) const {
  const std::vector<std::size_t> width = widths();
  for (const std::string& row : rows_) std::fputs(line(row, width).c_str(), to);
}

}  // namespace pion::tool
