// SPDX-License-Identifier: Apache-2.0
// What a plan says of a call before it is made, and that it runs. Covers its own header and
// apply/method.hpp, detail/span.hpp.
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <pion/pion.hpp>
#if defined(_OPENMP)
#include <pion/engine/openmp.hpp>
#endif

#include "support/catch.hpp"

using namespace pion;

namespace {

/// Kernels that do nothing but count: what a product of these shapes costs, and moves.
struct Counter {
  using View = engine::View<float>;
  mutable double multiply_adds = 0.0;
  mutable double numbers = 0.0;

  void gram(const View& x, const View& r) const { product(0.5 * double(x.cols), r, {x, r}); }
  void quadratic(const OddQuintic&, const View& r, const View& h) const {
    product(0.5 * double(r.cols), h, {r, h});
  }
  void multiply_commuting(const View& a, const View& b, const View& c) const {
    product(0.5 * double(a.cols), c, {a, b, c});
  }
  void multiply(const View& a, const View& b, const View& c) const {
    product(double(a.cols), c, {a, b, c});
  }

 private:
  static double size(const View& v) { return static_cast<double>(v.rows * v.cols); }
  void product(double depth, const View& result, std::initializer_list<View> operands) const {
    multiply_adds += depth * size(result);
    for (const View& v : operands) numbers += size(v);
  }
};

}  // namespace

TEST_CASE("plans: the method, its cost and what it refuses") {
  const Plan square = plan({chains::muon()}, 100, 100);
  CHECK(square.method == Method::dense);
  CHECK(square.multiply_adds == 5 * 4 * 0.5 * 1e6);  // T (3 alpha + 1) / 2 m^3
  const Plan wide = plan({chains::high_pass(2)}, 100, 400);
  CHECK(wide.method == Method::gram);
  CHECK(wide.multiply_adds == 14.5e6);  // T = 5, alpha = 4, one segment
  CHECK(plan({chains::high_pass(2)}, 400, 100).multiply_adds == 14.5e6);
  CHECK(plan({chains::high_pass(2)}, 100, 400, Method::dense).multiply_adds == 32.5e6);
  for (int kp = 0; kp <= 5; ++kp) {
    CHECK(plan({chains::high_pass(kp)}, 10, 40).restarts.count() == 0);
  }
  const Plan muon = plan({chains::muon()}, 10, 40, Method::gram);
  CHECK(muon.restarts.count() == 1);
  CHECK(muon.restarts.before(2));
  CHECK_THROWS_AS(plan({chains::muon()}, -1, 4), std::invalid_argument);
  CHECK_THROWS_AS(plan({chains::muon()}, Index(1) << 32, Index(1) << 32), std::invalid_argument);
  const Index most = (std::numeric_limits<Index>::max)();
  const Tolerance low_rank{1e-3, Method::low_rank};
  for (const auto& [rows, cols] : {std::pair<Index, Index>{0, most}, {most, 0}, {1, most / 256}}) {
    CHECK_THROWS_AS(plan({chains::muon()}, rows, cols), std::invalid_argument);
    CHECK_THROWS_AS(plan({chains::high_pass(2)}, rows, cols, low_rank), std::invalid_argument);
  }
  CHECK(plan({chains::muon()}, 0, 1000000).method == Method::dense);
  CHECK_THROWS_AS(plan({chains::muon(65)}, 4, 4, Method::gram), std::invalid_argument);
  CHECK(plan({chains::muon(65)}, 4, 40).method == Method::dense);
  CHECK_THROWS_AS(plan({chains::muon()}, 4, 4, Method::svd), std::invalid_argument);
  for (const Method m : all_methods) CHECK(method_named(name(m)) == m);
  CHECK(!method_named("magic").has_value());
}

TEST_CASE("a plan counts the multiply-adds and the bytes of the products that its method calls") {
  const double copies = 4.0;  // read and written, on the way in and on the way out
  for (const auto& [m, n] : {std::pair<Index, Index>{7, 7}, {10, 40}, {1, 30}}) {
    for (const Chain& chain : {Chain{}, chains::muon(), chains::muon(1), chains::high_pass(2)}) {
      for (const Method method : {Method::dense, Method::gram}) {
        INFO(m << " x " << n << ", " << chain.size() << " steps, " << name(method));
        const Plan p = plan({chain}, m, n, method);
        Counter counter;
        Counter::View x(nullptr, m, n), y = x, r(nullptr, m, m), h = r, q = r, t = r;
        if (!chain.empty()) counter.gram(x, r);  // the normaliser's
        if (method == Method::gram) {
          algorithm::gram(counter, chain, p.restarts, x, y, r, h, q, t);
        } else {
          algorithm::dense(counter, chain, x, y, r, h);
        }
        const double size = static_cast<double>(m * n);
        CHECK(std::fabs(p.multiply_adds - counter.multiply_adds) <= 1e-9 * p.multiply_adds);
        CHECK(std::fabs(p.bytes - 4.0 * (counter.numbers + copies * size)) <= 1e-9 * p.bytes);
        CHECK(plan<double>({chain}, m, n, method).bytes == 2.0 * p.bytes);
        CHECK(plan<Eigen::half>({chain}, m, n, method).bytes == p.bytes - 4.0 * size);
      }
    }
  }
}

TEST_CASE("a planned call is the call that plans, to the last bit, and refuses another shape") {
  const Filter f{chains::high_pass(2)};
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(40, 24);
  Eigen::MatrixXf y(40, 24), expected(40, 24), other(24, 40);
  Workspace workspace;
  for (const Method method : {Method::automatic, Method::dense, Method::gram}) {
    const auto planned = plan<float>(f, 40, 24, method);
    apply(f, x, expected, workspace, method);
    CHECK(apply(planned, x, y, workspace).method == planned.method);
    CHECK(y == expected);
    y.setConstant(7.0F);
    CHECK_THROWS_WITH(apply(planned, x.transpose(), other, workspace),
                      "apply: x is 24x40 and the filter is planned for 40x24");
    CHECK_THROWS_AS(apply(planned, x, other, workspace), std::invalid_argument);
    CHECK((y.array() == 7.0F).all());
  }
  for (const Method method : {Method::automatic, Method::low_rank}) {
    const Tolerance tolerance{1e-3, method};
    const auto planned = plan<float>(f, 40, 24, tolerance);
    CHECK((planned.method == Method::low_rank) == (method == Method::low_rank));
    WarmStart<float> start, planned_start;
    for (int call = 0; call < 2; ++call) {
      const ApplyInfo info = apply(f, x, expected, workspace, tolerance, &start);
      CHECK(apply(planned, x, y, workspace, &planned_start).method == info.method);
      CHECK(y == expected);
      CHECK(planned_start.values() == start.values());
    }
  }
  for (const Heads& heads : {Heads{4, Axis::rows}, Heads{3, Axis::cols}}) {
    const auto planned = plan_per_head<float>(f, heads, 40, 24);
    std::vector<ApplyInfo> each(static_cast<std::size_t>(heads.count));
    CHECK(apply_per_head(planned, x, y, workspace, each).heads == heads.count);
    CHECK(y == apply_per_head(f, x, heads));
    CHECK(each[0].output_norm > 0.0);
    each.pop_back();
    CHECK_THROWS_AS(apply_per_head(planned, x, y, workspace, each), std::invalid_argument);
  }
  CHECK_THROWS_AS(plan_per_head<float>(f, Heads{7, Axis::rows}, 40, 24), std::invalid_argument);
}

#if defined(_OPENMP)
TEST_CASE("a plan runs on more workers than there were when it was made") {
  const Filter f{chains::muon()};
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(60, 90);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto planned = plan<float, engine::openmp>(f, 60, 90);
  omp_set_num_threads(7);
  Eigen::MatrixXf y(60, 90);
  Workspace workspace;
  apply(planned, x, y, workspace);
  const auto for_seven = plan<float, engine::openmp>(f, 60, 90);
  omp_set_num_threads(threads);
  CHECK(for_seven.workspace > planned.workspace);
  CHECK(workspace.capacity() == for_seven.workspace);
  CHECK(y == apply<engine::eigen>(f, x));
}
#endif

TEST_CASE("a workspace and a warm start that were moved from are empty, and grow again") {
  const Filter f{chains::high_pass(2)};
  const Tolerance tolerance{0.3, Method::low_rank};
  Eigen::MatrixXf x = Eigen::MatrixXf::Random(40, 40), y(40, 40), again(40, 40);
  x.col(0) *= 100.0F;
  Workspace workspace;
  WarmStart<float> start;
  apply(f, x, y, workspace, tolerance, &start);
  const Workspace taken = std::move(workspace);
  const WarmStart<float> kept = std::move(start);
  CHECK(taken.capacity() > 0);
  CHECK(workspace.capacity() == 0);  // NOLINT(bugprone-use-after-move): what it is about
  CHECK(kept.directions() > 0);
  CHECK(start.directions() == 0);  // NOLINT(bugprone-use-after-move)
  apply(f, x, again, workspace, tolerance, &start);
  CHECK(again == y);
}

TEST_CASE("a plan keeps its filter when the caller's is gone") {
  std::optional<Filter> f{Filter{chains::high_pass(2)}};
  const auto planned = plan<double>(*f, 6, 9, Tolerance{1e-3, Method::low_rank});
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(6, 9), expected = apply(*f, x);
  f.reset();
  Eigen::MatrixXd y(6, 9);
  Workspace workspace;
  apply(planned, x, y, workspace);
  CHECK((y - expected).norm() <= 1e-3);
}
