// SPDX-License-Identifier: Apache-2.0
// Compress, filter, expand with its certificate, and LRMuon by SVD, on a gradient-like spectrum:
// the i-th singular value falls as 1 / i.

#include <cstdio>
#include <memory>
#include <vector>

#include <pion/cuda/svd.hpp>

#include "common.hpp"

namespace bench {
namespace {

/// n x n: 64 random directions with sigma_i about 1 / i, and noise with the norm of the rest of
/// such a spectrum, (1 / 64)^(1/2).
template <class T>
std::unique_ptr<Memory<T>> falling(cuda::Context& context, Index n, unsigned seed) {
  constexpr Index k = 64;
  const auto u = random_values<float>(n * k, seed), v = random_values<float>(n * k, seed + 1000);
  const auto x = random_values<float>(n * n, seed + 2000);
  const auto narrow = [n](float* data) { return cuda::Batch<float>{data, n, k, n, 1, 0}; };
  const cuda::Batch<float> whole{x->data(), n, n, n, 1, 0};
  const auto extent = static_cast<double>(n);
  cuda::check(
      cuda::map(context.stream(), whole.shape(), cuda::Copy<float>{whole, whole, 0.125 / extent}),
      "map");
  for (Index i = 0; i < k; ++i) {
    const auto one = [&](float* data) { return narrow(data).block(0, i, n, 1); };
    cuda::multiply(context, false, 1.0 / (extent * static_cast<double>(i + 1)), one(u->data()),
                   cuda::Op::plain, one(v->data()), cuda::Op::transposed, 1.0, whole);
  }
  auto stored = std::make_unique<Memory<T>>(n * n);
  const cuda::Batch<T> to{stored->data(), n, n, n, 1, 0};
  cuda::check(cuda::map(context.stream(), whole.shape(), cuda::Copy<float, T>{whole, to, 1.0}),
              "map");
  context.synchronize();
  return stored;
}

template <class T>
void run_low_rank(cuda::Context& context, const char* scalar, double error) {
  Tolerance tolerance;
  tolerance.error = error;
  for (const int kp : {2, 1}) {
    const Filter f{chains::high_pass(kp)};
    for (const Index n : {1024, 2048, 4096, 8192}) {
      const Index sets = std::min<Index>(sets_of<T>(n * n), 4);
      std::vector<std::unique_ptr<Memory<T>>> x;
      for (Index s = 0; s < sets; ++s)
        x.push_back(falling<T>(context, n, static_cast<unsigned>(s)));
      const Memory<T> y(n * n);
      for (const bool warm : {false, true}) {
        tolerance.method = warm ? Method::low_rank : Method::automatic;
        std::vector<cuda::WarmStart<float>> starts(static_cast<std::size_t>(sets));
        ApplyInfo info;
        const double ms = median_ms(context, [&](int i) {
          const auto s = static_cast<std::size_t>(i % sets);
          const cuda::Matrix<T> in(x[s]->data(), n, n, cuda::Order::rows);
          const cuda::Matrix<T> out(y.data(), n, n, cuda::Order::rows);
          info = apply(f, in, out, context, tolerance, warm ? &starts[s] : nullptr);
        });
        std::printf(
            "{\"name\":\"highpass%d certified\",\"scalar\":\"%s\",\"rows\":%td,\"cols\":%td,"
            "\"start\":\"%s\",\"method\":\"%s\",\"tolerance\":%g,\"bound\":%.3g,\"rank\":%td,"
            "\"ms\":%.4f}\n",
            kp, scalar, n, n, warm ? "warm" : "cold", name(info.method).data(), error,
            info.bound.value_or(-1.0), info.rank, ms);
        std::fflush(stdout);
      }
    }
  }
}

}  // namespace

void bench_low_rank(cuda::Context& context) {
  run_low_rank<cuda::bfloat16>(context, "bf16", 1e-2);
  run_low_rank<float>(context, "f32", 1e-4);
  for (const Index n : {512, 1024, 2048}) {
    const auto x = falling<float>(context, n, 1);
    const Memory<float> y(n * n);
    const cuda::Matrix<float> in(x->data(), n, n, cuda::Order::rows);
    const cuda::Matrix<float> out(y.data(), n, n, cuda::Order::rows);
    const double polar = median_ms(
        context, [&](int) { polar_factor(in, Leading{64}, out, context); }, 5);
    const double values = median_ms(
        context, [&](int) { effective_rank(in, context); }, 5);
    std::printf("{\"name\":\"lrmuon svd\",\"scalar\":\"f32\",\"rows\":%td,\"ms\":%.4f}\n", n,
                polar);
    std::printf("{\"name\":\"effective rank\",\"scalar\":\"f64\",\"rows\":%td,\"ms\":%.4f}\n", n,
                values);
    std::fflush(stdout);
  }
}

}  // namespace bench
