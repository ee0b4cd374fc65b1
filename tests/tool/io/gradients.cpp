// SPDX-License-Identifier: Apache-2.0
// The real gradients have the figures that their README lists.

#include <cmath>
#include <filesystem>
#include <string>

#include <pion/diagnostics/snr.hpp>
#include <pion/diagnostics/spectrum.hpp>

#include "pion_tool/io/formats.hpp"
#include "support/catch.hpp"

namespace {

const std::filesystem::path examples = PION_EXAMPLE_DATA;
const std::filesystem::path own = PION_TEST_DATA;

struct Row {
  const char* file;
  const char* tensor;
  double effective_rank, concentration;
};

pion::Snr snr_of(const std::filesystem::path& path, const std::string& prefix) {
  const pion::io::TensorFile file(path);
  pion::SnrSamples samples;
  for (const auto& entry : file.entries()) {
    if (entry.name.rfind(prefix, 0) != 0) continue;
    samples.add(pion::io::to_matrix<double>(file.load(entry.name)));
  }
  return samples.estimate();
}

}  // namespace

TEST_CASE("effective ranks and concentrations of the example gradients") {
  const Row rows[] = {{"sft_momentum", "blocks.0.q_proj.weight", 61.6, .492},
                      {"sft_momentum", "blocks.0.o_proj.weight", 28.8, .561},
                      {"grpo_momentum", "blocks.0.q_proj.weight", 24.7, .710},
                      {"grpo_momentum", "blocks.0.o_proj.weight", 8.4, .752},
                      {"action_momentum", "0.weight", 11.5, .956},
                      {"action_momentum", "2.weight", 15.8, .940},
                      {"action_momentum", "4.weight", 20.3, .772},
                      {"action_momentum", "6.weight", 6.2, .633}};
  for (const Row& row : rows) {
    INFO(row.file << " " << row.tensor);
    const pion::io::TensorFile file(examples / (std::string(row.file) + ".safetensors"));
    const pion::Spectrum s = pion::spectrum(pion::io::to_matrix<float>(file.load(row.tensor)));
    CHECK(std::fabs(s.effective_rank() - row.effective_rank) <= 0.05);
    CHECK(std::fabs(s.concentration() - row.concentration) <= 0.0005);
  }
}

// Inner products, and so the SNR, are those of the full 256x256 gradients: the file holds their
// coordinates in an orthonormal basis of their span.
TEST_CASE("SNR of sixteen micro-batch gradients, supervised and policy") {
  const pion::Snr sft = snr_of(own / "snr_coordinates.safetensors", "sft.");
  const pion::Snr grpo = snr_of(own / "snr_coordinates.safetensors", "grpo.");
  CHECK(sft.count == 16);
  CHECK(std::fabs(sft.ratio() - .2552) <= 0.00005);
  CHECK(std::fabs(grpo.ratio() - .1745) <= 0.00005);
  // Of head 0 alone: the order is the same.
  const auto head = [](const char* prefix) {
    return snr_of(examples / "snr_microbatches.safetensors", prefix).ratio();
  };
  CHECK(std::fabs(head("sft.") - .3072) <= 0.00005);
  CHECK(std::fabs(head("grpo.") - .1023) <= 0.00005);
}
