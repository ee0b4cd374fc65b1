// SPDX-License-Identifier: Apache-2.0
// The primitives of the engines over shapes: what the cost model of apply/plan.hpp is calibrated
// by.
#include "common.hpp"

namespace {

using namespace bench;

template <class E, class T>
void add_square(const std::string& engine, Index n) {
  struct Operands {
    explicit Operands(Index n)
        : engine(n, n), a(Matrix<T>::Random(n, n)), b(Matrix<T>::Random(n, n)), c(n, n) {}
    Primitives<E, T> engine;
    Matrix<T> a, b, c;
  };
  const auto one = [&](const std::string& what, double products, auto call) {
    add("primitive/" + what + "/-/" + engine + "/" + Shape{n, n}.name() + "/" + scalar_name<T>(),
        [=](benchmark::State& state) {
          Operands o(n);
          for (auto _ : state) call(o.engine.kernels, view(o.a), view(o.b), view(o.c));
          count_flops<T>(state,
                         products * 2.0 * static_cast<double>(n * n) * static_cast<double>(n));
        });
  };
  one("multiply", 1.0, [](auto& k, auto a, auto b, auto c) { k.multiply(a, b, c); });
  one("gram", 0.5, [](auto& k, auto a, auto, auto c) { k.gram(a, c); });
  one("quadratic", 0.5, [](auto& k, auto a, auto, auto c) {
    k.quadratic(pion::OddQuintic{1.0, 2.0, 3.0}, a, c);
  });
  one("commuting", 0.5, [](auto& k, auto a, auto b, auto c) { k.multiply_commuting(a, b, c); });
}

/// What a compression does with x: z = x^T q and y = x z, in the scalar S, for `width` columns.
template <class E, class T, class S>
void add_sweep(const std::string& engine, Index n, Index width) {
  add("primitive/sweep_in_" + scalar_name<S>() + "/" + std::to_string(width) + "/" + engine + "/" +
          Shape{n, n}.name() + "/" + scalar_name<T>(),
      [=](benchmark::State& state) {
        Matrix<T> x = Matrix<T>::Random(n, n), q = Matrix<T>::Random(n, width);
        Matrix<S> z(n, width), y(n, width);
        pion::Workspace workspace;
        const auto kernels = [&](pion::detail::Arena& arena) {
          return typename E::template TallSkinnyKernels<T>(arena, n, n, width);
        };
        pion::detail::Arena counting;
        kernels(counting);
        pion::detail::Arena arena(workspace, counting.used());
        const auto own = kernels(arena);
        for (auto _ : state) own.sweep(1.0, view(x), view(q), view(z), view(y));
        count_flops<S>(state, 4.0 * static_cast<double>(n * n) * static_cast<double>(width));
      });
}

/// The passes over memory at either end of a call.
void add_passes(Index n) {
  using Row = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto one = [n](const std::string& what, auto call) {
    add("primitive/" + what + "/-/eigen/" + Shape{n, n}.name() + "/float",
        [=](benchmark::State& s) {
          const Matrix<float> x = Matrix<float>::Random(n, n);
          Row row = x;
          Matrix<float> inside = x, out = x;
          for (auto _ : s) call(row, inside, out);
          s.SetBytesProcessed(s.iterations() * n * n * 8);
        });
  };
  using pion::detail::load, pion::detail::store;
  one("copy", [](auto&, auto& inside, auto& out) { out = inside; });
  one("load_col_major", [](auto&, auto& inside, auto& out) { load("bench", out, view(inside)); });
  one("load_row_major", [](auto& row, auto& inside, auto&) { load("bench", row, view(inside)); });
  one("store_row_major", [](auto& row, auto& inside, auto&) { store(view(inside), row); });
  one("norm", [](auto&, auto& inside, auto&) {
    benchmark::DoNotOptimize(pion::engine::Elementwise<float>::frobenius_norm(view(inside)));
  });
}

const bool registered = [] {
  for_each_engine([](const std::string& name, auto tag) {
    using E = typename decltype(tag)::Engine;
    for (const Index n : {256, 512, 1024, 2048, 4096}) add_square<E, float>(name, n);
    add_square<E, double>(name, 1024);
    for (const Index n : {1024, 2048, 4096}) {
      for (const Index width : {8, 16, 32}) {
        add_sweep<E, float, float>(name, n, width);
        add_sweep<E, float, double>(name, n, width);
      }
    }
  });
  for (const Index n : {1024, 2048, 4096}) add_passes(n);
  return true;
}();

}  // namespace
