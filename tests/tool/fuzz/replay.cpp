// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over the files and folders given, without a fuzzer: `replay corpus/npy`.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

int replayed = 0;

void replay(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    for (const auto& file : std::filesystem::directory_iterator(path)) replay(file.path());
    return;
  }
  std::printf("%s\n", path.string().c_str());
  std::fflush(stdout);  // so that a crash is preceded by its input's name
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  ++replayed;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) replay(argv[i]);
  std::printf("%d inputs\n", replayed);
  return replayed > 0 ? 0 : 2;  // an empty or missing corpus proves nothing
}
