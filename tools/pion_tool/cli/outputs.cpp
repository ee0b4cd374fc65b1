// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/outputs.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>

#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/io/identity.hpp"

namespace pion::tool {

void require_apart(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs) {
  for (const NamedFile& output : outputs) {
    if (!output.path.empty() && io::is_standard_output(io::path_of(output.path))) {
      throw io::Error(output.option, "standard output carries the report; name a file");
    }
  }
  require_inputs_kept(inputs, outputs);
}

void require_inputs_kept(const std::vector<NamedFile>& inputs,
                         const std::vector<NamedFile>& outputs) {
  const auto same = [](const NamedFile& a, const NamedFile& b) {
    return !a.path.empty() && !b.path.empty() &&
           io::same_file(io::path_of(a.path), io::path_of(b.path));
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (const NamedFile& input : inputs) {
      if (!same(outputs[i], input)) continue;
      throw io::Error(outputs[i].option,
                      fmt::format("{} is an input, the file of {}, and would be overwritten",
                                  io::quote(outputs[i].path), input.option));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!same(outputs[i], outputs[j])) continue;
      throw io::Error(
          outputs[i].option,
          fmt::format("{} is the file of {}", io::quote(outputs[i].path), outputs[j].option));
    }
  }
  for (const NamedFile& output : outputs) {
    if (!output.path.empty()) io::require_writable(io::path_of(output.path));
  }
}

void warn(std::string_view file, std::string_view what) {
  fmt::print(stderr, "pion: {}\n",
             printable(fmt::format("warning: {}{}{}", file, file.empty() ? "" : ": ", what)));
}

}  // namespace pion::tool
