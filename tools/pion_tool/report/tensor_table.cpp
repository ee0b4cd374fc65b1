// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/tensor_table.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/report/html.hpp"
#include "pion_tool/report/model_map.hpp"

namespace pion::tool {
namespace {

/// A title that sorts. Numbers stand at the right.
std::string title(const std::string& text, bool number) {
  return fmt::format("<th scope=\"col\"{}><button type=\"button\">{}</button></th>\n",
                     number ? " class=\"n\"" : "", html::text(text));
}

std::string cell(const std::string& content) { return "<td>" + content + "</td>"; }
std::string number(const std::string& content) { return "<td class=\"n\">" + content + "</td>"; }

double entries(const io::Shape& shape) {
  double product = 1.0;
  for (const std::int64_t extent : shape) product *= static_cast<double>(extent);
  return product;
}

/// Which columns there are, beside those that always are.
struct Columns {
  bool file = false;
  bool heads = false;
  bool both = false;  ///< The heads before and after.
};

std::string row(std::size_t i, const PlacedTensor& t, const std::vector<std::string>& files,
                const std::vector<Measure>& measures, const Columns& columns) {
  const Finding& f = *t.finding;
  const Suggestion& s = f.suggestion;
  std::string out =
      fmt::format("<tr id=\"{}\" tabindex=\"-1\" data-optimiser=\"{}\"><td class=\"live\">",
                  row_id(i), s.optimizer ? name(*s.optimizer) : "none");
  if (f.has_spectrum()) {
    out += fmt::format(
        "<input type=\"checkbox\" value=\"{}\" checked=\"\" aria-label=\"spectrum of {}\"/>", i,
        html::text(f.info.name));
  }
  out += fmt::format("</td><th scope=\"row\">{}</th>", html::name(f.info.name));
  if (columns.file) out += cell(html::name(stem_of(files[t.file])));
  out += number(t.place.layer ? fmt::format("{}", *t.place.layer) : "");
  out +=
      fmt::format("<td class=\"n\" data-sort=\"{}\">{}</td>", entries(f.info.shape), shape_text(f));
  out += cell(html::text(f.info.dtype_name));
  for (const Measure& m : measures) out += number(m.text(f));
  if (columns.heads) out += number(f.head_norms ? head_spread(*f.head_norms) : "");
  for (std::size_t k = 0; columns.both && k < 2; ++k) {
    out += number(f.head_norms_of_both ? head_spread((*f.head_norms_of_both)[k]) : "");
  }
  return out + cell(to_string(s)) + "<td class=\"why\">" + html::text(s.reason) + "</td></tr>\n";
}

}  // namespace

std::string tensor_table(const std::vector<std::string>& files,
                         const std::vector<PlacedTensor>& tensors,
                         const std::vector<Measure>& measures) {
  Columns columns;
  columns.file = files.size() > 1;
  for (const PlacedTensor& t : tensors) {
    columns.heads = columns.heads || t.finding->head_norms;
    columns.both = columns.both || t.finding->head_norms_of_both;
  }
  std::string out =
      "<table id=\"tensors\"><caption>Every tensor, in the order of the file</caption>\n<thead><tr>"
      "<th scope=\"col\" class=\"live\">line</th>\n";
  out += title("tensor", false);
  if (columns.file) out += title("file", false);
  out += title("layer", true) + title("shape", true) + title("type", false);
  for (const Measure& m : measures) out += title(m.title, true);
  if (columns.heads) out += title("heads", true);
  if (columns.both) out += title("heads before", true) + title("heads after", true);
  out += title("optimiser", false) + title("because", false) + "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    out += row(i, tensors[i], files, measures, columns);
  }
  return out + "</tbody></table>\n";
}

}  // namespace pion::tool
