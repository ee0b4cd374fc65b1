// SPDX-License-Identifier: Apache-2.0
// Singular values by each engine: spectrum() of float matrices, of noise and of one whose values
// fall like 1 / i. The counter `error` tells the way: an SVD's is below 1e-12. Beside it a sketch
// of the effective rank to 2 %; its `directions` are 0 where it has taken the exact values.
#include <memory>
#include <pion/diagnostics/sketch.hpp>

#include "common.hpp"

namespace {

using Matrix = bench::Matrix<float>;

void add_spectrum(const std::string& kind, const Matrix& of) {
  const auto x = std::make_shared<Matrix>(of);
  bench::for_each_engine([&](const std::string& engine, auto tag) {
    using Engine = typename decltype(tag)::Engine;
    const std::string name = "/" + kind + "/" + engine + "/" + std::to_string(x->rows()) + "x" +
                             std::to_string(x->cols()) + "/float";
    bench::add("sketch" + name, [x](benchmark::State& state) {
      for (auto _ : state) {
        const pion::SketchedSpectrum s = pion::sketch_spectrum<Engine>(*x, pion::Within{0.02});
        state.counters["directions"] = static_cast<double>(s.directions());
        state.counters["within"] = s.effective_rank().width();
      }
    });
    bench::add("spectrum" + name, [x](benchmark::State& state) {
      for (auto _ : state) {
        const pion::Spectrum s = pion::spectrum<Engine>(*x);
        state.counters["error"] = s.error() / s.largest();
      }
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  for (const auto& [rows, cols] : std::vector<std::pair<pion::Index, pion::Index>>{
           {1024, 1024}, {1024, 4096}, {2048, 2048}, {4096, 4096}}) {
    add_spectrum("noise", Matrix::Random(rows, cols));
    add_spectrum("falling", bench::momentum<float>(rows, cols));
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
