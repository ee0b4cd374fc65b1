// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the benchmarks share: inputs, the engines of this build, what the machine can do (measured
// in the same run), and the counters. Names read FAMILY/WHAT/METHOD/ENGINE/SHAPE/SCALAR.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <pion/pion.hpp>

#include "inputs.hpp"

#if defined(PION_DEFAULT_ENGINE_OPENMP)
#include <pion/engine/openmp.hpp>
#endif
#if defined(PION_BENCH_BLAS)
#include <pion/engine/blas.hpp>
#endif

namespace bench {

struct Shape {
  Index rows, cols;
  std::string name() const { return std::to_string(rows) + "x" + std::to_string(cols); }
};

template <class T>
std::string scalar_name() {
  return sizeof(T) == 8 ? "double" : "float";
}

template <class E>
struct Tag {
  using Engine = E;
};

/// Calls f(name, Tag<Engine>{}) for each engine of this build.
template <class F>
void for_each_engine(const F& f) {
#if defined(PION_DEFAULT_ENGINE_OPENMP)
  f(std::string("openmp"), Tag<pion::engine::openmp>{});
#else
  f(std::string("eigen"), Tag<pion::engine::eigen>{});
#endif
#if defined(PION_BENCH_BLAS)
  f(std::string("blas"), Tag<pion::engine::blas>{});
#endif
}

/// The median time of a call in seconds, over at least five after one that warms up.
template <class Call>
double seconds(const Call& call) {
  using clock = std::chrono::steady_clock;
  call();
  std::vector<double> times;
  double total = 0.0;
  while (times.size() < 5 || (total < 0.2 && times.size() < 50)) {
    const auto start = clock::now();
    call();
    times.push_back(std::chrono::duration<double>(clock::now() - start).count());
    total += times.back();
  }
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

/// An engine's primitives with memory of their own.
template <class Engine, class T>
struct Primitives {
  using Kernels = typename Engine::template Kernels<T>;
  Primitives(Index rows, Index cols)
      : arena(workspace, bytes(rows, cols)), kernels(arena, rows, cols) {}
  static std::size_t bytes(Index rows, Index cols) {
    pion::detail::Arena counting;
    Kernels(counting, rows, cols);
    return counting.used();
  }
  pion::Workspace workspace;
  pion::detail::Arena arena;
  Kernels kernels;
};

template <class T>
pion::engine::View<T> view(Matrix<T>& x) {
  return {x.data(), x.rows(), x.cols()};
}

/// The flop/s of the fastest product of 1024 x 1024 matrices among the engines: the peak.
template <class T>
double gemm_peak() {
  static const double peak = [] {
    const Index n = 1024;
    Matrix<T> a = Matrix<T>::Random(n, n), b = Matrix<T>::Random(n, n), c(n, n);
    double best = 0.0;
    for_each_engine([&](const std::string&, auto tag) {
      const Primitives<typename decltype(tag)::Engine, T> engine(n, n);
      const double time = seconds([&] { engine.kernels.multiply(view(a), view(b), view(c)); });
      best = std::max(best, 2.0 * static_cast<double>(n * n * n) / time);
    });
    return best;
  }();
  return peak;
}

/// The chain as people write it: three products a step in plain Eigen, on Eigen's own threads.
template <class T>
Matrix<T> naive(const pion::Chain& f, const Matrix<T>& x) {
  Matrix<T> y = x.rows() > x.cols() ? Matrix<T>(x.transpose()) : x;
  y /= y.norm() + T(1e-7);
  for (const pion::OddQuintic& p : f.steps()) {
    const Matrix<T> r = y * y.transpose();
    const Matrix<T> h = T(p.b) * r + T(p.c) * (r * r);
    y = T(p.a) * y + h * y;
  }
  return x.rows() > x.cols() ? Matrix<T>(y.transpose()) : y;
}

/// The naive chain's time; measured once for a shape and number of steps.
template <class T>
double naive_seconds(const pion::Chain& f, Shape s) {
  static std::map<std::pair<std::pair<Index, Index>, int>, double> known;
  double& time = known[{{s.rows, s.cols}, f.size()}];
  if (time == 0.0) {
    const Matrix<T> x = momentum<T>(s.rows, s.cols);
    time = seconds([&] { benchmark::DoNotOptimize(naive(f, x)); });
  }
  return time;
}

/// Counts the flops of one iteration: flop/s, and their fraction of the peak of the same run.
template <class T>
void count_flops(benchmark::State& state, double flops) {
  using benchmark::Counter;
  const double all = flops * static_cast<double>(state.iterations());
  state.counters["flop/s"] = Counter(all, Counter::kIsRate);
  state.counters["of_peak"] = Counter(all / gemm_peak<T>(), Counter::kIsRate);
}

/// How often one iteration fits into `reference` seconds.
inline void count_speedup(benchmark::State& state, const std::string& name, double reference) {
  using benchmark::Counter;
  state.counters[name] =
      Counter(reference * static_cast<double>(state.iterations()), Counter::kIsRate);
}

/// Registers call() under a name; `finish(state)` sets the counters.
template <class Body>
void add(const std::string& name, const Body& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMillisecond);
}

}  // namespace bench
