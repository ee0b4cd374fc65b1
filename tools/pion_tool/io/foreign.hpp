// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pion::io {

/// What a file is that begins with these bytes, where it is known and not `wanted` (".npy"), and
/// what to do: "is a gzip file, not a .npy file: unpack it with gunzip". Empty where it is unknown.
std::string foreign_kind(std::string_view start, std::string_view wanted);

/// How many bytes at a file's start tell what it is.
inline constexpr std::size_t telling_bytes = 64;

}  // namespace pion::io
