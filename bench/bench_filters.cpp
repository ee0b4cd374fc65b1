// SPDX-License-Identifier: Apache-2.0
// Whole calls of apply(): chain, method, engine, shape and scalar, beside the naive three products.
#include "common.hpp"

namespace {

using namespace bench;
using pion::Filter;
using pion::Method;

struct Named {
  std::string name;
  pion::Chain chain;
};

template <class E, class T>
void add_apply(const std::string& engine, const Named& f, Method method, Shape s) {
  add("filter/" + f.name + "/" + std::string(name(method)) + "/" + engine + "/" + s.name() + "/" +
          scalar_name<T>(),
      [=](benchmark::State& state) {
        const Matrix<T> x = momentum<T>(s.rows, s.cols);
        Matrix<T> y(s.rows, s.cols);
        pion::Workspace workspace;
        const Filter filter{f.chain};
        for (auto _ : state) pion::apply<E>(filter, x, y, workspace, method);
        count_flops<T>(state, 2.0 * pion::plan<T, E>(filter, s.rows, s.cols, method).multiply_adds);
        count_speedup(state, "x_naive", naive_seconds<T>(f.chain, s));
      });
}

/// To a certified error of 1e-4, from a cold start ("lowrank") or the last call's ("warm").
template <class E>
void add_low_rank(const std::string& engine, const Named& f, Shape s, bool warm) {
  add("filter/" + f.name + (warm ? "/warm/" : "/lowrank/") + engine + "/" + s.name() + "/float",
      [=](benchmark::State& state) {
        const Matrix<float> x = momentum<float>(s.rows, s.cols);
        Matrix<float> y(s.rows, s.cols);
        pion::Workspace workspace;
        pion::WarmStart<float> start;
        pion::Tolerance tolerance;
        tolerance.method = Method::low_rank;
        pion::ApplyInfo info;
        const auto call = [&] {
          if (!warm) start.clear();
          info = pion::apply<E>(Filter{f.chain}, x, y, workspace, tolerance, &start);
        };
        call();
        for (auto _ : state) call();
        if (info.method != Method::low_rank) state.SkipWithError("not certified");
        count_flops<float>(state, 2.0 * info.multiply_adds);
        state.counters["bound"] = info.bound.value_or(0.0);
        state.counters["rank"] = static_cast<double>(info.rank);
      });
}

void add_naive(const Named& f, Shape s) {
  add("filter/" + f.name + "/naive/eigen/" + s.name() + "/float", [=](benchmark::State& state) {
    const Matrix<float> x = momentum<float>(s.rows, s.cols);
    for (auto _ : state) benchmark::DoNotOptimize(naive(f.chain, x));
  });
}

const bool registered = [] {
  const std::vector<Named> chains = {{"muon", pion::chains::muon()},
                                     {"highpass:kp=0", pion::chains::high_pass(0)},
                                     {"highpass:kp=1", pion::chains::high_pass(1)},
                                     {"highpass:kp=2", pion::chains::high_pass(2)}};
  const std::vector<Shape> shapes = {{256, 256},   {512, 512},   {1024, 1024}, {2048, 2048},
                                     {4096, 4096}, {1024, 4096}, {4096, 1024}};
  for (const Shape s : shapes) {
    for (const Named& f : chains) {
      add_naive(f, s);
      for_each_engine([&](const std::string& engine, auto tag) {
        using E = typename decltype(tag)::Engine;
        for (const Method method : {Method::dense, Method::gram}) {
          add_apply<E, float>(engine, f, method, s);
          if (s.rows == 1024) add_apply<E, double>(engine, f, method, s);
        }
        if (f.name == "highpass:kp=1" || f.name == "highpass:kp=2") {
          for (const bool warm : {false, true}) add_low_rank<E>(engine, f, s, warm);
        }
      });
    }
  }
  return true;
}();

}  // namespace
