// SPDX-License-Identifier: Apache-2.0
// Covers distributed/nccl.hpp, distributed/apply_on_device.hpp, distributed/kernels_on_device.hpp,
// cuda/sharded_bodies.hpp. The laws of a filter on many devices; every rank checks its own part.
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <pion/distributed/apply_on_device.hpp>
#include <pion/distributed/checkpoint.hpp>
#include <pion/distributed/diagnostics.hpp>

#include "cuda/support.hpp"
#include "distributed/nccl/ranks.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using distributed::chunk, distributed::Nccl, distributed::Part, distributed::sharded;
using reference::Real;
using support::Context, support::Held, support::Info, support::Order;

namespace {

/// What a rank works with: its place among the others, and a stream.
struct Machine {
  Ranks ranks;
  Context context;
  Nccl comm{ranks.comm(), context};
};

template <class S, class T = S>
struct Kind {
  using Stored = S;
  using Computed = T;
  static constexpr support::Precision precision =
      std::is_same_v<S, T> ? support::Precision::storage : support::Precision::f32;
};

/// The reference for a call with this plan. Where the Gram matrix is the long side's, x is filtered
/// as if it were square, with zeros below: so are the bound and the spectral normaliser.
template <class K>
reference::Expected expected(const distributed::Plan& plan, const Filter& f, reference::Matrix x) {
  using Out = cuda::Scalar<typename K::Stored>;
  const Index rows = x.rows(), cols = x.cols(), side = (std::max)(rows, cols);
  const bool long_side = plan.way == distributed::Way::gram && plan.whole() > plan.cut();
  if (long_side && x.size() > 0) x.conservativeResizeLike(reference::Matrix::Zero(side, side));
  auto e = reference::expected_before_storing(f, x, plan.method,
                                              support::arithmetic<typename K::Computed>());
  e.tolerance +=
      static_cast<Real>(Out::epsilon) * e.value.norm() +
      static_cast<Real>(Out::least * Out::epsilon) * std::sqrt(static_cast<Real>(e.value.size()));
  e.value.conservativeResize(rows, cols);
  return e;
}

/// The norm of a whole matrix, of whose part this rank has it.
double norm_of_all(const Nccl& comm, Real part) {
  return distributed::detail::norm_over_ranks(comm, static_cast<double>(part));
}

}  // namespace

#define PION_KINDS Kind<float>, Kind<double>, (Kind<cuda::bfloat16, float>), Kind<cuda::bfloat16>

namespace {

/// Filters x, of which each rank has its part, and compares with the reference.
template <class K>
void check_filtered(const Machine& m, const Filter& f, const reference::Matrix& x, Axis axis,
                    const Part& part, Method method, Order order) {
  using S = typename K::Stored;
  const Index rows = x.rows(), cols = x.cols(), extent = axis == Axis::rows ? rows : cols;
  const auto plan = distributed::plan<float>(f, rows, cols, axis, m.comm.size(),
                                             cuda::method_for<typename K::Computed>(f, method));
  const Held<S> whole(x, order);  // rounded to S
  const auto right = expected<K>(plan, f, whole.get());
  const Held<S> mine(part_of(x, axis, part), order);
  const Held<S> y(mine.view().rows, mine.view().cols, order);
  const support::Array<Info> info(1);
  distributed::apply(m.comm, f, sharded(mine.view(), axis, extent, part.offset),
                     sharded(y.view(), axis, extent, part.offset),
                     {method, K::precision, info.data()});
  m.context.synchronize();
  const Real off = reference::distance(y.get(), part_of(right.value, axis, part));
  CHECK(norm_of_all(m.comm, off) <= static_cast<double>(right.tolerance));
  CHECK(y.gaps_untouched());
  const Info told = info.get()[0];
  CHECK(told.status == Info::done);
  for (const double norm : distributed::detail::gathered(m.comm, told.output_norm)) {
    CHECK(norm == told.output_norm);
  }
  const Real norm_off = std::fabs(static_cast<Real>(told.output_norm) - right.value.norm());
  if (x.size() > 0) CHECK(norm_off <= right.tolerance);
}

}  // namespace

TEMPLATE_TEST_CASE("a matrix on many devices is filtered to U f(S) V^T, wherever it is cut", "",
                   PION_KINDS) {
  const Machine m;
  std::mt19937_64 random(1);
  const std::pair<Index, Index> shapes[] = {{0, 0}, {0, 3}, {1, 1},  {10, 4}, {2, 7},
                                            {9, 9}, {7, 2}, {5, 31}, {31, 5}};
  for (const auto& [rows, cols] : shapes) {
    for (const Normalizer n : all_normalizers) {
      const Filter f{n == Normalizer::spectral ? chains::muon() : chains::high_pass(2), n};
      reference::Matrix x = reference::random_matrix(rows, cols, random, 1.0);
      if (n == Normalizer::none && x.size() > 0) x /= x.norm();
      for (const Axis axis : {Axis::rows, Axis::cols}) {
        for (const Method method : {Method::dense, Method::gram}) {
          INFO(detail::shape(rows, cols) << (axis == Axis::rows ? ", rows" : ", columns") << ", "
                                         << name(n) << ", " << name(method));
          const Index extent = axis == Axis::rows ? rows : cols;
          const Part any = random_part(extent, m.comm, random);
          const bool even = random() % 2 == 0;
          check_filtered<TestType>(m, f, x, axis,
                                   even ? chunk(extent, m.comm.size(), m.comm.rank()) : any, method,
                                   random() % 2 == 0 ? Order::rows : Order::columns);
        }
      }
    }
  }
}

TEST_CASE("one device gives what apply() on a device gives, to the last bit") {
  Machine m;
  if (m.comm.size() > 1) return;
  std::mt19937_64 random(3);
  for (const auto& [rows, cols, axis] :
       {std::tuple<Index, Index, Axis>{12, 40, Axis::cols}, {40, 12, Axis::rows}}) {
    for (const Normalizer n : all_normalizers) {
      const Filter f{chains::muon(), n};
      const Held<float> x(0.1L * reference::random_matrix(rows, cols, random, 1.0), Order::rows);
      Held<float> y(rows, cols, Order::rows), z(rows, cols, Order::columns);
      const Index extent = (std::max)(rows, cols);
      distributed::apply(m.comm, f, sharded(x.view(), axis, extent, 0),
                         sharded(y.view(), axis, extent, 0), {Method::dense});
      apply(f, x.view(), z.view(), m.context, {Method::dense});
      m.context.synchronize();
      CHECK(y.get() == z.get());
    }
  }
}

TEST_CASE("a call repeats to the last bit, in place") {
  Machine m;
  std::mt19937_64 random(4);
  const Filter f{chains::muon()};
  for (const Axis axis : {Axis::rows, Axis::cols}) {  // of which one is exchanged
    const Index extent = axis == Axis::rows ? 6 : 50;
    const Part part = random_part(extent, m.comm, random);
    const reference::Matrix whole = reference::random_matrix(6, 50, random, 1.0);
    const Held<float> x(part_of(whole, axis, part), Order::rows);
    const Held<float> y(x.view().rows, x.view().cols, Order::rows);
    for (const auto& to : {y.view(), x.view()}) {
      distributed::apply(m.comm, f, sharded(x.view(), axis, extent, part.offset),
                         sharded(to, axis, extent, part.offset));
    }
    m.context.synchronize();
    CHECK(x.get() == y.get());
  }
}

TEST_CASE("squares of doubles that overflow or vanish do not, on any cut") {
  Machine m;
  const Index cols = 9;
  const Part part = chunk(cols, m.comm.size(), m.comm.rank());
  for (const double scale : {1e300, 1e-300}) {
    reference::Matrix x = reference::Matrix::Identity(4, cols);
    for (Index i = 0; i < 4; ++i) x(i, i) *= std::pow(Real(10), -2 * i);  // parts differ in size
    const auto right = reference::expected_before_storing(
        Filter{chains::high_pass(2)}, x, Method::dense, support::arithmetic<double>());
    const Held<double> mine(part_of(static_cast<Real>(scale) * x, Axis::cols, part),
                            Order::columns);
    Held<double> y(4, part.size, Order::columns);
    distributed::apply(m.comm, Filter{chains::high_pass(2)},
                       sharded(mine.view(), Axis::cols, cols, part.offset),
                       sharded(y.view(), Axis::cols, cols, part.offset), {Method::dense});
    m.context.synchronize();
    const Real off = reference::distance(y.get(), part_of(right.value, Axis::cols, part));
    // Scaling by a number that is no power of two rounds each entry once.
    CHECK(norm_of_all(m.comm, off) <= static_cast<double>(right.tolerance) + 0x1p-50);
  }
}

TEST_CASE("a result that is lost in rounding is called dead, on every rank, and no other") {
  Machine m;
  const Index cols = 12;
  const Part part = chunk(cols, m.comm.size(), m.comm.rank());
  const Held<float> x(reference::Matrix::Identity(4, cols).middleCols(part.offset, part.size),
                      Order::columns);
  const Held<float> y(4, part.size, Order::columns);
  // epsilon sqrt(4), and what is well above and below.
  for (const auto& [gain, dead] : {std::pair{1e-6, false}, {1e-8, true}}) {
    support::Array<Info> info(1);
    distributed::apply(m.comm, Filter{Chain{OddQuintic{gain, 0.0, 0.0}}},
                       sharded(x.view(), Axis::cols, cols, part.offset),
                       sharded(y.view(), Axis::cols, cols, part.offset),
                       {Method::dense, {}, info.data()});
    m.context.synchronize();
    CHECK(info.get()[0].dead == dead);
  }
}

TEST_CASE("what one rank has against a call, all are told, and nothing is written") {
  Machine m;
  const Index rows = 6, cols = 20;
  const Part part = chunk(cols, m.comm.size(), m.comm.rank());
  const bool last = m.comm.rank() + 1 == m.comm.size();
  const Filter f{chains::muon()};
  const reference::Matrix ones = reference::Matrix::Ones(rows, part.size);
  const auto call = [&](const Filter& g, const Held<float>& x, const Held<float>& y, Axis axis,
                        Index offset, Info* info = nullptr) {
    distributed::apply(m.comm, g, sharded(x.view(), axis, cols, offset),
                       sharded(y.view(), axis, cols, offset), {Method::dense, {}, info});
  };
  const Held<float> x(ones, Order::columns), y(ones, Order::columns);

  SECTION("a number that is not one") {
    reference::Matrix spoilt = ones;
    if (last && part.size > 0) spoilt(1, part.size - 1) = std::numeric_limits<Real>::quiet_NaN();
    if (part.size > 0 && m.comm.size() == 1) spoilt(0, 0) = std::numeric_limits<Real>::infinity();
    const Held<float> bad(spoilt, Order::columns);
    support::Array<Info> info(1);
    call(f, bad, y, Axis::cols, part.offset, info.data());
    m.context.synchronize();
    CHECK(info.get()[0].status == Info::not_finite);
    CHECK(y.get() == ones);
  }
  SECTION("another filter") {
    const Filter other{chains::muon(last ? 4 : 5)};
    const std::string line = line_of([&] { call(other, x, y, Axis::cols, part.offset); });
    if (m.comm.size() > 1) {
      CHECK(line == "distributed: rank " + std::to_string(m.comm.size() - 1) +
                        " has another filter than rank 0");
      CHECK(y.get() == ones);
    }
  }
  SECTION("another precision") {
    const auto in = last ? support::Precision::f64 : support::Precision::f32;
    const std::string line = line_of([&] {
      distributed::apply(m.comm, f, sharded(x.view(), Axis::cols, cols, part.offset),
                         sharded(y.view(), Axis::cols, cols, part.offset), {Method::dense, in});
    });
    if (m.comm.size() > 1) CHECK(line.find("makes another call than rank 0") != std::string::npos);
  }
  SECTION("a part in another place") {
    const std::string line =
        line_of([&] { call(f, x, y, Axis::cols, part.offset + (last ? 1 : 0)); });
    CHECK(line.find("'s part begins at " +
                    std::to_string(cols -
                                   (cols - chunk(cols, m.comm.size(), m.comm.size() - 1).offset) +
                                   1)) != std::string::npos);
  }
  SECTION("a y that is cut otherwise") {
    const std::string line = line_of([&] {
      distributed::apply(m.comm, f, sharded(x.view(), Axis::cols, cols, part.offset),
                         sharded(y.view(), Axis::cols, cols + (last ? 1 : 0), part.offset));
    });
    CHECK(line == "rank " + std::to_string(m.comm.size() - 1) +
                      ": apply: y is cut otherwise than x; they must have one cut");
  }
  SECTION("a y of another shape") {
    const Held<float> small(rows - 1, part.size, Order::columns);
    const std::string line =
        line_of([&] { call(f, x, last ? small : y, Axis::cols, part.offset); });
    CHECK(line.find("rank " + std::to_string(m.comm.size() - 1) + ": apply: y is ") !=
          std::string::npos);
  }
  SECTION("a stride that does not hold its columns") {
    auto view = x.view();
    if (last) view.stride = 1;
    const std::string line = line_of([&] {
      distributed::apply(m.comm, f, sharded(view, Axis::cols, cols, part.offset),
                         sharded(y.view(), Axis::cols, cols, part.offset));
    });
    CHECK(line.find("with a stride of 1") != std::string::npos);
  }
}

TEST_CASE("matrices of the host take the same ranks") {
  Machine m;
  const Index rows = 5, cols = 24;
  const Part part = chunk(cols, m.comm.size(), m.comm.rank());
  std::mt19937_64 random(9);
  const Eigen::MatrixXf x = reference::random_matrix(rows, cols, random, 1.0).cast<float>();
  const Eigen::MatrixXf mine = x.middleCols(part.offset, part.size);
  const double norm = distributed::norm(m.comm, sharded(mine, Axis::cols, cols, part.offset));
  CHECK(std::fabs(norm - static_cast<double>(x.norm())) <= 1e-5 * norm);

  Eigen::MatrixXf y = mine;
  Workspace workspace;
  distributed::apply(m.comm, Filter{chains::muon()}, sharded(mine, Axis::cols, cols, part.offset),
                     sharded(y, Axis::cols, cols, part.offset), workspace, Method::dense);
  const auto right =
      reference::expected<float, float>(Filter{chains::muon()}, x.cast<Real>(), Method::dense);
  const Real off = reference::distance(y, part_of(right.value, Axis::cols, part));
  CHECK(norm_of_all(m.comm, off) <= static_cast<double>(right.tolerance));
}
