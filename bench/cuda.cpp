// SPDX-License-Identifier: Apache-2.0
// Filters on a GPU against the peak of cuBLAS in the same run: one JSON object a line on standard
// output. Medians over CUDA events, warm, inputs rotating over sets that together exceed the cache.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include <pion/chains.hpp>
#include <pion/engine/cuda.hpp>

namespace {

using namespace pion;

constexpr int repeats = 30;

template <class T>
struct Held {
  explicit Held(Index count) {
    cuda::check(cudaMalloc(&memory, static_cast<std::size_t>(count) * sizeof(T)), "cudaMalloc");
  }
  ~Held() { cudaFree(memory); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  T* data() const { return static_cast<T*>(memory); }
  void* memory = nullptr;
};

template <class T>
std::unique_ptr<Held<T>> random_values(Index count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> gauss;
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = cuda::from_double<T>(static_cast<double>(gauss(random)));
  auto held = std::make_unique<Held<T>>(count);
  cuda::check(
      cudaMemcpy(held->memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
      "cudaMemcpy");
  return held;
}

/// The median milliseconds of call(i), by events on the context's stream.
template <class Call>
double median_ms(cuda::Context& context, const Call& call) {
  cudaEvent_t start = nullptr, stop = nullptr;
  cuda::check(cudaEventCreate(&start), "cudaEventCreate");
  cuda::check(cudaEventCreate(&stop), "cudaEventCreate");
  std::vector<float> all;
  for (int i = -5; i < repeats; ++i) {
    cuda::check(cudaEventRecord(start, context.stream()), "cudaEventRecord");
    call(i + 5);
    cuda::check(cudaEventRecord(stop, context.stream()), "cudaEventRecord");
    cuda::check(cudaEventSynchronize(stop), "cudaEventSynchronize");
    float ms = 0;
    cuda::check(cudaEventElapsedTime(&ms, start, stop), "cudaEventElapsedTime");
    if (i >= 0) all.push_back(ms);
  }
  cudaEventDestroy(start);
  cudaEventDestroy(stop);
  std::nth_element(all.begin(), all.begin() + repeats / 2, all.end());
  return static_cast<double>(all[repeats / 2]);
}

/// TFLOP/s of a product of 8192 x 8192 matrices.
template <class T>
double peak(cuda::Context& context, bool tf32) {
  constexpr Index n = 8192;
  const auto a = random_values<T>(n * n, 1), b = random_values<T>(n * n, 2);
  const Held<T> c(n * n);
  const auto view = [](T* data) { return cuda::Batch<T>{data, n, n, n, 1, 0}; };
  const double ms = median_ms(context, [&](int) {
    cuda::multiply(context, tf32, 1.0, view(a->data()), cuda::Op::plain, view(b->data()),
                   cuda::Op::plain, 0.0, view(c.data()));
  });
  return 2.0 * n * n * n / ms * 1e-9;
}

template <class T>
void run(cuda::Context& context, const char* scalar, cuda::Precision precision, bool tf32) {
  const double top = peak<T>(context, tf32);
  std::printf("{\"name\":\"gemm\",\"scalar\":\"%s\",\"tflops\":%.1f}\n", scalar, top);
  struct Case {
    const char* name;
    Filter filter;
  };
  const Case cases[] = {{"muon", {chains::muon()}}, {"highpass2", {chains::high_pass(2)}}};
  const auto measure = [&](const char* name, const Filter& f, Index rows, Index cols, Index heads,
                           Method method) {
    // Sets enough to pass 128 MB, twice the largest cache.
    const Index sets = std::clamp<Index>(
        (Index(128) << 20) / (rows * cols * static_cast<Index>(sizeof(T))), 2, 16);
    std::vector<std::unique_ptr<Held<T>>> x, y;
    for (Index s = 0; s < sets; ++s) {
      x.push_back(random_values<T>(rows * cols, static_cast<unsigned>(s)));
      y.push_back(std::make_unique<Held<T>>(rows * cols));
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

int main() {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device (%s)\n", cudaGetErrorName(error));
    return 77;
  }
  cudaDeviceProp properties;
  cuda::check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  std::printf("{\"name\":\"device\",\"device\":\"%s\"}\n", properties.name);
  cuda::Context context;
  run<cuda::bfloat16>(context, "bf16", cuda::Precision::storage, false);
  run<float>(context, "f32", cuda::Precision::storage, false);
  run<float>(context, "tf32", cuda::Precision::tf32, true);
  return 0;
}
