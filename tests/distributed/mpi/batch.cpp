// SPDX-License-Identifier: Apache-2.0
// Covers distributed/batch.hpp, distributed/owners.hpp, distributed/to_owners.hpp: a list of
// matrices, each filtered by its owner.
#include <string>
#include <utility>
#include <vector>

#include <pion/distributed/batch.hpp>
#include <pion/filter/chains.hpp>

#include "distributed/mpi/counted.hpp"
#include "support/catch.hpp"

using namespace pion;
using distributed::chunk, distributed::Mpi, distributed::Part, distributed::sharded;

namespace {

template <class M>
using Parts = std::vector<distributed::Sharded<Eigen::Map<M>>>;

/// Matrices of all kinds of shapes and cuts, whole on every rank, and this rank's parts of them.
template <class M>
struct List {
  explicit List(const Mpi& comm, Index scale = 1) {
    const std::pair<Index, Index> shapes[] = {{10, 4}, {2, 7}, {0, 5}, {16, 16}, {3, 20}, {1, 1}};
    for (const auto& [m, n] : shapes) {
      for (const Axis axis : {Axis::rows, Axis::cols}) {
        const Index rows = scale * m, cols = scale * n, extent = axis == Axis::rows ? rows : cols;
        M x(rows, cols);
        for (Index j = 0; j < cols; ++j) {
          for (Index i = 0; i < rows; ++i) {
            x(i, j) = static_cast<typename M::Scalar>((i * 31 + j * 17 + i * j) % 13 - 6);
          }
        }
        const Part p = chunk(extent, comm.size(), comm.rank());
        whole.push_back(x);
        locals.push_back(axis == Axis::rows ? M(x.middleRows(p.offset, p.size))
                                            : M(x.middleCols(p.offset, p.size)));
        parts.push_back(p);
        axes.push_back(axis);
      }
    }
  }

  Parts<M> views() {
    Parts<M> all;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      M& x = locals[i];
      const Index extent = axes[i] == Axis::rows ? whole[i].rows() : whole[i].cols();
      all.push_back(
          sharded(Eigen::Map<M>(x.data(), x.rows(), x.cols()), axes[i], extent, parts[i].offset));
    }
    return all;
  }

  std::vector<M> whole, locals;
  std::vector<Part> parts;
  std::vector<Axis> axes;
};

}  // namespace

TEMPLATE_TEST_CASE("owners give what apply() gives, to the last bit, whatever the cut", "",
                   (Ordered<float, Eigen::ColMajor>), (Ordered<Eigen::bfloat16, Eigen::RowMajor>)) {
  using M = TestType;
  const Mpi comm;
  List<M> list(comm);
  auto views = list.views();
  distributed::BatchWorkspace workspace;
  const Filter f{chains::high_pass(1)};
  const auto infos = distributed::apply_batch(comm, f, views, views, workspace);
  REQUIRE(infos.size() == list.whole.size());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    M y(list.whole[i].rows(), list.whole[i].cols());
    const ApplyInfo alone = apply(f, list.whole[i], y);
    const Part& p = list.parts[i];
    CHECK(list.locals[i] == (list.axes[i] == Axis::rows ? M(y.middleRows(p.offset, p.size))
                                                        : M(y.middleCols(p.offset, p.size))));
    CHECK(infos[i].output_norm == alone.output_norm);
    CHECK(infos[i].method == alone.method);
  }
}

TEST_CASE("the dearest matrix is dealt first, to the rank that has least") {
  std::vector<double> loads;
  CHECK(distributed::deal({1, 8, 4, 4, 2}, 2, loads) == std::vector<int>{1, 0, 1, 1, 0});
  CHECK(loads == std::vector<double>{10, 9});
  CHECK(distributed::deal({}, 3, loads).empty());
}

TEST_CASE("a list sends what its plan says: each matrix there and back") {
  const Mpi comm;
  using M = Eigen::MatrixXf;
  List<M> list(comm, 12);
  auto views = list.views();
  std::vector<distributed::CutShape> shapes;
  for (std::size_t i = 0; i < views.size(); ++i) {
    shapes.push_back({views[i].rows(), views[i].cols(), views[i].axis});
  }
  const Filter f{chains::muon()};
  const auto plan = distributed::plan_batch<float>(f, shapes, comm.size());
  distributed::BatchWorkspace workspace;
  sent() = {};
  distributed::apply_batch(comm, f, views, views, workspace);
  CHECK(sent().messages == plan.messages);
  const auto all = distributed::detail::gathered(comm, sent().bytes);
  const double most = *std::max_element(all.begin(), all.end());
  INFO(most << " bytes of " << plan.bytes_sent);
  CHECK(most <= plan.bytes_sent);
  CHECK(most >= 0.9 * plan.bytes_sent);
}

TEST_CASE("a list of which one matrix is refused on one rank changes nothing on any") {
  const Mpi comm;
  using M = Eigen::MatrixXf;
  const int last = comm.size() - 1;
  const auto refusal = [&](const Filter& f, const auto& spoil) {
    List<M> list(comm), before(comm);
    auto xs = list.views();
    List<M> results(comm);
    auto ys = results.views();
    if (comm.rank() == last) spoil(list, xs, ys);
    distributed::BatchWorkspace workspace;
    std::string line;
    try {
      distributed::apply_batch(comm, f, xs, ys, workspace);
    } catch (const std::exception& e) {
      line = e.what();
    }
    for (std::size_t i = 0; i < ys.size() && !line.empty(); ++i) {
      CHECK(results.locals[i] == before.locals[i]);
    }
    std::string first = line;
    first.resize(200);
    comm.broadcast(first.data(), 200, 0);
    CHECK(line == first.c_str());
    return line;
  };
  const Filter f{chains::muon()};
  // Row 9 of matrix 0 lies on the last rank that has any: it is that rank that spoils it.
  const Part owner = chunk(10, comm.size(), last);
  const std::string line = refusal(f, [&](List<M>& list, auto&, auto&) {
    if (owner.size > 0) list.locals[0](owner.size - 1, 1) = std::nanf("");
  });
  if (owner.size > 0) {
    CHECK_THAT(line, has_text("apply_batch: matrix 0: apply: x(9, 1) is not a number"));
  }
  CHECK_THAT(refusal(f, [](auto&, auto&, auto& ys) { ys.pop_back(); }),
             has_text("apply_batch: 12 matrices in, 11 out"));
  if (last == 0) return;
  CHECK_THAT(refusal(f, [](auto&, auto& xs, auto& ys) { xs.pop_back(), ys.pop_back(); }),
             has_text("has another list of matrices than rank 0"));
  CHECK_THAT(refusal(f, [](auto&, auto& xs, auto& ys) { xs[6].offset = ys[6].offset = 3; }),
             has_text("apply_batch: matrix 6: rank"));
}
