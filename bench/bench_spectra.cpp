// SPDX-License-Identifier: Apache-2.0
// Singular values by each engine: spectrum() of float matrices, of noise and of one whose values
// fall like 1 / i. The counter `error` tells the way: an SVD's is below 1e-12.
#include <memory>

#include "common.hpp"

namespace {

using Matrix = bench::Matrix<float>;

void add_spectrum(const std::string& kind, const Matrix& of) {
  const auto x = std::make_shared<Matrix>(of);
  bench::for_each_engine([&](const std::string& engine, auto tag) {
    using Engine = typename decltype(tag)::Engine;
    const std::string name = "spectrum/" + kind + "/" + engine + "/" + std::to_string(x->rows()) +
                             "x" + std::to_string(x->cols()) + "/float";
    bench::add(name, [x](benchmark::State& state) {
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
