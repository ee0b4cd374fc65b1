// SPDX-License-Identifier: Apache-2.0
// A refusal is collective (distributed/agree.hpp): whatever is wrong on one rank, every rank throws
// the same line, nothing is changed anywhere, and the next call works.
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <pion/distributed/apply.hpp>
#include <pion/filter/chains.hpp>

#include "distributed/mpi/counted.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"

using namespace pion;
using distributed::Mpi, distributed::sharded;

namespace {

/// A call that is in order: each rank has three columns of ones.
struct Call {
  explicit Call(const Mpi& comm)
      : offset(3 * comm.rank()),
        extent(3 * comm.size()),
        x(Eigen::MatrixXf::Ones(4, 3)),
        y(7 * x) {}

  Filter filter{chains::high_pass(1)};
  Axis axis = Axis::cols;
  Index offset, extent;
  Eigen::MatrixXf x, y;
  Method method = Method::dense;

  void run(const Mpi& comm) {
    Workspace workspace;
    distributed::apply(comm, filter, sharded(x, axis, extent, offset),
                       sharded(y, axis, extent, offset), workspace, method);
  }
};

/// What every rank throws where `spoil` is done to the call of one; checks that it is one line.
std::string refusal(const Mpi& comm, int spoiled, const std::function<void(Call&)>& spoil) {
  Call call(comm);
  if (comm.rank() == spoiled) spoil(call);
  const Eigen::MatrixXf before = call.y;
  const std::string line = line_of([&] { call.run(comm); });
  CHECK(call.y == before);
  std::string first = line;
  first.resize(200);
  comm.broadcast(first.data(), 200, 0);
  CHECK(line == first.c_str());
  Call good(comm);  // nothing of the refused call is on its way any more
  CHECK_NOTHROW(good.run(comm));
  return line;
}

}  // namespace

TEST_CASE("what one rank cannot take, all refuse in its words") {
  const Mpi comm;
  const int last = comm.size() - 1;
  const std::string rank = "rank " + std::to_string(last) + ": ";
  const std::string place = std::to_string(3 * last + 2);
  CHECK(refusal(comm, last, [](Call& c) { c.x(1, 2) = std::nanf(""); }) ==
        rank + "apply: x(1, " + place + ") is not a number");
  CHECK(refusal(comm, last, [](Call& c) { c.x(0, 2) = std::numeric_limits<float>::infinity(); }) ==
        rank + "apply: x(0, " + place + ") is infinite");
  CHECK(refusal(comm, last, [](Call& c) { c.y.resize(2, 3), c.y.setOnes(); }) ==
        rank + "apply: y is 2x3 and x is 4x3; they must have one shape");
  CHECK_THAT(refusal(comm, last, [](Call& c) { c.method = Method::svd; }),
             has_text(rank + "plan: the SVD is a function of its own"));
}

TEST_CASE("what differs between ranks is refused by name") {
  const Mpi comm;
  const int last = comm.size() - 1;
  const std::string rank = "distributed: rank " + std::to_string(last);
  CHECK(refusal(comm, last, [](Call& c) { c.extent -= 1; }) != "");
  if (last == 0) return;
  CHECK(refusal(comm, last, [](Call& c) { c.filter.chain = chains::high_pass(2); }) ==
        rank + " has another filter than rank 0");
  CHECK(refusal(comm, last, [](Call& c) { c.filter.normalizer = Normalizer::schatten4; }) ==
        rank + " has another filter than rank 0");
  CHECK(refusal(comm, last, [](Call& c) { c.method = Method::gram; }) ==
        rank + " makes another call than rank 0: the function, scalar or an option differs");
  CHECK_THAT(refusal(comm, last,
                     [](Call& c) {
                       c.x = Eigen::MatrixXf::Ones(5, 3);
                       c.y = c.x;
                     }),
             has_text(rank + " has a part of 5x"));
  CHECK_THAT(refusal(comm, last, [](Call& c) { c.offset -= 1; }),
             has_text(rank + "'s part begins at " + std::to_string(3 * last - 1)));
  CHECK_THAT(refusal(comm, last,
                     [](Call& c) {
                       c.x = Eigen::MatrixXf::Ones(4, 2);
                       c.y = c.x;
                     }),
             has_text("distributed: the parts end at " + std::to_string(3 * last + 2)));
}

TEST_CASE("a scalar of another size on one rank is refused, not misread") {
  const Mpi comm;
  if (comm.size() == 1) return;
  const auto call = [&comm](auto scalar) {
    using M = Eigen::Matrix<decltype(scalar), Eigen::Dynamic, Eigen::Dynamic>;
    const M x = M::Ones(4, 3);
    M y = x;
    Workspace workspace;
    distributed::apply(
        comm, Filter{chains::muon()}, sharded(x, Axis::cols, 3 * comm.size(), 3 * comm.rank()),
        sharded(y, Axis::cols, 3 * comm.size(), 3 * comm.rank()), workspace, Method::dense);
  };
  const std::string line = line_of([&] { comm.rank() == 1 ? call(1.0) : call(1.0F); });
  CHECK_THAT(line, has_text("distributed: rank 1 makes another call than rank 0"));
}

TEST_CASE("a result that overflows on one rank is refused by all") {
  const Mpi comm;
  const int last = comm.size() - 1;
  Call call(comm);
  call.filter = {Chain{{0.0, 0.0, 1.0}}, Normalizer::none};
  if (comm.rank() == last) call.x *= 1e10F;
  const Eigen::MatrixXf before = call.y;
  CHECK_THAT(line_of([&] { call.run(comm); }), has_text("the result overflows"));
  CHECK(call.y == before);
}
