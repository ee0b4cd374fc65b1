// SPDX-License-Identifier: Apache-2.0
// What only the test double can show: failures on demand, and that a warm call neither waits nor
// allocates nor copies.

#include <pion/cuda/svd.hpp>
#include <pion/optimizer/presets/filtering.hpp>

#include "double/device.hpp"
#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;
using device_double::state;
using support::Context;
using support::Held;
using support::Order;

namespace {

const Filter f{chains::high_pass(3), Normalizer::spectral};

/// Of norm 1, so that filters without a normaliser take it too.
reference::Matrix sample(Index rows, Index cols) {
  std::mt19937_64 random(7);
  return reference::random_matrix(rows, cols, random, 1.0).normalized();
}

int calls(const char* name) { return state().calls[name]; }

}  // namespace

TEST_CASE("a warm call adds to its stream and does nothing else") {
  Context context;
  const Held<float> x(sample(20, 30), Order::rows);
  Held<float> y(20, 30, Order::rows);
  for (const Normalizer n : all_normalizers) {
    for (const Method method : {Method::dense, Method::gram}) {
      const cuda::Options options{method};
      const Filter g{chains::muon(), n};
      apply(g, x.view(), y.view(), context, options);
      context.synchronize();
      state().calls.clear();
      y.poison();
      apply(g, x.view(), y.view(), context, options);
      for (const char* name : {"cudaMalloc", "cudaFree", "cudaMemcpy", "cudaMemcpyAsync",
                               "cudaStreamSynchronize", "cudaDeviceSynchronize"}) {
        CHECK(calls(name) == 0);
      }
      CHECK(!std::isnan(static_cast<double>(y.get()(0, 0))));  // get() lets all streams run
    }
  }
}

namespace {

Tolerance low_rank() {
  Tolerance o;
  o.method = Method::low_rank;
  o.error = 1e-3;
  return o;
}

/// A few directions above the cutoff and a tail far below it.
reference::Matrix steep(Index rows, Index cols) {
  std::mt19937_64 random(8);
  return reference::random_matrix(rows, cols, random, 6.0);
}

}  // namespace

TEST_CASE("a warm low-rank call waits only where its loop looks at numbers") {
  Context context;
  const Held<cuda::bfloat16> x(steep(80, 120), Order::rows);
  Held<cuda::bfloat16> y(80, 120, Order::rows);
  const Filter g{chains::high_pass(2)};
  cuda::WarmStart<float> start;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(apply(g, x.view(), y.view(), context, low_rank(), &start).method == Method::low_rank);
  }
  context.synchronize();
  state().calls.clear();
  REQUIRE(apply(g, x.view(), y.view(), context, low_rank(), &start).method == Method::low_rank);
  for (const char* name :
       {"cudaMalloc", "cudaMallocHost", "cudaFree", "cudaMemcpy", "cudaDeviceSynchronize"}) {
    INFO(name);
    CHECK(calls(name) == 0);
  }
  // The size of x, two Gram matrices and two residuals.
  CHECK(calls("cudaStreamSynchronize") == 1 + 2 + 2);
}

TEST_CASE("a low-rank call that fails for want of memory leaves everything as it was") {
  Context context;
  const Held<float> x(steep(80, 120), Order::rows);
  Held<float> y(x.get(), Order::rows);
  const Filter g{chains::high_pass(2)};
  const std::size_t capacity = context.capacity();
  cuda::WarmStart<float> start;
  for (const char* call : {"cudaMallocHost", "cudaMalloc"}) {
    state().failing[call] = cudaErrorMemoryAllocation;
    CHECK_THROWS_WITH(apply(g, x.view(), y.view(), context, low_rank(), &start),
                      std::string(call) + " returned cudaErrorMemoryAllocation");
    CHECK(start.directions() == 0);
    CHECK(context.capacity() == capacity);
  }
  context.synchronize();
  CHECK(y.get() == x.get());
  // The warm start's own memory comes last, and y is still untouched then.
  apply(g, x.view(), y.view(), context, low_rank());
  y.poison();
  state().failing["cudaMalloc"] = cudaErrorMemoryAllocation;
  CHECK_THROWS_AS(apply(g, x.view(), y.view(), context, low_rank(), &start), device_error);
  CHECK(start.directions() == 0);
  context.synchronize();
  CHECK(std::isnan(static_cast<double>(y.get()(0, 0))));
}

TEST_CASE("an SVD that does not converge leaves y as it was, and says so") {
  Context context;
  const Held<float> x(sample(6, 9), Order::rows);
  Held<float> y(x.get(), Order::rows);
  support::Array<support::Info> info(1);
  state().unconverged = 1;
  polar_factor(x.view(), Leading{2}, y.view(), context, info.data());
  context.synchronize();
  CHECK(info.get()[0].status == support::Info::not_converged);
  CHECK(y.get() == x.get());
  CHECK_THROWS_AS(effective_rank(x.view(), context), std::domain_error);
  state().unconverged = 0;
  state().failing["cusolverDnSgesvd"] = CUSOLVER_STATUS_INTERNAL_ERROR;
  CHECK_THROWS_WITH(polar_factor(x.view(), Leading{2}, y.view(), context),
                    "cusolverDnSgesvd returned CUSOLVER_STATUS_INTERNAL_ERROR (7)");
}

TEST_CASE("a warm step adds to its stream and does nothing else, and one without memory not even") {
  Context context;
  const auto recipe = optimizer::presets::moonlight();
  Held<float> w(sample(20, 30), Order::rows);
  const Held<float> g(sample(20, 30), Order::rows);
  cuda::State<float> moments(recipe, w.view(), context);
  context.synchronize();
  const reference::Matrix before = w.get();
  state().failing["cudaMalloc"] = cudaErrorMemoryAllocation;
  state().calls.clear();
  const auto step = [&] { optimizer::step(recipe, w.view(), g.view(), 0.1, moments, context); };
  CHECK_THROWS_AS(step(), device_error);
  CHECK(calls("once") + calls("reduce") + calls("map") + calls("transfer") == 0);
  context.synchronize();
  CHECK(w.get() == before);
  step();
  context.synchronize();
  state().calls.clear();
  step();
  for (const char* name : {"cudaMalloc", "cudaFree", "cudaMemcpy", "cudaMemcpyAsync",
                           "cudaStreamSynchronize", "cudaDeviceSynchronize"}) {
    INFO(name);
    CHECK(calls(name) == 0);
  }
  CHECK(w.get() != before);
}

TEST_CASE("every failing call becomes one error with its name and code") {
  Context context;
  const Held<float> x(sample(20, 30), Order::rows);
  Held<float> y(20, 30, Order::rows);
  apply(f, x.view(), y.view(), context);
  context.synchronize();
  const auto told = [&](const char* call, int code) {
    state().failing[call] = code;
    try {
      apply(f, x.view(), y.view(), context);
    } catch (const device_error& error) {
      state().failing.clear();
      return error.call() + " " + error.code();
    }
    return std::string("no error");
  };
  CHECK(told("transfer", cudaErrorLaunchFailure) == "transfer cudaErrorLaunchFailure");
  CHECK(told("map", cudaErrorLaunchFailure) == "map cudaErrorLaunchFailure");
  CHECK(told("reduce", cudaErrorLaunchFailure) == "reduce cudaErrorLaunchFailure");
  CHECK(told("once", cudaErrorLaunchFailure) == "once cudaErrorLaunchFailure");
  CHECK(told("cublasGemmStridedBatchedEx", CUBLAS_STATUS_EXECUTION_FAILED) ==
        "cublasGemmStridedBatchedEx CUBLAS_STATUS_EXECUTION_FAILED");
  state().failing["cublasCreate"] = CUBLAS_STATUS_NOT_INITIALIZED;
  CHECK_THROWS_WITH(Context(), "cublasCreate returned CUBLAS_STATUS_NOT_INITIALIZED");
  state().failing["cudaStreamCreateWithFlags"] = cudaErrorMemoryAllocation;
  CHECK_THROWS_AS(Context(), device_error);
  state().failing["cusolverDnCreate"] = CUSOLVER_STATUS_ALLOC_FAILED;
  CHECK_THROWS_WITH(context.solver(), "cusolverDnCreate returned CUSOLVER_STATUS_ALLOC_FAILED (2)");
  context.solver();
  // And after all of them the context still works.
  y.poison();
  apply(f, x.view(), y.view(), context);
  context.synchronize();
  const auto e = reference::expected<float>(f, x.get(), Method::gram);
  CHECK(reference::distance(y.get(), e.value) <= e.tolerance);
}

TEST_CASE("out of memory leaves everything as it was") {
  Context context;
  const Held<float> x(sample(20, 30), Order::rows);
  Held<float> y(20, 30, Order::rows);
  apply(f, x.view(), y.view(), context);
  context.synchronize();
  const reference::Matrix before = y.get();
  const std::size_t capacity = context.capacity();
  const Held<float> large(sample(200, 300), Order::rows);
  Held<float> out(200, 300, Order::rows);
  state().failing["cudaMalloc"] = cudaErrorMemoryAllocation;
  state().calls.clear();
  CHECK_THROWS_WITH(apply(f, large.view(), out.view(), context),
                    "cudaMalloc returned cudaErrorMemoryAllocation");
  CHECK(calls("once") + calls("reduce") + calls("transfer") == 0);  // nothing was begun
  CHECK(context.capacity() == capacity);
  apply(f, x.view(), y.view(), context);
  context.synchronize();
  CHECK(y.get() == before);
  CHECK(out.gaps_untouched());
}

TEST_CASE("a workspace that would have to grow cannot be captured, and says so") {
  Context context;
  const Held<float> x(sample(20, 30), Order::rows);
  Held<float> y(20, 30, Order::rows);
  cudaGraph_t graph = nullptr;
  cudaStreamBeginCapture(context.stream(), cudaStreamCaptureModeGlobal);
  CHECK_THROWS_WITH(apply(f, x.view(), y.view(), context),
                    "cudaMalloc returned cudaErrorStreamCaptureUnsupported");
  cudaStreamEndCapture(context.stream(), &graph);
  CHECK(graph->operations.empty());
  cudaGraphDestroy(graph);
}
