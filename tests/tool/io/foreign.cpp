// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "pion_tool/io/npy.hpp"
#include "pion_tool/io/safetensors.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

TEST_CASE("foreign: a file of another kind is called by its name, with a way out", "[io]") {
  const std::pair<std::string, const char*> kinds[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"},
      {"\n<!DOCTYPE html>\n<html>", "is an HTML page"},
      {"<HTML><body>404</body>", "is an HTML page"},
      {"PK\3\4 and more bytes", "is a zip archive"},
      {"\x1f\x8b\x08 and more", "gunzip"},
      {"\x80\x02}q and more bytes", "is a Python pickle"},
      {std::string("GGUF\3\0\0\0 and more", 17), "is a GGUF file"},
      {R"({"metadata":{},"weight_map":{}})", "is a JSON text"},
  };
  for (const auto& [bytes, what] : kinds) {
    INFO(what);
    const auto source = [&, &content = bytes](const char* name) {
      return Source::memory(name, content.data(), content.size());
    };
    CHECK(contains(message([&] { SafetensorsFile(source("x.safetensors")); }), what));
    CHECK(contains(message([&] { NpyFile(source("x.npy")); }), what));
  }
  const std::string array = npy("{}", ""), tensors = safetensors("{}", "");
  CHECK(contains(message([&] { SafetensorsFile(Source::memory("x", array.data(), array.size())); }),
                 "is a .npy file, not a .safetensors file: name it so"));
  CHECK(contains(message([&] { NpyFile(Source::memory("x", tensors.data(), tensors.size())); }),
                 "looks like a .safetensors file"));
}

}  // namespace
}  // namespace pion::io
