// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/atomic_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/platform.hpp"

namespace pion::io {
namespace {

namespace fs = std::filesystem;

/// "out/" is the folder "out".
fs::path target_of(const fs::path& path) { return resolved((path / "").parent_path()); }

}  // namespace

AtomicFolder::AtomicFolder(const fs::path& path, const std::vector<std::string>& files)
    : path_(path), target_(target_of(path)), temporary_(target_, files) {
  std::error_code error;
  if (const auto status = platform::status_of(target_)) {
    if (status->kind != platform::Kind::directory) {
      throw Error(path_.string(), "is no folder; the shards of a model go to a new one");
    }
    if (!fs::is_empty(target_, error) && !error) {
      throw Error(path_.string(), "is not empty; name a new folder, or an empty one");
    }
    if (error) fail(error.value());
  }
  fs::create_directory(temporary_.path(), error);
  if (error) fail(error.value());
}

void AtomicFolder::commit() {
  std::error_code error;
  fs::remove(target_, error);  // where it is empty: not every system puts a folder in its place
  if (error) fail(error.value());
  if (!platform::replace(temporary_.path(), target_)) fail(errno);
  temporary_.release();
}

void AtomicFolder::fail(int code) const { throw_unwritable(path_, target_, code); }

}  // namespace pion::io
