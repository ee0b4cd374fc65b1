// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What a verb must look at before it writes a file, and how it warns.
namespace pion::tool {

/// A file that a verb reads or writes, and the option or argument that names it.
struct NamedFile {
  std::string option;
  std::string path;  ///< Empty where it was not given.
};

/// Sees to it that no output is an input or another output of the same call, by whatever path, that
/// each can be written, and that none is the standard output, which carries the report. \throws
/// io::Error otherwise.
void require_apart(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs);

/// The same, where the verb can write its output to the standard output.
void require_inputs_kept(const std::vector<NamedFile>& inputs,
                         const std::vector<NamedFile>& outputs);

/// On standard error, in one line: "pion: warning: FILE: WHAT", or without the file if it is empty.
void warn(std::string_view file, std::string_view what);

/// The same, if there is something to say.
inline void warn_of(std::string_view file, std::string_view what) {
  if (!what.empty()) warn(file, what);
}

}  // namespace pion::tool
