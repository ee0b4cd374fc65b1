// SPDX-License-Identifier: Apache-2.0
// Covers cuda/context.hpp, cuda/error.hpp, cuda/exchange.hpp, cuda/matrix.hpp.
// How calls on a device behave: what they tell, what they refuse, streams and graphs.

#include <limits>

#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;
using support::Array;
using support::Context;
using support::Held;
using support::Info;
using support::Order;

namespace {

const Filter f{chains::high_pass(3)};

/// Of norm 1, so that filters without a normaliser take it too.
reference::Matrix sample(Index rows, Index cols, unsigned seed = 5) {
  std::mt19937_64 random(seed);
  return reference::random_matrix(rows, cols, random, 1.0).normalized();
}

}  // namespace

TEST_CASE("the info says what became of a matrix, and y is written last or not at all") {
  Context context;
  Array<Info> info(1);
  cuda::Options options;
  options.info = info.data();
  const auto told = [&] {
    context.synchronize();
    return info.get()[0];
  };
  const Held<float> x(sample(9, 13), Order::rows);
  Held<float> y(9, 13, Order::rows);
  apply(f, x.view(), y.view(), context, options);
  Info got = told();
  const double norm = static_cast<double>(x.get().norm());
  CHECK(got.status == Info::done);
  CHECK(!got.dead);
  CHECK(std::fabs(got.norm - norm) <= 1e-12 * norm);
  CHECK(got.largest == static_cast<double>(x.get().cwiseAbs().maxCoeff()));
  CHECK(std::fabs(got.output_norm - static_cast<double>(y.get().norm())) <= 1e-6);
  CHECK(y.gaps_untouched());

  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    reference::Matrix wrong = sample(9, 13);
    wrong(7, 3) = bad;
    const reference::Matrix before = y.get();
    apply(f, Held<float>(wrong, Order::rows).view(), y.view(), context, options);
    CHECK(told().status == Info::not_finite);
    CHECK(y.get() == before);
  }

  // A result that overflows what it is stored in.
  const Filter times{Chain{{1e6, 0, 0}}};
  Held<cuda::half> narrow(9, 13, Order::columns);
  apply(times, x.view(), narrow.view(), context, options);
  CHECK(told().status == Info::overflow);
  CHECK(std::isnan(static_cast<double>(narrow.get()(0, 0))));

  // Nothing survives: sigma_1 of a flat spectrum is too small a part of the norm for kp = 0.
  const Held<float> flat(reference::Matrix::Identity(40, 40), Order::rows);
  Held<float> none(40, 40, Order::rows);
  apply({chains::high_pass(0)}, flat.view(), none.view(), context, options);
  CHECK(told().dead);
  CHECK(told().status == Info::done);

  const Held<float> zero(reference::Matrix::Zero(4, 6), Order::rows);
  for (const Normalizer n : all_normalizers) {
    Held<float> still(4, 6, Order::rows);
    apply({chains::muon(), n}, zero.view(), still.view(), context, options);
    CHECK(!told().dead);
    CHECK(told().output_norm == 0.0);
    CHECK(still.get().isZero(0));
  }
}

TEST_CASE("on a device, the output may be the input") {
  Context context;
  Held<float> x(sample(9, 13), Order::rows);
  const reference::Matrix y = support::filtered<float>(f, x, Order::rows, context);
  apply(f, x.view(), x.view(), context);
  context.synchronize();
  CHECK(x.get() == y);
}

TEST_CASE("two contexts on two streams do not meet") {
  Context one, two;
  const Held<float> x(sample(30, 50), Order::rows), z(sample(50, 30, 6), Order::rows);
  Held<float> y(30, 50, Order::rows), w(50, 30, Order::rows);
  const reference::Matrix y_alone = support::filtered<float>(f, x, Order::rows, one);
  const reference::Matrix w_alone = support::filtered<float>(f, z, Order::rows, two);
  for (int round = 0; round < 5; ++round) {
    y.poison();
    w.poison();
    apply(f, x.view(), y.view(), one);
    apply(f, z.view(), w.view(), two);
    cuda::check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    CHECK(y.get() == y_alone);
    CHECK(w.get() == w_alone);
  }
}

TEST_CASE("a graph's replay gives what the call gives, on what the input then is") {
  Context context;
  Held<cuda::bfloat16> x(sample(40, 24), Order::rows);
  Held<cuda::bfloat16> y(40, 24, Order::rows);
  for (const Normalizer n : all_normalizers) {
    for (const Method method : {Method::dense, Method::gram}) {
      const Filter g{chains::high_pass(2), n};
      const cuda::Options options{method};
      const auto direct = support::filtered<cuda::bfloat16>(g, x, Order::rows, context, options);
      cudaGraph_t graph = nullptr;
      cudaGraphExec_t ready = nullptr;
      cuda::check(cudaStreamBeginCapture(context.stream(), cudaStreamCaptureModeGlobal), "capture");
      apply(g, x.view(), y.view(), context, options);
      cuda::check(cudaStreamEndCapture(context.stream(), &graph), "capture");
      cuda::check(cudaGraphInstantiate(&ready, graph, 0), "cudaGraphInstantiate");
      for (int replay = 0; replay < 2; ++replay) {
        y.poison();
        cuda::check(cudaGraphLaunch(ready, context.stream()), "cudaGraphLaunch");
        context.synchronize();
        CHECK(y.get() == direct);
      }
      cudaGraphExecDestroy(ready);
      cudaGraphDestroy(graph);
    }
  }
}

TEST_CASE("a device call refuses what does not fit, with both shapes") {
  Context context;
  Array<float> memory(400);
  const cuda::Matrix<float> x(memory.data(), 9, 13), turned(memory.data(), 13, 9);
  CHECK_THROWS_WITH(apply(f, x, turned, context),
                    "apply: y is 13x9 and x is 9x13; they must have one shape");
  const cuda::Matrix<float> narrow(memory.data(), 9, 13, 8, Order::columns);
  CHECK_THROWS_WITH(apply(f, x, narrow, context), "apply: y is 9x13 with a stride of 8");
  CHECK_THROWS_WITH(apply(f, cuda::Matrix<float>(nullptr, 9, 13), x, context),
                    "apply: x has no memory");
  CHECK_THROWS_AS(apply_per_head(f, x, Heads{2}, x, context), std::invalid_argument);
  CHECK_THROWS_AS(apply(f, x, x, context, {Method::svd}), std::invalid_argument);
  const Index huge = Index(1) << 40;
  CHECK_THROWS_AS(apply(f, cuda::Matrix<float>(memory.data(), 2, huge),
                        cuda::Matrix<float>(memory.data(), 2, huge), context),
                  std::exception);
  // An empty matrix costs nothing, however long its other side.
  apply(f, cuda::Matrix<float>(nullptr, 0, huge), cuda::Matrix<float>(nullptr, 0, huge), context);
}
