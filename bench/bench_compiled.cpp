// SPDX-License-Identifier: Apache-2.0
// pion::compiled, whose kernels are chosen when the program starts, against the headers compiled in
// this file for this machine (PION_NATIVE). PION_INSTRUCTION_SET chooses the library's.
#include <benchmark/benchmark.h>

#include <pion/engine/instruction_set.hpp>
#include <pion/pion.hpp>

namespace {

using Eigen::MatrixXf;

/// engine::eigen without its part in the library: all of it is compiled here.
struct Here {
  template <class T>
  using Kernels = pion::engine::HostKernels<Here, T>;
  template <class T>
  using TallSkinnyKernels = pion::engine::TallSkinnyKernels<Here, T>;
  using Serial = Here;
  static constexpr int workers() { return 1; }
  template <class Task>
  static void for_each(int workers, pion::Index count, const Task& task) {
    pion::engine::eigen::for_each(workers, count, task);
  }
};

MatrixXf sample(pion::Index m, pion::Index n) {
  std::srand(1);
  return MatrixXf::Random(m, n);
}

template <class Engine>
void muon(benchmark::State& state) {
  const MatrixXf x = sample(state.range(0), state.range(1));
  MatrixXf y = x;
  pion::Workspace workspace;
  const auto f = pion::plan<float, Engine>(pion::Filter{pion::chains::muon()}, x.rows(), x.cols());
  for (auto _ : state) pion::apply(f, x, y, workspace);
}

template <class Engine>
void high_pass(benchmark::State& state) {
  const MatrixXf x = sample(state.range(0), 4) * sample(4, state.range(1)) +
                     0.01F * sample(state.range(0), state.range(1));
  MatrixXf y = x;
  pion::Workspace workspace;
  pion::WarmStart<float> start;
  const auto f = pion::plan<float, Engine>(pion::Filter{pion::chains::high_pass(2)}, x.rows(),
                                           x.cols(), pion::Tolerance{1e-2, pion::Method::low_rank});
  for (auto _ : state) pion::apply(f, x, y, workspace, &start);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->Args({64, 64})->Args({256, 1024})->Args({1024, 1024})->Unit(benchmark::kMicrosecond);
}
BENCHMARK(muon<Here>)->Apply(shapes)->Name("compiled/muon/headers");
BENCHMARK(muon<pion::engine::eigen>)->Apply(shapes)->Name("compiled/muon/library");
BENCHMARK(high_pass<Here>)->Apply(shapes)->Name("compiled/highpass:kp=2/warm/headers");
BENCHMARK(high_pass<pion::engine::eigen>)
    ->Apply(shapes)
    ->Name("compiled/highpass:kp=2/warm/library");

}  // namespace

int main(int argc, char** argv) {
  benchmark::AddCustomContext("instruction_set", pion::instruction_set());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
