// SPDX-License-Identifier: Apache-2.0
// Covers distributed/apply.hpp, distributed/kernels.hpp, distributed/buffers.hpp,
// distributed/agree.hpp. The laws of a filter on many ranks; every rank checks its own part.
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <pion/distributed/apply.hpp>

#include "distributed/mpi/counted.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using distributed::chunk, distributed::Mpi, distributed::Part, distributed::sharded;
using reference::Real;

namespace {

/// The reference for a call with this plan. Where the Gram matrix is the long side's, x is filtered
/// as if it were square, with zeros below: so are the bound and the spectral normaliser.
template <class T, class S>
reference::Expected expected(const distributed::Plan& plan, const Filter& f, reference::Matrix x) {
  const Index rows = x.rows(), cols = x.cols(), side = (std::max)(rows, cols);
  const bool long_side = plan.way == distributed::Way::gram && plan.whole() > plan.cut();
  if (long_side && x.size() > 0) x.conservativeResizeLike(reference::Matrix::Zero(side, side));
  auto result = reference::expected<T, S>(f, x, plan.method);
  result.value.conservativeResize(rows, cols);
  return result;
}

template <class M>
ApplyInfo apply_part(const Mpi& comm, const Filter& f, const M& x, Axis axis, Index extent,
                     const Part& part, M& y, Method method = Method::automatic) {
  Workspace workspace;
  return distributed::apply(comm, f, sharded(x, axis, extent, part.offset),
                            sharded(y, axis, extent, part.offset), workspace, method);
}

}  // namespace

#define PION_KINDS                                                       \
  (Ordered<float, Eigen::ColMajor>), (Ordered<double, Eigen::RowMajor>), \
      (Ordered<Eigen::bfloat16, Eigen::RowMajor>)

TEMPLATE_TEST_CASE("a matrix on many ranks is filtered to U f(S) V^T, wherever it is cut", "",
                   PION_KINDS) {
  using M = TestType;
  using S = typename M::Scalar;
  using T = detail::compute_t<S>;
  const Mpi comm;
  std::mt19937_64 random(1);
  const std::pair<Index, Index> shapes[] = {{0, 0}, {0, 3}, {1, 1},  {10, 4}, {2, 7},
                                            {9, 9}, {7, 2}, {5, 31}, {31, 5}};
  for (const auto& [rows, cols] : shapes) {
    for (const Normalizer n : all_normalizers) {
      const Filter f{n == Normalizer::spectral ? chains::muon() : chains::high_pass(2), n};
      reference::Matrix drawn = reference::random_matrix(rows, cols, random);
      if (n == Normalizer::none && drawn.size() > 0) drawn /= drawn.norm();
      const M x = drawn.template cast<S>();
      for (const Axis axis : {Axis::rows, Axis::cols}) {
        const Index extent = axis == Axis::rows ? rows : cols;
        for (const Part& part :
             {chunk(extent, comm.size(), comm.rank()), random_part(extent, comm, random)}) {
          for (const Method method : {Method::dense, Method::gram, Method::automatic}) {
            INFO(detail::shape(rows, cols) << (axis == Axis::rows ? ", rows" : ", columns") << ", "
                                           << name(n) << ", " << name(method));
            const auto plan = distributed::plan<S>(f, rows, cols, axis, comm.size(), method);
            const auto right = expected<T, S>(plan, f, x.template cast<Real>());
            const M mine = part_of(x, axis, part);
            M y(mine.rows(), mine.cols());
            const ApplyInfo info = apply_part(comm, f, mine, axis, extent, part, y, method);
            const Real off = reference::distance(y, part_of(right.value, axis, part));
            CHECK(distributed::detail::norm_over_ranks(comm, static_cast<double>(off)) <=
                  static_cast<double>(right.tolerance));
            CHECK(same_everywhere(comm, info.output_norm));
          }
        }
      }
    }
  }
}

TEST_CASE("one rank gives what apply() gives, to the last bit, where the long axis is cut") {
  const Mpi comm;
  if (comm.size() > 1) return;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{12, 40}, {40, 12}, {0, 3}}) {
    for (const Normalizer n : all_normalizers) {
      const Eigen::MatrixXf x = 0.1F * Eigen::MatrixXf::Random(rows, cols);
      const Axis axis = rows <= cols ? Axis::cols : Axis::rows;
      const Filter f{chains::muon(), n};
      Eigen::MatrixXf y(rows, cols), z(rows, cols);
      const ApplyInfo info = apply_part(comm, f, x, axis, (std::max)(rows, cols),
                                        {0, (std::max)(rows, cols)}, y, Method::dense);
      const ApplyInfo alone = apply(f, x, z, Method::dense);
      CHECK(y == z);
      CHECK(info.output_norm == alone.output_norm);
      CHECK(info.rank == alone.rank);
    }
  }
}

TEST_CASE("a call repeats to the last bit, in place, and whatever power of two scales x") {
  const Mpi comm;
  std::mt19937_64 random(2);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{6, 50}, {20, 21}}) {
    for (const Axis axis : {Axis::rows, Axis::cols}) {
      const Index extent = axis == Axis::rows ? rows : cols;
      const Part part = random_part(extent, comm, random);
      const Eigen::MatrixXf whole =
          reference::random_matrix(rows, cols, random).template cast<float>();
      const Eigen::MatrixXf x = part_of(whole, axis, part);
      Eigen::MatrixXf y = 0 * x, scaled = 0x1p80F * x;
      const Filter f{chains::high_pass(3)};
      apply_part(comm, f, x, axis, extent, part, y);
      apply_part(comm, f, scaled, axis, extent, part, scaled);
      CHECK(y == scaled);
    }
  }
}

TEST_CASE("a rank sends what the plan says, in as many messages") {
  const Mpi comm;
  struct Case {
    Index rows, cols;
    Axis axis;
    Method method;
  };
  for (const auto& [rows, cols, axis, method] :
       {Case{32, 256, Axis::cols, Method::dense}, Case{256, 32, Axis::rows, Method::gram},
        Case{32, 256, Axis::rows, Method::gram}, Case{64, 64, Axis::rows, Method::automatic}}) {
    const Filter f{chains::muon()};
    const auto planned = distributed::plan<float>(f, rows, cols, axis, comm.size(), method);
    const Index extent = axis == Axis::rows ? rows : cols;
    const Part part = chunk(extent, comm.size(), comm.rank());
    const Eigen::MatrixXf x = axis == Axis::rows ? Eigen::MatrixXf::Ones(part.size, cols)
                                                 : Eigen::MatrixXf::Ones(rows, part.size);
    Eigen::MatrixXf y = x;
    Workspace workspace;
    sent() = {};
    distributed::apply(comm, planned, sharded(x, axis, extent, part.offset),
                       sharded(y, axis, extent, part.offset), workspace);
    INFO(detail::shape(rows, cols) << ": " << sent().bytes << " of " << planned.bytes_sent);
    CHECK(sent().messages == planned.messages);
    CHECK(sent().bytes <= planned.bytes_sent * (1.0 + 1e-12));
    // A rank with less than the largest part sends less where parts are exchanged.
    if (planned.way == distributed::Way::gram) CHECK(sent().bytes >= 0.9 * planned.bytes_sent);
    CHECK(workspace.capacity() <= planned.workspace);
  }
}
