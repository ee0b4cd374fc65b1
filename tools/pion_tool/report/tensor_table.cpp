// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/tensor_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/report/html.hpp"
#include "pion_tool/report/model_map.hpp"

namespace pion::tool {
namespace {

/// A column: the cell of its title, and that of a tensor and its number.
struct Column {
  std::string title;
  std::function<std::string(std::size_t, const PlacedTensor&)> cell;
};

double entries(const io::Shape& shape) {
  double product = 1.0;
  for (const std::int64_t extent : shape) product *= static_cast<double>(extent);
  return product;
}

std::string title(const std::string& text, const char* classes) {
  return fmt::format("<th scope=\"col\" class=\"{}\">{}</th>", classes, html::text(text));
}

using Content = std::function<std::string(const PlacedTensor&)>;

Column texts(const char* text, Content content) {
  return {title(text, ""), [content = std::move(content)](std::size_t, const PlacedTensor& t) {
            return "<td>" + content(t) + "</td>";
          }};
}

/// Numbers stand at the right, and so does their title.
Column numbers(const std::string& text, Content content) {
  return {title(text, "n"), [content = std::move(content)](std::size_t, const PlacedTensor& t) {
            return "<td class=\"n\">" + content(t) + "</td>";
          }};
}

/// The box that switches a tensor's spectrum.
std::string box_cell(std::size_t i, const PlacedTensor& t) {
  if (!t.finding->has_spectrum()) return "<td class=\"live\"></td>";
  return fmt::format(
      "<td class=\"live\"><input type=\"checkbox\" value=\"{}\" checked=\"\" "
      "aria-label=\"spectrum of {}\"/></td>",
      i, html::text(t.finding->info.name));
}

std::string name_cell(std::size_t, const PlacedTensor& t) {
  return fmt::format("<th scope=\"row\">{}</th>", html::name(t.finding->info.name));
}

std::string shape_cell(std::size_t, const PlacedTensor& t) {
  return fmt::format("<td class=\"n\" data-sort=\"{}\">{}</td>", entries(t.finding->info.shape),
                     shape_text(*t.finding));
}

std::string reason_cell(std::size_t, const PlacedTensor& t) {
  return "<td class=\"why\">" + html::text(t.finding->suggestion.reason) + "</td>";
}

std::string layer_of(const PlacedTensor& t) {
  return t.place.layer ? fmt::format("{}", *t.place.layer) : "";
}

/// What the tensor is and what fits it come first: a screen may show no more at once.
std::vector<Column> columns_of(const std::vector<std::string>& files,
                               const std::vector<PlacedTensor>& tensors,
                               const std::vector<Measure>& measures) {
  std::vector<Column> out = {{title("line", "live unsorted"), box_cell},
                             {title("tensor", ""), name_cell}};
  if (files.size() > 1) {
    out.push_back(
        texts("file", [&](const PlacedTensor& t) { return html::name(stem_of(files[t.file])); }));
  }
  out.push_back({title("shape", "n"), shape_cell});
  out.push_back(
      texts("optimiser", [](const PlacedTensor& t) { return to_string(t.finding->suggestion); }));
  out.push_back({title("because", ""), reason_cell});
  out.push_back(numbers("layer", layer_of));
  out.push_back(
      texts("type", [](const PlacedTensor& t) { return html::text(t.finding->info.dtype_name); }));
  for (const Measure& m : measures) {
    out.push_back(numbers(m.title, [&m](const PlacedTensor& t) { return m.text(*t.finding); }));
  }
  const auto any = [&](auto has) { return std::any_of(tensors.begin(), tensors.end(), has); };
  if (any([](const PlacedTensor& t) { return t.finding->head_norms.has_value(); })) {
    out.push_back(numbers("heads", [](const PlacedTensor& t) {
      return t.finding->head_norms ? head_spread(*t.finding->head_norms) : "";
    }));
  }
  if (any([](const PlacedTensor& t) { return t.finding->head_norms_of_both.has_value(); })) {
    for (const std::size_t k : {0U, 1U}) {
      out.push_back(numbers(k == 0 ? "heads before" : "heads after", [k](const PlacedTensor& t) {
        const auto& norms = t.finding->head_norms_of_both;
        return norms ? head_spread((*norms)[k]) : "";
      }));
    }
  }
  return out;
}

std::string row_begin(std::size_t i, const PlacedTensor& t) {
  const Suggestion& s = t.finding->suggestion;
  return fmt::format("<tr id=\"{}\" tabindex=\"-1\" data-optimiser=\"{}\" data-layer=\"{}\">",
                     row_id(i), s.optimizer ? name(*s.optimizer) : "none", layer_of(t));
}

}  // namespace

std::string tensor_table(const std::vector<std::string>& files,
                         const std::vector<PlacedTensor>& tensors,
                         const std::vector<Measure>& measures) {
  const std::vector<Column> columns = columns_of(files, tensors, measures);
  std::string out =
      "<table id=\"tensors\"><caption>Every tensor, in the order of the "
      "file</caption>\n<thead><tr>";
  for (const Column& column : columns) out += column.title + "\n";
  out += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    out += row_begin(i, tensors[i]);
    for (const Column& column : columns) out += column.cell(i, tensors[i]);
    out += "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

}  // namespace pion::tool
