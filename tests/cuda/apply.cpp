// SPDX-License-Identifier: Apache-2.0
// Covers its own header and cuda/batch.hpp, cuda/bodies.hpp, cuda/info.hpp, cuda/buffers.hpp,
// cuda/gemm.hpp, cuda/kernels.hpp, cuda/list.hpp, cuda/moments.hpp, cuda/scalar.hpp,
// detail/host_device.hpp.
// The laws of apply() on a device, for every scalar, precision, storage order, normaliser, method
// and chain, against the host's reference in long double.

#include <memory>
#include <string>
#include <utility>

#include <Eigen/QR>

#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;
using reference::Real;
using support::Array;
using support::Context;
using support::Held;
using support::Info;
using support::Order;
using support::Precision;

namespace {

/// What a law is instantiated over: scalars of x, of y and of the computation.
template <class S, class D, class T, Precision P, Order X, Order Y>
struct Kind {
  using In = S;
  using Out = D;
  using Compute = T;
  static constexpr Precision precision = P;
  static constexpr Order order_in = X, order_out = Y;
  static constexpr bool tf32 = P == Precision::tf32;
};

constexpr Order col = Order::columns, row = Order::rows;
using support::bfloat16;
using support::half;
#define PION_KINDS                                                        \
  (Kind<double, double, double, Precision::storage, col, row>),           \
      (Kind<float, float, float, Precision::storage, row, row>),          \
      (Kind<float, bfloat16, float, Precision::tf32, row, col>),          \
      (Kind<bfloat16, bfloat16, bfloat16, Precision::storage, row, row>), \
      (Kind<half, half, half, Precision::storage, col, col>),             \
      (Kind<bfloat16, float, float, Precision::f32, col, row>),           \
      (Kind<float, half, bfloat16, Precision::bf16, row, col>),           \
      (Kind<float, double, half, Precision::f16, col, col>),              \
      (Kind<half, float, double, Precision::f64, row, row>)

constexpr Method methods[] = {Method::dense, Method::gram};

/// The reference with the tolerance of K's arithmetic and of storing in K's output.
template <class K>
reference::Expected expected(const Filter& f, const reference::Matrix& x, Method method) {
  using Out = cuda::Scalar<typename K::Out>;
  auto e = reference::expected_before_storing(f, x, method,
                                              support::arithmetic<typename K::Compute>(K::tf32));
  e.tolerance +=
      static_cast<Real>(Out::epsilon) * e.value.norm() +
      static_cast<Real>(Out::least * Out::epsilon) * std::sqrt(static_cast<Real>(e.value.size()));
  return e;
}

template <class K>
reference::Matrix filter(const Filter& f, const Held<typename K::In>& x, Method method,
                         Context& context, Info* info = nullptr) {
  return support::filtered<typename K::Out>(f, x, K::order_out, context,
                                            {method, K::precision, info});
}

/// A random matrix with singular values below 1, for the filters without a normaliser.
reference::Matrix draw(Index rows, Index cols, Normalizer n, std::mt19937_64& random) {
  reference::Matrix x = reference::random_matrix(rows, cols, random, 1.0);
  if (n == Normalizer::none && x.size() > 0) x /= x.norm();
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("on a device, apply is U f(S) V^T", "", PION_KINDS) {
  using K = TestType;
  std::mt19937_64 random(31);
  Context context;
  for (const Normalizer n : all_normalizers) {
    if (n == Normalizer::aol && std::is_same_v<typename K::Compute, half>) {
      const Held<typename K::In> x(reference::Matrix::Identity(2, 2), K::order_in);
      CHECK_THROWS_AS(filter<K>({Chain{}, n}, x, Method::dense, context), std::invalid_argument);
      continue;
    }
    // A normaliser is one matter, a chain another: each chain with one, each other with a few.
    auto chains = reference::chain_zoo();
    if (n != Normalizer::frobenius) chains = {chains::muon(2), chains::high_pass(2)};
    for (const Chain& chain : chains) {
      for (const auto& [rows, cols] : reference::shapes(random, 1)) {
        const Held<typename K::In> x(draw(rows, cols, n, random), K::order_in);
        const reference::Matrix stored = x.get();
        for (const Method method : methods) {
          INFO(std::string(name(n)) << ", " << chain.size() << " steps, "
                                    << detail::shape(rows, cols) << ", " << name(method));
          const auto e = expected<K>({chain, n}, stored, method);
          CHECK(reference::distance(filter<K>({chain, n}, x, method, context), e.value) <=
                e.tolerance);
        }
      }
    }
  }
}

namespace {

/// From 1024 on, products go by tiles of 256. A reference by SVD would take minutes there, so the
/// matrix is one whose factors are known: three directions.
template <class T>
void check_tiles(Index rows, Index cols, Method method) {
  std::mt19937_64 random(32);
  Context context;
  const Index k = 3;
  const auto orthonormal = [&](Index n) {
    Eigen::MatrixXd a = reference::random_matrix(n, k, random, 0).cast<double>();
    return Eigen::MatrixXd(Eigen::HouseholderQR<Eigen::MatrixXd>(a).householderQ() *
                           Eigen::MatrixXd::Identity(n, k));
  };
  const Eigen::MatrixXd u = orthonormal(rows), v = orthonormal(cols);
  const Eigen::Vector3d sigma(0.8, 0.5, std::sqrt(0.11));  // squares add up to 1
  const Filter f{chains::high_pass(1, 1)};
  const Eigen::Vector3d gain = sigma.unaryExpr([&](double s) { return f.chain(s); });
  const Held<T> x(u * sigma.asDiagonal() * v.transpose(), Order::rows);
  const Eigen::MatrixXd want = u * gain.asDiagonal() * v.transpose();
  // Rounding goes either way, and its sum over the thousands of terms of an entry like a random
  // walk's: some 40 = (1300)^(1/2) epsilons of the sum, one of what is stored, in each of the four
  // products of a step; then a step's slope, at most 1.875, and the factors of ||H|| below 2.
  const double each = cuda::Scalar<T>::epsilon + 40 * cuda::Scalar<float>::epsilon;
  double tolerance = each;
  for (int step = 0; step < f.chain.size(); ++step) tolerance = 1.875 * tolerance + 4 * 2 * each;
  const reference::Matrix y = support::filtered<T>(f, x, Order::rows, context, {method});
  CHECK(reference::distance(y, want.cast<Real>()) <= static_cast<Real>(tolerance));
}

}  // namespace

TEST_CASE("large matrices are multiplied in tiles of the lower half, with a strip left over") {
  check_tiles<float>(1100, 1290, Method::gram);
  check_tiles<bfloat16>(1024, 1030, Method::dense);
}

TEST_CASE("a batch and its matrices one by one give the same, and heads are a batch") {
  std::mt19937_64 random(33);
  Context context;
  const Filter f{chains::high_pass(3)};
  // 70 matrices of one shape are more than a table holds; others lie between them.
  std::vector<std::unique_ptr<Held<float>>> x, y;
  std::vector<cuda::Job<float, float>> jobs;
  const auto add = [&](Index rows, Index cols, Order order) {
    x.push_back(std::make_unique<Held<float>>(draw(rows, cols, f.normalizer, random), order));
    y.push_back(std::make_unique<Held<float>>(rows, cols, col));
    jobs.push_back({x.back()->view(), y.back()->view()});
  };
  for (int i = 0; i < 70; ++i) add(6, 9, row);
  add(20, 4, row);
  add(0, 4, row);
  add(20, 4, col);
  Array<Info> infos(static_cast<Index>(jobs.size()));
  cuda::Options options;
  options.info = infos.data();
  apply_batch(f, jobs, context, options);
  context.synchronize();
  const std::vector<Info> told = infos.get();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    INFO("job " << i);
    const reference::Matrix alone = support::filtered<float>(f, *x[i], col, context);
    const reference::Matrix got = y[i]->get();
    // Another library kernel may serve a batch, with another order of sums.
    const auto e = reference::expected<float>(f, x[i]->get(), Method::gram);
    CHECK(reference::distance(got, alone) <= 2 * e.tolerance);
    CHECK(reference::distance(got, e.value) <= e.tolerance);
    CHECK(y[i]->gaps_untouched());
    if (got.size() == 0) continue;
    CHECK(told[i].status == Info::done);
    CHECK(std::fabs(told[i].output_norm - static_cast<double>(got.norm())) <= 1e-5);
  }

  for (const Axis axis : {Axis::rows, Axis::cols}) {
    for (const Order order : {row, col}) {
      const Held<float> whole(draw(12, 15, f.normalizer, random), order);
      Held<float> out(12, 15, order);
      const Heads heads{3, axis};
      apply_per_head(f, whole.view(), heads, out.view(), context);
      context.synchronize();
      const Eigen::MatrixXf on_host =
          apply_per_head<engine::eigen>(f, whole.get().cast<float>(), heads);
      CHECK(reference::distance(out.get(), on_host.cast<Real>()) <= 1e-4L);
    }
  }
  const Held<float> fused(draw(16, 5, f.normalizer, random), row);
  Held<float> out(16, 5, row);
  const FusedHeads qkv = fused_qkv(4, 2, 2);
  apply_per_head(f, fused.view(), qkv, out.view(), context);
  context.synchronize();
  CHECK(reference::distance(
            out.get(),
            apply_per_head<engine::eigen>(f, fused.get().cast<float>(), qkv).cast<Real>()) <=
        1e-4L);
}

TEMPLATE_TEST_CASE("entries of any size neither overflow nor vanish on a device", "", float, double,
                   bfloat16) {
  using T = TestType;
  std::mt19937_64 random(34);
  Context context;
  const reference::Matrix shape = reference::random_matrix(9, 14, random, 1.0);
  for (const Normalizer n : all_normalizers) {
    if (n == Normalizer::none) continue;
    const Filter f{chains::high_pass(3), n};
    const Held<T> x(shape, row);
    const reference::Matrix plain = support::filtered<T>(f, x, row, context);
    CHECK(plain.norm() > 0.5L);
    // Far enough that the squares of the entries are out of a double's range, where entries can be.
    const int far = std::is_same_v<T, double> ? 600 : 100;
    for (const int power : {-far, -50, 50, far}) {
      const Held<T> scaled(x.get() * std::ldexp(Real(1), power), row);
      // Powers of two change nothing, to the last bit.
      CHECK(support::filtered<T>(f, scaled, row, context) == plain);
    }
  }
}
