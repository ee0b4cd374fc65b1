// SPDX-License-Identifier: Apache-2.0
// Covers distributed/within.hpp, distributed/tall_skinny.hpp, algorithm/long_side.hpp: the low-rank
// method on many ranks.
#include <cmath>
#include <random>
#include <string>

#include <pion/distributed/within.hpp>

#include "distributed/mpi/counted.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using distributed::chunk, distributed::Mpi, distributed::Part, distributed::sharded;

namespace {

/// Three directions that stand out of noise.
Eigen::MatrixXf steep(Index rows, Index cols, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> gauss;
  const auto draw = [&](Index m, Index n) {
    return Eigen::MatrixXf(Eigen::MatrixXf::NullaryExpr(m, n, [&] { return gauss(random); }));
  };
  const Eigen::MatrixXf left = draw(rows, 3), right = draw(cols, 3);
  return left * Eigen::Vector3f(9.0F, 5.0F, 3.0F).asDiagonal() * right.transpose() +
         0.01F * draw(rows, cols);
}

struct Result {
  Eigen::MatrixXf y;
  ApplyInfo info;
  double bytes, planned;
};

Result filtered(const Mpi& comm, const Filter& f, const Eigen::MatrixXf& whole, Axis axis,
                const Part& part, const Tolerance& tolerance, WarmStart<float>* start = nullptr) {
  const Index extent = axis == Axis::rows ? whole.rows() : whole.cols();
  const auto planned =
      distributed::plan<float>(f, whole.rows(), whole.cols(), axis, comm.size(), tolerance);
  const Eigen::MatrixXf x = part_of(whole, axis, part);
  Eigen::MatrixXf y = Eigen::MatrixXf::Zero(x.rows(), x.cols());
  Workspace workspace;
  sent() = {};
  const ApplyInfo info =
      distributed::apply(comm, planned, sharded(x, axis, extent, part.offset),
                         sharded(y, axis, extent, part.offset), workspace, start);
  return {y, info, sent().bytes, planned.bytes_sent};
}

const Tolerance by_few_directions{1e-4, Method::low_rank};

}  // namespace

TEST_CASE("the low-rank method keeps its bound on many ranks, wherever the matrix is cut") {
  const Mpi comm;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{40, 60}, {60, 40}, {40, 3}}) {
    const Eigen::MatrixXf whole = steep(rows, cols, 1);
    for (const Axis axis : {Axis::rows, Axis::cols}) {
      const Index extent = axis == Axis::rows ? rows : cols;
      const Part part = chunk(extent, comm.size(), comm.rank());
      const Filter f{chains::high_pass(1)};
      INFO(detail::shape(rows, cols) << (axis == Axis::rows ? ", rows" : ", columns"));
      const Result r = filtered(comm, f, whole, axis, part, by_few_directions);
      const auto right =
          reference::expected<float>(f, whole.cast<reference::Real>(), Method::dense);
      REQUIRE(r.info.method == Method::low_rank);
      CHECK(*r.info.bound <= 1e-4);
      // The reference's own distance from f(x) is of long double's size.
      const double off = static_cast<double>(
          (r.y.cast<reference::Real>() -
           (axis == Axis::rows ? reference::Matrix(right.value.middleRows(part.offset, part.size))
                               : reference::Matrix(right.value.middleCols(part.offset, part.size))))
              .norm());
      CHECK(distributed::detail::norm_over_ranks(comm, off) <= *r.info.bound * (1.0 + 1e-9));
      const auto bounds = distributed::detail::gathered(comm, *r.info.bound);
      for (const double bound : bounds) CHECK(bound == bounds[0]);
      CHECK(filtered(comm, f, whole, axis, part, by_few_directions).y == r.y);
    }
  }
}

TEST_CASE("a warm start sends less, and every rank has the same one") {
  const Mpi comm;
  const Eigen::MatrixXf whole = steep(64, 96, 2);
  const Filter f{chains::high_pass(1)};
  const Part part = chunk(96, comm.size(), comm.rank());
  WarmStart<float> start;
  const Result cold = filtered(comm, f, whole, Axis::cols, part, by_few_directions, &start);
  REQUIRE(start.directions() > 0);
  CHECK(cold.bytes <= cold.planned);  // of a search that finds what it wants in the first round
  CHECK(start.extent() == 64);
  const auto one = distributed::detail::gathered(comm, start.values().front());
  for (const float value : one) CHECK(value == one[0]);
  const Result warm = filtered(comm, f, 1.01F * whole, Axis::cols, part, by_few_directions, &start);
  CHECK(warm.info.method == Method::low_rank);
  CHECK(*warm.info.bound <= 1e-4);
  if (comm.size() > 1) CHECK(warm.bytes < 0.5 * cold.bytes);
}

TEST_CASE("where the tolerance cannot be had, every rank takes the exact method") {
  const Mpi comm;
  std::mt19937_64 random(3);
  std::normal_distribution<float> gauss;
  const Eigen::MatrixXf flat =
      Eigen::MatrixXf::NullaryExpr(160, 170, [&] { return gauss(random); });
  const Filter f{chains::muon()};  // lifts every direction: no few of them will do
  const Part part = chunk(170, comm.size(), comm.rank());
  const Result r = filtered(comm, f, flat, Axis::cols, part, by_few_directions);
  CHECK(r.info.method != Method::low_rank);
  CHECK_FALSE(r.info.bound);
}

TEST_CASE("a zero matrix, a NaN and a warm start that differs are met by all ranks alike") {
  const Mpi comm;
  const Filter f{chains::high_pass(1)};
  const Part part = chunk(20, comm.size(), comm.rank());
  const Result zero =
      filtered(comm, f, Eigen::MatrixXf::Zero(10, 20), Axis::cols, part, by_few_directions);
  CHECK(zero.y.isZero(0));
  Eigen::MatrixXf whole = steep(10, 20, 4);
  whole(3, 19) = std::nanf("");
  CHECK_THROWS_WITH(filtered(comm, f, whole, Axis::cols, part, by_few_directions),
                    has_text("apply: x(3, 19) is not a number"));
  if (comm.size() == 1) return;
  WarmStart<float> start;
  filtered(comm, f, steep(10, 20, 5), Axis::cols, part, by_few_directions, &start);
  if (comm.rank() == 1) start.clear();
  CHECK_THROWS_WITH(
      filtered(comm, f, steep(10, 20, 5), Axis::cols, part, by_few_directions, &start),
      has_text("distributed: rank 1 makes another call than rank 0"));
}
