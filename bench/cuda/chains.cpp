// SPDX-License-Identifier: Apache-2.0
// The exact methods against the peak of cuBLAS in the same run.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "common.hpp"

namespace bench {
namespace {

/// TFLOP/s of a product of 8192 x 8192 matrices.
template <class T>
double peak(cuda::Context& context, bool tf32) {
  constexpr Index n = 8192;
  const auto a = random_values<T>(n * n, 1), b = random_values<T>(n * n, 2);
  const Memory<T> c(n * n);
  const auto view = [](T* data) { return cuda::Batch<T>{data, n, n, n, 1, 0}; };
  const double ms = median_ms(context, [&](int) {
    cuda::multiply(context, tf32, 1.0, view(a->data()), cuda::Op::plain, view(b->data()),
                   cuda::Op::plain, 0.0, view(c.data()));
  });
  return 2.0 * n * n * n / ms * 1e-9;
}

template <class T>
void run_chain(cuda::Context& context, const char* scalar, cuda::Precision precision, bool tf32) {
  const double top = peak<T>(context, tf32);
  std::printf("{\"name\":\"gemm\",\"scalar\":\"%s\",\"tflops\":%.1f}\n", scalar, top);
  struct Case {
    const char* name;
    Filter filter;
  };
  const Case cases[] = {{"muon", {chains::muon()}}, {"highpass2", {chains::high_pass(2)}}};
  const auto measure = [&](const char* name, const Filter& f, Index rows, Index cols, Index heads,
                           Method method) {
    const Index sets = sets_of<T>(rows * cols);
    std::vector<std::unique_ptr<Memory<T>>> x, y;
    for (Index s = 0; s < sets; ++s) {
      x.push_back(random_values<T>(rows * cols, static_cast<unsigned>(s)));
      y.push_back(std::make_unique<Memory<T>>(rows * cols));
    }
    const cuda::Options options{method, precision};
    const double ms = median_ms(context, [&](int i) {
      const auto s = static_cast<std::size_t>(i % sets);
      const cuda::Matrix<T> in(x[s]->data(), rows, cols, cuda::Order::rows);
      const cuda::Matrix<T> out(y[s]->data(), rows, cols, cuda::Order::rows);
      heads > 1 ? apply_per_head(f, in, Heads{heads}, out, context, options)
                : apply(f, in, out, context, options);
    });
    const double least =
        static_cast<double>(heads) * 2.0 * plan(f, rows / heads, cols, method).multiply_adds;
    const double tflops = least / ms * 1e-9;
    std::printf(
        "{\"name\":\"%s\",\"scalar\":\"%s\",\"rows\":%td,\"cols\":%td,\"heads\":%td,"
        "\"method\":\"%s\",\"ms\":%.4f,\"least_tflops\":%.1f,\"of_peak\":%.3f}\n",
        name, scalar, rows, cols, heads, pion::name(method).data(), ms, tflops, tflops / top);
    std::fflush(stdout);
  };
  for (const Case& c : cases) {
    for (const Method method : {Method::dense, Method::gram}) {
      for (const Index n : {1024, 2048, 4096, 8192}) measure(c.name, c.filter, n, n, 1, method);
      for (const Index n : {1024, 2048}) measure(c.name, c.filter, n, 4 * n, 1, method);
      measure(c.name, c.filter, 16 * 128, 4096, 16, method);
    }
  }
}

}  // namespace

void bench_chains(cuda::Context& context) {
  run_chain<cuda::bfloat16>(context, "bf16", cuda::Precision::storage, false);
  run_chain<float>(context, "f32", cuda::Precision::storage, false);
  run_chain<float>(context, "tf32", cuda::Precision::tf32, true);
}

}  // namespace bench
