// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/foreign.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pion::io {
namespace {

struct Kind {
  std::string_view start;
  std::string_view name;
  std::string_view advice;
};

constexpr std::string_view convert =
    "load it with the program that wrote it and save its tensors as .safetensors";
constexpr std::string_view download =
    "the download gave a page in place of the file; take the address of the file itself";

// The text kinds are in small letters; a file's start is compared so.
constexpr Kind kinds[] = {
    {"version https://git-lfs", "a Git LFS pointer", "fetch the file itself with git lfs pull"},
    {"<!doctype html", "an HTML page", download},
    {"<html", "an HTML page", download},
    {"<?xml", "an XML text", download},
    {"pk\x03\x04", "a zip archive",
     "a .npz must be named so; a .pt or .bin of PyTorch must be loaded there and saved as "
     ".safetensors"},
    {"\x1f\x8b", "a gzip file", "unpack it with gunzip"},
    {"bzh", "a bzip2 file", "unpack it with bunzip2"},
    {"\xfd"
     "7zxz",
     "an xz file", "unpack it with unxz"},
    {"\x28\xb5\x2f\xfd", "a zstd file", "unpack it with unzstd"},
    {"\x80\x02", "a Python pickle", convert},
    {"\x80\x03", "a Python pickle", convert},
    {"\x80\x04", "a Python pickle", convert},
    {"\x80\x05", "a Python pickle", convert},
    {"gguf", "a GGUF file", convert},
    {"\x89hdf", "an HDF5 file", convert},
    {"{", "a JSON text", "name the file of tensors itself, not its index"},
};

char small(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(),
                    [](char wanted, char c) { return wanted == small(c); });
}

}  // namespace

std::string foreign_kind(std::string_view start, std::string_view wanted) {
  constexpr std::string_view npy = "\x93NUMPY";
  if (wanted != ".npy" && start.substr(0, npy.size()) == npy) {
    return fmt::format("is a .npy file, not a {} file: name it so", wanted);
  }
  if (wanted != ".safetensors" && start.size() > 8 && start[8] == '{') {
    return fmt::format("looks like a .safetensors file, not a {} file: name it so", wanted);
  }
  const std::size_t text = std::min(start.find_first_not_of(" \t\r\n"), start.size());
  for (const Kind& kind : kinds) {
    if (begins_with(start, kind.start) || begins_with(start.substr(text), kind.start)) {
      return fmt::format("is {}, not a {} file: {}", kind.name, wanted, kind.advice);
    }
  }
  return "";
}

}  // namespace pion::io
